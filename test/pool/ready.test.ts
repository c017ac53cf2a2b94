import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { PoolClosed, ThreadPool } from "../../src/index.ts";
import { arrivals, arrivedAt, newGate, open, passedAt } from "./fixtures/gate.ts";
import { fail, hold, holdTurning, loopIf, thread } from "./fixtures/tasks.ts";
import { rejection } from "./rejection.ts";
import { SCRIPT_TEST_MS, runScript } from "./script.ts";
import { turn } from "./turns.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

describe("ready", () => {
  test("resolves when every worker has run its initializer, and not before", async () => {
    const gate = newGate();
    await using pool = new ThreadPool(2, { initializer: holdTurning, initargs: [gate, 0] });
    let isReady = false;
    const ready = pool.ready().finally(() => {
      isReady = true;
    });
    await arrivals(gate, 2);
    await turn();
    expect(isReady).toBe(false);
    open(gate);
    await ready;
    expect(passedAt(gate)).toBe(2);
  });

  test("resolves at once on a pool without workers, and when all have started", async () => {
    await using empty = new ThreadPool(0);
    await empty.ready();
    await using pool = new ThreadPool(1);
    await pool.run(thread);
    await pool.ready();
    await pool.ready();
  });

  test("waits for workers that were created since", async () => {
    const gate = newGate();
    await using pool = new ThreadPool(0, { initializer: holdTurning, initargs: [gate, 0] });
    pool.createWorkers(1);
    const ready = pool.ready();
    pool.createWorkers(1);
    open(gate);
    await ready;
    expect(arrivedAt(gate)).toBe(2);
  });

  test("waits for the successor of a worker that is killed", async () => {
    const cell = new Int32Array(new SharedArrayBuffer(4));
    const endsFirst = (seen: Int32Array<SharedArrayBuffer>): void => {
      if (Atomics.add(seen, 0, 1) === 0) process.exit(1);
    };
    await using pool = new ThreadPool(1, { initializer: endsFirst, initargs: [cell] });
    await pool.ready();
    expect(cell[0]).toBe(2);
  });

  test("is not held up by busy workers", async () => {
    await using pool = new ThreadPool(1);
    const gate = newGate();
    const held = pool.run(hold, [gate, 1]);
    await arrivals(gate, 1);
    await pool.ready();
    open(gate);
    await held;
  });

  test("delivers nothing in manual mode", async () => {
    await using pool = new ThreadPool(1, { delivery: "manual" });
    let isDelivered = false;
    const ran = pool.run(thread).finally(() => {
      isDelivered = true;
    });
    await pool.ready();
    await turn();
    expect(isDelivered).toBe(false);
    pool.wait();
    await ran;
  });

  test.each(["auto", "manual"])("keeps the process alive while it waits (%s)", async (delivery) => {
    const ended = await runScript("ready-in-a-process.ts", delivery);
    expect(ended).toMatchObject({ exitCode: 0, lines: [2] });
  });
});

describe("ready rejects", () => {
  test("when an initializer fails, with its error as the cause", async () => {
    const pool = new ThreadPool(2, { initializer: fail, initargs: ["no"] });
    const error = (await rejection(pool.ready())) as PoolClosed;
    expect(error).toBeInstanceOf(PoolClosed);
    expect(error.cause).toEqual(new RangeError("no"));
    expect(await rejection(pool.ready())).toBeInstanceOf(PoolClosed);
  });

  test("when the pool is closed or terminated first", async () => {
    const terminated = new ThreadPool(1, { initializer: loopIf, initargs: [true] });
    const first = terminated.ready();
    terminated.terminate();
    expect(await rejection(first)).toBeInstanceOf(PoolClosed);
    const gate = newGate();
    const closing = new ThreadPool(1, { initializer: holdTurning, initargs: [gate, 0] });
    const second = closing.ready();
    const closed = closing.close();
    expect(await rejection(second)).toBeInstanceOf(PoolClosed);
    open(gate);
    await closed;
  });
});
