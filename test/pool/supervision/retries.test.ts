import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { ThreadPool, WorkRequest, WorkerDied } from "../../../src/index.ts";
import { surviveAt, surviveUncaught, surviveWith } from "../fixtures/context.ts";
import { fail } from "../fixtures/tasks.ts";
import { rejection } from "../rejection.ts";
import { SCRIPT_TEST_MS } from "../script.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

const VALUES: readonly (readonly [kind: string, value: unknown])[] = [
  ["a string", "text"],
  ["an object", { name: "object", list: [1, 2, 3] }],
  ["bytes for the arena", new Uint8Array(100_000).fill(7)],
  ["bytes in memory of their own", new Uint8Array(5_000_000).fill(7)],
];

describe("a request whose worker dies", () => {
  test("runs again as often as it may, and knows which attempt it is", async () => {
    await using pool = new ThreadPool(2);
    expect(await pool.run(surviveAt, [3], { retries: 2 })).toBe(3);
    expect(pool.stats()).toMatchObject({ put: 1, succeeded: 1, failed: 0, retried: 2 });
  });

  test("runs again while the parent blocks", async () => {
    await using pool = new ThreadPool(1);
    expect(pool.runSync(surviveAt, [3], { retries: 2 })).toBe(3);
  });

  test("fails when that was not often enough", async () => {
    await using pool = new ThreadPool(1);
    expect(await rejection(pool.run(surviveAt, [3], { retries: 1 }))).toBeInstanceOf(WorkerDied);
    expect(pool.stats()).toMatchObject({ retried: 1, failed: 1 });
  });

  test("does not run again unless it was told to", async () => {
    await using pool = new ThreadPool(1);
    expect(await rejection(pool.run(surviveAt, [2]))).toBeInstanceOf(WorkerDied);
    expect(pool.stats()).toMatchObject({ retried: 0, failed: 1 });
  });

  test.each(VALUES)("gets the same arguments again: %s", async (_, value) => {
    await using pool = new ThreadPool(1);
    expect(await pool.run(surviveWith<unknown>, [3, value], { retries: 2 })).toEqual(value);
  });

  test("goes before those that the queue had no room for", async () => {
    await using pool = new ThreadPool(1, { resqSize: 1 });
    const order: unknown[] = [];
    const runs = [
      pool.run(surviveWith<string>, [2, "first"], { retries: 1 }),
      ...["second", "third", "fourth"].map((name) => pool.run(surviveWith<string>, [1, name])),
    ];
    await Promise.all(runs.map((run) => run.then((name) => order.push(name))));
    expect(order.indexOf("first")).toBeLessThan(order.indexOf("third"));
    expect(order.indexOf("third")).toBeLessThan(order.indexOf("fourth"));
  });

  test("does not run again when its arguments were moved to the dead worker", async () => {
    await using pool = new ThreadPool(1);
    const buffer = new ArrayBuffer(8);
    const run = pool.run(surviveWith<ArrayBuffer>, [2, buffer], { retries: 5, transfer: [buffer] });
    expect(await rejection(run)).toBeInstanceOf(WorkerDied);
  });

  test("runs again by the pool's own setting, with callbacks too", async () => {
    await using pool = new ThreadPool(1, { retries: 1 });
    const attempts: unknown[] = [];
    const callback = (_: unknown, attempt: unknown): void => {
      attempts.push(attempt);
    };
    pool.putRequest(new WorkRequest(surviveAt, [2], {}, { callback }));
    pool.wait();
    expect(attempts).toEqual([2]);
    expect(await rejection(pool.run(surviveAt, [2], { retries: 0 }))).toBeInstanceOf(WorkerDied);
  });
});

describe("a request whose worker ends with an error that nothing catches", () => {
  test.each(VALUES)("runs again with the same arguments: %s", async (_, value) => {
    await using pool = new ThreadPool(1);
    expect(await pool.run(surviveUncaught<unknown>, [3, value], { retries: 2 })).toEqual(value);
    expect(pool.stats()).toMatchObject({ put: 1, succeeded: 1, failed: 0, retried: 2 });
  });

  test("runs again while the parent blocks", async () => {
    await using pool = new ThreadPool(1);
    expect(pool.runSync(surviveUncaught, [2, "kept"], { retries: 1 })).toBe("kept");
  });

  test("fails with that error when that was not often enough", async () => {
    await using pool = new ThreadPool(1);
    const error = await rejection(pool.run(surviveUncaught, [3, 0], { retries: 1 }));
    expect(error).toBeInstanceOf(WorkerDied);
    expect(error).toMatchObject({ exitCode: 1, cause: new Error("nothing catches it") });
    expect(pool.stats()).toMatchObject({ retried: 1, failed: 1 });
  });

  test("runs again when it is another one that has thrown the error", async () => {
    await using pool = new ThreadPool(1, { concurrencyPerWorker: 2 });
    const runs = [1, 2].map((value) => pool.run(surviveUncaught, [2, value], { retries: 1 }));
    expect(await Promise.all(runs)).toEqual([1, 2]);
  });

  test("does not run again when its arguments were moved to the dead worker", async () => {
    await using pool = new ThreadPool(1);
    const buffer = new ArrayBuffer(8);
    const run = pool.run(surviveUncaught, [2, buffer], { retries: 5, transfer: [buffer] });
    expect(await rejection(run)).toBeInstanceOf(WorkerDied);
  });
});

test("an error of the callable's own is no reason to run again", async () => {
  await using pool = new ThreadPool(1);
  const error = await rejection(pool.run(fail, ["once"], { retries: 5 }));
  expect(error).toEqual(new RangeError("once"));
  expect(pool.stats().retried).toBe(0);
});
