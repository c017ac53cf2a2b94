/** A request has the same outcome in a worker, in the thread that put it, and in an inline pool, in whatever way it was put. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  PoolClosed,
  RequestTimeout,
  ThreadPool,
  ThreadPoolError,
  WorkRequest,
} from "../../src/index.ts";
import type { Callable, RunOptions } from "../../src/index.ts";
import { untyped } from "../misuse.ts";
import { leaveTimer, report, reportFunction } from "./fixtures/context.ts";
import type { Answers } from "./fixtures/context.ts";
import { arrivals, arrivedAt, newGate, open } from "./fixtures/gate.ts";
import {
  asksRequestID,
  failingThenable,
  first,
  lateThenable,
  makeSymbol,
  nestedThenable,
  push,
  reportMutable,
  sleepBlocking,
  spinUntilCancelled,
  thenable,
  throwCustom,
  throwFunction,
  write,
} from "./fixtures/semantics.ts";
import { collectArguments, echo, makeFunction } from "./fixtures/tasks.ts";
import { fullPool } from "./full-pool.ts";
import { rejection } from "./rejection.ts";
import { SCRIPT_TEST_MS } from "./script.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

interface Place extends AsyncDisposable {
  readonly pool: ThreadPool;
}

/** A pool whose requests run in a worker. */
async function inWorker(): Promise<Place> {
  const pool = new ThreadPool(1);
  return { pool, [Symbol.asyncDispose]: () => pool.close() };
}

/** A pool whose requests run in this thread, because its queue is full. */
async function inCaller(): Promise<Place> {
  const { pool, gate } = await fullPool("callerRuns");
  const dispose = (): Promise<void> => {
    open(gate);
    return pool.close();
  };
  return { pool, [Symbol.asyncDispose]: dispose };
}

/** A pool without threads, whose requests run in this thread. */
async function inline(): Promise<Place> {
  const pool = new ThreadPool(0, { inline: true });
  return { pool, [Symbol.asyncDispose]: () => pool.close() };
}

type Way = (
  pool: ThreadPool,
  callable: Callable,
  args: never[],
  options?: RunOptions,
) => Promise<unknown>;

/** The ways of putting a request: the result, or what it fails with. */
const ways: Record<string, Way> = {
  run: (pool, callable, args, options) => pool.run(callable, args, options),
  runSync: async (pool, callable, args, options) => pool.runSync(callable, args, options),
  putRequest: (pool, callable, args) =>
    new Promise((resolve, reject) => {
      const callback = (_: unknown, result: unknown): void => resolve({ delivered: result });
      const excCallback = (_: unknown, [, error]: readonly unknown[]): void => reject(error);
      pool.putRequest(new WorkRequest(callable, args, {}, { callback, excCallback }));
    }).then((result) => (result as { delivered: unknown }).delivered),
};

/** What can be compared of an outcome. */
async function outcomeOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    return { value: await promise };
  } catch (thrown) {
    if (!(thrown instanceof Error)) return { thrown };
    return {
      className: thrown.constructor.name,
      message: thrown.message,
      own: Object.keys(thrown).toSorted(),
      path: Reflect.get(thrown, "path"),
      hasPutSite:
        thrown.stack?.includes("put here") === true && thrown.stack.includes(import.meta.file),
    };
  }
}

const captured = { value: 1 };

const cases: readonly [string, Callable, unknown[]][] = [
  ["a thenable that calls back at once", thenable, [5]],
  ["a thenable that fails", failingThenable, ["no"]],
  ["a thenable of a thenable", nestedThenable, [5]],
  ["a changed argument", push, [[1], 2]],
  ["an argument that comes back", echo, [{ a: [1] }]],
  [
    "arguments of many kinds",
    collectArguments,
    [1, "a", null, undefined, 5n, new Date(7), new Map([[1, 2]])],
  ],
  ["a symbol", makeSymbol, []],
  ["a function", makeFunction, []],
  ["an error of an unknown class with a property that cannot cross", throwCustom, []],
  ["what is thrown and cannot cross", throwFunction, []],
  ["an inline function that sees nothing around it", () => captured.value, []],
  ["an inline function with a mistake", () => untyped<{ a: { b: number } }>({}).a.b, []],
  [
    "shared memory",
    (shared: SharedArrayBuffer) => new Uint8Array(shared)[0],
    [new SharedArrayBuffer(4)],
  ],
];

describe.each(Object.keys(ways))(
  "by %s, a worker, the caller and an inline pool give the same for",
  (name) => {
    const way = ways[name] as Way;
    test.each(cases)("%s", async (_, callable, args) => {
      await using worker = await inWorker();
      await using caller = await inCaller();
      await using inlined = await inline();
      const expected = await outcomeOf(way(worker.pool, callable, args as never[]));
      for (const { pool } of [caller, inlined])
        expect(await outcomeOf(way(pool, callable, args as never[]))).toEqual(expected);
    });

    test("an argument that cannot cross: nothing is queued, and nothing runs", async () => {
      await using worker = await inWorker();
      await using caller = await inCaller();
      await using inlined = await inline();
      for (const { pool } of [worker, caller, inlined]) {
        const before = pool.stats().pending;
        const outcome = outcomeOf((async () => way(pool, echo, [() => {}] as never[]))());
        expect(await outcome).toMatchObject({ className: "PayloadError", path: "args[0]" });
        expect(pool.stats().pending).toBe(before);
      }
    });
  },
);

describe.each([
  ["a worker", inWorker],
  ["the caller", inCaller],
  ["an inline pool", inline],
])("in %s", (_, place) => {
  test("a thenable that calls back later is awaited", async () => {
    await using at = await place();
    expect(await at.pool.run(lateThenable, [5])).toBe(5);
    expect(await ways["putRequest"]?.(at.pool, lateThenable, [5] as never[])).toBe(5);
  });

  test("arguments and results are copies", async () => {
    await using at = await place();
    const list = [1];
    const result = await at.pool.run(push, [list, 2]);
    expect(list).toEqual([1]);
    expect(result).toEqual([1, 2]);
    const shared = { nested: [1] };
    expect((await at.pool.run(echo<typeof shared>, [shared])).nested).not.toBe(shared.nested);
  });

  test("what is transferred is moved, and shared memory is shared", async () => {
    await using at = await place();
    const bytes = new Uint8Array([7]);
    expect(await at.pool.run(first, [bytes], { transfer: [bytes.buffer] })).toBe(7);
    expect(bytes.byteLength).toBe(0);
    const shared = new SharedArrayBuffer(1);
    await at.pool.run(write, [shared]);
    expect(new Uint8Array(shared)[0]).toBe(9);
  });

  test("a requestID that is a symbol is its text", async () => {
    await using at = await place();
    const types: unknown[] = [];
    const callback = (__: unknown, type: string): void => void types.push(type);
    at.pool.putRequest(
      new WorkRequest(asksRequestID, [], {}, { requestID: Symbol("job"), callback }),
    );
    at.pool.putRequest(new WorkRequest(asksRequestID, [], {}, { callback }));
    await at.pool.run(asksRequestID);
    expect(types).toEqual(["string", "number"]);
  });

  test.each(["run", "runSync"])(
    "a run over its time fails with RequestTimeout, by %s",
    async (way) => {
      await using at = await place();
      const started = ways[way] as Way;
      for (const callable of [spinUntilCancelled, sleepBlocking]) {
        const args = (callable === sleepBlocking ? [60] : []) as never[];
        const error = await rejection(started(at.pool, callable, args, { timeoutMs: 10 }));
        expect(error).toBeInstanceOf(RequestTimeout);
      }
    },
  );

  test.each(["run", "runSync"])(
    "reports are copies, and all arrive before the result, by %s",
    async (way) => {
      await using at = await place();
      const seen: unknown[] = [];
      const onProgress = (value: unknown): void => void seen.push(value);
      const started = ways[way] as Way;
      seen.push(await started(at.pool, report, [[1, { two: 2 }]] as never[], { onProgress }));
      await started(at.pool, reportMutable, [], { onProgress });
      expect(seen).toEqual([1, { two: 2 }, 2, { count: 1 }]);
    },
  );

  test("a report that cannot cross is the callable's error", async () => {
    await using at = await place();
    const error = await rejection(at.pool.run(reportFunction, [], { onProgress: () => {} }));
    expect(error).toMatchObject({ name: "PayloadError", path: "progress" });
  });

  test("what a run has left behind has no context any more", async () => {
    await using at = await place();
    const late = newGate();
    const answers: Answers = { asked: newGate(), refused: newGate() };
    await at.pool.run(leaveTimer, [late, answers]);
    open(late);
    await arrivals(answers.asked, 1);
    expect(arrivedAt(answers.refused)).toBe(1);
  });
});

describe("a full queue whose listener", () => {
  const policies = ["callerRuns", "discardOldest", "throw", "block"] as const;
  test.each(policies)(
    "terminates the pool: the request is refused and does not run, %s",
    async (policy) => {
      for (const put of ["run", "runSync", "putRequest"]) {
        const { pool, held } = await fullPool(policy);
        held.catch(() => {});
        const shared = new SharedArrayBuffer(1);
        pool.on("full", () => pool.terminate());
        const error = await rejection(
          (async () => ways[put]?.(pool, write, [shared] as never[]))(),
        );
        expect(error).toBeInstanceOf(PoolClosed);
        expect(new Uint8Array(shared)[0]).toBe(0);
        expect(pool.workRequests.size).toBeLessThanOrEqual(2);
      }
    },
  );

  test("aborts the request: it does not run in the caller", async () => {
    await using caller = await inCaller();
    const { pool } = caller;
    const controller = new AbortController();
    const shared = new SharedArrayBuffer(1);
    pool.on("full", () => controller.abort("stop"));
    const { signal } = controller;
    expect(await rejection(pool.run(write, [shared], { signal }))).toBe("stop");
    expect(new Uint8Array(shared)[0]).toBe(0);
  });
});

test("a blocked caller is told when it would wait for its own event loop", async () => {
  await using caller = await inCaller();
  expect(() => caller.pool.runSync(lateThenable, [5])).toThrow(ThreadPoolError);
});
