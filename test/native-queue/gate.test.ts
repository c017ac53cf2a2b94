import { afterEach, describe, expect, test } from "bun:test";
import {
  STOPPED,
  WorkerGate,
  announceEnd,
  announceStart,
  dismissAtGate,
  endsAnnounced,
  exitCodeOf,
  hasEnded,
  hasStarted,
  isGateOpen,
  shutGate,
} from "../../native-queue/gate.ts";
import { PARENT_ARM, PARENT_EPOCH, gateWord, resetWorker } from "../../native-queue/layout.ts";
import { ARM_FOR_RESULTS, wakeParent } from "../../native-queue/parker.ts";
import { EMPTY, claim } from "../../native-queue/request-ring.ts";
import { Asleep, atEveryStep, endOfNested, withSteps } from "./fixtures/interleave.ts";
import { putAll, queueAt } from "./fixtures/queue.ts";
import type { Queue } from "./fixtures/queue.ts";
import { Threads } from "./fixtures/threads.ts";

const WORKER = 3;

interface Gated extends Queue {
  readonly gate: WorkerGate;
}

function newQueue(...tasks: readonly number[]): Gated {
  const queue = queueAt(0);
  putAll(queue, ...tasks);
  return { ...queue, gate: new WorkerGate(queue.views, WORKER) };
}
function openQueue(...tasks: readonly number[]): Gated {
  const queue = newQueue(...tasks);
  announceStart(queue.views, WORKER);
  return queue;
}
/** Every word of the queue, to see whether anything was changed. */
function wordsOf({ views }: Queue): number[] {
  return [...views.words];
}

/** What the parent can do to a gate, and its word for it. */
const MOVES = [
  ["dismissed", dismissAtGate],
  ["shut", shutGate],
] as const;

describe("a gate", () => {
  test("lets a worker claim after its start, and is not open again before the worker leaves the queue", () => {
    const { views, gate } = openQueue(0, 1);
    expect(hasStarted(views, WORKER)).toBe(true);
    expect(gate.claim()).toBe(0);
    expect(isGateOpen(views, WORKER)).toBe(false);
    expect(gate.claim()).toBe(1);
    expect(gate.claim()).toBe(EMPTY);
    gate.leave();
    expect(isGateOpen(views, WORKER)).toBe(true);
    gate.leave();
    expect(isGateOpen(views, WORKER)).toBe(true);
  });

  test("costs two CAS from a result to the next claim", () => {
    const { gate, views } = openQueue(0);
    const steps: string[] = [];
    withSteps(
      ({ operation, word }) => {
        if (word === gateWord(WORKER)) steps.push(operation);
      },
      () => {
        gate.tryEnter(); // to publish
        gate.claim();
        gate.leave();
      },
    );
    expect(steps).toEqual(["compareExchange", "compareExchange"]);
    expect(isGateOpen(views, WORKER)).toBe(true);
  });

  test.each(MOVES)(
    "that is %s lets its worker claim no more, and other workers still claim",
    (_, move) => {
      const { views, gate } = openQueue(0, 1);
      expect(gate.claim()).toBe(0);
      gate.leave();
      move(views, WORKER);
      expect(isGateOpen(views, WORKER)).toBe(false);
      expect(gate.claim()).toBe(STOPPED);
      gate.leave();
      expect(gate.claim()).toBe(STOPPED);
      expect(claim(views, 0)).toBe(1);
    },
  );

  test("lets a dismissed worker come to the queue again and again until it is shut", () => {
    const { views, gate } = openQueue();
    dismissAtGate(views, WORKER);
    for (let i = 0; i < 2; i++) {
      expect(gate.tryEnter()).toBe(true);
      expect(gate.tryEnterToClaim()).toBe(false);
      gate.leave();
    }
    dismissAtGate(views, WORKER);
    expect(gate.tryEnter()).toBe(true);
    gate.leave();
    shutGate(views, WORKER);
    expect(gate.tryEnter()).toBe(false);
    dismissAtGate(views, WORKER);
    expect(gate.tryEnter()).toBe(false);
  });

  test("that is shut stays as it is, and its worker changes no word of the queue", () => {
    for (const isDismissed of [false, true]) {
      const queue = openQueue(0);
      const { views, gate } = queue;
      if (isDismissed) dismissAtGate(views, WORKER);
      if (isDismissed) gate.tryEnter();
      gate.leave();
      shutGate(views, WORKER);
      const before = wordsOf(queue);
      expect(gate.tryEnter()).toBe(false);
      expect(gate.claim()).toBe(STOPPED);
      gate.leave();
      announceStart(views, WORKER);
      expect(wordsOf(queue)).toEqual(before);
      announceEnd(views, WORKER, 0);
      expect(wordsOf(queue)).toEqual(before);
      expect(hasEnded(views, WORKER)).toBe(false);
    }
  });

  test("says EMPTY and stays open when there is nothing to claim", () => {
    const { views, gate } = openQueue();
    expect(gate.claim()).toBe(EMPTY);
    gate.leave();
    expect(isGateOpen(views, WORKER)).toBe(true);
  });

  test("belongs to one worker: shutting it leaves the gates of other workers open", () => {
    const { views } = openQueue(0, 1);
    announceStart(views, 4);
    shutGate(views, WORKER);
    expect(new WorkerGate(views, 4).claim()).toBe(0);
  });

  test("is not open before its worker has announced its start", () => {
    const { views, gate } = newQueue(0);
    expect(hasStarted(views, WORKER)).toBe(false);
    expect(isGateOpen(views, WORKER)).toBe(false);
    expect(gate.claim()).toBe(STOPPED);
    expect(claim(views, 0)).toBe(0);
  });

  test.each(MOVES)("that is %s while its worker starts does not open", (_, move) => {
    atEveryStep({
      arrange: () => newQueue(0),
      act: ({ views }) => move(views, WORKER),
      meanwhile: ({ views }) => announceStart(views, WORKER),
      check: ({ views, gate }, __, order) => {
        expect(isGateOpen(views, WORKER), order).toBe(false);
        expect(gate.claim(), order).toBe(STOPPED);
        expect(hasEnded(views, WORKER), order).toBe(false);
      },
    });
  });

  test.each(MOVES)(
    "is %s only when its worker has left the queue, and the parent sleeps until then",
    (_, move) => {
      for (const isDismissed of [false, true]) {
        const { views, gate } = openQueue(0);
        if (isDismissed) dismissAtGate(views, WORKER);
        gate.claim();
        const end = endOfNested(() => move(views, WORKER));
        // A worker that is dismissed already need not be waited for.
        expect(end instanceof Asleep).toBe(!isDismissed || move === shutGate);
        const isKilled = move === shutGate;
        expect(gate.leave()).toBe(!isKilled);
        if (end instanceof Asleep) expect(end.isWoken).toBe(true);
        expect(gate.claim()).toBe(STOPPED);
        expect(gate.tryEnter()).toBe(!isKilled);
      }
    },
  );

  test.each(MOVES)(
    "is %s although its worker comes to the queue at any step of that",
    (_, move) => {
      let visits = 0;
      for (const at of [0, 1, 2, 3]) {
        const { views, gate } = openQueue(0);
        withSteps(
          ({ number, operation }) => {
            if (number === at && isGateOpen(views, WORKER) && gate.tryEnter()) visits += 1;
            if (operation === "wait") gate.leave();
          },
          () => move(views, WORKER),
        );
        expect(gate.claim()).toBe(STOPPED);
      }
      expect(visits).toBe(2);
    },
  );

  test("wakes the parent, when its worker leaves, only if the parent waits for that", () => {
    const { views, gate } = openQueue();
    const notifiesOf = (body: () => void): number => {
      let notifies = 0;
      withSteps(({ operation }) => {
        if (operation === "notify") notifies += 1;
      }, body);
      return notifies;
    };
    gate.tryEnter();
    expect(notifiesOf(() => gate.leave())).toBe(0);
    gate.tryEnter();
    endOfNested(() => dismissAtGate(views, WORKER));
    expect(notifiesOf(() => gate.leave())).toBe(1);
    gate.tryEnter();
    expect(notifiesOf(() => gate.leave())).toBe(0);
  });

  test("that was shut at any step of its worker lets the worker change nothing more", () => {
    let shutBeforeTheClaim = 0;
    atEveryStep({
      arrange: () => ({ ...openQueue(0, 1), whenShut: undefined as number[] | undefined }),
      act: ({ gate }) => {
        const task = gate.claim();
        gate.leave();
        if (gate.tryEnter()) wakeParent(gate.views);
        gate.leave();
        return task;
      },
      meanwhile: (queue) => {
        Atomics.store(queue.views.words, PARENT_ARM, ARM_FOR_RESULTS);
        // Where the worker is at the queue it would wait.
        if (!isGateOpen(queue.views, WORKER)) return;
        shutGate(queue.views, WORKER);
        queue.whenShut = wordsOf(queue);
      },
      check: (queue, end, order) => {
        if (end === STOPPED) shutBeforeTheClaim += 1;
        else expect(end as number, order).toBe(0);
        if (queue.whenShut !== undefined) expect(wordsOf(queue), order).toEqual(queue.whenShut);
        expect(queue.producer.claimedBy(WORKER), order).toEqual(end === STOPPED ? [] : [0]);
      },
    });
    expect(shutBeforeTheClaim).toBe(1);
  });

  test("says that its worker has ended, with its exit code, and shutting it changes neither", () => {
    for (const isDismissed of [false, true]) {
      const { views, gate } = openQueue();
      if (isDismissed) dismissAtGate(views, WORKER);
      expect(hasEnded(views, WORKER)).toBe(false);
      announceEnd(views, WORKER, 137);
      expect(hasEnded(views, WORKER)).toBe(true);
      const ends = endsAnnounced(views);
      shutGate(views, WORKER);
      dismissAtGate(views, WORKER);
      announceStart(views, WORKER);
      announceEnd(views, WORKER, 1);
      expect(hasEnded(views, WORKER)).toBe(true);
      expect(exitCodeOf(views, WORKER)).toBe(137);
      expect(endsAnnounced(views)).toBe(ends);
      expect(gate.claim()).toBe(STOPPED);
    }
  });

  test("wakes a parent that sleeps when its worker ends", () => {
    const { views } = openQueue();
    const epoch = Atomics.load(views.words, PARENT_EPOCH);
    announceEnd(views, WORKER, 1);
    expect(hasEnded(views, WORKER)).toBe(true);
    expect(Atomics.load(views.words, PARENT_EPOCH)).not.toBe(epoch);
  });

  test("is either ended or shut when its worker ends while it is killed, and only the first is counted", () => {
    atEveryStep({
      arrange: () => openQueue(),
      act: ({ views }) => announceEnd(views, WORKER, 9),
      meanwhile: ({ views }) => shutGate(views, WORKER),
      check: ({ views }, _, order) =>
        expect(endsAnnounced(views), order).toBe(hasEnded(views, WORKER) ? 1 : 0),
    });
  });

  test("has the exit code ready before the end can be seen", () => {
    atEveryStep({
      arrange: () => openQueue(),
      act: ({ views }) => announceEnd(views, WORKER, 9),
      meanwhile: ({ views }) => {
        if (hasEnded(views, WORKER)) expect(exitCodeOf(views, WORKER)).toBe(9);
      },
      check: ({ views }) => expect(hasEnded(views, WORKER)).toBe(true),
    });
  });

  test("starts from the beginning when its slot is used again", () => {
    const { views } = openQueue(0);
    announceEnd(views, WORKER, 1);
    resetWorker(views, WORKER);
    expect(hasEnded(views, WORKER)).toBe(false);
    expect(hasStarted(views, WORKER)).toBe(false);
    expect(exitCodeOf(views, WORKER)).toBe(0);
    announceStart(views, WORKER);
    expect(new WorkerGate(views, WORKER).claim()).toBe(0);
  });
});

describe("a worker thread", () => {
  let threads: Threads | undefined;
  afterEach(() => threads?.[Symbol.dispose]());

  test("claims nothing more after it is dismissed, whatever it was about to do", () => {
    let leftBehind = 0;
    for (let round = 0; round < 20; round++) {
      threads = new Threads({ workers: 1, tasks: 1024, requests: 1024, ringBytes: 1 << 16 });
      for (let request = 0; request < 1024; request++) threads.tryPut(request);
      // Somewhere in the middle of its work.
      const thread = threads.thread(0);
      threads.spinUntil(() => thread.reader.hasNext);
      for (let i = 0; i < round * 50; i++) Atomics.pause();
      dismissAtGate(threads.views, 0);
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
