import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { MAX_WORKERS } from "../../native-queue/index.ts";
import { ThreadPool, WorkRequest, makeRequests } from "../../src/index.ts";
import type { ThreadPoolOptions } from "../../src/index.ts";
import { keep, letThrough, occupy, serve, waste } from "./fixtures/crew.ts";
import type { Served } from "./fixtures/crew.ts";
import { arrivals, arrivedAt, newGate, open } from "./fixtures/gate.ts";
import { add, echo, spin } from "./fixtures/tasks.ts";
import { SCRIPT_TEST_MS } from "./script.ts";
import { turnUntil } from "./turns.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

type Ending = (pool: ThreadPool) => unknown;

function put(end: Ending): (pool: ThreadPool, request: WorkRequest) => unknown {
  return (pool, request) => {
    pool.putRequest(request);
    return end(pool);
  };
}

describe("maxRequestsPerWorker", () => {
  const sizes = [
    [1, 1],
    [1, 3],
    [2, 3],
  ] as const;
  test.each(sizes)("%i workers make room after exactly %i requests", async (workers, most) => {
    await using pool = new ThreadPool(workers, { maxRequestsPerWorker: most });
    const served = await Promise.all(Array.from({ length: 20 }, () => pool.run(serve)));
    expect(Math.max(...served.map(({ served: count }) => count))).toBe(most);
    expect(new Set(served.map(({ workerId }) => workerId)).size).toBeGreaterThanOrEqual(
      20 / most - 1,
    );
    expect(pool.workers).toHaveLength(workers);
    expect(pool.dismissedWorkers).toHaveLength(0);
    expect(pool.stats().workers.every(({ deaths }) => deaths === 0)).toBe(true);
  });

  test("holds while the parent blocks", () => {
    using pool = new ThreadPool(1, { maxRequestsPerWorker: 2 });
    const served: Served[] = [];
    const requests = makeRequests(
      serve,
      Array.from({ length: 10 }, () => [[], {}]) as never[],
      (_, result) => served.push(result),
    );
    for (const request of requests) pool.putRequest(request);
    pool.wait();
    expect(served.map(({ served: count }) => count)).toEqual([1, 2, 1, 2, 1, 2, 1, 2, 1, 2]);
    expect(pool.runSync(serve).served).toBe(1);
  });

  test("lets requests that run at the same time finish", async () => {
    const options = { maxRequestsPerWorker: 2, concurrencyPerWorker: 4 };
    await using pool = new ThreadPool(1, options);
    const gate = newGate();
    const occupied = [pool.run(occupy, [gate]), pool.run(occupy, [gate])];
    const later = pool.run(echo, ["later"]);
    await arrivals(gate, 2);
    open(gate);
    await Promise.all(occupied);
    expect(await later).toBe("later");
  });
});

describe("memoryLimitBytes", () => {
  const LIMIT: ThreadPoolOptions = { memoryLimitBytes: 60e6 };

  test("replaces a worker whose heap has become too large", async () => {
    await using pool = new ThreadPool(1, LIMIT);
    const workers = new Set<number>();
    while (workers.size < 3) workers.add(await pool.run(keep, [10]));
    expect(pool.stats().failed).toBe(0);
    expect(pool.workers).toHaveLength(1);
  });

  test("spares one that only leaves garbage", async () => {
    await using pool = new ThreadPool(1, LIMIT);
    const workers = new Set<number>();
    for (let i = 0; i < 30; i++) {
      workers.add(await pool.run(waste, [10]));
      await pool.run(spin, [10]);
    }
    expect(workers.size).toBe(1);
  });
});

describe("minWorkers and maxWorkers", () => {
  test("let a pool grow while requests wait and every worker is busy, and no further", async () => {
    await using pool = new ThreadPool(1, { maxWorkers: 3 });
    const gate = newGate();
    const occupied = Array.from({ length: 5 }, () => pool.run(occupy, [gate]));
    await arrivals(gate, 3);
    expect(pool.workers).toHaveLength(3);
    expect(pool.stats().running).toBe(3);
    open(gate);
    await Promise.all(occupied);
  });

  test("let it grow while the parent blocks", () => {
    using pool = new ThreadPool(1, { maxWorkers: 2 });
    const gate = newGate();
    pool.putRequest(new WorkRequest(occupy, [gate]));
    // Only a second worker can run this one.
    pool.runSync(letThrough, [gate]);
    pool.wait();
    expect(pool.workers).toHaveLength(2);
  });

  test("let it start without workers", async () => {
    await using pool = new ThreadPool(0, { minWorkers: 0, maxWorkers: 1 });
    expect(await pool.run(add, [1, 2])).toBe(3);
    expect(pool.runSync(add, [3, 4])).toBe(7);
  });

  const firsts: [string, (pool: ThreadPool, request: WorkRequest) => unknown][] = [
    ["runSync", (pool) => pool.runSync(add, [3, 4])],
    ["putRequest and wait", put((pool) => pool.wait())],
    ["putRequest and settled", put((pool) => pool.settled())],
    ["putRequest and close", put((pool) => pool.close())],
  ];
  test.each(firsts)("have a worker there for the first request: %s", async (_, first) => {
    await using pool = new ThreadPool(0, { maxWorkers: 1 });
    const results: unknown[] = [];
    const callback = (__: unknown, result: unknown): void => void results.push(result);
    const result = await first(pool, new WorkRequest(add, [3, 4], {}, { callback }));
    expect(result ?? results[0]).toBe(7);
  });

  test("have one there again after the last was dismissed", async () => {
    await using pool = new ThreadPool(1, { minWorkers: 0, idleTimeoutMs: 1 });
    for (let round = 0; round < 3; round++) {
      await turnUntil(() => pool.workers.length === 0);
      expect(pool.runSync(add, [3, 4])).toBe(7);
      await turnUntil(() => pool.workers.length === 0);
      expect(await pool.run(add, [3, 4])).toBe(7);
    }
  });

  test("have no more started than there are slots, those of workers included that have not quite ended", () => {
    using pool = new ThreadPool(1, { maxWorkers: 2 });
    pool.runSync(add, [1, 2]);
    for (let kill = 0; kill < MAX_WORKERS - 1; kill++) pool.workers[0]?.terminate();
    const spinning = Array.from({ length: 4 }, () => new WorkRequest(spin, [20_000]));
    for (const request of spinning) pool.putRequest(request);
    pool.wait();
    expect(pool.stats().succeeded).toBe(5);
    expect(pool.workers).toHaveLength(1);
  });

  test("let workers go that have nothing to do, newest first, and no more than that", async () => {
    await using pool = new ThreadPool(1, { maxWorkers: 3, idleTimeoutMs: 20 });
    const [oldest] = pool.workers;
    const gate = newGate();
    const occupied = Array.from({ length: 3 }, () => pool.run(occupy, [gate]));
    await arrivals(gate, 3);
    open(gate);
    await Promise.all(occupied);
    const gone: number[] = [];
    pool.on("workerDismissed", ({ id }) => gone.push(id));
    await turnUntil(() => pool.workers.length === 1);
    expect(pool.workers[0]).toBe(oldest as never);
    expect(gone).toEqual([3, 2]);
    expect(pool.dismissedWorkers).toEqual([]);
    expect(await pool.run(add, [1, 2])).toBe(3);
  });

  test("let workers go that never had anything to do", async () => {
    await using pool = new ThreadPool(3, { minWorkers: 1, idleTimeoutMs: 5 });
    await turnUntil(() => pool.workers.length === 1);
    pool.createWorkers(2);
    await turnUntil(() => pool.workers.length === 1);
    expect(await pool.run(add, [1, 2])).toBe(3);
  });

  test("leave a worker alone that runs one long request", async () => {
    await using pool = new ThreadPool(2, { minWorkers: 1, idleTimeoutMs: 5 });
    const gate = newGate();
    const occupied = pool.run(occupy, [gate]);
    await turnUntil(() => arrivedAt(gate) === 1 && pool.workers.length === 1);
    open(gate);
    await occupied;
  });

  test("do not hinder workers that are made or dismissed by hand", async () => {
    await using pool = new ThreadPool(1, { maxWorkers: 2, idleTimeoutMs: 1e9 });
    pool.createWorkers(3);
    expect(pool.workers).toHaveLength(4);
    pool.dismissWorkers(4);
    pool.createWorkers(1);
    expect(await pool.run(add, [1, 2])).toBe(3);
  });
});
