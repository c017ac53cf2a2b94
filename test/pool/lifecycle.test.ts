import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { NoWorkersAvailable, PoolClosed, ThreadPool, WorkRequest } from "../../src/index.ts";
import type { WorkerThread } from "../../src/index.ts";
import { arrivals, newGate, open } from "./fixtures/gate.ts";
import { add, echo, fail, hold, holdTurning, loop, spin, thread } from "./fixtures/tasks.ts";
import { SCRIPT_TEST_MS, reportOf } from "./script.ts";
import { turnUntil } from "./turns.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("it was resolved");
}

function states(workers: readonly WorkerThread[]): string[] {
  return workers.map(({ state }) => state);
}

/** Runs echo with callbacks; the results in the order of delivery. */
function putEchoes(pool: ThreadPool, count: number): unknown[] {
  const delivered: unknown[] = [];
  for (let i = 0; i < count; i++) {
    const callback = (_: unknown, result: unknown): void => void delivered.push(result);
    pool.putRequest(new WorkRequest(echo, [i], {}, { callback }));
  }
  return delivered;
}

describe("close", () => {
  test("delivers everything that was put, then ends the workers", async () => {
    const pool = new ThreadPool(2);
    const workers = [...pool.workers];
    const delivered = putEchoes(pool, 3000);
    const promises = Array.from({ length: 100 }, (_, i) => pool.run(echo<number>, [i]));
    await pool.close();
    expect(delivered.length).toBe(3000);
    expect(await Promise.all(promises)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(states(workers)).toEqual(["ended", "ended"]);
    expect([pool.workers, pool.dismissedWorkers]).toEqual([[], []]);
    expect(pool.workRequests.size).toBe(0);
  });

  test("delivers in manual mode too", async () => {
    const pool = new ThreadPool(1, { delivery: "manual" });
    const delivered = putEchoes(pool, 100);
    await pool.close();
    expect(delivered.length).toBe(100);
  });

  test("is the same promise each time, and the pool is closed for good", async () => {
    const pool = new ThreadPool(1);
    const first = pool.close();
    expect(pool.close()).toBe(first);
    await first;
    expect(pool.close()).toBe(first);
    await pool[Symbol.asyncDispose]();
    pool[Symbol.dispose]();
    pool.terminate();
    expect(pool.workers).toEqual([]);
  });

  test("takes no more requests and workers from the call on", async () => {
    const pool = new ThreadPool(1);
    const gate = newGate();
    const held = pool.run(hold, [gate, "held"]);
    const closed = pool.close();
    const refusals = [
      () => pool.putRequest(new WorkRequest(echo, [1])),
      () => pool.runSync(echo, [1]),
      () => pool.createWorkers(1),
    ];
    for (const refusal of refusals) expect(refusal).toThrow(PoolClosed);
    expect(await rejection(pool.run(echo, [1]))).toBeInstanceOf(PoolClosed);
    open(gate);
    await closed;
    expect(await held).toBe("held");
    for (const refusal of refusals) expect(refusal).toThrow(PoolClosed);
    expect(await rejection(pool.run(echo, [1]))).toBeInstanceOf(PoolClosed);
    expect(pool.stats().put).toBe(1);
  });

  test("of a pool without workers closes it at once", async () => {
    const pool = new ThreadPool(0);
    await pool.close();
    expect(() => pool.createWorkers(1)).toThrow(PoolClosed);
  });

  test("fails what no worker is left to run", async () => {
    const pool = new ThreadPool(0);
    const failed = rejection(pool.run(echo, [1]));
    await pool.close();
    expect(await failed).toBeInstanceOf(PoolClosed);
  });

  test("waits for dismissed workers too", async () => {
    const pool = new ThreadPool(2);
    const gate = newGate();
    const held = [pool.run(holdTurning, [gate, 1]), pool.run(holdTurning, [gate, 2])];
    await arrivals(gate, 2);
    const workers = [...pool.workers];
    pool.dismissWorkers(1);
    const closed = pool.close();
    open(gate);
    await closed;
    expect(await Promise.all(held)).toEqual([1, 2]);
    expect(states(workers)).toEqual(["ended", "ended"]);
  });

  test("is not held up by a request that fails or a callback that throws", async () => {
    const pool = new ThreadPool(1);
    const failed = rejection(pool.run(fail, ["as it should"]));
    const delivered = putEchoes(pool, 10);
    await pool.close();
    expect(await failed).toBeInstanceOf(RangeError);
    expect(delivered.length).toBe(10);
  });
});

describe("terminate", () => {
  test("fails everything pending with PoolClosed, to callbacks and promises, exactly once", async () => {
    const pool = new ThreadPool(2);
    const workers = [...pool.workers];
    const gate = newGate();
    const running = [pool.run(loop, [gate]), pool.run(loop, [gate])].map(rejection);
    await arrivals(gate, 2);
    const counts = new Array<number>(2000).fill(0);
    const strange: unknown[] = [];
    for (let i = 0; i < 2000; i++) {
      const options = {
        callback: (_: unknown, result: unknown): void => void strange.push(result),
        excCallback: (_: unknown, [, error]: readonly [string, unknown, string]): void => {
          counts[i] = (counts[i] as number) + 1;
          if (!(error instanceof PoolClosed)) strange.push(error);
        },
      };
      pool.putRequest(new WorkRequest(echo, [i], {}, options));
    }
    pool.terminate();
    expect(states(workers)).toEqual(["ended", "ended"]);
    for (const error of await Promise.all(running)) expect(error).toBeInstanceOf(PoolClosed);
    await pool.settled();
    expect(new Set(counts)).toEqual(new Set([1]));
    expect(strange).toEqual([]);
    expect(pool.workRequests.size).toBe(0);
    expect(() => pool.runSync(echo, [1])).toThrow(PoolClosed);
  });

  test("may be called any number of times, and after everything else", async () => {
    const pool = new ThreadPool(1);
    pool.terminate();
    pool.terminate();
    await pool.close();
    pool[Symbol.dispose]();
    expect(pool.workers).toEqual([]);
    expect(pool.stats()).toMatchObject({ pending: 0, workers: [] });
  });

  test("in the middle of close ends it", async () => {
    const pool = new ThreadPool(1);
    const gate = newGate();
    const failed = rejection(pool.run(loop, [gate]));
    const behind = rejection(pool.run(echo, [1]));
    await arrivals(gate, 1);
    const closed = pool.close();
    pool.terminate();
    await closed;
    expect(await failed).toBeInstanceOf(PoolClosed);
    expect(await behind).toBeInstanceOf(PoolClosed);
  });

  test("while close waits for the end of an idle pool's workers ends it", async () => {
    const pool = new ThreadPool(4);
    await pool.run(echo, [1]);
    const closed = pool.close();
    await Promise.resolve();
    await Promise.resolve();
    pool.terminate();
    await closed;
    expect(pool.workers).toEqual([]);
  });

  test("inside a callback leaves the others to be told", async () => {
    const pool = new ThreadPool(1);
    const outcomes: string[] = [];
    for (let i = 0; i < 10; i++) {
      const options = {
        callback: (): void => {
          outcomes.push("delivered");
          if (i === 2) pool.terminate();
        },
        excCallback: (_: unknown, [name]: readonly [string, unknown, string]): void =>
          void outcomes.push(name),
      };
      pool.putRequest(new WorkRequest(i < 3 ? echo : spin, [i < 3 ? i : 1e9], {}, options));
    }
    await pool.settled();
    expect(outcomes).toEqual([
      ...new Array(3).fill("delivered"),
      ...new Array(7).fill("PoolClosed"),
    ]);
  });

  test("before a worker has started is as good", async () => {
    for (let i = 0; i < 20; i++) {
      const pool = new ThreadPool(2);
      const failed = rejection(pool.run(echo, [1]));
      pool.terminate();
      expect(await failed).toBeInstanceOf(PoolClosed);
    }
  });
});

describe("using", () => {
  test("a pool delivers what is pending and ends the workers, without the event loop", () => {
    let workers: readonly WorkerThread[] = [];
    let delivered: unknown[] = [];
    {
      using pool = new ThreadPool(2);
      workers = [...pool.workers];
      delivered = putEchoes(pool, 500);
    }
    expect(delivered.length).toBe(500);
    expect(states(workers)).toEqual(["ended", "ended"]);
  });

  test("a pool in a block that throws does the same, and the error goes on", () => {
    let delivered: unknown[] = [];
    expect(() => {
      using pool = new ThreadPool(2);
      delivered = putEchoes(pool, 50);
      throw new EvalError("thrown in the block");
    }).toThrow("thrown in the block");
    expect(delivered.length).toBe(50);
  });

  test("a pool whose workers are gone fails what is left and throws", async () => {
    let failed: Promise<unknown> | undefined;
    expect(() => {
      using pool = new ThreadPool(0);
      failed = rejection(pool.run(echo, [1]));
    }).toThrow(NoWorkersAvailable);
    expect(await failed).toBeInstanceOf(PoolClosed);
  });

  test("await using closes it when the block ends, and when it throws", async () => {
    let workers: readonly WorkerThread[] = [];
    let pending: Promise<unknown> | undefined;
    {
      await using pool = new ThreadPool(2);
      workers = [...pool.workers];
      pending = pool.run(echo, ["delivered"]);
    }
    expect(states(workers)).toEqual(["ended", "ended"]);
    expect(await pending).toBe("delivered");
    const block = async (): Promise<void> => {
      await using pool = new ThreadPool(1);
      workers = [...pool.workers];
      pending = pool.run(echo, ["delivered too"]);
      throw new EvalError("thrown in the block");
    };
    expect(await rejection(block())).toBeInstanceOf(EvalError);
    expect(states(workers)).toEqual(["ended"]);
    expect(await pending).toBe("delivered too");
  });
});

describe("workers", () => {
  test("may come later", async () => {
    await using pool = new ThreadPool(0);
    expect(pool.workers).toEqual([]);
    const early = Array.from({ length: 2000 }, (_, i) => pool.run(echo<number>, [i]));
    pool.createWorkers(2);
    expect(pool.workers.map(({ id }) => id)).toEqual([1, 2]);
    expect(await Promise.all(early)).toEqual(Array.from({ length: 2000 }, (_, i) => i));
  });

  test("may be 64, and all of them work", async () => {
    await using pool = new ThreadPool(64);
    const gate = newGate();
    const held = Array.from({ length: 64 }, (_, i) => pool.run(hold<number>, [gate, i]));
    await arrivals(gate, 64);
    open(gate);
    expect(await Promise.all(held)).toEqual(Array.from({ length: 64 }, (_, i) => i));
    const threads = await Promise.all(Array.from({ length: 2000 }, () => pool.run(thread)));
    expect(threads.length).toBe(2000);
  });

  test("are dismissed newest first", async () => {
    await using pool = new ThreadPool(4);
    pool.dismissWorkers(2);
    expect(pool.workers.map(({ id }) => id)).toEqual([1, 2]);
    expect(pool.dismissedWorkers.map(({ id }) => id)).toEqual([4, 3]);
    pool.dismissWorkers(10);
    expect(pool.dismissedWorkers.map(({ id }) => id)).toEqual([4, 3, 2, 1]);
    pool.joinAllDismissedWorkers();
    expect(pool.dismissedWorkers).toEqual([]);
  });

  test("end at once when they are dismissed while parked", async () => {
    await using pool = new ThreadPool(2);
    await pool.run(add, [1, 2]);
    const [, second] = pool.workers as readonly [WorkerThread, WorkerThread];
    second.dismiss();
    await turnUntil(() => second.state === "ended");
    expect(pool.dismissedWorkers).toEqual([second]);
    expect(await pool.run(add, [1, 2])).toBe(3);
  });

  test("finish the request they have when they are dismissed while busy, and take no other", async () => {
    await using pool = new ThreadPool(1);
    const gate = newGate();
    const held = pool.run(hold, [gate, "finished"]);
    await arrivals(gate, 1);
    const behind = pool.run(thread);
    const [first] = pool.workers as readonly [WorkerThread];
    first.dismiss();
    first.dismiss();
    expect(first.state).toBe("dismissed");
    open(gate);
    expect(await held).toBe("finished");
    await turnUntil(() => first.state === "ended");
    expect(pool.workRequests.size).toBe(1);
    pool.createWorkers(1);
    expect(await behind).toBeNumber();
  });

  test("finish an asynchronous request when they are dismissed", async () => {
    await using pool = new ThreadPool(1);
    const gate = newGate();
    const held = pool.run(holdTurning, [gate, "finished"]);
    await arrivals(gate, 1);
    pool.dismissWorkers(1);
    open(gate);
    expect(await held).toBe("finished");
  });

  test("cannot be joined while they run", async () => {
    await using pool = new ThreadPool(1);
    const [worker] = pool.workers as readonly [WorkerThread];
    expect(() => worker.join()).toThrow("dismiss it first");
    worker.dismiss();
    worker.join();
    worker.join();
    expect(worker.state).toBe("ended");
  });

  test("come and go while requests run", async () => {
    await using pool = new ThreadPool(1);
    const results: Promise<number>[] = [];
    for (let round = 0; round < 20; round++) {
      for (let i = 0; i < 100; i++) results.push(pool.run(add, [round, i]));
      pool.createWorkers(2);
      pool.dismissWorkers(2);
      await results.at(-1);
    }
    expect((await Promise.all(results)).length).toBe(2000);
    expect(pool.workers.length).toBe(1);
    pool.joinAllDismissedWorkers();
    expect(pool.dismissedWorkers).toEqual([]);
  });

  test("of several pools are each other's strangers", async () => {
    await using first = new ThreadPool(1);
    await using second = new ThreadPool(1);
    const threads = await Promise.all([first.run(thread), second.run(thread)]);
    expect(threads[0]).not.toBe(threads[1]);
    expect(first.workers[0]?.id).toBe(second.workers[0]?.id as number);
  });
});

describe("pools that come and go", () => {
  test("fifty one after the other", async () => {
    for (let i = 0; i < 50; i++) {
      await using pool = new ThreadPool(2);
      expect(await pool.run(add, [i, 1])).toBe(i + 1);
    }
  });

  test("twenty at the same time", async () => {
    const pools = Array.from({ length: 20 }, () => new ThreadPool(2));
    const sums = await Promise.all(pools.map((pool, i) => pool.run(add, [i, 1])));
    expect(sums).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    await Promise.all(pools.map((pool) => pool.close()));
  });

  test.each(["close", "using", "terminate", "terminate with a pending request"])(
    "leave no memory behind: %s",
    async (how) => {
      // The memory of a pool is some 70 megabytes, most of it untouched.
      expect(await reportOf("opened-and-closed.ts", how)).toBeLessThan(300);
    },
  );
});

describe("stats", () => {
  test("count what was put, what is pending and how it ended", async () => {
    await using pool = new ThreadPool(1);
    const zero = { put: 0, pending: 0, succeeded: 0, failed: 0, queueLength: 0 };
    expect(pool.stats()).toMatchObject(zero);
    const gate = newGate();
    const held = pool.run(hold, [gate, 1]);
    await arrivals(gate, 1);
    const behind = [pool.run(echo, [1]), rejection(pool.run(fail, ["as it should"]))];
    expect(pool.stats()).toMatchObject({ ...zero, put: 3, pending: 3, queueLength: 2 });
    open(gate);
    await Promise.all([held, ...behind]);
    pool.runSync(echo, [1]);
    expect(pool.stats()).toMatchObject({ ...zero, put: 4, succeeded: 3, failed: 1 });
  });

  test("count requests in the backlog as queued", async () => {
    await using pool = new ThreadPool(1);
    const gate = newGate();
    const held = pool.run(hold, [gate, 1]);
    await arrivals(gate, 1);
    const behind = Array.from({ length: 3000 }, (_, i) => pool.run(echo, [i]));
    expect(pool.stats()).toMatchObject({ put: 3001, pending: 3001, queueLength: 3000 });
    open(gate);
    await Promise.all([held, ...behind]);
    expect(pool.stats()).toMatchObject({ put: 3001, pending: 0, queueLength: 0, succeeded: 3001 });
  });

  test("tell of each worker how many requests it has done and what share of its time it was busy", async () => {
    await using pool = new ThreadPool(2);
    for (let i = 0; i < 50; i++) await pool.run(spin, [200]);
    const { workers } = pool.stats();
    expect(workers.map(({ id }) => id)).toEqual([1, 2]);
    expect(workers.reduce((sum, { requests }) => sum + requests, 0)).toBe(50);
    for (const { busyMs, busyShare } of workers) {
      expect(busyMs).toBeGreaterThanOrEqual(0);
      expect(busyShare).toBeWithin(0, 1.000_001);
    }
    expect(workers.reduce((sum, { busyMs }) => sum + busyMs, 0)).toBeGreaterThan(0);
  });
});

test("a worker is busy while it runs, and not only afterwards", async () => {
  await using pool = new ThreadPool(1);
  const gate = newGate();
  const held = pool.run(hold, [gate, "held"]);
  await arrivals(gate, 1);
  await turnUntil(() => (pool.stats().workers[0]?.busyMs ?? 0) > 20);
  open(gate);
  await held;
  expect(pool.stats().workers[0]?.busyMs).toBeGreaterThan(20);
});

describe("using pool, with callbacks that throw", () => {
  /** Disposes of a manual pool whose callbacks throw for these values. Returns what it delivered and threw. */
  function disposeThrowingFor(bad: readonly number[]): { delivered: number[]; thrown: unknown } {
    const delivered: number[] = [];
    const callback = (_: unknown, value: number): void => {
      delivered.push(value);
      if (bad.includes(value)) throw new RangeError(`for ${value}`);
    };
    try {
      using pool = new ThreadPool(1, { delivery: "manual" });
      for (const value of [1, 2, 3, 4]) {
        pool.putRequest(new WorkRequest(echo<number>, [value], {}, { callback }));
      }
    } catch (thrown) {
      return { delivered, thrown };
    }
    return { delivered, thrown: undefined };
  }

  test("delivers the rest, then throws the error", () => {
    const { delivered, thrown } = disposeThrowingFor([2]);
    expect(delivered).toEqual([1, 2, 3, 4]);
    expect(thrown).toBeInstanceOf(RangeError);
  });

  test("throws several errors as one AggregateError", () => {
    const { delivered, thrown } = disposeThrowingFor([2, 4]);
    expect(delivered).toEqual([1, 2, 3, 4]);
    expect((thrown as AggregateError).errors.map(String)).toEqual([
      "RangeError: for 2",
      "RangeError: for 4",
    ]);
  });
});
