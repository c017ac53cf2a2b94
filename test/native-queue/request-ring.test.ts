import { afterEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { HEAD } from "../../native-queue/layout.ts";
import {
  EMPTY,
  claim,
  generationOfTask,
  hasWork,
  mayBeClaimedBy,
} from "../../native-queue/request-ring.ts";
import {
  TAG_FREE,
  TAG_READY,
  generationOf,
  ownerOf,
  tagOf,
} from "../../native-queue/task-state.ts";
import { Died, atEveryStep, endOf, meanwhileAt, stepsOf } from "./fixtures/interleave.ts";
import { STARTS, putAll, queueAt, tryPut } from "./fixtures/queue.ts";
import type { Queue } from "./fixtures/queue.ts";
import { Threads } from "./fixtures/threads.ts";

function claimAll({ views }: Queue, worker: number): number[] {
  const tasks: number[] = [];
  for (let task = claim(views, worker); task !== EMPTY; task = claim(views, worker))
    tasks.push(task);
  return tasks;
}
function stateOf({ views }: Queue, task: number): number {
  return Atomics.load(views.words, views.state(task));
}
/** Fills the ring with entries of a task that is put and cancelled again and again. */
function fillWithStaleEntries(queue: Queue, task: number, count: number): void {
  for (let i = 0; i < count; i++) {
    putAll(queue, task);
    expect(queue.producer.tryCancel(task)).toBe(true);
  }
}

describe.each(STARTS)("a request queue that starts at position %d", (start) => {
  test("gives out each request once, in the order they were put, over many laps", () => {
    const queue = queueAt(start);
    for (let lap = 0; lap < 40; lap++) {
      expect(claim(queue.views, 0)).toBe(EMPTY);
      expect(hasWork(queue.views)).toBe(false);
      const order = lap % 2 === 0 ? [0, 1, 2, 3] : [3, 1, 0, 2];
      putAll(queue, ...order);
      expect(hasWork(queue.views)).toBe(true);
      expect(queue.producer.waiting).toBe(4);
      expect([claim(queue.views, 1), claim(queue.views, 0)]).toEqual(order.slice(0, 2));
      expect(queue.producer.waiting).toBe(2);
      expect(claimAll(queue, 2)).toEqual(order.slice(2));
      for (const task of order) queue.producer.release(task);
    }
    expect(Atomics.load(queue.views.words, HEAD)).toBe((start + 160) | 0);
  });

  test("ends a claim in a bounded number of steps, however many stale entries it passes", () => {
    for (const stale of [0, 1, 7]) {
      const queue = queueAt(start);
      fillWithStaleEntries(queue, 0, stale);
      const steps = stepsOf(() => expect(claim(queue.views, 0)).toBe(EMPTY));
      expect(steps).toBeLessThanOrEqual(4 * stale + 3);
    }
  });

  test("names owner and position in the state of a claimed task only", () => {
    const queue = queueAt(start);
    putAll(queue, 2, 3);
    expect(claim(queue.views, 255)).toBe(2);
    expect(ownerOf(stateOf(queue, 2))).toBe(255);
    expect(generationOfTask(queue.views, 2)).toBe(generationOf(start));
    expect(tagOf(stateOf(queue, 3))).toBe(TAG_READY);
    expect(tagOf(stateOf(queue, 0))).toBe(TAG_FREE);
  });

  test("does not give out a cancelled request, and refuses to cancel a claimed one", () => {
    const queue = queueAt(start);
    putAll(queue, 0, 1, 2);
    expect(queue.producer.tryCancel(1)).toBe(true);
    expect(queue.producer.tryCancel(1)).toBe(false);
    expect(claim(queue.views, 0)).toBe(0);
    expect(queue.producer.tryCancel(0)).toBe(false);
    expect(claimAll(queue, 1)).toEqual([2]);
    expect(queue.producer.claimedBy(0)).toEqual([0]);
  });

  test("has work while an entry is not passed, and none after a claim has passed all stale entries", () => {
    const queue = queueAt(start);
    fillWithStaleEntries(queue, 0, 3);
    expect(hasWork(queue.views)).toBe(true);
    expect(claim(queue.views, 0)).toBe(EMPTY);
    expect(hasWork(queue.views)).toBe(false);
    expect(queue.producer.waiting).toBe(0);
  });

  test("takes any number of puts while no worker claims, because the parent passes stale entries itself", () => {
    const queue = queueAt(start);
    fillWithStaleEntries(queue, 1, 50);
    expect(queue.producer.waiting).toBeLessThanOrEqual(8);
    putAll(queue, 1);
    expect(claimAll(queue, 0)).toEqual([1]);
  });

  test("is full while the oldest of all entries is a request that waits, and has room after it is claimed", () => {
    const queue = queueAt(start);
    putAll(queue, 0);
    fillWithStaleEntries(queue, 1, 7);
    expect(tryPut(queue.producer, 2)).toBe(false);
    expect(tryPut(queue.producer, 2)).toBe(false);
    expect(tagOf(stateOf(queue, 2))).toBe(TAG_FREE);
    expect(claim(queue.views, 0)).toBe(0);
    putAll(queue, 2);
    expect(claimAll(queue, 0)).toEqual([2]);
  });

  test("passes stale entries up to a request that waits, and none beyond it", () => {
    const queue = queueAt(start);
    fillWithStaleEntries(queue, 1, 3);
    putAll(queue, 0, 3);
    fillWithStaleEntries(queue, 1, 3);
    putAll(queue, 2);
    expect(Atomics.load(queue.views.words, HEAD)).toBe((start + 3) | 0);
    expect(claimAll(queue, 0)).toEqual([0, 3, 2]);
  });

  test("lists what a worker holds: what it has claimed and the parent has not released", () => {
    const queue = queueAt(start, 8);
    putAll(queue, 0, 1, 2, 3, 4);
    for (const worker of [5, 6, 5, 5]) claim(queue.views, worker);
    queue.producer.release(2);
    expect(queue.producer.claimedBy(5)).toEqual([0, 3]);
    expect(queue.producer.claimedBy(6)).toEqual([1]);
    expect(queue.producer.claimedBy(7)).toEqual([]);
    // What is put again has no owner until it is claimed.
    queue.producer.release(0);
    putAll(queue, 0);
    expect(queue.producer.claimedBy(5)).toEqual([3]);
  });

  test("tells a frame of this use of a task from one of an earlier use, and from nonsense", () => {
    const queue = queueAt(start);
    const { producer, views } = queue;
    putAll(queue, 0);
    claim(views, 1);
    const first = generationOfTask(views, 0);
    expect(producer.isInUse(0, first)).toBe(true);
    producer.release(0);
    expect(producer.isInUse(0, first)).toBe(false);
    putAll(queue, 0);
    expect(producer.isInUse(0, first)).toBe(false);
    expect(producer.isInUse(0, generationOf((start + 1) | 0))).toBe(true);
    producer.tryCancel(0);
    expect(producer.isInUse(0, generationOf((start + 1) | 0))).toBe(false);
    for (const nonsense of [-1, 4, 2 ** 31 - 1]) expect(producer.isInUse(nonsense, 0)).toBe(false);
  });

  test("tells the position of the next put before it, and of a task in use after it", () => {
    const queue = queueAt(start);
    for (const task of [2, 0, 2]) {
      const position = queue.producer.nextPosition;
      putAll(queue, task);
      expect(queue.producer.positionOf(task)).toBe(position);
      expect(claim(queue.views, 0)).toBe(task);
      expect(generationOfTask(queue.views, task)).toBe(generationOf(position));
      queue.producer.release(task);
    }
  });

  test("lets a worker tell what it may still claim from what other workers have claimed", () => {
    const queue = queueAt(start);
    const { producer, views } = queue;
    const isMine = (position: number): boolean => mayBeClaimedBy(views, 0, position, 5);
    putAll(queue, 0);
    claim(views, 4);
    producer.release(0);
    const past = producer.positionOf(0);
    const next = producer.nextPosition;
    expect([isMine(past), isMine(next)]).toEqual([false, true]); // next: about to be put
    putAll(queue, 0);
    expect([isMine(past), isMine(next)]).toEqual([false, true]); // waits
    expect(claim(views, 5)).toBe(0);
    expect([isMine(past), isMine(next)]).toEqual([false, true]); // held by this worker
    expect(mayBeClaimedBy(views, 0, next, 4)).toBe(false);
    producer.release(0);
    putAll(queue, 0);
    producer.tryCancel(0);
    expect(claim(views, 5)).toBe(EMPTY); // passes what was cancelled
    expect(isMine(producer.positionOf(0))).toBe(false);
  });

  test("behaves as a list would, whatever is put, claimed, cancelled and released", () => {
    const TASKS = 4;
    const step = fc.record({
      kind: fc.constantFrom("put", "put", "claim", "claim", "cancel", "release"),
      task: fc.nat(TASKS - 1),
      worker: fc.nat(2),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const queue = queueAt(start, TASKS);
        const { producer, views } = queue;
        const waiting: number[] = [];
        const owners = new Map<number, number>();
        let staleAtLeast = 0;
        for (const { kind, task, worker } of steps) {
          if (kind === "put" && !waiting.includes(task) && !owners.has(task)) {
            const hasRoom = tryPut(producer, task);
            // Refused only when stale entries behind a request to run fill the rest of the ring.
            if (hasRoom) waiting.push(task);
            else expect(waiting.length + staleAtLeast).toBeGreaterThanOrEqual(2 * TASKS);
          } else if (kind === "claim") {
            const claimed = claim(views, worker);
            expect(claimed).toBe(waiting.shift() ?? EMPTY);
            if (claimed !== EMPTY) owners.set(claimed, worker);
            if (waiting.length === 0) staleAtLeast = 0;
          } else if (kind === "cancel") {
            const isWaiting = waiting.includes(task);
            expect(producer.tryCancel(task)).toBe(isWaiting);
            if (isWaiting) waiting.splice(waiting.indexOf(task), 1);
            if (isWaiting) staleAtLeast += 1;
          } else if (kind === "release" && owners.delete(task)) {
            producer.release(task);
          }
          expect(producer.waiting).toBeGreaterThanOrEqual(waiting.length);
          expect(producer.waiting).toBeLessThanOrEqual(2 * TASKS);
          for (const who of [0, 1, 2]) {
            const held = [...owners].filter(([, owner]) => owner === who).map(([each]) => each);
            expect(producer.claimedBy(who)).toEqual(held.toSorted((a, b) => a - b));
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test("gives the oldest request to a claimer that stalled with an old entry, not a later use of its task", () => {
    const queue = queueAt(start);
    const { producer, views } = queue;
    putAll(queue, 0);
    const claimed = meanwhileAt(
      ({ operation }) => operation === "compareExchange", // it has read the entry of task 0, and is about to claim it
      () => {
        expect(claim(views, 1)).toBe(0);
        producer.release(0);
        putAll(queue, 2, 0);
      },
      () => claim(views, 3),
    );
    expect(claimed).toBe(2);
    expect(tagOf(stateOf(queue, 0))).toBe(TAG_READY);
    expect(claimAll(queue, 1)).toEqual([0]);
  });

  test("refuses a task that was cancelled and put again to a claimer that stalled with its old entry", () => {
    const queue = queueAt(start);
    const { producer, views } = queue;
    putAll(queue, 0);
    const claimed = meanwhileAt(
      ({ operation }) => operation === "compareExchange",
      () => {
        producer.tryCancel(0);
        putAll(queue, 1, 0);
      },
      () => claim(views, 3),
    );
    expect(claimed).toBe(1);
    expect(generationOfTask(views, 0)).toBe(generationOf((start + 2) | 0));
  });

  test("lets a claimer that stalled for whole laps between its two loads go on with the newest lap", () => {
    const queue = queueAt(start);
    const { producer, views } = queue;
    const claimed = meanwhileAt(
      ({ number }) => number === 1, // head is read, its entry not yet
      () => {
        for (let lap = 0; lap < 5; lap++) {
          putAll(queue, 0, 1, 2);
          for (const task of claimAll(queue, 1)) producer.release(task);
        }
        putAll(queue, 3, 2);
      },
      () => claim(views, 0),
    );
    expect(claimed).toBe(3);
  });

  test("shows work that was always there, although whole laps pass during the look", () => {
    for (const at of [0, 1]) {
      const queue = queueAt(start);
      putAll(queue, 3);
      const isThere = meanwhileAt(
        ({ number }) => number === at,
        () => {
          for (let task = 0; task < 12; task++) {
            putAll(queue, task % 4);
            queue.producer.release(claim(queue.views, 1));
          }
        },
        () => hasWork(queue.views),
      );
      expect(isThere).toBe(true);
    }
  });

  test("is not held up by a claimer that stalls or dies between its claim and the move of head", () => {
    const queue = queueAt(start);
    const { producer, views } = queue;
    putAll(queue, 0, 1);
    const end = endOf(() =>
      meanwhileAt(
        ({ operation, word }) => operation === "compareExchange" && word === HEAD,
        () => {
          throw new Died();
        },
        () => claim(views, 0),
      ),
    );
    expect(end).toBeInstanceOf(Died);
    expect(producer.claimedBy(0)).toEqual([0]);
    expect(hasWork(views)).toBe(true);
    expect(claimAll(queue, 1)).toEqual([1]);
    producer.release(0);
    putAll(queue, 0);
    expect(claimAll(queue, 1)).toEqual([0]);
  });

  test("loses and doubles no request when a claimer dies before any step of a claim", () => {
    const orders = atEveryStep({
      arrange: () => {
        const queue = queueAt(start);
        fillWithStaleEntries(queue, 3, 1);
        putAll(queue, 0, 1, 2);
        return queue;
      },
      act: ({ views }) => claim(views, 0),
      meanwhile: () => {
        throw new Died();
      },
      check: (queue, end, order) => {
        const recovered = queue.producer.claimedBy(0);
        expect(recovered.length, order).toBeLessThanOrEqual(1);
        if (end !== undefined && !(end instanceof Died)) expect(recovered).toEqual([end as number]);
        expect([...recovered, ...claimAll(queue, 1)], order).toEqual([0, 1, 2]);
      },
    });
    expect(orders).toBeGreaterThan(8);
  });

  test("gives each of two claimers a request of its own, at whatever step one overtakes the other", () => {
    atEveryStep({
      arrange: () => {
        const queue = queueAt(start);
        fillWithStaleEntries(queue, 3, 1);
        putAll(queue, 0, 1);
        return { ...queue, overtaker: EMPTY };
      },
      act: ({ views }) => claim(views, 0),
      meanwhile: (queue) => {
        queue.overtaker = claim(queue.views, 1);
      },
      check: (queue, end, order) => {
        expect(new Set([end, queue.overtaker]), order).toEqual(new Set([0, 1]));
        expect(queue.producer.claimedBy(0), order).toEqual([end as number]);
        expect(claim(queue.views, 2), order).toBe(EMPTY);
      },
    });
  });

  test("lets either the cancellation or the claim win, at whatever step of the claim they meet", () => {
    atEveryStep({
      arrange: () => {
        const queue = queueAt(start);
        putAll(queue, 0, 1);
        return { ...queue, isCancelled: false };
      },
      act: ({ views }) => claim(views, 0),
      meanwhile: (queue) => {
        queue.isCancelled = queue.producer.tryCancel(0);
      },
      check: (queue, end, order) => {
        expect(end as number, order).toBe(queue.isCancelled ? 1 : 0);
        expect(claimAll(queue, 1), order).toEqual(queue.isCancelled ? [] : [1]);
      },
    });
  });

  test("finds room while the parent passes stale entries, at whatever step a worker claims", () => {
    atEveryStep({
      arrange: () => {
        const queue = queueAt(start);
        fillWithStaleEntries(queue, 0, 3);
        putAll(queue, 1);
        fillWithStaleEntries(queue, 0, 4);
        return { ...queue, claimed: EMPTY };
      },
      act: ({ producer }) => tryPut(producer, 2),
      meanwhile: (queue) => {
        queue.claimed = claim(queue.views, 0);
      },
      check: (queue, end, order) => {
        expect(end as boolean, order).toBe(true);
        expect(
          [queue.claimed, ...claimAll(queue, 1)].filter((task) => task !== EMPTY),
          order,
        ).toEqual([1, 2]);
      },
    });
  });

  test("shows a claimer a whole put or none, at any step of the put", () => {
    atEveryStep({
      arrange: () => ({ ...queueAt(start), claimed: EMPTY }),
      act: (queue) => putAll(queue, 1),
      meanwhile: (queue) => {
        queue.claimed = claim(queue.views, 0);
      },
      check: (queue, _, order) => {
        const claimed = [queue.claimed, claim(queue.views, 0)];
        expect(
          claimed.filter((task) => task !== EMPTY),
          order,
        ).toEqual([1]);
      },
    });
  });

  test("loses no request that is put at any step of a claim that finds nothing", () => {
    atEveryStep({
      arrange: () => queueAt(start),
      act: ({ views }) => claim(views, 0),
      meanwhile: (queue) => putAll(queue, 1),
      check: (queue, end, order) => {
        // Whether the claim has seen it or not, it is claimed exactly once.
        const later = claim(queue.views, 1);
        expect(
          [end, later].filter((task) => task !== EMPTY),
          order,
        ).toEqual([1]);
      },
    });
  });
});

test("a worker keeps a message that was posted for a put at position 3,000,000", () => {
  const { producer, views } = queueAt(3_000_000);
  expect(mayBeClaimedBy(views, 0, producer.nextPosition, 0)).toBe(true);
});

test("a claimer that stalls for exactly 4,194,304 puts claims a request too early, but claims it once", () => {
  const queue = queueAt(-5);
  const { producer, views } = queue;
  putAll(queue, 0);
  const claimed = meanwhileAt(
    ({ operation }) => operation === "compareExchange",
    () => {
      producer.release(claim(views, 1));
      for (let puts = 1; puts < 2 ** 22 - 1; puts++) {
        putAll(queue, 1);
        producer.release(claim(views, 1));
      }
      putAll(queue, 2, 0); // 0 has the generation that it had when the claimer stalled
    },
    () => claim(views, 3),
  );
  expect(claimed).toBe(0);
  expect(producer.claimedBy(3)).toEqual([0]);
  expect(generationOfTask(views, 0)).toBe(generationOf(producer.positionOf(0)));
  expect(claimAll(queue, 1)).toEqual([2]);
});

describe("worker threads", () => {
  let threads: Threads | undefined;
  afterEach(() => threads?.[Symbol.dispose]());

  test.each([
    ["changes its sign", 0x7fffffff - 100_000],
    ["wraps to 0", -100_000],
  ])("claim each of 200,000 requests exactly once while the position %s", (_, start) => {
    const REQUESTS = 200_000;
    threads = new Threads({ workers: 3, tasks: 64, start, requests: REQUESTS });
    const cancelled = new Set<number>();
    let put = 0;
    while (threads.settled < REQUESTS) {
      while (put < REQUESTS && threads.tryPut(put)) {
        if (put % 7 === 0 && threads.tryCancel(put)) cancelled.add(put);
        put += 1;
      }
      threads.readResults();
    }
    const wrong = [...threads.runs].flatMap((runs, request) =>
      runs === (cancelled.has(request) ? 0 : 1) ? [] : [{ request, runs }],
    );
    expect(wrong).toEqual([]);
    expect(threads.strayFrames).toBe(0);
  });
});
