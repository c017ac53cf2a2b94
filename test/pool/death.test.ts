import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { PoolClosed, ThreadPool, WorkRequest, WorkerDied } from "../../src/index.ts";
import type { WorkerThread } from "../../src/index.ts";
import { arrivals, newGate, open } from "./fixtures/gate.ts";
import {
  add,
  echo,
  exit,
  exitAtGate,
  hold,
  holdTurning,
  loop,
  rejectUnawaited,
  spin,
  throwFromTimer,
} from "./fixtures/tasks.ts";
import { rejection } from "./rejection.ts";
import { SCRIPT_TEST_MS, runScript } from "./script.ts";
import { turn, turnUntil } from "./turns.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

function worker(pool: ThreadPool, index: number = 0): WorkerThread {
  return pool.workers[index] as WorkerThread;
}

async function death(promise: Promise<unknown>): Promise<WorkerDied> {
  const error = await rejection(promise);
  expect(error).toBeInstanceOf(WorkerDied);
  return error as WorkerDied;
}

/** Puts requests with callbacks and counts how often each of them is settled, and how. */
class Ledger {
  readonly settlements: number[] = [];
  succeeded = 0;
  died = 0;
  readonly strange: unknown[] = [];
  readonly #pool: ThreadPool;

  constructor(pool: ThreadPool) {
    this.#pool = pool;
  }

  put(callable: (...args: never[]) => unknown, ...args: unknown[]): void {
    const at = this.settlements.push(0) - 1;
    const settle = (): void => {
      this.settlements[at] = (this.settlements[at] as number) + 1;
    };
    const options = {
      callback: (_: unknown, result: unknown): void => {
        settle();
        if (callable === echo && result !== args[0]) this.strange.push(result);
        this.succeeded += 1;
      },
      excCallback: (_: unknown, [, error]: readonly [string, unknown, string]): void => {
        settle();
        if (error instanceof WorkerDied) this.died += 1;
        else this.strange.push(error);
      },
    };
    this.#pool.putRequest(new WorkRequest(callable, args as never, {}, options));
  }

  /** How many were put, and whether each was settled exactly once and as it should. */
  expectAllSettledOnce(): void {
    expect(this.settlements.filter((count) => count !== 1)).toEqual([]);
    expect(this.strange).toEqual([]);
    expect(this.succeeded + this.died).toBe(this.settlements.length);
  }
}

describe("a worker that ends in the middle of a request", () => {
  test.each([7, 0])("fails it with WorkerDied, which has the exit code: %d", async (code) => {
    await using pool = new ThreadPool(2);
    const ids = pool.workers.map(({ id }) => id);
    const error = await death(pool.run(exit, [code]));
    expect(error.exitCode).toBe(code);
    expect(ids).toContain(error.workerId);
    expect(error.message).toContain(`exit code ${code}`);
    expect(error.stack).toContain("death.test.ts");
  });

  test("is replaced by a successor in its place", async () => {
    await using pool = new ThreadPool(2);
    const before = [...pool.workers];
    const { workerId } = await death(pool.run(exit, [1]));
    expect(pool.workers.length).toBe(2);
    const at = before.findIndex(({ id }) => id === workerId);
    expect(before[at]?.state).toBe("ended");
    expect(worker(pool, at).id).toBe(3);
    expect(worker(pool, at).state).toBe("running");
    expect(worker(pool, 1 - at)).toBe(before[1 - at] as WorkerThread);
    expect(pool.dismissedWorkers).toEqual([]);
    expect(await pool.run(add, [1, 2])).toBe(3);
  });

  test("leaves those behind it in the queue to its successor, however many", async () => {
    await using pool = new ThreadPool(1);
    const died = death(pool.run(exit, [1]));
    // More than the ring holds, so that some wait in the backlog.
    const behind = Array.from({ length: 3000 }, (_, i) => pool.run(echo<number>, [i]));
    await died;
    expect(await Promise.all(behind)).toEqual(Array.from({ length: 3000 }, (_, i) => i));
  });

  test("has delivered what it had done before", async () => {
    await using pool = new ThreadPool(1, { delivery: "manual" });
    const ledger = new Ledger(pool);
    for (let i = 0; i < 500; i++) ledger.put(echo, i);
    ledger.put(exit, 1);
    for (let i = 0; i < 500; i++) ledger.put(echo, i);
    await pool.settled();
    ledger.expectAllSettledOnce();
    expect(ledger.died).toBe(1);
  });

  test.each([
    ["a timer throws", throwFromTimer],
    ["a promise that nobody awaits is rejected", rejectUnawaited],
  ])("because %s tells the error as cause", async (_, callable) => {
    await using pool = new ThreadPool(1);
    const error = await death(pool.run(callable, ["the cause"]));
    expect(error.cause).toBeInstanceOf(RangeError);
    const { message, stack } = error.cause as RangeError;
    expect(message).toBe("the cause");
    expect(stack).toContain("tasks.ts");
    expect(error.workerId).toBe(1);
    expect(await pool.run(echo, ["served"])).toBe("served");
  });

  test("because of something thrown that is no error tells that as cause", async () => {
    await using pool = new ThreadPool(1);
    const throwing = async (): Promise<void> => {
      setTimeout(() => {
        throw { some: "object" };
      }, 0);
      await new Promise(() => {});
    };
    expect((await death(pool.run(throwing))).cause).toEqual({ some: "object" });
    const rejecting = async (): Promise<void> => {
      void Promise.reject("some text");
      await new Promise(() => {});
    };
    expect((await death(pool.run(rejecting))).cause).toBe("some text");
    const uncloneable = async (): Promise<void> => {
      void Promise.reject(Symbol("some symbol"));
      await new Promise(() => {});
    };
    expect((await death(pool.run(uncloneable))).cause).toMatchObject({ name: "PayloadError" });
  });

  test("fails a request with parts that were moved to it", async () => {
    await using pool = new ThreadPool(1);
    const buffer = new ArrayBuffer(100);
    const ending = (seen: ArrayBuffer): never => process.exit(seen.byteLength);
    expect((await death(pool.run(ending, [buffer], { transfer: [buffer] }))).exitCode).toBe(100);
    expect((await death(pool.run(exit, [1]))).workerId).toBe(2);
  });

  test("may do so in a turn of its own event loop", async () => {
    await using pool = new ThreadPool(1);
    const gate = newGate();
    const ending = async (): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      process.exit(3);
    };
    const died = death(pool.run(ending));
    const behind = pool.run(holdTurning, [gate, "behind"]);
    expect((await died).exitCode).toBe(3);
    open(gate);
    expect(await behind).toBe("behind");
  });
});

describe("an error in a worker that has no request", () => {
  test.each([
    ["timer", "RangeError: from a timer"],
    ["rejection", "RangeError: not awaited"],
    ["exit", ""],
  ])("costs no request, is printed, and a successor serves: %s", async (kind, printed) => {
    const { exitCode, signal, lines, stderr } = await runScript("outside.ts", kind);
    expect({ exitCode, signal, lines }).toEqual({
      exitCode: 0,
      signal: null,
      lines: [{ sums: [3, 7], failed: 0, before: "ended", workers: 1 }],
    });
    expect(stderr).toContain(printed);
  });
});

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

describe("deaths in a row", () => {
  test("cost each its own request, with others in flight", async () => {
    await using pool = new ThreadPool(4);
    const ledger = new Ledger(pool);
    for (let i = 0; i < 200; i++) {
      ledger.put(exit, i % 100);
      for (let j = 0; j < 10; j++) ledger.put(echo, j);
    }
    await pool.settled();
    ledger.expectAllSettledOnce();
    expect(ledger.died).toBe(200);
    expect(pool.workers.length).toBe(4);
    expect(pool.stats()).toMatchObject({ put: 2200, pending: 0, succeeded: 2000, failed: 200 });
    expect(new Set(pool.workers.map(({ state }) => state))).toEqual(new Set(["running"]));
  });

  test("are delivered by wait as well", async () => {
    using pool = new ThreadPool(2, { delivery: "manual" });
    const ledger = new Ledger(pool);
    for (let i = 0; i < 30; i++) {
      ledger.put(throwFromTimer, "again");
      ledger.put(echo, i);
    }
    pool.wait();
    ledger.expectAllSettledOnce();
    expect(ledger.died).toBe(30);
  });
});

describe("a dismissed worker", () => {
  test.each([
    ["exits", 5],
    ["is terminated", null],
  ])("that %s in the middle of its last request fails it and has no successor", async (_, code) => {
    await using pool = new ThreadPool(2);
    const gate = newGate();
    const held = [pool.run(exitAtGate, [gate, 5]), pool.run(exitAtGate, [gate, 5])];
    const deaths = held.map(death);
    await arrivals(gate, 2);
    const dismissed = worker(pool, 1);
    dismissed.dismiss();
    expect(dismissed.state).toBe("dismissed");
    if (code === null) dismissed.terminate();
    open(gate);
    const errors = await Promise.all(deaths);
    expect(new Map(errors.map(({ workerId, exitCode }) => [workerId, exitCode]))).toEqual(
      new Map([
        [1, 5],
        [2, code],
      ]),
    );
    await turnUntil(() => dismissed.state === "ended");
    expect(pool.workers.map(({ id }) => id)).toEqual([3]);
    expect(pool.dismissedWorkers).toEqual([dismissed]);
    pool.joinAllDismissedWorkers();
    expect(pool.dismissedWorkers).toEqual([]);
    expect(await pool.run(add, [1, 2])).toBe(3);
  });

  test("that was parked may be terminated", async () => {
    await using pool = new ThreadPool(1);
    await pool.run(add, [1, 2]);
    const dismissed = worker(pool);
    dismissed.dismiss();
    dismissed.terminate();
    dismissed.join();
    expect(dismissed.state).toBe("ended");
    expect(pool.workers).toEqual([]);
  });
});

test("a worker that dies while the pool is closing does not keep it from closing", async () => {
  const pool = new ThreadPool(1);
  const gate = newGate();
  const died = death(pool.run(exitAtGate, [gate, 1]));
  const behind = pool.run(echo, ["behind"]);
  await arrivals(gate, 1);
  const closed = pool.close();
  open(gate);
  await died;
  expect(await behind).toBe("behind");
  await closed;
  expect(await rejection(pool.run(echo, [1]))).toBeInstanceOf(PoolClosed);
});
