/** The event "slow". Listeners open the gates that hold the runs, so a test in which none is called does not end. */
import { describe, expect, setDefaultTimeout, spyOn, test } from "bun:test";
import { ThreadPool, WorkRequest } from "../../src/index.ts";
import type { SlowRun, ThreadPoolOptions } from "../../src/index.ts";
import { arrivals, arrivalsSync, newGate, open, passedAt } from "./fixtures/gate.ts";
import type { Gate } from "./fixtures/gate.ts";
import { add, hold, holdTurning } from "./fixtures/tasks.ts";
import { rejection } from "./rejection.ts";
import { SCRIPT_TEST_MS, reportOf } from "./script.ts";
import { turnUntil } from "./turns.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

const SLOW_MS = 20;

interface Slow {
  readonly pool: ThreadPool;
  readonly runs: SlowRun[];
}

/** A pool, and what its event tells. The gate is opened by the run with that number. */
function slowPool(gate: Gate, opensAt: number, workers = 1, options: ThreadPoolOptions = {}): Slow {
  const pool = new ThreadPool(workers, { slowMs: SLOW_MS, ...options });
  const runs: SlowRun[] = [];
  pool.on("slow", (run) => {
    runs.push(run);
    if (runs.length === opensAt) open(gate);
  });
  return { pool, runs };
}

describe("a run that takes longer than slowMs", () => {
  test("is told of once, with its request, its worker and the place of its put", async () => {
    const gate = newGate();
    const { pool, runs } = slowPool(gate, 1);
    await using _ = pool;
    const promise = pool.run(hold, [gate, "held"]);
    const [request] = pool.workRequests.values();
    expect(await promise).toBe("held");
    await pool.run(add, [1, 2]);
    expect(runs).toHaveLength(1);
    const [run] = runs as [SlowRun];
    expect(run.request).toBe(request as never);
    expect(run.worker).toBe(pool.workers[0] as never);
    expect(run.ranMs).toBeGreaterThanOrEqual(SLOW_MS);
    expect(run).toMatchObject({ attempt: 1, isOver: false, items: undefined, waiting: 0 });
    expect(run.isStalled).toBe(false);
    expect(run.putStack).toContain("slow-runs.test.ts");
  });

  test("is told of within wait, with the request that was put", () => {
    const gate = newGate();
    const { pool, runs } = slowPool(gate, 1);
    using _ = pool;
    const request = new WorkRequest(hold, [gate, "held"], {}, { callback: () => {} });
    pool.putRequest(request);
    pool.wait();
    expect(runs.map((run) => run.request)).toEqual([request as never]);
    expect(runs[0]?.request).toBe(request as never);
  });

  test("is told of within runSync", () => {
    const gate = newGate();
    const { pool, runs } = slowPool(gate, 1);
    using _ = pool;
    expect(pool.runSync(hold, [gate, "held"])).toBe("held");
    expect(runs).toHaveLength(1);
  });

  test("is told of in manual mode, where nothing is delivered", async () => {
    const gate = newGate();
    const { pool, runs } = slowPool(gate, 1, 1, { delivery: "manual" });
    await using _ = pool;
    const promise = pool.run(hold, [gate, "held"]);
    await turnUntil(() => runs.length === 1);
    pool.wait();
    expect(await promise).toBe("held");
  });

  test("is told of for each of those that share a worker", async () => {
    const gate = newGate();
    const { pool, runs } = slowPool(gate, 3, 1, { concurrencyPerWorker: 3 });
    await using _ = pool;
    await Promise.all([1, 2, 3].map((n) => pool.run(holdTurning, [gate, n])));
    expect(
      runs.map((run) => run.request.args[1]).toSorted((a, b) => Number(a) - Number(b)),
    ).toEqual([1, 2, 3]);
    expect(new Set(runs.map((run) => run.worker.id))).toEqual(new Set([1]));
  });

  test("is told of for a chunk of a collection, with its items", async () => {
    const gate = newGate();
    const { pool, runs } = slowPool(gate, 1);
    await using _ = pool;
    const items = [1, 2, 3].map((n) => [gate, n] as const);
    expect(await pool.starmap(hold, items as never, { chunkSize: 3 })).toEqual([1, 2, 3] as never);
    expect(runs).toHaveLength(1);
    expect(runs[0]).toMatchObject({ items: { total: 3 }, isOver: false });
    expect(runs[0]?.request.callable).toBe(hold);
  });

  test("is told of for a collection that blocks", () => {
    const gate = newGate();
    const { pool, runs } = slowPool(gate, 1);
    using _ = pool;
    const items = [[gate, 1]] as const;
    expect(
      pool.mapSync(([at, n]: readonly [Gate, number]) => {
        while (Atomics.load(at, 1) === 0) Atomics.wait(at, 1, 0);
        return n;
      }, items),
    ).toEqual([1]);
    expect(runs).toHaveLength(1);
  });

  test("is told of for each worker of a broadcast", async () => {
    const gate = newGate();
    const { pool, runs } = slowPool(gate, 2, 2);
    await using _ = pool;
    await pool.broadcast(hold, [gate, "held"]);
    expect(runs.map((run) => run.worker.id).toSorted((a, b) => a - b)).toEqual([1, 2]);
  });

  test("is told of again when the request runs again", async () => {
    const gate = newGate();
    const { pool, runs } = slowPool(gate, 2);
    await using _ = pool;
    pool.once("slow", (run) => run.worker.terminate());
    expect(await pool.run(hold, [gate, "held"], { retries: 1 })).toBe("held");
    expect(runs.map((run) => run.attempt)).toEqual([1, 2]);
    expect(runs.map((run) => run.worker.id)).toEqual([1, 2]);
  });

  test("is told of although its request was aborted and delivered, and is pending no more", async () => {
    const gate = newGate();
    const { pool, runs } = slowPool(gate, 1, 1, { graceMs: Infinity });
    const controller = new AbortController();
    const promise = pool.run(hold, [gate, "held"], { signal: controller.signal });
    await arrivals(gate, 1);
    controller.abort();
    await rejection(promise);
    await turnUntil(() => runs.length === 1);
    const request = runs[0]?.request as WorkRequest;
    expect(pool.workRequests.size).toBe(0);
    await pool.close();
    await using other = new ThreadPool(1);
    // A request that is pending anywhere is refused.
    const again = new WorkRequest(add, [1, 2], {}, { requestID: request.requestID as number });
    other.putRequest(again);
    await other.settled();
  });

  test("is told of once this thread, which was busy, looks again", async () => {
    const gate = newGate();
    const { pool, runs } = slowPool(gate, 0);
    await using _ = pool;
    const promise = pool.run(hold, [gate, "held"]);
    arrivalsSync(gate, 1);
    // This thread stands still for as long as the run must take.
    Bun.sleepSync(2 * SLOW_MS);
    open(gate);
    while (passedAt(gate) === 0);
    await promise;
    expect(runs).toHaveLength(1);
    expect(runs[0]?.ranMs).toBeGreaterThanOrEqual(SLOW_MS);
  });

  test("is told of with all of its time when it had ended before this thread could look", async () => {
    const gate = newGate();
    const { pool, runs } = slowPool(gate, 0);
    await using _ = pool;
    // Within one call that blocks, the result is read before the deadline is due.
    const promise = pool.run(hold, [gate, "held"]);
    arrivalsSync(gate, 1);
    Bun.sleepSync(2 * SLOW_MS);
    open(gate);
    expect(pool.runSync(add, [1, 2])).toBe(3);
    await promise;
    expect(runs).toHaveLength(1);
    expect(runs[0]?.request.callable).toBe(hold);
    expect(runs[0]?.ranMs).toBeGreaterThanOrEqual(SLOW_MS);
  });
});

describe("slowMs", () => {
  test("says when every worker is slow while others wait, and prints that once", async () => {
    const gate = newGate();
    const print = spyOn(console, "error").mockImplementation(() => {});
    try {
      const { pool, runs } = slowPool(gate, 0, 2, { name: "stuck" });
      await using _ = pool;
      pool.on("slow", ({ isStalled }) => isStalled && open(gate));
      await Promise.all([...[1, 2].map((n) => pool.run(hold, [gate, n])), pool.run(add, [1, 2])]);
      expect(runs).toHaveLength(2);
      expect(runs.at(-1)).toMatchObject({ isStalled: true, waiting: 1 });
      const printed = print.mock.calls.map(([text]) => String(text));
      expect(printed).toHaveLength(1);
      expect(printed[0]).toMatch(
        /Every worker of a ThreadPool .* name=stuck workers=2 waiting=1 slowMs=20$/,
      );
    } finally {
      print.mockRestore();
    }
  });

  test("says nothing of a stall while nothing waits", async () => {
    const gate = newGate();
    const print = spyOn(console, "error").mockImplementation(() => {});
    try {
      const { pool, runs } = slowPool(gate, 1);
      await using _ = pool;
      await pool.run(hold, [gate, 1]);
      expect(runs.map(({ isStalled }) => isStalled)).toEqual([false]);
      expect(print).not.toHaveBeenCalled();
    } finally {
      print.mockRestore();
    }
  });

  test("says nothing of runs that are faster", async () => {
    await using pool = new ThreadPool(2, { slowMs: 1_000_000 });
    const runs: SlowRun[] = [];
    pool.on("slow", (run) => runs.push(run));
    await pool.map((n: number) => n + 1, [1, 2, 3]);
    expect(runs).toEqual([]);
  });

  test("keeps no process alive", async () => {
    expect(await reportOf("slow-in-a-process.ts")).toBe(3);
  });

  test("needs no listener", async () => {
    await using pool = new ThreadPool(1, { slowMs: 0.001 });
    expect(await pool.run(add, [1, 2])).toBe(3);
    expect(await pool.map((n: number) => n + 1, [1, 2, 3])).toEqual([2, 3, 4]);
  });
});
