import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { RequestTimeout, ThreadPool, WorkRequest } from "../../src/index.ts";
import type { RunOptions, ThreadPoolOptions } from "../../src/index.ts";
import { ignore, loopUntilCancelled } from "./fixtures/context.ts";
import { arrivals, arrivedAt, newGate, open } from "./fixtures/gate.ts";
import { add, echo, hold, holdTurning, loop, loopIf } from "./fixtures/tasks.ts";
import { rejection } from "./rejection.ts";
import { SCRIPT_TEST_MS } from "./script.ts";
import { turnUntil } from "./turns.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

/** Over at the first look at the clock. */
const SHORT_MS = 1;
const LONG_MS = 1e9;

type Way = readonly [
  name: string,
  run: (pool: ThreadPool, options: RunOptions) => Promise<unknown>,
];

/** An endless loop under a limit, both ways of waiting. */
const WAYS: readonly Way[] = [
  ["in the event loop", (pool, options) => rejection(pool.run(loopIf, [true], options))],
  [
    "in a blocked parent",
    (pool, options) =>
      rejection(Promise.try(() => pool.runSync(loopIf, [true], options) as unknown)),
  ],
];

describe.each(WAYS)("%s", (_, runOut) => {
  test("a run over its limit fails, and its worker is replaced", async () => {
    await using pool = new ThreadPool(1, { graceMs: SHORT_MS });
    const [worker] = pool.workers;
    // Its time might be over before the callable is loaded; then it would not be run at all.
    await pool.run(loopIf, [false]);
    const error = await runOut(pool, { timeoutMs: SHORT_MS });
    expect(error).toBeInstanceOf(RequestTimeout);
    expect((error as Error).message).toContain(`timeoutMs=${SHORT_MS}`);
    expect(await pool.run(add, [1, 2])).toBe(3);
    expect(pool.workers[0]).not.toBe(worker as never);
    expect(pool.stats()).toMatchObject({ failed: 1, cancelled: 0 });
  });

  test("a limit of the pool holds for requests that have none of their own", async () => {
    await using pool = new ThreadPool(1, { timeoutMs: SHORT_MS, graceMs: SHORT_MS });
    expect(await runOut(pool, {})).toBeInstanceOf(RequestTimeout);
  });
});

describe("a limit of the run", () => {
  test("begins with the run, not with the put", async () => {
    await using pool = new ThreadPool(1);
    const gate = newGate();
    const held = pool.run(hold, [gate, "held"]);
    await arrivals(gate, 1);
    const waiting = pool.run(add, [1, 2], { timeoutMs: 20 });
    // Another limit of the same length, put later, that counts from its put: it is over first.
    await rejection(pool.run(echo, [0], { queueTimeoutMs: 40 }));
    open(gate);
    expect(await waiting).toBe(3);
    expect(await held).toBe("held");
  });

  test("is seen by the callable, which then need not be killed", async () => {
    await using pool = new ThreadPool(1, { graceMs: LONG_MS });
    const { workers } = pool;
    const [running, stopped] = [newGate(), newGate()];
    // The first one has the worker load the callable, which counts.
    const controller = new AbortController();
    const { signal } = controller;
    const first = pool.run(loopUntilCancelled, [running, stopped], { signal });
    await arrivals(running, 1);
    controller.abort("loaded");
    expect(await rejection(first)).toBe("loaded");
    const run = pool.run(loopUntilCancelled, [running, stopped], { timeoutMs: SHORT_MS });
    expect(await rejection(run)).toBeInstanceOf(RequestTimeout);
    await turnUntil(() => arrivedAt(stopped) === 2);
    expect(await pool.run(add, [1, 2])).toBe(3);
    expect(pool.workers).toEqual(workers);
  });

  test("of the pool is found by wait, which tells the exception callback", async () => {
    await using pool = new ThreadPool(1, { timeoutMs: SHORT_MS, graceMs: SHORT_MS });
    const failures: unknown[] = [];
    const options = {
      excCallback: (_: unknown, [name]: readonly unknown[]): void => {
        failures.push(name);
      },
    };
    for (const callable of [loop, ignore])
      pool.putRequest(new WorkRequest(callable, [newGate()], {}, options));
    pool.wait();
    expect(failures).toEqual(["RequestTimeout", "RequestTimeout"]);
  });

  test("leaves what is in time alone", async () => {
    await using pool = new ThreadPool(2, { timeoutMs: LONG_MS });
    for (let round = 0; round < 10; round++) {
      const sums = Array.from({ length: 2000 }, (_, i) => pool.run(add, [i, round]));
      expect((await Promise.all(sums)).at(-1)).toBe(1999 + round);
    }
    expect(pool.stats()).toMatchObject({ succeeded: 20_000, failed: 0 });
  });
});

describe("a limit of the wait in the queue", () => {
  const POOLS: readonly ThreadPoolOptions[] = [{}, { resqSize: 1 }];
  test.each(POOLS)("ends a request that has not begun: %p", async (options) => {
    await using pool = new ThreadPool(1, options);
    const gate = newGate();
    const held = pool.run(hold, [gate, "held"]);
    await arrivals(gate, 1);
    const late = Array.from({ length: 5 }, () => pool.run(echo, [0], { queueTimeoutMs: SHORT_MS }));
    const errors = await Promise.all(late.map((request) => rejection(request)));
    for (const error of errors) expect(error).toBeInstanceOf(RequestTimeout);
    expect((errors[0] as Error).message).toContain(`queueTimeoutMs=${SHORT_MS}`);
    open(gate);
    expect(await held).toBe("held");
    expect(await pool.run(echo, ["on time"], { queueTimeoutMs: LONG_MS })).toBe("on time");
  });

  test("does not end one that has", async () => {
    await using pool = new ThreadPool(1);
    const gate = newGate();
    const held = pool.run(holdTurning, [gate, "held"], { queueTimeoutMs: 1000 });
    await arrivals(gate, 1);
    const blocked = pool.run(echo, [0], { queueTimeoutMs: 1001 });
    await rejection(blocked);
    open(gate);
    expect(await held).toBe("held");
  });
});
