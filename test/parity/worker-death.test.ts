import { describe, expect, test } from "bun:test";
import {
  NoResultsPending,
  ThreadPool,
  WorkRequest,
  WorkerDied,
  makeRequests,
} from "../../src/index.ts";
import type { ExcInfo } from "../../src/index.ts";
import { ascending } from "./fixtures/ascending.ts";
import { Gate } from "./fixtures/gate.ts";
import { runScript } from "./fixtures/run-script.ts";
import { add, double, exit, exitAt, failUncaught, holdAt, spinForever } from "./fixtures/tasks.ts";

describe("a worker that dies", () => {
  test("fails the request it had with WorkerDied, and no other", async () => {
    await using pool = new ThreadPool(1);
    const results: number[] = [];
    const failures: ExcInfo[] = [];
    const callback = (_: unknown, result: number): void => void results.push(result);
    const excCallback = (_: unknown, excInfo: ExcInfo): void => void failures.push(excInfo);
    pool.putRequest(new WorkRequest(double, [1], {}, { callback, excCallback }));
    const doomed = new WorkRequest(exit, [3], {}, { excCallback });
    pool.putRequest(doomed);
    for (const request of makeRequests(double, [2, 3], callback, excCallback))
      pool.putRequest(request);
    pool.wait();
    expect(results).toEqual([2, 4, 6]);
    expect(failures).toEqual([
      ["WorkerDied", expect.any(WorkerDied), expect.stringContaining("WorkerDied")],
    ]);
    expect(failures[0]?.[1]).toHaveProperty("exitCode", 3);
    expect(doomed.exception).toBe(true);
  });

  test("is replaced", async () => {
    await using pool = new ThreadPool(2);
    const before = new Set(pool.workers.map(({ id }) => id));
    pool.putRequest(new WorkRequest(exit, [0], {}, { excCallback: null }));
    pool.wait();
    expect(pool.workers).toHaveLength(2);
    expect(pool.workers.map(({ state }) => state)).toEqual(["running", "running"]);
    expect(pool.workers.filter(({ id }) => before.has(id))).toHaveLength(1);
    expect(pool.dismissedWorkers).toEqual([]);
  });

  test("by an error that nobody caught gives that error as the cause", async () => {
    // In a process of its own: under `bun test` no worker hears of its uncaught errors.
    const { stdout, exitCode } = await runScript("uncaught-in-worker.ts");
    expect(stdout).toBe("WorkerDied because of RangeError: out of the blue\nnext 3\n");
    expect(exitCode).toBe(0);
  });

  test("by an error that nobody caught fails its request all the same under bun test", async () => {
    await using pool = new ThreadPool(1);
    const failures: unknown[] = [];
    const excCallback = (_: unknown, [, error]: ExcInfo): void => void failures.push(error);
    pool.putRequest(new WorkRequest(failUncaught, ["out of the blue"], {}, { excCallback }));
    pool.wait();
    expect(failures).toEqual([expect.any(WorkerDied)]);
    expect(pool.runSync(add, [1, 2])).toBe(3);
  });

  test("does not take the pool along, though every worker dies, again and again", async () => {
    await using pool = new ThreadPool(2, { delivery: "manual" });
    const results: number[] = [];
    let deaths = 0;
    for (let round = 0; round < 5; round++) {
      const gate = new Gate();
      for (let i = 0; i < 2; i++) {
        pool.putRequest(
          new WorkRequest(exitAt, [gate.memory, 1], {}, { excCallback: () => (deaths += 1) }),
        );
      }
      await gate.arrivals(2);
      for (const request of makeRequests(double, [1, 2, 3, 4], (_, result) => results.push(result)))
        pool.putRequest(request);
      gate.open();
      pool.wait();
      expect(results.splice(0).sort(ascending)).toEqual([2, 4, 6, 8]);
    }
    expect(deaths).toBe(10);
    expect(pool.workers).toHaveLength(2);
  });

  test("does not make poll throw NoWorkersAvailable", async () => {
    await using pool = new ThreadPool(1);
    let deaths = 0;
    for (let i = 0; i < 3; i++) {
      pool.putRequest(new WorkRequest(exit, [1], {}, { excCallback: () => (deaths += 1) }));
    }
    expect(() => pool.poll(true)).toThrow(NoResultsPending);
    expect(deaths).toBe(3);
  });

  test("after its dismissal is not replaced, and can be joined", async () => {
    await using pool = new ThreadPool(1, { delivery: "manual" });
    const gate = new Gate();
    const failures: ExcInfo[] = [];
    pool.putRequest(
      new WorkRequest(
        exitAt,
        [gate.memory, 1],
        {},
        { excCallback: (_, excInfo) => failures.push(excInfo) },
      ),
    );
    await gate.arrivals(1);
    pool.dismissWorkers(1);
    gate.open();
    pool.joinAllDismissedWorkers();
    pool.wait();
    expect(failures.map(([typeName]) => typeName)).toEqual(["WorkerDied"]);
    expect(pool.workers).toEqual([]);
    expect(pool.dismissedWorkers).toEqual([]);
  });

  test("leaves the results that it had published", async () => {
    await using pool = new ThreadPool(1, { delivery: "manual" });
    const results: number[] = [];
    const values = Array.from({ length: 50 }, (_, i) => i);
    for (const request of makeRequests(double, values, (_, result) => results.push(result)))
      pool.putRequest(request);
    pool.putRequest(new WorkRequest(exit, [1], {}, { excCallback: null }));
    pool.wait();
    expect(results).toEqual(values.map((value) => value * 2));
  });

  test("while its peers are at work does not disturb them", async () => {
    await using pool = new ThreadPool(3, { delivery: "manual" });
    const [held, doomed] = [new Gate(), new Gate()];
    const results: number[] = [];
    for (const value of [1, 2]) {
      pool.putRequest(
        new WorkRequest(
          holdAt,
          [held.memory, value],
          {},
          { callback: (_, result) => results.push(result) },
        ),
      );
    }
    pool.putRequest(
      new WorkRequest(exitAt, [doomed.memory, 1], {}, { excCallback: () => held.open() }),
    );
    await held.arrivals(2);
    await doomed.arrivals(1);
    doomed.open();
    pool.wait();
    expect(results.sort(ascending)).toEqual([1, 2]);
  });

  test("may be one that was terminated in an endless loop", async () => {
    await using pool = new ThreadPool(1, { delivery: "manual" });
    const gate = new Gate();
    const failures: ExcInfo[] = [];
    pool.putRequest(
      new WorkRequest(
        spinForever,
        [gate.memory],
        {},
        { excCallback: (_, excInfo) => failures.push(excInfo) },
      ),
    );
    await gate.arrivals(1);
    pool.workers[0]?.terminate();
    pool.wait();
    expect(failures.map(([typeName]) => typeName)).toEqual(["WorkerDied"]);
    expect(pool.runSync(add, [1, 2])).toBe(3);
    expect(pool.workers).toHaveLength(1);
  });
});
