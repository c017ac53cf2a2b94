/** Workers whose thread the system does not start. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  NoWorkersAvailable,
  PoolClosed,
  ThreadPool,
  ThreadPoolError,
  WorkRequest,
  WorkerDied,
} from "../../../src/index.ts";
import type { WorkerThread } from "../../../src/index.ts";
import { arrivals, newGate, open } from "../fixtures/gate.ts";
import { add, echo, exit, hold } from "../fixtures/tasks.ts";
import { rejection, thrownBy } from "../rejection.ts";
import { ScarceThreads, areGone } from "../scarce-threads.ts";
import { SCRIPT_TEST_MS } from "../script.ts";
import { turnUntil } from "../turns.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

/** The deaths that a pool tells of. */
function deathsOf(pool: ThreadPool): { worker: WorkerThread; error: WorkerDied }[] {
  const deaths: { worker: WorkerThread; error: WorkerDied }[] = [];
  pool.on("workerDied", (worker, error) => deaths.push({ worker, error }));
  return deaths;
}

/** The ways in which a pool comes to start a worker that nobody has asked for in a call. */
const DEATHS: Record<string, (pool: ThreadPool) => Promise<unknown>> = {
  "a worker that has ended": (pool) => rejection(pool.run(exit, [3])),
  "a worker that was terminated": async (pool) => pool.workers[0]?.terminate(),
};

describe.each(Object.entries(DEATHS))("the successor of %s", (_, die) => {
  test("is tried again with growing delays, until its thread starts", async () => {
    using threads = new ScarceThreads((attempt) => attempt > 1 && attempt < 5);
    await using pool = new ThreadPool(1);
    const deaths = deathsOf(pool);
    expect(await pool.run(add, [1, 2])).toBe(3);
    await die(pool);
    // The request waits for it, and no error comes out of here.
    expect(await pool.run(add, [3, 4])).toBe(7);
    expect(threads.attempts).toBe(5);
    const delays = threads.triedAt.slice(2).map((at, i) => at - (threads.triedAt[i + 1] as number));
    expect(delays[0]).toBeGreaterThanOrEqual(9);
    expect(delays[1]).toBeGreaterThanOrEqual(19);
    expect(delays[2]).toBeGreaterThanOrEqual(39);
    expect(pool.workers.map(({ state }) => state)).toEqual(["running"]);
    expect(deaths).toHaveLength(4);
    for (const { worker, error } of deaths.slice(1)) {
      expect(worker.state).toBe("ended");
      expect(error.message).toMatch(/could not be started.*worker=\d+$/);
      expect(error.cause).toEqual(new TypeError("Failed to spawn worker thread"));
    }
  });

  test("is tried again while the parent blocks", async () => {
    using _threads = new ScarceThreads((attempt) => attempt > 1 && attempt < 5);
    using pool = new ThreadPool(1);
    pool.runSync(add, [1, 2]);
    await die(pool);
    expect(pool.runSync(add, [3, 4])).toBe(7);
    const sums: unknown[] = [];
    await die(pool);
    pool.putRequest(
      new WorkRequest(add, [5, 6], {}, { callback: (__, sum) => void sums.push(sum) }),
    );
    pool.wait();
    expect(sums).toEqual([11]);
  });

  test("is given up loudly when no worker is left: the pool closes, with the reason", async () => {
    using threads = new ScarceThreads((attempt) => attempt > 1);
    const pool = new ThreadPool(1);
    await pool.run(add, [1, 2]);
    await die(pool);
    const error = (await rejection(pool.run(add, [3, 4]))) as Error;
    expect(error).toBeInstanceOf(PoolClosed);
    expect(error.message).toContain("because the system starts no thread for it");
    expect(error.cause).toBeInstanceOf(WorkerDied);
    expect((error.cause as Error).message).toMatch(/raise the system's limit.*worker=\d+$/);
    expect((error.cause as Error).cause).toEqual(new TypeError("Failed to spawn worker thread"));
    expect(threads.attempts).toBe(6);
    expect(pool.workers).toEqual([]);
  });

  test("is not given up while another worker serves, which takes the requests meanwhile", async () => {
    let isScarce = false;
    using threads = new ScarceThreads(() => isScarce);
    await using pool = new ThreadPool(2);
    await Promise.all([1, 2, 3, 4].map((n) => pool.run(add, [n, 1])));
    await turnUntil(() => pool.stats().workers.length === 2);
    isScarce = true;
    await die(pool);
    await turnUntil(() => threads.attempts >= 2 + 7);
    expect(await pool.run(add, [3, 4])).toBe(7);
    expect(pool.workers).toHaveLength(2);
    isScarce = false;
    await turnUntil(() => pool.workers.every(({ state }) => state === "running"));
    const gate = newGate();
    const held = [pool.run(hold, [gate, 1]), pool.run(hold, [gate, 2])];
    await arrivals(gate, 2);
    open(gate);
    expect(await Promise.all(held)).toEqual([1, 2]);
  });

  test("may be dismissed while it waits for its thread", async () => {
    using _threads = new ScarceThreads((attempt) => attempt > 1);
    const pool = new ThreadPool(1);
    await pool.run(add, [1, 2]);
    await die(pool);
    await turnUntil(() => pool.workers[0]?.state === "ended");
    pool.dismissWorkers(1, true);
    expect([pool.workers, pool.dismissedWorkers]).toEqual([[], []]);
    expect(await rejection(pool.run(add, [1, 2]))).toBeInstanceOf(NoWorkersAvailable);
    await pool.close();
  });

  test("is not tried after the pool is closed", async () => {
    using threads = new ScarceThreads((attempt) => attempt > 1);
    const pool = new ThreadPool(1);
    await pool.run(add, [1, 2]);
    await die(pool);
    await turnUntil(() => pool.workers[0]?.state === "ended");
    const { attempts } = threads;
    await pool.close();
    await Bun.sleep(100);
    expect(threads.attempts).toBe(attempts);
  });
});

describe("a pool that grows", () => {
  test("starts its first worker when a thread can be had, and no error comes out of the put", async () => {
    using threads = new ScarceThreads((attempt) => attempt < 4);
    await using pool = new ThreadPool(0, { maxWorkers: 1 });
    expect(await pool.run(add, [1, 2])).toBe(3);
    expect(threads.attempts).toBe(4);
    pool.dismissWorkers(1, true);
  });

  test("does not throw out of a timer, and serves with the workers that it has", async () => {
    using threads = new ScarceThreads((attempt) => attempt > 1);
    await using pool = new ThreadPool(1, { maxWorkers: 2 });
    const gate = newGate();
    const held = pool.run(hold, [gate, "held"]);
    await arrivals(gate, 1);
    const behind = pool.run(echo, ["behind"]);
    await turnUntil(() => threads.attempts >= 3);
    open(gate);
    expect(await Promise.all([held, behind])).toEqual(["held", "behind"]);
  });

  test("closes when no thread can be had at all", async () => {
    using _threads = new ScarceThreads(() => true);
    const pool = new ThreadPool(0, { maxWorkers: 1 });
    expect(await rejection(pool.run(add, [1, 2]))).toBeInstanceOf(PoolClosed);
    const other = new ThreadPool(0, { maxWorkers: 1 });
    expect(thrownBy(() => other.runSync(add, [1, 2]))).toBeInstanceOf(PoolClosed);
  });
});

describe("a constructor", () => {
  test.each([1, 2, 4])(
    "that fails at worker %p of 4 throws, and leaves no thread behind",
    async (failing) => {
      using threads = new ScarceThreads((attempt) => attempt >= failing);
      const error = thrownBy(() => new ThreadPool(4)) as Error;
      expect(error).toBeInstanceOf(ThreadPoolError);
      expect(error.message).toMatch(new RegExp(`ulimit -u.*started=${failing - 1} numWorkers=4$`));
      expect(error.cause).toEqual(new TypeError("Failed to spawn worker thread"));
      expect(threads.started).toHaveLength(failing - 1);
      expect(await areGone(threads.started)).toBe(true);
      await Bun.sleep(50);
      expect(threads.attempts).toBe(failing);
    },
  );

  test("works again when there are threads again", async () => {
    let isScarce = true;
    using _threads = new ScarceThreads((attempt) => isScarce && attempt > 1);
    expect(() => new ThreadPool(2)).toThrow(ThreadPoolError);
    isScarce = false;
    await using pool = new ThreadPool(2);
    expect(await pool.run(add, [1, 2])).toBe(3);
  });
});

describe("createWorkers", () => {
  test("that fails in the middle adds none, and the pool goes on", async () => {
    using threads = new ScarceThreads((attempt) => attempt > 3);
    await using pool = new ThreadPool(1);
    const before = [...pool.workers];
    const error = thrownBy(() => pool.createWorkers(4)) as Error;
    expect(error.message).toMatch(/started=2 numWorkers=4$/);
    expect(pool.workers).toEqual(before);
    expect(pool.dismissedWorkers).toEqual([]);
    expect(await areGone(threads.started.slice(1))).toBe(true);
    expect(await pool.run(add, [1, 2])).toBe(3);
    await turnUntil(() => pool.stats().workers.length === 1);
  });

  test("of a pool without workers lets promises reject as before, and may be tried again", async () => {
    let isScarce = true;
    using _threads = new ScarceThreads(() => isScarce);
    await using pool = new ThreadPool(0);
    const run = rejection(pool.run(add, [1, 2]));
    expect(() => pool.createWorkers(1)).toThrow(ThreadPoolError);
    expect(await run).toBeInstanceOf(NoWorkersAvailable);
    isScarce = false;
    pool.createWorkers(1);
    expect(await pool.run(add, [1, 2])).toBe(3);
  });
});
