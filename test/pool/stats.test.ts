import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { ThreadPool } from "../../src/index.ts";
import { arrivals, newGate, open } from "./fixtures/gate.ts";
import { add, echo, fail, hold } from "./fixtures/tasks.ts";
import { rejection } from "./rejection.ts";
import { SCRIPT_TEST_MS } from "./script.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

describe("stats", () => {
  test("count requests by what became of them", async () => {
    await using pool = new ThreadPool(1);
    const gate = newGate();
    const controller = new AbortController();
    const held = pool.run(hold, [gate, "held"]);
    await arrivals(gate, 1);
    const waiting = pool.run(echo, [1]);
    const cancelled = pool.run(echo, [2], { signal: controller.signal });
    expect(pool.stats()).toMatchObject({ put: 3, pending: 3, running: 1, queueLength: 2 });
    controller.abort();
    await rejection(cancelled);
    expect(pool.stats()).toMatchObject({ pending: 2, cancelled: 1, queueLength: 1 });
    open(gate);
    await Promise.all([held, waiting]);
    await rejection(pool.run(fail, ["failed"]));
    expect(pool.stats()).toMatchObject({
      put: 4,
      pending: 0,
      running: 0,
      succeeded: 2,
      failed: 1,
      cancelled: 1,
      retried: 0,
      queueLength: 0,
    });
  });

  test("say how long requests waited and ran", async () => {
    await using pool = new ThreadPool(1);
    const none = { count: 0, p50: 0, p90: 0, p99: 0, max: 0 };
    expect(pool.stats()).toMatchObject({ queueTimeMs: none, runTimeMs: none });
    for (let i = 0; i < 20; i++) await pool.run(add, [i, i]);
    const gate = newGate();
    const held = pool.run(hold, [gate, "held"]);
    await arrivals(gate, 1);
    const waiting = pool.run(add, [1, 2]);
    await rejection(pool.run(add, [0, 0], { queueTimeoutMs: 50 }));
    open(gate);
    await Promise.all([held, waiting]);
    const { queueTimeMs, runTimeMs } = pool.stats();
    for (const { count, p50, p90, p99, max } of [queueTimeMs, runTimeMs]) {
      expect(count).toBe(22);
      expect([p50, p90, p99, max]).toEqual([p50, p90, p99, max].toSorted((a, b) => a - b));
      expect(p50).toBeGreaterThan(0);
    }
    // One request was held for as long as another one waited for its limit, and a third one behind it.
    expect(runTimeMs.max).toBeGreaterThan(49);
    expect(queueTimeMs.max).toBeGreaterThan(49);
  });

  test("measure a share of many requests", async () => {
    await using pool = new ThreadPool(1);
    const many = 10_000;
    await Promise.all(Array.from({ length: many }, (_, i) => pool.run(add, [i, i])));
    const { queueTimeMs } = pool.stats();
    expect(queueTimeMs.count).toBeGreaterThan(256);
    expect(queueTimeMs.count).toBeLessThan(many / 10);
  });
});
