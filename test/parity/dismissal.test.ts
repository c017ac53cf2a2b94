import { describe, expect, test } from "bun:test";
import {
  NoResultsPending,
  ThreadPool,
  ThreadPoolError,
  WorkRequest,
  makeRequests,
} from "../../src/index.ts";
import { ascending } from "../pool/fixtures/ascending.ts";
import { arrivals, arrivedAt, newGate, open, passedAt } from "../pool/fixtures/gate.ts";
import { openAfter } from "./fixtures/tasks.ts";
import { add, double, hold, holdTurning } from "../pool/fixtures/tasks.ts";

describe("dismissWorkers", () => {
  test("dismisses the newest, newest first", async () => {
    await using pool = new ThreadPool(4);
    const [first, second, third, fourth] = pool.workers.map(({ id }) => id);
    pool.dismissWorkers(2);
    expect(pool.workers.map(({ id }) => id) as unknown[]).toEqual([first, second]);
    expect(pool.dismissedWorkers.map(({ id }) => id) as unknown[]).toEqual([fourth, third]);
    pool.dismissWorkers(1);
    expect(pool.workers.map(({ id }) => id) as unknown[]).toEqual([first]);
    expect(pool.dismissedWorkers.map(({ id }) => id) as unknown[]).toEqual([fourth, third, second]);
  });

  test("counts workers that were created later as newer", async () => {
    await using pool = new ThreadPool(1);
    pool.createWorkers(1);
    const newest = pool.workers.at(-1);
    pool.dismissWorkers(1);
    expect(pool.dismissedWorkers[0]).toBe(newest);
  });

  test.each([3, 4, 200, 1000])(
    "dismisses all of three workers when told to dismiss %d",
    async (count) => {
      await using pool = new ThreadPool(3);
      pool.dismissWorkers(count);
      expect(pool.workers).toEqual([]);
      expect(pool.dismissedWorkers).toHaveLength(3);
      pool.dismissWorkers(count);
      expect(pool.dismissedWorkers).toHaveLength(3);
    },
  );

  test("dismisses no worker when told to dismiss none", async () => {
    await using pool = new ThreadPool(2);
    pool.dismissWorkers(0);
    pool.dismissWorkers(0, true);
    expect(pool.workers).toHaveLength(2);
    expect(pool.dismissedWorkers).toEqual([]);
  });

  test("with doJoin blocks until they have ended, and does not list them", async () => {
    await using pool = new ThreadPool(3);
    const [stays, ...dismissed] = pool.workers;
    pool.dismissWorkers(2, true);
    expect(dismissed.map(({ state }) => state)).toEqual(["ended", "ended"]);
    expect(pool.workers as unknown[]).toEqual([stays]);
    expect(pool.dismissedWorkers).toEqual([]);
  });

  test("with doJoin leaves those in the list that were dismissed before", async () => {
    await using pool = new ThreadPool(2);
    pool.dismissWorkers(1);
    const [before] = pool.dismissedWorkers;
    pool.dismissWorkers(1, true);
    expect(pool.dismissedWorkers as unknown[]).toEqual([before]);
  });

  test("may be called in a callback, and the pool goes on with the workers that stay", async () => {
    await using pool = new ThreadPool(2);
    const results: number[] = [];
    const callback = (_: unknown, result: number): void => {
      results.push(result);
      if (result === 2) pool.dismissWorkers(1);
    };
    const values = Array.from({ length: 50 }, (_, i) => i + 1);
    for (const request of makeRequests(double, values, callback)) pool.putRequest(request);
    pool.wait();
    expect(results.sort(ascending)).toEqual(values.map((value) => value * 2));
    expect(pool.workers).toHaveLength(1);
  });

  test("ends workers that have not even started", async () => {
    await using pool = new ThreadPool(0);
    for (let round = 0; round < 5; round++) {
      pool.createWorkers(2);
      pool.dismissWorkers(2, true);
    }
    expect(pool.workers).toEqual([]);
    expect(pool.dismissedWorkers).toEqual([]);
    pool.createWorkers(1);
    expect(pool.runSync(add, [1, 2])).toBe(3);
  });
});

describe("a dismissed worker", () => {
  const callables = [
    ["that blocks", hold],
    ["that is asynchronous", holdTurning],
  ] as const;
  test.each(callables)("finishes the request it has: one %s", async (_title, callable) => {
    await using pool = new ThreadPool(1, { delivery: "manual" });
    const gate = newGate();
    const results: number[] = [];
    pool.putRequest(
      new WorkRequest<typeof hold<number> | typeof holdTurning<number>>(
        callable,
        [gate, 1],
        {},
        { callback: (_, result) => results.push(result) },
      ),
    );
    await arrivals(gate, 1);
    pool.dismissWorkers(1);
    const [worker] = pool.dismissedWorkers;
    expect(worker?.state).toBe("dismissed");
    open(gate);
    pool.wait();
    expect(results).toEqual([1]);
    pool.joinAllDismissedWorkers();
    expect(worker?.state).toBe("ended");
  });

  test("takes no other request", async () => {
    await using pool = new ThreadPool(1, { delivery: "manual" });
    const [dismissedGate, successorGate] = [newGate(), newGate()];
    pool.putRequest(new WorkRequest(hold, [dismissedGate, 1]));
    await arrivals(dismissedGate, 1);
    pool.putRequest(new WorkRequest(hold, [successorGate, 2]));
    pool.dismissWorkers(1);
    open(dismissedGate);
    pool.joinAllDismissedWorkers();
    expect(passedAt(dismissedGate)).toBe(1);
    expect(arrivedAt(successorGate)).toBe(0);
    open(successorGate);
    pool.createWorkers(1);
    pool.wait();
    expect(passedAt(successorGate)).toBe(1);
  });

  test("does not send the requests behind it to the back of the queue: it was idle", async () => {
    await using pool = new ThreadPool(0);
    const results: number[] = [];
    const callback = (_: unknown, result: number): void => void results.push(result);
    for (let round = 0; round < 10; round++) {
      pool.createWorkers(1);
      pool.runSync(add, [1, 2]);
      // The original's idle worker would take the first request, see its dismissal, and put it last.
      pool.dismissWorkers(1);
      for (const request of makeRequests(double, [1, 2, 3], callback)) pool.putRequest(request);
      pool.createWorkers(1);
      pool.wait();
      pool.dismissWorkers(1, true);
      expect(results.splice(0)).toEqual([2, 4, 6]);
    }
  });

  test("does not send the requests behind it to the back of the queue: it was busy", async () => {
    await using pool = new ThreadPool(1);
    const gate = newGate();
    const results: number[] = [];
    const callback = (_: unknown, result: number): void => {
      results.push(result);
      if (result === 6) open(gate);
    };
    pool.putRequest(new WorkRequest(hold, [gate, 1], {}, { callback }));
    await arrivals(gate, 1);
    for (const request of makeRequests(double, [1, 2, 3], callback)) pool.putRequest(request);
    pool.dismissWorkers(1);
    pool.createWorkers(1);
    pool.wait();
    expect(results).toEqual([2, 4, 6, 1]);
  });
});

describe("joinAllDismissedWorkers", () => {
  test("blocks until every dismissed worker has ended, then empties the list", async () => {
    await using pool = new ThreadPool(2, { delivery: "manual" });
    const [held, opener] = [newGate(), newGate()];
    pool.putRequest(new WorkRequest(hold, [held, 1]));
    pool.putRequest(new WorkRequest(openAfter, [opener, held]));
    await arrivals(held, 1);
    await arrivals(opener, 1);
    pool.dismissWorkers(2);
    const dismissed = [...pool.dismissedWorkers];
    expect(dismissed.map(({ state }) => state)).toEqual(["dismissed", "dismissed"]);
    open(opener);
    pool.joinAllDismissedWorkers();
    expect([passedAt(held), passedAt(opener)]).toEqual([1, 1]);
    expect(dismissed.map(({ state }) => state)).toEqual(["ended", "ended"]);
    expect(pool.dismissedWorkers).toEqual([]);
  });

  test("delivers nothing by itself, and loses nothing", async () => {
    await using pool = new ThreadPool(2, { delivery: "manual" });
    const gate = newGate();
    const results: number[] = [];
    const callback = (_: unknown, result: number): void => void results.push(result);
    for (const value of [1, 2]) {
      pool.putRequest(new WorkRequest(hold, [gate, value], {}, { callback }));
    }
    await arrivals(gate, 2);
    pool.dismissWorkers(2);
    open(gate);
    pool.joinAllDismissedWorkers();
    expect(results).toEqual([]);
    expect(pool.workRequests.size).toBe(2);
    expect(() => pool.poll()).toThrow(NoResultsPending);
    expect(results.sort(ascending)).toEqual([1, 2]);
  });

  test("returns at once when no worker is dismissed, however often it is called", async () => {
    await using pool = new ThreadPool(1);
    pool.joinAllDismissedWorkers();
    pool.dismissWorkers(1);
    pool.joinAllDismissedWorkers();
    pool.joinAllDismissedWorkers();
    expect(pool.dismissedWorkers).toEqual([]);
  });
});

describe("WorkerThread", () => {
  test("dismiss moves that very worker to dismissedWorkers, the first time", async () => {
    await using pool = new ThreadPool(3);
    const [first, second, third] = pool.workers;
    second?.dismiss();
    second?.dismiss();
    expect(pool.workers as unknown[]).toEqual([first, third]);
    expect(pool.dismissedWorkers as unknown[]).toEqual([second]);
  });

  test("dismiss may be called for each of pool.workers in a loop", async () => {
    await using pool = new ThreadPool(4);
    for (const worker of pool.workers) worker.dismiss();
    expect(pool.workers).toEqual([]);
    expect(pool.dismissedWorkers).toHaveLength(4);
  });

  test("join blocks until the worker has ended, and leaves it in the list", async () => {
    await using pool = new ThreadPool(1);
    const gate = newGate();
    pool.putRequest(new WorkRequest(hold, [gate, 1]));
    await arrivals(gate, 1);
    pool.dismissWorkers(1);
    const [worker] = pool.dismissedWorkers;
    open(gate);
    worker?.join();
    worker?.join();
    expect(worker?.state).toBe("ended");
    expect(passedAt(gate)).toBe(1);
    expect(pool.dismissedWorkers as unknown[]).toEqual([worker]);
  });

  test("join of a worker that is not dismissed throws, because it would wait for ever", async () => {
    await using pool = new ThreadPool(1);
    const [worker] = pool.workers;
    expect(() => worker?.join()).toThrow(ThreadPoolError);
    expect(() => worker?.join()).toThrow(/dismiss it first.*worker=\d+$/);
    expect(pool.runSync(add, [1, 2])).toBe(3);
  });
});

test("a pool may be taken down and built up again while requests wait", async () => {
  await using pool = new ThreadPool(1);
  const results: number[] = [];
  const values = Array.from({ length: 40 }, (_, i) => i);
  const callback = (_: unknown, result: number): void => {
    results.push(result);
    // As the usage example of the module's last release does in its polling loop.
    if (results.length === 10) pool.createWorkers(3);
    if (results.length === 20) pool.dismissWorkers(2);
    if (results.length === 30) pool.dismissWorkers(2);
    if (results.length === 30) pool.createWorkers(1);
  };
  for (const request of makeRequests(double, values, callback)) pool.putRequest(request);
  pool.wait();
  expect(results.sort(ascending)).toEqual(values.map((value) => value * 2));
  expect(pool.dismissedWorkers).toHaveLength(4);
  pool.joinAllDismissedWorkers();
  expect(pool.dismissedWorkers).toEqual([]);
  expect(pool.workers).toHaveLength(1);
});
