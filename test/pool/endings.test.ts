/** `close`, `terminate` and `using`, in any order, at any moment, and what may be called after them. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { NoResultsPending, PoolClosed, ThreadPool, WorkRequest } from "../../src/index.ts";
import { arrivals, newGate } from "./fixtures/gate.ts";
import { add, echo, loop } from "./fixtures/tasks.ts";
import { SCRIPT_TEST_MS } from "./script.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("it was resolved");
}

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
