/** Parents that end before their children, collections that fail in other workers, and results in shared memory. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { ThreadPool, WorkerDied } from "../../src/index.ts";
import * as edges from "./fixtures/edges.ts";
import { leavesAnOrphan, square } from "./fixtures/trees.ts";

setDefaultTimeout(60_000);

function memory(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(64));
}

const CALLS = ["run", "map", "parallelFor"] as const;

describe.each([1, 2, 3])("a parent that ends before its children, with %d workers,", (workers) => {
  test.each(CALLS)("asks those to stop that run: %s", async (call) => {
    await using pool = new ThreadPool(workers);
    await pool.ready();
    const shared = memory();
    expect(await pool.run(edges.leavesRunning, [call, shared])).toBe("left");
    while (Atomics.load(shared, 1) === 0) await Bun.sleep(1);
  });
  test.each(CALLS)("does so when it is a child itself: %s", async (call) => {
    await using pool = new ThreadPool(workers);
    await pool.ready();
    expect(await pool.run(edges.childLeavesRunning, [call, memory()])).toBe("left");
  });
  test.each(CALLS)("costs no worker, when they stop with an error: %s", async (call) => {
    await using pool = new ThreadPool(workers);
    await pool.ready();
    const before = pool.workers.map(({ id }) => id);
    for (const callable of [edges.leavesRunning, edges.childLeavesRunning]) {
      const shared = memory();
      await pool.run(callable, [call, shared]);
      while (Atomics.load(shared, 1) === 0) await Bun.sleep(1);
    }
    // The request of each worker comes after what the child has thrown.
    expect(await pool.map(square, [1, 2, 3, 4])).toEqual([1, 4, 9, 16]);
    expect(pool.workers.map(({ id }) => id)).toEqual(before);
  });
});

test("a child that waits in vain for its parent, which is a child that has ended, never begins", async () => {
  await using pool = new ThreadPool(1);
  expect(await pool.run(edges.childLeavesWaiting, [memory()])).toBe(0);
});

describe.each([2, 4])("with %d workers", (workers) => {
  test("a collection that fails in another worker takes nothing from another one", async () => {
    await using pool = new ThreadPool(workers);
    await pool.ready();
    let failures = 0;
    while (failures < 40) failures += await pool.run(edges.failsBesideAnother, [20]);
  });
  test.each([edges.manyShared, edges.manyPassedOn])(
    "shared memory in many results arrives, however late its owner looks: %p",
    async (callable) => {
      await using pool = new ThreadPool(workers);
      await pool.ready();
      let taken = 0;
      while (taken < 200) {
        expect(await pool.run(callable, [100])).toBe(4950);
        ({ taken } = pool.stats().children);
      }
    },
  );
});

describe.each([1, 2, 3])("a child that is to stop, with %d workers,", (workers) => {
  test.each([edges.waitsForTwo, edges.waitsForTwoInChild])(
    "hears of it by its signal when the request is aborted: %p",
    async (callable) => {
      await using pool = new ThreadPool(workers, { graceMs: 30_000 });
      await pool.ready();
      const before = pool.workers.map(({ id }) => id);
      const shared = memory();
      const controller = new AbortController();
      const running = pool.run(callable, [shared], { signal: controller.signal });
      while (Atomics.load(shared, 0) < 2) await Bun.sleep(1);
      controller.abort(new RangeError("enough"));
      await expect(running).rejects.toThrow("enough");
      while (Atomics.load(shared, 1) < 2) await Bun.sleep(1);
      expect(pool.workers.map(({ id }) => id)).toEqual(before);
      expect(await pool.map(square, [1, 2, 3])).toEqual([1, 4, 9]);
    },
  );
  test.each([edges.leavesTwo, edges.childLeavesTwo])(
    "hears of it by its signal when its parent has ended: %p",
    async (callable) => {
      await using pool = new ThreadPool(workers);
      await pool.ready();
      const shared = memory();
      await pool.run(callable, [shared]);
      while (Atomics.load(shared, 1) < 2) await Bun.sleep(1);
      expect(await pool.map(square, [1, 2, 3])).toEqual([1, 4, 9]);
    },
  );
});

test("a child hears of it by its signal when the worker of its parent dies", async () => {
  await using pool = new ThreadPool(2);
  for (;;) {
    await pool.ready();
    const shared = memory();
    const running = pool.run(edges.waitsForTwo, [shared]);
    running.catch(() => {});
    while (Atomics.load(shared, 0) < 2) await Bun.sleep(1);
    pool.workers.find(({ id }) => id === Atomics.load(shared, 4))?.terminate();
    await expect(running).rejects.toThrow(/died|terminated|ended/i);
    // Whether another worker takes a child depends on whether it has nothing to do at that moment.
    if (Atomics.load(shared, 5) === 0) continue;
    while (Atomics.load(shared, 1) === 0) await Bun.sleep(1);
    break;
  }
  expect(await pool.map(square, [1, 2, 3])).toEqual([1, 4, 9]);
});

test("a child that does not hear that its parent's worker has died is ended with its own worker", async () => {
  await using pool = new ThreadPool(2, { graceMs: 50 });
  for (;;) {
    await pool.ready();
    const ids = new Set(pool.workers.map(({ id }) => id));
    const outcome = await pool.run(leavesAnOrphan, [memory()]).catch((error: unknown) => error);
    // They have not met, because no other worker had nothing to do.
    if (!(outcome instanceof WorkerDied)) continue;
    while (pool.workers.some(({ id }) => ids.has(id))) await Bun.sleep(1);
    break;
  }
  expect(await pool.map(square, [1, 2, 3])).toEqual([1, 4, 9]);
});
