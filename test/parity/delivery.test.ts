import { describe, expect, test } from "bun:test";
import { NoResultsPending, ThreadPool, WorkRequest, makeRequests } from "../../src/index.ts";
import { runScript } from "../pool/script.ts";
import { ascending } from "../pool/fixtures/ascending.ts";
import { arrivals, arrivalsSync, newGate, open } from "../pool/fixtures/gate.ts";
import type { Gate } from "../pool/fixtures/gate.ts";
import { countAt, countAtGiven, countPayloadAtGiven, giveGate } from "./fixtures/tasks.ts";
import { letThrough } from "../pool/fixtures/worker-callables.ts";
import { add, double, hold } from "../pool/fixtures/tasks.ts";

describe('delivery: "auto"', () => {
  test("delivers as soon as the event loop turns, without poll or wait", async () => {
    await using pool = new ThreadPool(2);
    const { promise, resolve } = Promise.withResolvers<void>();
    const results: number[] = [];
    const callback = (_: unknown, result: number): void => {
      results.push(result);
      if (results.length === 3) resolve();
    };
    for (const request of makeRequests(double, [1, 2, 3], callback)) pool.putRequest(request);
    await promise;
    expect(results.sort(ascending)).toEqual([2, 4, 6]);
    expect(pool.workRequests.size).toBe(0);
  });

  test("is the default, and delivers nothing before the event loop turns", async () => {
    await using pool = new ThreadPool(1);
    const gate = newGate();
    const results: number[] = [];
    const callback = (_: unknown, result: number): void => void results.push(result);
    pool.putRequest(new WorkRequest(hold, [gate, 1], {}, { callback }));
    await arrivals(gate, 1);
    open(gate);
    pool.dismissWorkers(1, true);
    pool.createWorkers(1);
    pool.putRequest(new WorkRequest(double, [2], {}, { callback }));
    expect(results).toEqual([]);
    await pool.settled();
    expect(results).toEqual([1, 4]);
  });

  test("leaves poll and wait as they are", async () => {
    await using pool = new ThreadPool(1);
    const results: number[] = [];
    for (const request of makeRequests(double, [1, 2], (_, result) => results.push(result)))
      pool.putRequest(request);
    expect(() => pool.poll(true)).toThrow(NoResultsPending);
    expect(results).toEqual([2, 4]);
    await pool.settled();
    expect(results).toEqual([2, 4]);
  });

  test("lets the process end when nothing is pending, and keeps it alive until then", async () => {
    const script = new URL("./fixtures/no-close.ts", import.meta.url);
    const { lines, exitCode } = await runScript(script);
    expect(lines).toEqual(["end of main", "result 6", "result 12"]);
    expect(exitCode).toBe(0);
  });
});

describe('delivery: "manual"', () => {
  test("leaves all to poll and wait, however often the event loop turns", async () => {
    await using pool = new ThreadPool(1, { delivery: "manual" });
    await using other = new ThreadPool(1);
    const gate = newGate();
    const results: number[] = [];
    pool.putRequest(
      new WorkRequest(countAt, [gate, 1], {}, { callback: (_, result) => results.push(result) }),
    );
    await arrivals(gate, 1);
    for (let i = 0; i < 100; i++) await other.run(add, [i, 1]);
    expect(results).toEqual([]);
    expect(pool.workRequests.size).toBe(1);
    expect(() => pool.poll()).toThrow(NoResultsPending);
    expect(results).toEqual([1]);
  });
});

describe("requests run", () => {
  /** Waits in `giveGate` for the others, so that each worker gets one. */
  function shareGate(pool: ThreadPool): Gate {
    const gate = newGate();
    pool.putRequest(new WorkRequest(giveGate, [gate, newGate(), 1]));
    pool.wait();
    return gate;
  }

  test("while the parent is blocked outside the pool", async () => {
    await using pool = new ThreadPool(1);
    const gate = shareGate(pool);
    for (const request of makeRequests(countAtGiven, [1, 2, 3])) pool.putRequest(request);
    arrivalsSync(gate, 3);
    pool.wait();
  });

  test("while the parent is blocked outside the pool, with shared memory among their arguments", async () => {
    await using pool = new ThreadPool(1);
    const gate = newGate();
    pool.putRequest(new WorkRequest(countAt, [gate, 1]));
    arrivalsSync(gate, 1);
    pool.wait();
  });

  test("while the parent is blocked outside the pool, with a payload of many megabytes", async () => {
    await using pool = new ThreadPool(1);
    const gate = shareGate(pool);
    pool.putRequest(new WorkRequest(countPayloadAtGiven, [new Uint8Array(2 ** 24)]));
    arrivalsSync(gate, 1);
    pool.wait();
  });

  test("while the parent is blocked in another pool, with shared memory among their arguments", async () => {
    await using pool = new ThreadPool(1);
    await using blocking = new ThreadPool(1);
    const gate = newGate();
    const results: number[] = [];
    blocking.putRequest(
      new WorkRequest(
        hold<number>,
        [gate, 1],
        {},
        { callback: (_, result) => results.push(result) },
      ),
    );
    await arrivals(gate, 1);
    pool.putRequest(new WorkRequest(letThrough, [gate]));
    blocking.wait();
    expect(results).toEqual([1]);
  });

  test("in manual delivery with a resqSize before the first poll, with shared memory among their arguments", async () => {
    await using pool = new ThreadPool(1, { delivery: "manual", resqSize: 1 });
    const gate = newGate();
    pool.putRequest(new WorkRequest(countAt, [gate, 1]));
    await arrivals(gate, 1);
    pool.wait();
  });
});
