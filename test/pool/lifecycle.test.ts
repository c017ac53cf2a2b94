/** `close`, `terminate` and `using`: one of them, two of them, at any moment; and what may be called after them. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  NoResultsPending,
  NoWorkersAvailable,
  PoolClosed,
  ThreadPool,
  WorkRequest,
} from "../../src/index.ts";
import type { WorkerThread } from "../../src/index.ts";
import { arrivals, newGate, open } from "./fixtures/gate.ts";
import { add, echo, fail, hold, holdTurning, loop, spin } from "./fixtures/tasks.ts";
import { rejection } from "./rejection.ts";
import { blockInInitializer } from "./fixtures/worker-callables.ts";
import { fullPool } from "./full-pool.ts";
import { SCRIPT_TEST_MS, reportOf, runScript } from "./script.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

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
    expect(() => pool.putRequest(new WorkRequest(echo, [1]))).toThrow(/state=closing$/);
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

describe("close with a time limit", () => {
  test("ends what is stuck, and fails what is left with a PoolClosed that names the request", async () => {
    const pool = new ThreadPool(1);
    const [worker] = pool.workers;
    const gate = newGate();
    const running = rejection(pool.run(loop, [gate]));
    await arrivals(gate, 1);
    const failures: unknown[] = [];
    const options = {
      requestID: "waiting",
      excCallback: (_: unknown, [, error]: readonly [string, unknown, string]): void =>
        void failures.push(error),
    };
    pool.putRequest(new WorkRequest(echo, [1], {}, options));
    expect(await pool.close({ timeoutMs: 1 })).toBeUndefined();
    const error = (await running) as Error;
    expect(error).toBeInstanceOf(PoolClosed);
    expect(error.message).toMatch(/still running.*requestID=\d+ timeoutMs=1$/);
    expect(failures).toEqual([expect.any(PoolClosed)]);
    expect((failures[0] as Error).message).toMatch(/not done.*requestID=waiting timeoutMs=1$/);
    expect(worker?.state).toBe("ended");
    expect([pool.workers, pool.dismissedWorkers, pool.workRequests.size]).toEqual([[], [], 0]);
  });

  test("delivers everything that is done in time, in manual mode too", async () => {
    for (const delivery of ["auto", "manual"] as const) {
      const pool = new ThreadPool(2, { delivery });
      const delivered = putEchoes(pool, 3000);
      await pool.close({ timeoutMs: 1e6 });
      expect(delivered.length).toBe(3000);
      expect(pool.stats()).toMatchObject({ failed: 0, succeeded: 3000 });
    }
  });

  test("ends a worker that is stuck after its request was settled", async () => {
    const pool = new ThreadPool(1, { graceMs: Infinity });
    const gate = newGate();
    const controller = new AbortController();
    const aborted = rejection(pool.run(loop, [gate], { signal: controller.signal }));
    await arrivals(gate, 1);
    controller.abort("settled");
    expect(await aborted).toBe("settled");
    await pool.close({ timeoutMs: 1 });
    expect(pool.workers).toEqual([]);
  });

  test("ends a worker whose initializer does not end", async () => {
    const gate = newGate();
    const pool = new ThreadPool(1, {
      initializer: blockInInitializer,
      initargs: [gate],
      graceMs: Infinity,
    });
    const run = rejection(pool.run(echo, [1]));
    await arrivals(gate, 1);
    await pool.close({ timeoutMs: 1 });
    expect(await run).toBeInstanceOf(PoolClosed);
  });

  test("may be set later, and the promise is the same; the first limit that is over counts", async () => {
    const pool = new ThreadPool(1);
    const gate = newGate();
    const run = rejection(pool.run(loop, [gate]));
    await arrivals(gate, 1);
    const closed = pool.close();
    expect(pool.close({ timeoutMs: 1e6 })).toBe(closed);
    expect(pool.close({ timeoutMs: 2 })).toBe(closed);
    await closed;
    expect(((await run) as Error).message).toMatch(/timeoutMs=2$/);
    expect(pool.close({ timeoutMs: 1 })).toBe(closed);
    await closed;
  });

  test("fails what goes on in the thread of its caller", async () => {
    const { pool, gate, held, queued } = await fullPool("callerRuns");
    const here = rejection(pool.run(() => new Promise<never>(() => {})));
    open(gate);
    await pool.close({ timeoutMs: 20 });
    expect(await here).toBeInstanceOf(PoolClosed);
    await Promise.allSettled([held, queued]);
  });

  test("does not hold up a process whose pool closes in time", async () => {
    const { exitCode, signal } = await runScript("close-limit.ts", "in time");
    expect({ exitCode, signal }).toEqual({ exitCode: 0, signal: null });
  });

  test("lets a process end at SIGTERM although a callable is stuck", async () => {
    const { exitCode, signal, lines } = await runScript("close-limit.ts", "SIGTERM");
    expect({ exitCode, signal }).toEqual({ exitCode: 0, signal: null });
    expect(lines).toEqual([expect.stringMatching(/^PoolClosed: .* timeoutMs=50$/), "closed"]);
  });

  test.each([
    [{ timeoutMs: -1 }, RangeError, /timeoutMs=-1$/],
    [{ timeoutMs: NaN }, RangeError, /timeoutMs=NaN$/],
    [{ timeoutMs: "1" }, TypeError, /timeoutMs=/],
    [{ timeout: 1 }, TypeError, /close has no such option.*option=timeout$/],
    [1000, TypeError, /options=1000$/],
    [null, TypeError, /options=null$/],
  ])("is refused when it is wrong, and the pool stays open: %p", async (options, type, text) => {
    await using pool = new ThreadPool(1);
    const error = (await rejection(pool.close(options as never))) as Error;
    expect(error).toBeInstanceOf(type);
    expect(error.message).toMatch(text);
    expect(await pool.run(echo, [1])).toBe(1);
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

describe("a block that throws, with", () => {
  const throwing = (): never => {
    throw new RangeError("thrown by the callback");
  };

  test("using, keeps its own error beside those of callbacks", () => {
    let thrown: unknown;
    try {
      using pool = new ThreadPool(1, { delivery: "manual" });
      pool.putRequest(new WorkRequest(echo, [1], {}, { callback: throwing }));
      throw new EvalError("thrown in the block");
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(SuppressedError);
    const { error, suppressed } = thrown as SuppressedError;
    expect(error).toBeInstanceOf(RangeError);
    expect(suppressed).toBeInstanceOf(EvalError);
  });

  test("await using, and a pool that was terminated in it, throws its own error", async () => {
    let failed: Promise<unknown> | undefined;
    const block = async (): Promise<void> => {
      await using pool = new ThreadPool(1);
      const gate = newGate();
      failed = rejection(pool.run(loop, [gate]));
      await arrivals(gate, 1);
      pool.terminate();
      throw new EvalError("thrown in the block");
    };
    expect(await rejection(block())).toBeInstanceOf(EvalError);
    expect(await failed).toBeInstanceOf(PoolClosed);
  });
});

/** Puts so many. Returns how each was settled, in that order. */
function putCounting(pool: ThreadPool, count: number): string[] {
  const outcomes: string[] = [];
  for (let i = 0; i < count; i++) {
    const options = {
      callback: (): void => void outcomes.push("delivered"),
      excCallback: (_: unknown, [name]: readonly [string, unknown, string]): void =>
        void outcomes.push(name),
    };
    pool.putRequest(new WorkRequest(echo, [i], {}, options));
  }
  return outcomes;
}

const endings: Record<string, (pool: ThreadPool) => unknown> = {
  close: (pool) => pool.close(),
  "await using": (pool) => pool[Symbol.asyncDispose](),
  using: (pool) => pool[Symbol.dispose](),
  terminate: (pool) => pool.terminate(),
};

const names = Object.keys(endings);

const pairs = names.flatMap((first) => names.map((second) => [first, second] as const));

describe("two endings in one turn", () => {
  test.each(pairs)("%s, then %s: each request is settled once", async (first, second) => {
    const pool = new ThreadPool(2);
    const workers = [...pool.workers];
    const outcomes = putCounting(pool, 100);
    const promise = pool.run(echo, ["promise"]).catch((error: Error) => error.name);
    const ends = [first, second].map((name) => endings[name]?.(pool));
    await Promise.all(ends);
    await pool.settled();
    expect(outcomes.length).toBe(100);
    const isTerminated = first === "terminate" || (second === "terminate" && first !== "using");
    // Nothing but terminate keeps what was put from being delivered, and it comes too late after a call that blocks.
    const expected = isTerminated ? ["PoolClosed", "PoolClosed"] : ["delivered", "promise"];
    expect([outcomes.at(-1), await promise]).toEqual(expected);
    expect(workers.map(({ state }) => state)).toEqual(["ended", "ended"]);
    expect(pool.workers).toEqual([]);
    expect(pool.stats()).toMatchObject({ pending: 0, put: 101 });
  });
});

describe("after", () => {
  test.each(names)("%s, puts are refused and everything else is harmless", async (name) => {
    const pool = new ThreadPool(1);
    const [worker] = pool.workers;
    await endings[name]?.(pool);
    const refused = [
      () => pool.putRequest(new WorkRequest(echo, [1])),
      () => pool.putRequest(new WorkRequest(echo, [1]), false),
      () => pool.runSync(echo, [1]),
      () => pool.createWorkers(1),
    ];
    for (const put of refused) expect(put).toThrow(PoolClosed);
    expect(refused[0]).toThrow(/make a new one.*state=closed$/);
    expect(await rejection(pool.run(echo, [1]))).toBeInstanceOf(PoolClosed);
    expect(() => pool.poll()).toThrow(NoResultsPending);
    expect(() => pool.poll(true)).toThrow(NoResultsPending);
    pool.wait();
    await pool.settled();
    pool.dismissWorkers(1, true);
    pool.joinAllDismissedWorkers();
    worker?.terminate();
    worker?.dismiss();
    worker?.join();
    expect(worker?.state).toBe("ended");
    expect(pool.workers).toEqual([]);
    expect(pool.dismissedWorkers).toEqual([]);
    expect(pool.workRequests.size).toBe(0);
    expect(pool.stats()).toMatchObject({ put: 0, pending: 0, workers: [] });
  });
});

describe("an ending inside a callback", () => {
  test("of close delivers what was put, and refuses what the callbacks put from then on", async () => {
    const pool = new ThreadPool(2);
    const refusals: unknown[] = [];
    let delivered = 0;
    let closed: Promise<void> | undefined;
    const put = (): void => {
      pool.putRequest(new WorkRequest(add, [1, 2], {}, { callback: onResult }));
    };
    const onResult = (): void => {
      delivered += 1;
      if (delivered === 500) closed = pool.close();
      try {
        put();
      } catch (error) {
        refusals.push(error);
      }
    };
    for (let i = 0; i < 100; i++) put();
    await pool.settled();
    await closed;
    // Each chain goes on until its first put after close, which is refused.
    expect(refusals.length).toBe(100);
    expect(refusals.every((error) => error instanceof PoolClosed)).toBe(true);
    expect(pool.stats()).toMatchObject({ put: delivered, succeeded: delivered, pending: 0 });
  });

  test.each(["poll", "wait", "using"])(
    "of terminate, in %s, fails what is pending and lets the call return",
    (way) => {
      const pool = new ThreadPool(1, { delivery: "manual" });
      const outcomes: string[] = [];
      const options = {
        callback: (): void => {
          outcomes.push("delivered");
          pool.terminate();
        },
        excCallback: (_: unknown, [name]: readonly [string, unknown, string]): void =>
          void outcomes.push(name),
      };
      for (let i = 0; i < 1500; i++) pool.putRequest(new WorkRequest(echo, [i], {}, options));
      const calls: Record<string, () => void> = {
        poll: () => expect(() => pool.poll(true)).toThrow(NoResultsPending),
        wait: () => pool.wait(),
        using: () => pool[Symbol.dispose](),
      };
      calls[way]?.();
      expect(outcomes.length).toBe(1500);
      expect(outcomes[0]).toBe("delivered");
      expect(outcomes.at(-1)).toBe("PoolClosed");
      expect(pool.stats().pending).toBe(0);
    },
  );

  test("of using delivers the results that are still to come, and ends the pool", () => {
    const pool = new ThreadPool(1, { delivery: "manual" });
    const callback = (): void => pool[Symbol.dispose]();
    pool.putRequest(new WorkRequest(echo, [1], {}, { callback }));
    const rest = putCounting(pool, 100);
    pool.wait();
    expect(rest).toEqual(new Array<string>(100).fill("delivered"));
    expect(pool.workers).toEqual([]);
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
