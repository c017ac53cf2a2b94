/** The contestants of the benchmarks answer rightly: a figure of a pool that errs is worth nothing. */
import { afterAll, describe, expect, test } from "bun:test";
import { BatchedPool } from "../../bench/contestants/batched-pool.ts";
import { mapInChunks } from "../../bench/contestants/chunks.ts";
import type { TaskName } from "../../bench/contestants/contestant.ts";
import { FlatPool } from "../../bench/contestants/flat-pool.ts";
import { firstRivals, registryPools } from "../../bench/contestants/index.ts";
import { startAll, stopAll } from "../../bench/contestants/start.ts";
import { KINDS, valuesOf } from "../../bench/values.ts";

const POOLS = [
  ["batched by hand", (workers: number, task?: TaskName) => new BatchedPool(workers, task)],
  ["one message each", (workers: number, task?: TaskName) => new FlatPool(workers, task)],
] as const;

describe.each(POOLS)("%s", (_, start) => {
  test.each(KINDS)("gives every %s back to the request that sent it", async (kind) => {
    const pool = start(3);
    const values = valuesOf(kind, 1000);
    expect(await Promise.all(values.map((value) => pool.run(value)))).toEqual(values);
    expect(await pool.run(values[7])).toEqual(values[7]);
    await pool.close();
  });

  test("fails the one request whose function throws", async () => {
    const pool = start(2, "fail");
    const outcomes = await Promise.allSettled([1, -1, 2, -2, 3].map((value) => pool.run(value)));
    expect(
      outcomes.map((one) => (one.status === "fulfilled" ? one.value : String(one.reason))),
    ).toEqual([1, "RangeError: negative: value=-1", 2, "RangeError: negative: value=-2", 3]);
    await pool.close();
  });

  test("fails a request whose value cannot cross, and goes on", async () => {
    const pool = start(1);
    await expect(pool.run(() => {})).rejects.toThrow("cloned");
    expect(await pool.run(1)).toBe(1);
    await pool.close();
  });

  test("fails a request whose result cannot cross, and goes on", async () => {
    const pool = start(1, "fail");
    await expect(pool.run("a function")).rejects.toThrow("cloned");
    expect(await pool.run(1)).toBe(1);
    await pool.close();
  });

  test("answers what was sent before it is closed", async () => {
    const pool = start(2);
    const answers = Promise.all([1, 2, 3].map((value) => pool.run(value)));
    await pool.close();
    expect(await answers).toEqual([1, 2, 3]);
  });

  test("fails what is unanswered when it is terminated, and what comes later", async () => {
    const pool = start(1, "burn");
    await pool.run(1);
    const lost = pool.run(Infinity);
    pool.terminate();
    await expect(lost).rejects.toThrow("The worker has ended.");
    await expect(pool.run(1)).rejects.toThrow("The worker has ended.");
  });
});

test("a collection in chunks has its results in the order of its items", async () => {
  const { started } = await startAll(firstRivals.slice(0, 1), 2, "2 workers");
  const items = valuesOf("object", 1001);
  for (const { pool } of started)
    expect(await mapInChunks(pool, "echoEach", items, 100)).toEqual(items);
  await stopAll(started);
});

// multithreading has one pool in a process, and keeps its workers until the process ends.
const contestants = [...firstRivals, ...registryPools].filter(
  ({ name }) => name !== "multithreading",
);
const { started, failures } = await startAll(contestants, 2, "2 workers");

describe("every pool that starts under Bun", () => {
  afterAll(() => stopAll(started));

  test("is every pool", () => {
    expect(failures).toEqual([]);
  });

  test.each(started)("$name echoes what it is sent", async ({ pool }) => {
    for (const kind of KINDS) {
      const values = valuesOf(kind, 20);
      expect(await Promise.all(values.map((value) => pool.run("echo", value)))).toEqual(values);
    }
  });
});
