import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { ThreadPool } from "../../../src/index.ts";
import { arrivals, newGate } from "../fixtures/gate.ts";
import { add, echo, hold, holdTurning, loop, spin } from "../fixtures/tasks.ts";
import { SCRIPT_TEST_MS } from "../script.ts";
import { turn, turnUntil } from "../turns.ts";
import { Ledger, death, worker } from "./deaths.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

describe("terminate of a worker", () => {
  test("ends it in an endless loop, and its request with it", async () => {
    await using pool = new ThreadPool(2);
    const gate = newGate();
    const died = death(pool.run(loop, [gate]));
    await arrivals(gate, 1);
    const workers = [...pool.workers];
    for (const each of workers) each.terminate();
    const { exitCode, workerId } = await died;
    expect(exitCode).toBeNull();
    expect(workers.map(({ id }) => id)).toContain(workerId);
    expect(workers.map(({ state }) => state)).toEqual(["ended", "ended"]);
    expect(pool.workers.map(({ id }) => id)).toEqual([3, 4]);
    expect(await pool.run(add, [1, 2])).toBe(3);
  });

  test("settles its request although a native call holds up the thread's end", async () => {
    await using pool = new ThreadPool(1);
    const gate = newGate();
    const sleep = (seen: Int32Array<SharedArrayBuffer>): void => {
      Atomics.add(seen, 0, 1);
      Atomics.notify(seen, 0);
      Bun.sleepSync(1000);
    };
    const died = death(pool.run(sleep, [gate]));
    await arrivals(gate, 1);
    worker(pool).terminate();
    expect((await died).workerId).toBe(1);
    expect(await pool.run(add, [1, 2])).toBe(3);
  });

  test("is nothing the second time", async () => {
    await using pool = new ThreadPool(1);
    const first = worker(pool);
    first.terminate();
    first.terminate();
    expect(await pool.run(add, [1, 2])).toBe(3);
    first.terminate();
    expect(pool.workers.map(({ id }) => id)).toEqual([2]);
    expect(await pool.run(add, [1, 2])).toBe(3);
  });

  test("is survived by the queue when the worker is parked", async () => {
    await using pool = new ThreadPool(2);
    for (let round = 0; round < 30; round++) {
      expect(await pool.run(add, [round, 1])).toBe(round + 1);
      worker(pool, round % 2).terminate();
    }
    expect(pool.workers.length).toBe(2);
    expect(pool.stats().failed).toBe(0);
  });

  test("is survived by the queue when the worker is starting", async () => {
    await using pool = new ThreadPool(2);
    const ledger = new Ledger(pool);
    for (let round = 0; round < 30; round++) {
      ledger.put(echo, round);
      worker(pool, round % 2).terminate();
      // Further into its start each time.
      for (let turns = 0; turns < round; turns++) await turn();
    }
    await pool.settled();
    ledger.expectAllSettledOnce();
    expect(pool.workers.length).toBe(2);
  });

  test("is survived by the queue when the worker is busy", async () => {
    await using pool = new ThreadPool(2);
    for (let round = 0; round < 15; round++) {
      const gate = newGate();
      const held = [pool.run(hold, [gate, round]), pool.run(holdTurning, [gate, round])];
      const [first, second] = held.map(death);
      await arrivals(gate, 2);
      for (const each of pool.workers) each.terminate();
      await Promise.all([first, second]);
    }
    expect(pool.stats()).toMatchObject({ failed: 30, pending: 0, queueLength: 0 });
    expect(await pool.run(add, [1, 2])).toBe(3);
  });

  test("is survived by the queue at any moment of heavy traffic", async () => {
    await using pool = new ThreadPool(3);
    const ledger = new Ledger(pool);
    for (let kill = 0; kill < 60; kill++) {
      for (let i = 0; i < 200; i++) ledger.put(echo, i);
      for (let i = 0; i < 5; i++) ledger.put(spin, 100);
      ledger.put(echo, new SharedArrayBuffer(8));
      for (let turns = kill % 7; turns > 0; turns--) await turn();
      worker(pool, kill % 3).terminate();
    }
    await pool.settled();
    ledger.strange.splice(
      0,
      ledger.strange.length,
      ...ledger.strange.filter((x) => !(x instanceof SharedArrayBuffer)),
    );
    ledger.expectAllSettledOnce();
    expect(ledger.died).toBeLessThanOrEqual(60);
    expect(pool.workers.length).toBe(3);
  });

  test("of all workers at once fails what they had, and nothing else", async () => {
    await using pool = new ThreadPool(4);
    const ledger = new Ledger(pool);
    const gate = newGate();
    for (let i = 0; i < 4; i++) ledger.put(loop, gate);
    for (let i = 0; i < 2000; i++) ledger.put(echo, i);
    await arrivals(gate, 4);
    for (const each of pool.workers) each.terminate();
    await pool.settled();
    ledger.expectAllSettledOnce();
    expect(ledger.died).toBe(4);
    expect(pool.workers.map(({ id }) => id)).toEqual([5, 6, 7, 8]);
  });

  test("that waits for shared memory fails its request", async () => {
    // Nobody reads results here before wait, so the worker's wish for the memory is not heard.
    using pool = new ThreadPool(1, { delivery: "manual", resqSize: 1 });
    const ledger = new Ledger(pool);
    ledger.put(loop, newGate());
    await turnUntil(() => pool.stats().queueLength === 0);
    worker(pool).terminate();
    ledger.put(echo, "after");
    pool.wait();
    ledger.expectAllSettledOnce();
    expect(ledger.died).toBe(1);
  });
});
