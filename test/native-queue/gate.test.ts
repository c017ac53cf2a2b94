import { afterEach, describe, expect, test } from "bun:test";
import {
  STOPPED,
  announceEnd,
  announceStart,
  claimThroughGate,
  exitCodeOf,
  hasEnded,
  hasStarted,
  isGateOpen,
  shutGate,
} from "../../native-queue/gate.ts";
import { gateWord, resetWorker } from "../../native-queue/layout.ts";
import { EMPTY, claim } from "../../native-queue/request-ring.ts";
import { Died, atEveryStep, endOf, withSteps } from "./fixtures/interleave.ts";
import { putAll, queueAt } from "./fixtures/queue.ts";
import type { Queue } from "./fixtures/queue.ts";
import { Threads } from "./fixtures/threads.ts";

const WORKER = 3;

function openQueue(...tasks: readonly number[]): Queue {
  const queue = queueAt(0);
  announceStart(queue.views, WORKER);
  putAll(queue, ...tasks);
  return queue;
}

/** Leaves the gate as it is in the middle of a claim. */
function stopInClaim({ views }: Queue): void {
  const end = endOf(() =>
    withSteps(
      ({ number }) => {
        if (number === 1) throw new Died();
      },
      () => claimThroughGate(views, WORKER),
    ),
  );
  expect(end).toBeInstanceOf(Died);
}

describe("a gate", () => {
  test("lets a worker claim from its start until it is shut", () => {
    const { views } = openQueue(0, 1, 2);
    expect(hasStarted(views, WORKER)).toBe(true);
    expect(claimThroughGate(views, WORKER)).toBe(0);
    expect(isGateOpen(views, WORKER)).toBe(true);
    expect(claimThroughGate(views, WORKER)).toBe(1);
    shutGate(views, WORKER);
    expect(isGateOpen(views, WORKER)).toBe(false);
    expect(claimThroughGate(views, WORKER)).toBe(STOPPED);
    expect(claimThroughGate(views, WORKER)).toBe(STOPPED);
    expect(claim(views, 0)).toBe(2); // another worker's
  });

  test("says EMPTY and stays open when there is nothing to claim", () => {
    const { views } = openQueue();
    expect(claimThroughGate(views, WORKER)).toBe(EMPTY);
    expect(isGateOpen(views, WORKER)).toBe(true);
  });

  test("is one worker's: shutting it leaves the others' open", () => {
    const { views } = openQueue(0, 1);
    announceStart(views, 4);
    shutGate(views, WORKER);
    expect(claimThroughGate(views, 4)).toBe(0);
  });

  test("is closed before the worker has announced its start", () => {
    const queue = queueAt(0);
    putAll(queue, 0);
    expect(hasStarted(queue.views, WORKER)).toBe(false);
    expect(isGateOpen(queue.views, WORKER)).toBe(false);
    expect(claimThroughGate(queue.views, WORKER)).toBe(STOPPED);
    expect(claim(queue.views, 0)).toBe(0);
  });

  test("that was shut while its worker was starting stays shut", () => {
    const { views } = queueAt(0);
    shutGate(views, WORKER);
    announceStart(views, WORKER);
    expect(isGateOpen(views, WORKER)).toBe(false);
    expect(hasEnded(views, WORKER)).toBe(false);
  });

  test("is either open or shut after start and shutting met, and shut whenever both are done", () => {
    atEveryStep({
      arrange: () => queueAt(0),
      act: ({ views }) => shutGate(views, WORKER),
      meanwhile: ({ views }) => announceStart(views, WORKER),
      check: ({ views }, _, order) => expect(isGateOpen(views, WORKER), order).toBe(false),
    });
  });

  test("waits, when it is shut, for the claim that is under way, and not after it", () => {
    const queue = openQueue(0);
    const open = Atomics.load(queue.views.words, gateWord(WORKER));
    stopInClaim(queue);
    let pauses = 0;
    withSteps(
      ({ operation }) => {
        if (operation !== "pause") return;
        pauses += 1;
        // The claim goes on to its end.
        if (pauses === 3) Atomics.store(queue.views.words, gateWord(WORKER), open);
      },
      () => shutGate(queue.views, WORKER),
    );
    expect(pauses).toBe(3);
    expect(claimThroughGate(queue.views, WORKER)).toBe(STOPPED);
    expect(hasEnded(queue.views, WORKER)).toBe(false);
  });

  test("waits for a claim that begins at any step of its shutting", () => {
    for (const at of [0, 1, 2, 3]) {
      const queue = openQueue(0);
      const gate = gateWord(WORKER);
      const open = Atomics.load(queue.views.words, gate);
      let isClaiming = false;
      withSteps(
        ({ number, operation }) => {
          if (number === at && isGateOpen(queue.views, WORKER)) {
            stopInClaim(queue);
            isClaiming = true;
          } else if (operation === "pause") {
            Atomics.store(queue.views.words, gate, open);
            isClaiming = false;
          }
        },
        () => shutGate(queue.views, WORKER),
      );
      expect(isClaiming).toBe(false);
      expect(claimThroughGate(queue.views, WORKER)).toBe(STOPPED);
    }
  });

  test("once shut leaves what the worker holds as it is, at whatever step of a claim it was shut", () => {
    let shutBeforeTheClaim = 0;
    atEveryStep({
      arrange: () => ({ ...openQueue(0, 1), held: [] as number[] }),
      act: ({ views }) => claimThroughGate(views, WORKER),
      meanwhile: (queue) => {
        // In the middle of a claim it would wait: then it is shut afterwards.
        if (shutWithoutWaiting(queue)) queue.held = queue.producer.claimedBy(WORKER);
      },
      check: (queue, end, order) => {
        const wasShut = !isGateOpen(queue.views, WORKER);
        if (end === STOPPED) shutBeforeTheClaim += 1;
        else expect(end as number, order).toBe(0);
        const held = end === STOPPED ? [] : [0];
        if (wasShut) expect(queue.held, order).toEqual(held);
        shutGate(queue.views, WORKER);
        expect(queue.producer.claimedBy(WORKER), order).toEqual(held);
        expect(claimThroughGate(queue.views, WORKER), order).toBe(STOPPED);
      },
    });
    expect(shutBeforeTheClaim).toBe(1);
  });

  test("tells the end of its worker and the exit code, and shutting it changes neither", () => {
    for (const isDismissed of [false, true]) {
      const { views } = openQueue();
      if (isDismissed) shutGate(views, WORKER);
      expect(hasEnded(views, WORKER)).toBe(false);
      announceEnd(views, WORKER, 137);
      expect(hasEnded(views, WORKER)).toBe(true);
      shutGate(views, WORKER);
      announceStart(views, WORKER);
      expect(hasEnded(views, WORKER)).toBe(true);
      expect(exitCodeOf(views, WORKER)).toBe(137);
      expect(claimThroughGate(views, WORKER)).toBe(STOPPED);
    }
  });

  test("has the exit code ready for whoever sees the end", () => {
    atEveryStep({
      arrange: () => openQueue(),
      act: ({ views }) => announceEnd(views, WORKER, 9),
      meanwhile: ({ views }) => {
        if (hasEnded(views, WORKER)) expect(exitCodeOf(views, WORKER)).toBe(9);
      },
      check: ({ views }) => expect(hasEnded(views, WORKER)).toBe(true),
    });
  });

  test("of a slot that is used again starts from the beginning", () => {
    const { views } = openQueue(0);
    announceEnd(views, WORKER, 1);
    resetWorker(views, WORKER);
    expect(hasEnded(views, WORKER)).toBe(false);
    expect(hasStarted(views, WORKER)).toBe(false);
    expect(exitCodeOf(views, WORKER)).toBe(0);
    announceStart(views, WORKER);
    expect(claimThroughGate(views, WORKER)).toBe(0);
  });
});

/** Returns false where shutting would have to wait. */
function shutWithoutWaiting({ views }: Queue): boolean {
  const end = endOf(() =>
    withSteps(
      ({ operation }) => {
        if (operation === "pause") throw new Died();
      },
      () => shutGate(views, WORKER),
    ),
  );
  return !(end instanceof Died);
}

describe("a worker thread", () => {
  let threads: Threads | undefined;
  afterEach(() => threads?.[Symbol.dispose]());

  test("claims nothing more once its gate is shut, whatever it was about to do", () => {
    let leftBehind = 0;
    for (let round = 0; round < 20; round++) {
      threads = new Threads({ workers: 1, tasks: 1024, requests: 1024, ringBytes: 1 << 16 });
      for (let request = 0; request < 1024; request++) threads.tryPut(request);
      // Somewhere in the middle of its work.
      const thread = threads.thread(0);
      threads.spinUntil(() => thread.reader.hasNext);
      for (let i = 0; i < round * 50; i++) Atomics.pause();
      shutGate(threads.views, 0);
      const waiting = threads.producer.waiting;
      threads.dismissAll();
      expect(threads.producer.waiting).toBe(waiting);
      expect(threads.runs.reduce((sum, runs) => sum + runs, 0)).toBe(1024 - waiting);
      leftBehind += waiting;
      threads[Symbol.dispose]();
    }
    expect(leftBehind).toBeGreaterThan(0);
  });
});
