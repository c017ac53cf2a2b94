import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { ThreadPool, WorkerDied } from "../../src/index.ts";
import { arrivals, newGate, open } from "./fixtures/gate.ts";
import {
  add,
  echo,
  echoLater,
  exitAtGate,
  fail,
  hold,
  holdTurning,
  throwFromTimer,
} from "./fixtures/tasks.ts";
import { rejection } from "./rejection.ts";
import { SCRIPT_TEST_MS } from "./script.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

describe("several asynchronous callables in a worker", () => {
  test("run at a time, as many as there may be", async () => {
    await using pool = new ThreadPool(1, { concurrencyPerWorker: 3 });
    const gate = newGate();
    const runs = Array.from({ length: 5 }, (_, i) => pool.run(holdTurning, [gate, i]));
    await arrivals(gate, 3);
    const stats = pool.stats();
    expect(stats.running).toBe(3);
    expect(stats.queueLength).toBe(2);
    open(gate);
    expect(await Promise.all(runs)).toEqual([0, 1, 2, 3, 4]);
  });

  test("let synchronous ones pass", async () => {
    await using pool = new ThreadPool(1, { concurrencyPerWorker: 2 });
    const gate = newGate();
    const waiting = pool.run(holdTurning, [gate, "waiting"]);
    await arrivals(gate, 1);
    for (let i = 0; i < 100; i++) expect(await pool.run(add, [i, 1])).toBe(i + 1);
    expect(pool.runSync(echo, ["sync"])).toBe("sync");
    open(gate);
    expect(await waiting).toBe("waiting");
  });

  test("leave to others what a worker cannot start at once", async () => {
    await using pool = new ThreadPool(2, { concurrencyPerWorker: 3 });
    const first = newGate();
    const held = pool.run(hold, [first, "held"]);
    await arrivals(first, 1);
    // The other worker is ready, and has not yet loaded what blocks it next.
    await pool.run(add, [1, 2]);
    const second = newGate();
    const blocking = [1, 2].map((i) => pool.run(hold, [second, i]));
    await arrivals(second, 1);
    open(first);
    await arrivals(second, 2);
    open(second);
    expect(await Promise.all([held, ...blocking])).toEqual(["held", 1, 2]);
  });

  test("finish in any order, with results of all sizes, through a full ring", async () => {
    await using pool = new ThreadPool(1, { concurrencyPerWorker: 16 });
    const values = Array.from({ length: 200 }, (_, i) =>
      i % 3 === 0 ? i : new Uint8Array(1 + ((i * 7919) % 200_000)).fill(i),
    );
    const results = await Promise.all(values.map((value) => pool.run(echoLater<unknown>, [value])));
    expect(results).toEqual(values);
  });

  test("fail each by itself", async () => {
    await using pool = new ThreadPool(1, { concurrencyPerWorker: 4 });
    const gate = newGate();
    const waiting = pool.run(holdTurning, [gate, "waiting"]);
    await arrivals(gate, 1);
    expect(await rejection(pool.run(fail, ["one"]))).toEqual(new RangeError("one"));
    open(gate);
    expect(await waiting).toBe("waiting");
  });

  test("die together", async () => {
    await using pool = new ThreadPool(1, { concurrencyPerWorker: 2 });
    const gate = newGate();
    const waiting = pool.run(holdTurning, [gate, "waiting"]);
    await arrivals(gate, 1);
    const fatal = newGate();
    const dying = pool.run(exitAtGate, [fatal, 3]);
    open(fatal);
    expect(await rejection(waiting)).toBeInstanceOf(WorkerDied);
    expect(await rejection(dying)).toBeInstanceOf(WorkerDied);
    expect(await pool.run(add, [1, 2])).toBe(3);
  });

  test("are all told the uncaught error that ends their worker", async () => {
    await using pool = new ThreadPool(1, { concurrencyPerWorker: 2 });
    const gate = newGate();
    const waiting = pool.run(holdTurning, [gate, "waiting"]);
    await arrivals(gate, 1);
    const dying = pool.run(throwFromTimer, ["uncaught"]);
    for (const error of [await rejection(waiting), await rejection(dying)]) {
      expect(error).toBeInstanceOf(WorkerDied);
      expect((error as WorkerDied).cause).toEqual(new RangeError("uncaught"));
    }
  });

  test("are all finished by a worker that is dismissed", async () => {
    await using pool = new ThreadPool(1, { concurrencyPerWorker: 3 });
    const gate = newGate();
    const runs = Array.from({ length: 3 }, (_, i) => pool.run(holdTurning, [gate, i]));
    await arrivals(gate, 3);
    pool.dismissWorkers(1);
    open(gate);
    expect(await Promise.all(runs)).toEqual([0, 1, 2]);
  });
});
