/** Requests that wait while no worker is left or coming: what becomes of promises, and of requests with callbacks. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  NoWorkersAvailable,
  PoolClosed,
  ThreadPool,
  WorkRequest,
  WorkerDied,
} from "../../../src/index.ts";
import type { RunOptions, ThreadPoolOptions } from "../../../src/index.ts";
import { surviveAt } from "../fixtures/context.ts";
import { arrivals, newGate, open } from "../fixtures/gate.ts";
import { add, echo, exitAtGate, hold, holdTurning, loop } from "../fixtures/tasks.ts";
import { exitInInitializer } from "../fixtures/worker-callables.ts";
import { fullPool } from "../full-pool.ts";
import { rejection, thrownBy } from "../rejection.ts";
import { SCRIPT_TEST_MS } from "../script.ts";
import { turn, turnUntil } from "../turns.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

/** Puts a request with a callback. Returns the list that gets its result. */
function put(pool: ThreadPool, value: unknown): unknown[] {
  const results: unknown[] = [];
  const callback = (_: unknown, result: unknown): void => void results.push(result);
  pool.putRequest(new WorkRequest(echo, [value], {}, { callback }));
  return results;
}

/** How a promise stands after one turn of the event loop. */
async function afterOneTurn(promise: Promise<unknown>): Promise<unknown> {
  let outcome: unknown = "pending";
  promise.then(
    (value) => (outcome = value),
    (error: unknown) => (outcome = error),
  );
  await turn();
  return outcome;
}

describe("a promise that no worker is left or coming to settle", () => {
  const POOLS: readonly ThreadPoolOptions[] = [
    {},
    { delivery: "manual" },
    { delivery: "manual", resqSize: 1 },
    { qSize: 1 },
    { timeoutMs: 1e6, retries: 3 },
  ];
  test.each(POOLS)("rejects at the next turn in a pool without workers: %p", async (options) => {
    await using pool = new ThreadPool(0, options);
    const error = await afterOneTurn(pool.run(add, [1, 2]));
    expect(error).toBeInstanceOf(NoWorkersAvailable);
    expect((error as Error).message).toMatch(/createWorkers\(n\): requestID=\d+$/);
    expect(pool.stats()).toMatchObject({ pending: 0, failed: 1, queueLength: 0 });
    // The next one is found too.
    expect(await afterOneTurn(pool.run(echo, [{}]))).toBeInstanceOf(NoWorkersAvailable);
  });

  const REQUESTS: readonly RunOptions[] = [
    { priority: 1 },
    { queueTimeoutMs: 1e6 },
    { retries: 1 },
  ];
  test.each(REQUESTS)("rejects whatever its own options are: %p", async (options) => {
    await using pool = new ThreadPool(0);
    const { signal } = new AbortController();
    const run = pool.run(add, [1, 2], { ...options, signal });
    expect(await afterOneTurn(run)).toBeInstanceOf(NoWorkersAvailable);
  });

  test("is one of any number, of which none is run later", async () => {
    await using pool = new ThreadPool(0);
    const ran = new Int32Array(new SharedArrayBuffer(4));
    const count = (word: Int32Array): number => Atomics.add(word, 0, 1);
    const runs = Array.from({ length: 3000 }, () => rejection(pool.run(count, [ran])));
    const errors = await Promise.all(runs);
    expect(errors.every((error) => error instanceof NoWorkersAvailable)).toBe(true);
    expect(new Set(errors).size).toBe(3000);
    pool.createWorkers(1);
    expect(await pool.run(add, [1, 2])).toBe(3);
    expect(Atomics.load(ran, 0)).toBe(0);
  });

  test("rejects when the last worker is dismissed, although that one still runs something", async () => {
    await using pool = new ThreadPool(2);
    const gate = newGate();
    const held = [pool.run(hold, [gate, 1]), pool.run(hold, [gate, 2])];
    await arrivals(gate, 2);
    const behind = pool.run(echo, ["behind"]);
    pool.dismissWorkers(1);
    expect(await afterOneTurn(behind)).toBe("pending");
    pool.workers[0]?.dismiss();
    expect(await afterOneTurn(behind)).toBeInstanceOf(NoWorkersAvailable);
    // What a dismissed worker has claimed it finishes.
    open(gate);
    expect(await Promise.all(held)).toEqual([1, 2]);
  });

  test("rejects when its worker dies after its dismissal, and it was to run again", async () => {
    await using pool = new ThreadPool(1, { retries: 5 });
    const gate = newGate();
    const run = pool.run(exitAtGate, [gate, 3]);
    await arrivals(gate, 1);
    pool.dismissWorkers(1);
    open(gate);
    expect(await rejection(run)).toBeInstanceOf(NoWorkersAvailable);
  });

  test("rejects when its worker is terminated after its dismissal, and it was to run again", async () => {
    await using pool = new ThreadPool(1, { retries: 5 });
    const gate = newGate();
    const run = pool.run(loop, [gate]);
    const lost = pool.run(loop, [gate], { retries: 0 });
    await arrivals(gate, 1);
    const [worker] = pool.workers;
    worker?.dismiss();
    worker?.terminate();
    expect(await rejection(run)).toBeInstanceOf(NoWorkersAvailable);
    expect(await rejection(lost)).toBeInstanceOf(NoWorkersAvailable);
  });

  test("rejects when the planned successor of a worker that could not start is dismissed", async () => {
    await using pool = new ThreadPool(1, { initializer: exitInInitializer, initargs: [7] });
    const died = Promise.withResolvers<void>();
    pool.once("workerDied", () => died.resolve());
    const run = pool.run(add, [1, 2]);
    await died.promise;
    pool.dismissWorkers(1);
    expect(await afterOneTurn(run)).toBeInstanceOf(NoWorkersAvailable);
  });

  test("is found by the settled that waits for it, as wait would find it", async () => {
    await using pool = new ThreadPool(0);
    const run = rejection(pool.run(add, [1, 2]));
    expect(() => pool.wait()).toThrow(NoWorkersAvailable);
    expect(await rejection(pool.settled())).toBeInstanceOf(NoWorkersAvailable);
    expect(await run).toBeInstanceOf(NoWorkersAvailable);
    expect(await pool.settled()).toBeUndefined();
  });

  test("fails with PoolClosed when the pool was closed before", async () => {
    for (const end of ["close", "terminate"] as const) {
      const pool = new ThreadPool(0);
      const run = rejection(pool.run(add, [1, 2]));
      const ended = pool[end]();
      expect(await run).toBeInstanceOf(PoolClosed);
      await ended;
    }
  });
});

describe("a promise waits", () => {
  test("for workers that are created in the same turn", async () => {
    await using pool = new ThreadPool(0);
    const run = pool.run(add, [1, 2]);
    pool.createWorkers(1);
    expect(await run).toBe(3);
  });

  test("for the worker that a pool starts on demand", async () => {
    await using pool = new ThreadPool(0, { maxWorkers: 1 });
    expect(await pool.run(add, [1, 2])).toBe(3);
    pool.dismissWorkers(1, true);
    expect(await pool.run(add, [1, 2])).toBe(3);
  });

  test("for the successor of a worker that has died", async () => {
    await using pool = new ThreadPool(1, { retries: 1 });
    expect(await pool.run(surviveAt, [2])).toBe(2);
    pool.workers[0]?.terminate();
    expect(await pool.run(add, [1, 2])).toBe(3);
  });

  test("for its own thread, when that runs it", async () => {
    const full = await fullPool("callerRuns");
    const { pool, gate, held, queued } = full;
    const own = newGate();
    const here = pool.run(holdTurning<string>, [own, "here"]);
    pool.dismissWorkers(1);
    expect(await afterOneTurn(queued)).toBeInstanceOf(NoWorkersAvailable);
    expect(await afterOneTurn(here)).toBe("pending");
    open(own);
    expect(await here).toBe("here");
    open(gate);
    expect(await held).toBe("held");
    await pool.close();
  });
});

test("requests with callbacks go on waiting for createWorkers, beside promises that do not", async () => {
  await using pool = new ThreadPool(0);
  const before = put(pool, "before");
  const run = pool.run(add, [1, 2]);
  const after = put(pool, "after");
  expect(await afterOneTurn(run)).toBeInstanceOf(NoWorkersAvailable);
  expect([...pool.workRequests.values()].map(({ args }) => args)).toEqual([["before"], ["after"]]);
  pool.createWorkers(1);
  await pool.settled();
  expect([before, after]).toEqual([["before"], ["after"]]);
});

describe("runSync", () => {
  test("throws at once when the only worker is dismissed and busy", async () => {
    await using pool = new ThreadPool(1);
    const gate = newGate();
    const held = pool.run(hold, [gate, "held"]);
    await arrivals(gate, 1);
    pool.dismissWorkers(1);
    expect(thrownBy(() => pool.runSync(add, [1, 2]))).toBeInstanceOf(NoWorkersAvailable);
    open(gate);
    expect(await held).toBe("held");
  });

  test("leaves nothing behind that a later worker would run, when its worker is dismissed meanwhile", async () => {
    await using pool = new ThreadPool(1, { retries: 1 });
    const ran = new Int32Array(new SharedArrayBuffer(4));
    pool.once("workerDied", () => pool.dismissWorkers(1));
    const die = (word: Int32Array): void => {
      if (Atomics.add(word, 0, 1) === 0) process.exit(1);
    };
    const error = thrownBy(() => pool.runSync(die, [ran]));
    expect(error instanceof NoWorkersAvailable || error instanceof WorkerDied).toBe(true);
    expect(pool.stats()).toMatchObject({ pending: 0, queueLength: 0 });
    pool.createWorkers(1);
    expect(await pool.run(add, [1, 2])).toBe(3);
    expect(Atomics.load(ran, 0)).toBe(1);
    await turnUntil(() => pool.stats().running === 0);
  });
});
