import { afterEach, describe, expect, test } from "bun:test";
import {
  PARENT_ARM,
  PARENT_EPOCH,
  QueueViews,
  createQueueMemory,
  parkWord,
} from "../../native-queue/layout.ts";
import {
  ARM_FOR_CLAIMS,
  ARM_FOR_RESULTS,
  arm,
  bumpEpoch,
  enterIdleSet,
  enterSpinSet,
  leaveSets,
  publishSlotsInUse,
  unpark,
  wakeOne,
  wakeParent,
  wakeParentForClaim,
} from "../../native-queue/parker.ts";
import { Died, atEveryStep, endOf, withSteps } from "./fixtures/interleave.ts";
import { Threads } from "./fixtures/threads.ts";

function viewsFor(workers: number): QueueViews {
  const views = new QueueViews(createQueueMemory(2, 256));
  publishSlotsInUse(views, workers);
  return views;
}
/** Which workers have been unparked, and how often, since all park counters were 0. */
function unparks(views: QueueViews): Map<number, number> {
  const counts = new Map<number, number>();
  for (let worker = 0; worker < 256; worker++) {
    const count = Atomics.load(views.words, parkWord(worker));
    if (count > 0) counts.set(worker, count);
  }
  return counts;
}
function notifies(body: () => void): number {
  let count = 0;
  withSteps(({ operation }) => {
    if (operation === "notify") count += 1;
  }, body);
  return count;
}

describe.each([1, 16, 17, 256])("the sleep sets of %d workers", (workers) => {
  const all = Array.from({ length: workers }, (_, worker) => worker);

  test("let each idle worker be woken once, one after the other, while the woken ones find work", () => {
    const views = viewsFor(workers);
    for (const worker of all) enterIdleSet(views, worker);
    for (let woken = 1; woken <= workers; woken++) {
      wakeOne(views);
      expect(unparks(views).size).toBe(woken);
      const last = [...unparks(views).keys()].at(-1) as number;
      leaveSets(views, last);
    }
    wakeOne(views);
    expect([...unparks(views)]).toEqual(all.map((worker) => [worker, 1]));
  });

  test("let no worker be woken while any worker spins", () => {
    for (const spinner of all) {
      const views = viewsFor(workers);
      for (const worker of all) enterIdleSet(views, worker);
      enterSpinSet(views, spinner);
      wakeOne(views);
      expect(unparks(views).size).toBe(0);
    }
  });

  test("count a worker that was woken as spinning until it leaves or parks again", () => {
    const views = viewsFor(workers);
    for (const worker of all) enterIdleSet(views, worker);
    wakeOne(views);
    wakeOne(views);
    expect([...unparks(views)]).toEqual([[0, 1]]);
    enterIdleSet(views, 0);
    wakeOne(views);
    expect([...unparks(views)]).toEqual([[0, 2]]);
  });

  test("tell only the last spinner that it was the last", () => {
    for (const order of [all, all.toReversed()]) {
      const views = viewsFor(workers);
      for (const worker of all) enterSpinSet(views, worker);
      for (const worker of order) expect(leaveSets(views, worker)).toBe(worker === order.at(-1));
      expect(leaveSets(views, 0)).toBe(false);
    }
  });

  test("tell exactly one spinner that it is the only one", () => {
    const views = viewsFor(workers);
    const entered = all.map((worker) => enterSpinSet(views, worker));
    expect(entered).toEqual(all.map((worker) => worker === 0));
    for (const worker of all.slice(0, -1)) leaveSets(views, worker);
    expect(enterSpinSet(views, workers - 1)).toBe(true);
  });

  test("lose only a dead worker's bits when these are cleared, once or twice", () => {
    for (const enter of [enterIdleSet, enterSpinSet]) {
      for (const dead of all) {
        const views = viewsFor(workers);
        for (const worker of all) enterIdleSet(views, worker);
        enter(views, dead);
        leaveSets(views, dead);
        leaveSets(views, dead);
        wakeOne(views);
        const [first, second] = all.filter((worker) => worker !== dead);
        expect([...unparks(views).keys()]).toEqual(first === undefined ? [] : [first]);
        if (second === undefined) break;
      }
    }
  });
});

test("a worker whose slot is not in use yet is not woken", () => {
  const views = viewsFor(16);
  enterIdleSet(views, 16);
  wakeOne(views);
  expect(unparks(views).size).toBe(0);
  publishSlotsInUse(views, 17);
  wakeOne(views);
  expect([...unparks(views).keys()]).toEqual([16]);
});

describe("waking workers", () => {
  test("costs no notify when no worker is idle, or one spins", () => {
    const views = viewsFor(20);
    expect(notifies(() => expect(wakeOne(views)).toBe(false))).toBe(0);
    enterIdleSet(views, 3);
    enterSpinSet(views, 19);
    expect(notifies(() => expect(wakeOne(views)).toBe(false))).toBe(0);
    leaveSets(views, 19);
    expect(notifies(() => expect(wakeOne(views)).toBe(true))).toBe(1);
  });

  test("wakes two different workers when two wakers meet at any step, and none twice", () => {
    const orders = atEveryStep({
      arrange: () => {
        const views = viewsFor(32);
        for (const worker of [5, 6, 30]) enterIdleSet(views, worker);
        return views;
      },
      act: wakeOne,
      meanwhile: wakeOne,
      check: (views, _, order) => {
        const counts = [...unparks(views).values()];
        expect(counts.length, order).toBeGreaterThan(0);
        expect(Math.max(...counts), order).toBe(1);
      },
    });
    expect(orders).toBeGreaterThan(5);
  });

  test("wakes another worker when the worker that it was about to wake goes on by itself", () => {
    atEveryStep({
      arrange: () => {
        const views = viewsFor(17);
        for (const worker of [2, 16]) enterIdleSet(views, worker);
        return views;
      },
      act: wakeOne,
      meanwhile: (views) => {
        leaveSets(views, 2);
      },
      check: (views, _, order) => expect(unparks(views).size, order).toBe(1),
    });
  });

  test("is mended by waking all workers when the waker dies before any step of it", () => {
    for (const sleeper of [0, 1]) {
      atEveryStep({
        arrange: () => {
          const views = viewsFor(3);
          enterSpinSet(views, 2);
          for (const worker of [0, 1]) enterIdleSet(views, worker);
          return views;
        },
        // What the last spinner does when it has claimed and more work waits.
        act: (views) => {
          if (leaveSets(views, 2)) wakeOne(views);
        },
        meanwhile: () => {
          throw new Died();
        },
        check: (views, _, order) => {
          leaveSets(views, 2);
          for (const worker of [0, 1]) unpark(views, worker);
          expect(unparks(views).get(sleeper) ?? 0, order).toBeGreaterThan(0);
          for (const worker of [0, 1]) enterIdleSet(views, worker);
          const before = unparks(views);
          wakeOne(views);
          expect(unparks(views), order).not.toEqual(before);
        },
      });
    }
  });

  test("by slot adds to that worker's park counter and to no other", () => {
    const views = viewsFor(256);
    for (const worker of [0, 17, 255, 17]) unpark(views, worker);
    expect([...unparks(views)]).toEqual([
      [0, 1],
      [17, 2],
      [255, 1],
    ]);
  });
});

describe("waking the parent", () => {
  const epochOf = (views: QueueViews): number => Atomics.load(views.words, PARENT_EPOCH);

  test("does nothing and costs no notify while the parent has not asked for it", () => {
    const views = viewsFor(1);
    expect(
      notifies(() => {
        wakeParent(views);
        wakeParentForClaim(views);
      }),
    ).toBe(0);
    expect(epochOf(views)).toBe(0);
  });

  test.each([ARM_FOR_RESULTS, ARM_FOR_CLAIMS])(
    "costs one notify for many results, armed with %d",
    (wish) => {
      const views = viewsFor(3);
      expect(arm(views, wish)).toBe(0);
      expect(
        notifies(() => {
          for (let i = 0; i < 3; i++) wakeParent(views);
        }),
      ).toBe(1);
      expect(epochOf(views)).toBe(1);
      expect(arm(views, wish)).toBe(1);
      wakeParent(views);
      expect(epochOf(views)).toBe(2);
    },
  );

  test("costs one notify when two workers meet at any step of it", () => {
    atEveryStep({
      arrange: () => {
        const views = viewsFor(2);
        arm(views, ARM_FOR_RESULTS);
        return views;
      },
      act: wakeParent,
      meanwhile: wakeParent,
      check: (views, _, order) => {
        expect(epochOf(views), order).toBe(1);
        expect(Atomics.load(views.words, PARENT_ARM), order).toBe(0);
      },
    });
  });

  test("after a claim happens only when the parent waits for claims", () => {
    const views = viewsFor(1);
    arm(views, ARM_FOR_RESULTS);
    wakeParentForClaim(views);
    expect(epochOf(views)).toBe(0);
    arm(views, ARM_FOR_CLAIMS);
    wakeParentForClaim(views);
    expect(epochOf(views)).toBe(1);
  });

  test("unasked changes the epoch, whether the parent is armed or not", () => {
    const views = viewsFor(1);
    bumpEpoch(views);
    arm(views, ARM_FOR_RESULTS);
    bumpEpoch(views);
    expect(epochOf(views)).toBe(2);
    // Still armed: the next result wakes it too.
    wakeParent(views);
    expect(epochOf(views)).toBe(3);
  });

  test("is mended by waking the parent unasked when the worker dies before any step of it", () => {
    atEveryStep({
      arrange: () => {
        const views = viewsFor(1);
        return { views, epoch: arm(views, ARM_FOR_RESULTS) };
      },
      act: ({ views }) => endOf(() => wakeParent(views)),
      meanwhile: () => {
        throw new Died();
      },
      check: ({ views, epoch }, _, order) => {
        bumpEpoch(views);
        expect(epochOf(views), order).not.toBe(epoch);
      },
    });
  });
});

describe("worker threads", () => {
  let threads: Threads | undefined;
  afterEach(() => threads?.[Symbol.dispose]());

  test.each([
    ["blocked", 60_000],
    ["with their event loops turning", 0],
    ["first the one, then the other", 1],
  ])("and the parent lose no wake-up over many idle periods: parked %s", (_, blockMs) => {
    const PERIODS = 3000;
    threads = new Threads({ workers: 2, requests: PERIODS, spinUs: 10, blockMs });
    for (let request = 0; request < PERIODS; request++) {
      // Every second put meets workers that all sleep; the others meet workers that are about to.
      if (request % 2 === 0) threads.untilAllIdle();
      else for (let i = 0; i < request % 800; i++) Atomics.pause();
      expect(threads.tryPut(request)).toBe(true);
      threads.readResults();
      expect(threads.settled).toBe(request + 1);
    }
    expect(threads.runs.every((runs) => runs === 1)).toBe(true);
  });

  test("all run at once when as many requests come as there are workers, although each put wakes one at most", () => {
    const WORKERS = 4;
    const ROUNDS = 200;
    threads = new Threads({ workers: WORKERS, requests: WORKERS * ROUNDS, work: "meet" });
    Atomics.store(threads.meeting, 0, WORKERS);
    for (let round = 0; round < ROUNDS; round++) {
      threads.untilAllIdle();
      Atomics.store(threads.meeting, 1, 0);
      // Each request waits until all run: if no worker were woken for one of them, the others would wait for ever.
      for (let i = 0; i < WORKERS; i++) threads.tryPut(round * WORKERS + i);
      while (threads.settled < WORKERS * (round + 1)) threads.readResults();
    }
    expect(threads.runs.every((runs) => runs === 1)).toBe(true);
  });

  test.each([
    ["blocked", 60_000],
    ["with its event loop turning", 0],
  ])("go on when one of them is killed while it is parked, %s", async (_, blockMs) => {
    threads = new Threads({ workers: 3, requests: 600, spinUs: 0, blockMs });
    let request = 0;
    for (const victim of [1, 0]) {
      threads.untilAllIdle();
      expect(await threads.kill(victim)).toEqual([]);
      threads.putAll(request, request + 100);
      request += 100;
      while (threads.settled < request) threads.readResults();
      // The slot serves a successor, which is woken like the others.
      threads.start(victim);
      threads.untilAllIdle();
      threads.putAll(request, request + 100);
      request += 100;
      while (threads.settled < request) threads.readResults();
    }
    expect(threads.settled).toBe(request);
    expect(threads.runs.slice(0, request).every((runs) => runs === 1)).toBe(true);
  });

  test("end when they are dismissed while parked, and leave the sets", () => {
    for (const blockMs of [60_000, 0]) {
      threads = new Threads({ workers: 17, requests: 1, spinUs: 0, blockMs });
      threads.untilAllIdle();
      threads.dismissAll();
      const before = unparks(threads.views);
      wakeOne(threads.views);
      expect(unparks(threads.views)).toEqual(before);
      threads[Symbol.dispose]();
    }
  });
});
