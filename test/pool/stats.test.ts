import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { ThreadPool } from "../../src/index.ts";
import { arrivals, newGate, open } from "./fixtures/gate.ts";
import { add, echo, fail, hold, spin } from "./fixtures/tasks.ts";
import { rejection } from "./rejection.ts";
import { SCRIPT_TEST_MS } from "./script.ts";
import { turnUntil } from "./turns.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

describe("stats", () => {
  test("count requests by what became of them", async () => {
    await using pool = new ThreadPool(1);
    const zero = { put: 0, pending: 0, running: 0, succeeded: 0, failed: 0, queueLength: 0 };
    expect(pool.stats()).toMatchObject({ ...zero, cancelled: 0, retried: 0 });
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
    pool.runSync(echo, [1]);
    expect(pool.stats()).toMatchObject({
      ...zero,
      put: 5,
      succeeded: 3,
      failed: 1,
      cancelled: 1,
      retried: 0,
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
    expect(queueTimeMs.count).toBeGreaterThan(32);
    expect(queueTimeMs.count).toBeLessThan(many / 10);
  });

  test("count requests in the backlog as queued", async () => {
    await using pool = new ThreadPool(1);
    const gate = newGate();
    const held = pool.run(hold, [gate, 1]);
    await arrivals(gate, 1);
    const behind = Array.from({ length: 3000 }, (_, i) => pool.run(echo, [i]));
    expect(pool.stats()).toMatchObject({ put: 3001, pending: 3001, queueLength: 3000 });
    open(gate);
    await Promise.all([held, ...behind]);
    expect(pool.stats()).toMatchObject({ put: 3001, pending: 0, queueLength: 0, succeeded: 3001 });
  });

  test("tell of each worker how many requests it has done and what share of its time it was busy", async () => {
    await using pool = new ThreadPool(2);
    for (let i = 0; i < 50; i++) await pool.run(spin, [200]);
    const { workers } = pool.stats();
    expect(workers.map(({ id }) => id)).toEqual([1, 2]);
    expect(workers.reduce((sum, { requests }) => sum + requests, 0)).toBe(50);
    for (const { busyMs, busyShare } of workers) {
      expect(busyMs).toBeGreaterThanOrEqual(0);
      expect(busyShare).toBeWithin(0, 1.000_001);
    }
    expect(workers.reduce((sum, { busyMs }) => sum + busyMs, 0)).toBeGreaterThan(0);
  });
});

test("a worker is busy while it runs, and not only afterwards", async () => {
  await using pool = new ThreadPool(1);
  const gate = newGate();
  const held = pool.run(hold, [gate, "held"]);
  await arrivals(gate, 1);
  await turnUntil(() => (pool.stats().workers[0]?.busyMs ?? 0) > 20);
  open(gate);
  await held;
  // The worker adds the stretch after the result is there: see `busyMsAt`. Until then the parent counts in whole milliseconds of
  // the clock, which may be one more.
  await turnUntil(() => (pool.stats().workers[0]?.busyMs ?? 0) >= 20);
});
