import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  NoWorkersAvailable,
  PayloadError,
  PoolClosed,
  ThreadPool,
  WorkerDied,
  fromModule,
} from "../../src/index.ts";
import {
  endFirst,
  failIn,
  keep,
  keepAndName,
  keptAtGate,
  keptWords,
} from "./fixtures/broadcasts.ts";
import type * as Broadcasts from "./fixtures/broadcasts.ts";
import { arrivals, newGate, open } from "./fixtures/gate.ts";
import { collectArguments, fail, hold, thread } from "./fixtures/tasks.ts";
import { rejection } from "./rejection.ts";
import { SCRIPT_TEST_MS } from "./script.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

describe("broadcast", () => {
  test.each([1, 2, 5])(
    "runs once on each of %i workers, and gives the results in their order",
    async (count) => {
      await using pool = new ThreadPool(count);
      const results = await pool.broadcast(keepAndName, ["a"]);
      expect(results).toEqual(pool.workers.map(({ id }) => ({ worker: id, kept: ["a"] })));
    },
  );

  test("runs in each worker in the order of the calls", async () => {
    await using pool = new ThreadPool(2);
    const calls = ["a", "b", "c", "d"].map((word) => pool.broadcast(keep, [word]));
    expect(await Promise.all(calls)).toEqual([1, 2, 3, 4].map((length) => [length, length]));
    expect(await pool.broadcast(keptWords)).toEqual([
      ["a", "b", "c", "d"],
      ["a", "b", "c", "d"],
    ]);
  });

  test("waits for its turn in a busy worker, which goes on to it before later requests, while others work", async () => {
    await using pool = new ThreadPool(2);
    const gate = newGate();
    const held = pool.run(hold, [gate, 1]);
    await arrivals(gate, 1);
    let isDone = false;
    const told = pool.broadcast(keep, ["a"]).finally(() => {
      isDone = true;
    });
    // More than the queue has tasks, and all of them for the worker that is free.
    const many = Array.from({ length: 3000 }, (_, i) => pool.run(collectArguments, [i]));
    expect((await Promise.all(many)).length).toBe(3000);
    expect(isDone).toBe(false);
    open(gate);
    expect(await told).toEqual([1, 1]);
    expect(await held).toBe(1);
  });

  test("of more calls than there are tasks leaves the tasks to other requests", async () => {
    await using pool = new ThreadPool(2, { resqSize: 1 });
    const gate = newGate();
    const held = pool.run(hold, [gate, 1]);
    await arrivals(gate, 1);
    const calls = Array.from({ length: 1100 }, () => pool.broadcast(keep, ["a"]));
    expect(await pool.run(collectArguments, [7])).toEqual([7]);
    open(gate);
    const results = await Promise.all(calls);
    expect(results.at(-1)).toEqual([1100, 1100]);
    await held;
  });

  test("to busy workers leave a worker that is free its work, also where few requests are in the queue", async () => {
    await using pool = new ThreadPool(3, { resqSize: 1 });
    const gate = newGate();
    const held = [pool.run(hold, [gate, 1]), pool.run(hold, [gate, 2])];
    await arrivals(gate, 2);
    const told = pool.broadcast(keep, ["a"]);
    // The queue has four: two run, and two are offered to the workers that run them.
    expect(await pool.run(collectArguments, [7])).toEqual([7]);
    open(gate);
    expect(await told).toEqual([1, 1, 1]);
    await Promise.all(held);
  });

  test("has its turn in a worker that always has synchronous requests", async () => {
    await using pool = new ThreadPool(1);
    const progress = { isDone: false, ran: 0 };
    const told = pool.broadcast(keep, ["a"]).finally(() => {
      progress.isDone = true;
    });
    while (!progress.isDone) {
      await Promise.all(Array.from({ length: 200 }, () => pool.run(thread)));
      progress.ran += 200;
    }
    expect(await told).toEqual([1]);
    expect(progress.ran).toBeGreaterThan(0);
  });

  test("takes arguments of every size and kind, shared memory too, which every worker gets", async () => {
    await using pool = new ThreadPool(2);
    const shared = new Int32Array(new SharedArrayBuffer(4));
    const addOne = (cell: Int32Array<SharedArrayBuffer>): number => Atomics.add(cell, 0, 1);
    expect((await pool.broadcast(addOne, [shared])).toSorted((a, b) => a - b)).toEqual([0, 1]);
    const long = "x".repeat(5_000_000);
    const [first, second] = await pool.broadcast(collectArguments, [long, { a: [1] }, shared]);
    for (const got of [first, second]) {
      expect(got?.[0]).toBe(long);
      expect(got?.[1]).toEqual({ a: [1] });
      expect((got![2] as Int32Array).buffer).toBeInstanceOf(SharedArrayBuffer);
    }
  });

  test("takes a reference, an inline function, and no arguments", async () => {
    await using pool = new ThreadPool(2);
    const url = new URL("./fixtures/broadcasts.ts", import.meta.url);
    expect(await pool.broadcast(fromModule<typeof Broadcasts>(url).keptWords)).toEqual([[], []]);
    expect(await pool.broadcast((a: number) => a + 1, [1])).toEqual([2, 2]);
  });

  test("on a pool without workers has no results", async () => {
    await using pool = new ThreadPool(0);
    expect(await pool.broadcast(thread)).toEqual([]);
  });

  test("does not count against qSize, nor starts a worker", async () => {
    await using pool = new ThreadPool(1, { qSize: 1, rejectionPolicy: "throw", maxWorkers: 3 });
    const gate = newGate();
    const held = pool.run(hold, [gate, 1]);
    await arrivals(gate, 1);
    const calls = [pool.broadcast(thread), pool.broadcast(thread)];
    expect(pool.stats().queueLength).toBe(0);
    expect(pool.workers.length).toBe(1);
    open(gate);
    expect(new Set((await Promise.all(calls)).flat()).size).toBe(1);
    await held;
  });
});

describe("a broadcast rejects", () => {
  test("with the error of the callable; the other workers run it all the same", async () => {
    await using pool = new ThreadPool(2);
    const [, second] = pool.workers;
    expect(await rejection(pool.broadcast(failIn, [second!.id]))).toEqual(
      new RangeError(`not in ${second!.id}`),
    );
    expect(await rejection(pool.broadcast(fail, ["all"]))).toEqual(new RangeError("all"));
    await pool.settled();
    expect(pool.stats()).toMatchObject({ succeeded: 1, failed: 3 });
  });

  test("with WorkerDied when a worker dies that runs it, and does not run it again in a successor", async () => {
    await using pool = new ThreadPool(2, { retries: 3 });
    const cell = new Int32Array(new SharedArrayBuffer(4));
    const error = (await rejection(pool.broadcast(endFirst, [cell]))) as WorkerDied;
    expect(error).toBeInstanceOf(WorkerDied);
    expect(error.message).toContain("while it ran this request");
    expect(pool.stats().retried).toBe(0);
  });

  test("with WorkerDied when a worker dies before its turn", async () => {
    await using pool = new ThreadPool(2, { graceMs: 0 });
    const gate = newGate();
    const stop = new AbortController();
    const held = pool.run(hold, [gate, 1], { signal: stop.signal });
    await arrivals(gate, 1);
    const told = pool.broadcast(keep, ["a"]);
    stop.abort();
    const error = (await rejection(told)) as WorkerDied;
    expect(error).toBeInstanceOf(WorkerDied);
    expect(error.message).toContain("before it ran its part of a broadcast");
    expect(await rejection(held)).toBe(stop.signal.reason);
    open(gate);
  });

  test("when its signal is aborted: where it waits it is withdrawn, and the worker lives", async () => {
    await using pool = new ThreadPool(1);
    const gate = newGate();
    const held = pool.run(hold, [gate, 1]);
    await arrivals(gate, 1);
    const stop = new AbortController();
    const calls = [1, 2].map(() => pool.broadcast(keep, ["a"], { signal: stop.signal }));
    const later = pool.broadcast(keep, ["b"]);
    stop.abort();
    for (const call of calls) expect(await rejection(call)).toBe(stop.signal.reason);
    open(gate);
    expect(await held).toBe(1);
    expect(await later).toEqual([1]);
    expect(await rejection(pool.broadcast(keep, ["c"], { signal: stop.signal }))).toBe(
      stop.signal.reason,
    );
  });

  test("when its time is over: in the queue, and while it runs", async () => {
    await using pool = new ThreadPool(1, { graceMs: 0 });
    const gate = newGate();
    const held = pool.run(hold, [gate, 1]);
    await arrivals(gate, 1);
    const waited = pool.broadcast(keep, ["a"], { queueTimeoutMs: 1 });
    expect(await rejection(waited)).toMatchObject({ name: "RequestTimeout" });
    open(gate);
    await held;
    const closed = newGate();
    const ran = pool.broadcast(keptAtGate, [closed], { timeoutMs: 5 });
    expect(await rejection(ran)).toMatchObject({ name: "RequestTimeout" });
    expect(await pool.broadcast(keptWords)).toEqual([[]]);
  });

  test("when an argument or the callable cannot cross, and when the pool is closed", async () => {
    const pool = new ThreadPool(2);
    expect(await rejection(pool.broadcast(collectArguments, [() => {}]))).toBeInstanceOf(
      PayloadError,
    );
    const { port1, port2 } = new MessageChannel();
    expect(await rejection(pool.broadcast(collectArguments, [port1]))).toBeInstanceOf(PayloadError);
    port2.close();
    expect(pool.stats().put).toBe(0);
    const told = pool.broadcast(thread);
    pool.terminate();
    expect(await rejection(told)).toBeInstanceOf(PoolClosed);
    expect(await rejection(pool.broadcast(thread))).toBeInstanceOf(PoolClosed);
  });

  test("for options that it does not know, and a flag that is none", async () => {
    await using pool = new ThreadPool(1);
    const wrong = (options: unknown): Promise<unknown> =>
      rejection(pool.broadcast(thread, [], options as object));
    expect(String(await wrong({ retries: 1 }))).toContain("retries");
    expect(String(await wrong({ transfer: [] }))).toContain("transfer");
    expect(String(await wrong({ future: 1 }))).toContain("future");
    expect(String(await wrong(7))).toContain("options of a broadcast");
  });
});

describe("a worker that takes no more requests", () => {
  test("is left out when it was dismissed before its turn", async () => {
    await using pool = new ThreadPool(2);
    const gate = newGate();
    const held = [pool.run(hold, [gate, 1]), pool.run(hold, [gate, 2])];
    await arrivals(gate, 2);
    const [first] = pool.workers;
    const told = pool.broadcast(keepAndName, ["a"]);
    pool.dismissWorkers(1);
    open(gate);
    expect(await told).toEqual([{ worker: first!.id, kept: ["a"] }]);
    await Promise.all(held);
  });

  test("is left out when it is recycled before its turn", async () => {
    await using pool = new ThreadPool(1, { maxRequestsPerWorker: 1 });
    const gate = newGate();
    const held = pool.run(hold, [gate, 1]);
    await arrivals(gate, 1);
    const told = pool.broadcast(keep, ["a"]);
    open(gate);
    expect(await held).toBe(1);
    expect(await told).toEqual([]);
  });

  test("leaves nothing pending when all are dismissed", async () => {
    await using pool = new ThreadPool(1);
    const gate = newGate();
    const held = pool.run(hold, [gate, 1]);
    await arrivals(gate, 1);
    const calls = [pool.broadcast(keep, ["a"]), pool.broadcast(keep, ["b"])];
    pool.dismissWorkers(1);
    expect(await Promise.all(calls)).toEqual([[], []]);
    open(gate);
    await held;
    expect(await rejection(pool.run(thread))).toBeInstanceOf(NoWorkersAvailable);
  });
});

describe("future: true", () => {
  test("lets workers that start later run it before their first request, after the initializer", async () => {
    await using pool = new ThreadPool(1, { initializer: keep, initargs: ["initial"] });
    expect(await pool.broadcast(keep, ["a"], { future: true })).toEqual([2]);
    expect(await pool.broadcast(keep, ["not later"])).toEqual([3]);
    expect(await pool.broadcast(keep, ["b"], { future: true })).toEqual([4]);
    pool.createWorkers(1);
    expect(await pool.broadcast(keptWords)).toEqual([
      ["initial", "a", "not later", "b"],
      ["initial", "a", "b"],
    ]);
  });

  test("holds for the successors of dead workers", async () => {
    await using pool = new ThreadPool(1);
    await pool.broadcast(keep, ["a"], { future: true });
    const cell = new Int32Array(new SharedArrayBuffer(4));
    expect(await rejection(pool.run(endFirst, [cell]))).toBeInstanceOf(WorkerDied);
    expect(await pool.run(keptWords)).toEqual(["a"]);
  });

  test("holds on a pool that has no worker yet", async () => {
    await using pool = new ThreadPool(0);
    expect(await pool.broadcast(keep, ["a"], { future: true })).toEqual([]);
    pool.createWorkers(1);
    expect(await pool.run(keptWords)).toEqual(["a"]);
  });

  test("ends when the broadcast rejects", async () => {
    await using pool = new ThreadPool(1);
    const [worker] = pool.workers;
    await rejection(pool.broadcast(failIn, [worker!.id], { future: true }));
    pool.createWorkers(1);
    expect((await pool.broadcast(thread)).length).toBe(2);
  });

  test("closes the pool when the callable fails in a later worker", async () => {
    await using pool = new ThreadPool(1);
    const failsLater = (cell: Int32Array<SharedArrayBuffer>): void => {
      if (Atomics.add(cell, 0, 1) > 0) throw new RangeError("too late");
    };
    await pool.broadcast(failsLater, [new Int32Array(new SharedArrayBuffer(4))], { future: true });
    pool.createWorkers(1);
    const error = (await rejection(pool.ready())) as PoolClosed;
    expect(error).toBeInstanceOf(PoolClosed);
    expect(error.message).toContain("a broadcast with future: true");
    expect(error.cause).toEqual(new RangeError("too late"));
  });
});

describe("in manual mode", () => {
  test("poll and wait deliver a broadcast", async () => {
    await using pool = new ThreadPool(2, { delivery: "manual" });
    const told = pool.broadcast(keep, ["a"]);
    pool.wait();
    expect(await told).toEqual([1, 1]);
  });
});
