/** A program that blocks or computes, and a parent in a worker that computes, do not stop a tree. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { ThreadPool } from "../../src/index.ts";
import * as busy from "./fixtures/busy-parents.ts";

setDefaultTimeout(60_000);

const TREES = 4;
const VALUE = 610;

function memory(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(64));
}

describe.each([1, 2, 3])("with %d workers, trees come to their end", (workers) => {
  let pool: ThreadPool;
  beforeAll(async () => {
    pool = new ThreadPool(workers);
    await pool.ready();
  });
  afterAll(() => pool.close());

  describe.each([false, true])("whose parents block: %p", (isSync) => {
    const args = (): [Int32Array, boolean] => [memory(), isSync];

    test("while the program blocks in wait", async () => {
      const trees = Array.from({ length: TREES }, () => pool.run(busy.tellsItsEnd, args()));
      pool.wait();
      expect(await Promise.all(trees)).toEqual(trees.map(() => VALUE));
    });
    test("while the program blocks in runSync", () => {
      expect(pool.runSync(busy.tellsItsEnd, args())).toBe(VALUE);
    });
    test("while the program blocks in mapSync", () => {
      const items = Array.from({ length: TREES }, args);
      expect(pool.mapSync((item: [Int32Array, boolean]) => item[1], items)).toHaveLength(TREES);
      const starmap = items.map((item) => pool.run(busy.tellsItsEnd, item));
      expect(pool.mapSync((n: number) => n, [1, 2])).toEqual([1, 2]);
      pool.wait();
      return Promise.all(starmap).then((found) => expect(found).toEqual(items.map(() => VALUE)));
    });
    test("while the program computes, and calls the pool for nothing", async () => {
      const shared = memory();
      const trees = Array.from({ length: TREES }, () =>
        pool.run(busy.tellsItsEnd, [shared, isSync]),
      );
      // No turn of the event loop, and no wait that the pool knows of.
      while (Atomics.load(shared, 1) < TREES);
      expect(await Promise.all(trees)).toEqual(trees.map(() => VALUE));
    });
  });
});

describe.each([2, 3])("with %d workers, a parent in a worker", (workers) => {
  test.each([false, true])(
    "that computes until its child's tree has ended elsewhere does not stop it: %p",
    async (isSync) => {
      await using pool = new ThreadPool(workers);
      await pool.ready();
      for (const callable of [busy.computesMeanwhile, busy.computesInChild])
        expect(await pool.run(callable, [memory(), isSync])).toBe(VALUE);
      // The program computes as well.
      const shared = memory();
      const running = pool.run(busy.computesMeanwhile, [shared, isSync]);
      while (Atomics.load(shared, 2) === 0);
      expect(await running).toBe(VALUE);
    },
  );
});
