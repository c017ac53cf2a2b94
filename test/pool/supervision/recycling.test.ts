/** Workers that make room for a successor after so many requests, or with so large a heap. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { ThreadPool, makeRequests } from "../../../src/index.ts";
import type { ThreadPoolOptions } from "../../../src/index.ts";
import { keep, occupy, serve, waste } from "../fixtures/worker-callables.ts";
import type { Served } from "../fixtures/worker-callables.ts";
import { arrivals, newGate, open } from "../fixtures/gate.ts";
import { echo, spin } from "../fixtures/tasks.ts";
import { SCRIPT_TEST_MS } from "../script.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

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
