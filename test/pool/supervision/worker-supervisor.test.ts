/** What the supervisor does about deaths and dismissals, with workers whose every step the test takes itself. */
import { describe, expect, test } from "bun:test";
import { EMPTY, MAX_WORKERS, parkEpoch } from "../../../native-queue/index.ts";
import { PARENT_ARM, PARENT_EPOCH } from "../../../native-queue/layout.ts";
import { enterIdleSet, enterSpinSet } from "../../../native-queue/parker.ts";
import { ThreadPool } from "../../../src/index.ts";
import type { WorkerThread } from "../../../src/index.ts";
import { TASKS } from "../../../src/pool/queue/task-table.ts";
import { echo } from "../fixtures/tasks.ts";
import { rejection } from "../rejection.ts";
import { PlayedWorkers } from "../played-worker.ts";
import type { PlayedWorker } from "../played-worker.ts";
import { turnUntil } from "../turns.ts";

/** Both ways in which the first worker of a pool may end between two atomic operations. */
const deaths: [string, (pool: ThreadPool, worker: PlayedWorker) => void][] = [
  ["is terminated", (pool) => pool.workers[0]?.terminate()],
  ["is taken away by the system", (_, worker) => worker.close(137)],
];

describe.each(deaths)("a worker that %s", (_, kill) => {
  test("after it took a peer's idle bit, and before it unparked the peer, does not leave the peer asleep", () => {
    using workers = new PlayedWorkers();
    const pool = new ThreadPool(2);
    const [doomed, peer] = workers.started as [PlayedWorker, PlayedWorker];
    const { views } = doomed;
    for (const worker of [doomed, peer]) worker.becomeReady();
    enterIdleSet(views, peer.slot);
    const parkedAt = parkEpoch(views, peer.slot);
    // As `wakeOne` does, which unparks the peer next.
    enterSpinSet(views, peer.slot);
    kill(pool, doomed);
    expect(parkEpoch(views, peer.slot)).not.toBe(parkedAt);
    pool.terminate();
  });

  test("after it disarmed the parent, and before it woke it, does not leave the parent asleep", async () => {
    using workers = new PlayedWorkers();
    const pool = new ThreadPool(2);
    const [doomed] = workers.started as [PlayedWorker];
    const { words } = doomed.views;
    const failed = rejection(pool.run(echo, ["pending"]));
    await turnUntil(() => Atomics.load(words, PARENT_ARM) !== 0);
    const sleptAt = Atomics.load(words, PARENT_EPOCH);
    // As `wakeParent` does, which changes the epoch next.
    Atomics.store(words, PARENT_ARM, 0);
    kill(pool, doomed);
    expect(Atomics.load(words, PARENT_EPOCH)).not.toBe(sleptAt);
    // It looks, and asks to be woken again: otherwise it would hear of no other worker's results.
    await turnUntil(() => Atomics.load(words, PARENT_ARM) !== 0);
    pool.terminate();
    await failed;
  });
});

describe("when every slot is taken, by workers and by threads that are not gone yet", () => {
  test("a successor starts as soon as a thread is gone, and as many as there were deaths", () => {
    using workers = new PlayedWorkers();
    const pool = new ThreadPool(MAX_WORKERS);
    const ids = pool.workers.map(({ id }) => id);
    const doomed = workers.started.slice(10, 13);
    for (const worker of pool.workers.slice(10, 13)) worker.terminate();
    expect(doomed.every(({ isTerminated }) => isTerminated)).toBe(true);
    expect(pool.workers.map(({ id }) => id)).toEqual(ids.toSpliced(10, 3));
    expect(() => pool.createWorkers(1)).toThrow(RangeError);
    for (const [gone, thread] of doomed.entries()) {
      thread.close();
      expect(workers.started).toHaveLength(MAX_WORKERS + gone + 1);
      expect(workers.started.at(-1)?.slot).toBe(thread.slot);
      expect(pool.workers).toHaveLength(MAX_WORKERS - 2 + gone);
      expect(pool.workers.every(({ state }) => state === "running")).toBe(true);
    }
    expect(pool.workers.slice(-3).map(({ id }) => id)).toEqual([257, 258, 259]);
    pool.terminate();
  });

  test("no successor starts in a pool that was terminated meanwhile", () => {
    using workers = new PlayedWorkers();
    const pool = new ThreadPool(MAX_WORKERS);
    pool.workers[0]?.terminate();
    pool.terminate();
    for (const thread of workers.started) thread.close();
    expect(workers.started).toHaveLength(MAX_WORKERS);
    expect(pool.workers).toEqual([]);
  });
});

describe("a worker that is killed", () => {
  test("twice has one successor and dies once, and after its dismissal it has none", () => {
    using workers = new PlayedWorkers();
    const pool = new ThreadPool(2);
    const died: WorkerThread[] = [];
    pool.on("workerDied", (worker) => died.push(worker));
    const [first, second] = pool.workers as readonly [WorkerThread, WorkerThread];
    first.terminate();
    first.terminate();
    expect(workers.started).toHaveLength(3);
    expect(died).toEqual([first]);
    second.dismiss();
    second.terminate();
    expect(workers.started).toHaveLength(3);
    expect(pool.workers.map(({ id }) => id)).toEqual([3]);
    pool.terminate();
  });

  test("keeps the tasks that it held until its thread is gone: then others have them at once", async () => {
    using workers = new PlayedWorkers();
    const pool = new ThreadPool(1);
    const [doomed] = workers.started as [PlayedWorker];
    doomed.becomeReady();
    const lost = Array.from({ length: TASKS }, (_, i) => pool.run(echo<number>, [i]));
    expect(new Set(lost.map(() => doomed.claim())).size).toBe(TASKS);
    pool.workers[0]?.terminate();
    const next = rejection(pool.run(echo, ["next"]));
    const [, successor] = workers.started as [unknown, PlayedWorker];
    successor.becomeReady();
    expect(successor.claim()).toBe(EMPTY);
    doomed.close();
    expect(successor.claim()).toBeGreaterThanOrEqual(0);
    for (const { status } of await Promise.allSettled(lost)) expect(status).toBe("rejected");
    pool.terminate();
    await next;
  });

  test("after its run was stopped does not have the run put again", async () => {
    using workers = new PlayedWorkers();
    const pool = new ThreadPool(1);
    const [doomed] = workers.started as [PlayedWorker];
    doomed.becomeReady();
    const controller = new AbortController();
    const run = pool.run(echo, ["stopped"], { signal: controller.signal, retries: 5 });
    expect(doomed.claim()).toBeGreaterThanOrEqual(0);
    controller.abort("stop");
    pool.workers[0]?.terminate();
    expect(await rejection(run)).toBe("stop");
    expect(pool.stats()).toMatchObject({ cancelled: 1, failed: 0, retried: 0, queueLength: 0 });
    pool.terminate();
  });
});

test("a worker that is dismissed while it is parked is woken", () => {
  using workers = new PlayedWorkers();
  const pool = new ThreadPool(1);
  const [parked] = workers.started as [PlayedWorker];
  parked.becomeReady();
  const { views, slot } = parked;
  enterIdleSet(views, slot);
  const parkedAt = parkEpoch(views, slot);
  pool.dismissWorkers(1);
  expect(parkEpoch(views, slot)).not.toBe(parkedAt);
  pool.terminate();
});
