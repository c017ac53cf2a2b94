import { describe, expect, test } from "bun:test";
import { NoResultsPending, NoWorkersAvailable, ThreadPool, WorkRequest } from "../../src/index.ts";
import { arrivals, newGate, open } from "../pool/fixtures/gate.ts";
import type { Gate } from "../pool/fixtures/gate.ts";
import { add, double, hold } from "../pool/fixtures/tasks.ts";

/** Has a worker wait at a gate, in a request whose result is 1. */
async function holdWorker(pool: ThreadPool, results: number[]): Promise<Gate> {
  const gate = newGate();
  const callback = (_: unknown, result: number): void => void results.push(result);
  pool.putRequest(new WorkRequest(hold, [gate, 1], {}, { callback }));
  await arrivals(gate, 1);
  return gate;
}

describe("NoWorkersAvailable", () => {
  test("is thrown by poll and wait when a request is pending and there is no worker", async () => {
    await using pool = new ThreadPool(0);
    const results: number[] = [];
    pool.putRequest(new WorkRequest(add, [1, 2], {}, { callback: (_, sum) => results.push(sum) }));
    expect(() => pool.poll()).toThrow(NoWorkersAvailable);
    expect(() => pool.poll(true)).toThrow(NoWorkersAvailable);
    expect(() => pool.wait()).toThrow(NoWorkersAvailable);
    expect(pool.workRequests.size).toBe(1);
    pool.createWorkers(1);
    pool.wait();
    expect(results).toEqual([3]);
  });

  test("is not thrown when there is no worker and nothing is pending", async () => {
    await using pool = new ThreadPool(0);
    expect(() => pool.poll(true)).toThrow(NoResultsPending);
    pool.wait();
  });

  test("is thrown only after dismissed workers have delivered what they had", async () => {
    await using pool = new ThreadPool(1, { delivery: "manual" });
    const gate = newGate();
    const results: number[] = [];
    const callback = (_: unknown, result: number): void => void results.push(result);
    pool.putRequest(new WorkRequest(hold, [gate, 1], {}, { callback }));
    await arrivals(gate, 1);
    pool.putRequest(new WorkRequest(double, [2], {}, { callback }));
    pool.dismissWorkers(1);
    expect(pool.poll()).toBeUndefined();
    open(gate);
    expect(() => pool.wait()).toThrow(NoWorkersAvailable);
    expect(results).toEqual([1]);
    pool.createWorkers(1);
    pool.wait();
    expect(results).toEqual([1, 4]);
  });

  test("is not thrown while a dismissed worker can deliver all that is pending", async () => {
    await using pool = new ThreadPool(1);
    const results: number[] = [];
    const gate = await holdWorker(pool, results);
    pool.dismissWorkers(1);
    open(gate);
    pool.wait();
    expect(results).toEqual([1]);
  });

  test("is not thrown for results that have come although every worker has ended", async () => {
    await using pool = new ThreadPool(1, { delivery: "manual" });
    const results: number[] = [];
    const gate = await holdWorker(pool, results);
    open(gate);
    pool.dismissWorkers(1, true);
    expect(results).toEqual([]);
    pool.wait();
    expect(results).toEqual([1]);
  });
});
