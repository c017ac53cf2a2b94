/** A pool with `inline: true`: what a threaded pool gives, from the thread of the test. */
import { basename } from "node:path";
import { afterEach, describe, expect, mock, setDefaultTimeout, spyOn, test } from "bun:test";
import {
  CallableError,
  NoResultsPending,
  PayloadError,
  PoolClosed,
  QueueFull,
  RequestTimeout,
  ThreadPool,
  ThreadPoolError,
  WorkRequest,
  fromModule,
  makeRequests,
} from "../../src/index.ts";
import type { ThreadPoolOptions } from "../../src/index.ts";
import { untyped } from "../misuse.ts";
import * as children from "./fixtures/children.ts";
import * as tasks from "./fixtures/inline-tasks.ts";
import { rejection } from "./rejection.ts";
import { SCRIPT_TEST_MS } from "./script.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

const { count, double, doubleInTime, doubleLater, fail } = tasks;

function inline(options: ThreadPoolOptions = {}): ThreadPool {
  return new ThreadPool(0, { ...options, inline: true });
}

const surface: Record<string, (pool: ThreadPool) => unknown> = {
  run: (pool) => pool.run(double, [2]),
  "run of a promise": (pool) => pool.run(doubleInTime, [2]),
  "run of a reference": (pool) =>
    pool.run(
      fromModule<typeof tasks>(import.meta.resolve("./fixtures/inline-tasks.ts")).sum,
      [1, 2],
    ),
  "run of a built-in module's function": (pool) => pool.run(basename, ["a/b"]),
  runSync: (pool) => pool.runSync(double, [2]),
  "runSync of a promise": (pool) => pool.runSync(doubleLater, [2]),
  map: (pool) => pool.map(double, [1, 2, 3]),
  "map of promises": (pool) => pool.map(doubleInTime, [1, 2, 3]),
  "map with settle": (pool) => pool.map(fail, ["1", "2"], { settle: true }),
  starmap: (pool) => pool.starmap(tasks.sum, [[1, 2]]),
  mapSync: (pool) => pool.mapSync(double, [1, 2, 3]),
  imap: (pool) => Array.fromAsync(pool.imap(double, [1, 2, 3])),
  imapUnordered: async (pool) =>
    (await Array.fromAsync(pool.imapUnordered(double, [1, 2, 3]))).toSorted((a, b) => a - b),
  reduce: (pool) => pool.reduce(double, [1, 2, 3], tasks.sum, 0),
  parallelFor: async (pool) => {
    const shared = new SharedArrayBuffer(100);
    await pool.parallelFor(tasks.fillRange, 100, { args: [shared] });
    return new Uint8Array(shared).every((byte) => byte === 9);
  },
  stream: (pool) => Array.fromAsync(pool.stream(count, [200])),
  "a stream that is left": async (pool) => {
    for await (const value of pool.stream(count, [1e6])) if (value === 3) return value;
    return undefined;
  },
  broadcast: (pool) => pool.broadcast(double, [2]),
  ready: (pool) => pool.ready(),
  settled: async (pool) => {
    const seen: number[] = [];
    pool.putRequest(new WorkRequest(double, [2], {}, { callback: (_, n) => seen.push(n) }));
    await pool.settled();
    return seen;
  },
  "putRequest and wait, in order": (pool) => {
    const seen: number[] = [];
    for (const request of makeRequests(double, [1, 2, 3], (_, n) => seen.push(n)))
      pool.putRequest(request);
    pool.wait();
    expect(() => pool.poll()).toThrow(NoResultsPending);
    return seen;
  },
  "a callback of a failure": (pool) => {
    const seen: unknown[] = [];
    const callback = (): void => void seen.push("callback");
    const excCallback = (_: unknown, [name, error]: readonly unknown[]): void =>
      void seen.push(name, String(error));
    pool.putRequest(new WorkRequest(fail, ["no"], {}, { callback, excCallback }));
    pool.wait();
    return seen;
  },
  priorities: async (pool) => {
    const seen: number[] = [];
    const put = (n: number, priority: number): Promise<unknown> =>
      pool.run(double, [n], { priority }).then((value) => seen.push(value));
    await Promise.all([0, 0, 0, 0, 0, 9].map((priority, n) => put(n, priority)));
    return seen.indexOf(10) < 5;
  },
  "reports, more than the ring holds": async (pool) => {
    let reports = 0;
    await pool.run(tasks.reportMuch, [3000], { onProgress: () => (reports += 1) });
    return reports;
  },
  "what is moved there and back": async (pool) => {
    const bytes = new Uint8Array(2 ** 20).fill(5);
    const back = await pool.run((them: Uint8Array) => them, [bytes], { transfer: [bytes.buffer] });
    const made = await pool.run(tasks.makeBytes, [2 ** 20]);
    return [bytes.byteLength, back.length, back[9], made.length, made[9]];
  },
  "arguments of many megabytes": async (pool) => {
    const text = "ä".repeat(40e6);
    return pool.run((it: string) => it.length, [text]);
  },
  "an abort of what runs": async (pool) => {
    const controller = new AbortController();
    const running = pool.run(tasks.waitForAbort, [], { signal: controller.signal });
    const next = pool.run(double, [4]);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    controller.abort("enough");
    return [await rejection(running), await next];
  },
  "an abort of what waits": async (pool) => {
    const controller = new AbortController();
    const first = pool.run(doubleInTime, [1]);
    const waiting = pool.run(fail, ["ran"], { signal: controller.signal });
    controller.abort("enough");
    return [await rejection(waiting), await first];
  },
  "a run that does not stop": async (pool) => {
    const error = await rejection(pool.run(tasks.stubborn, [], { timeoutMs: 5 }));
    expect(error).toBeInstanceOf(RequestTimeout);
    // In a time of grace it is ended, or left alone. The pool goes on.
    return pool.run(double, [2]);
  },
  "what is carried": (pool) =>
    tasks.requestContext.run({ user: "ada" }, () =>
      pool.run(tasks.allContexts, ["x"], { carry: [tasks.requestContext] }),
    ),
  "what is not carried": (pool) =>
    tasks.requestContext.run({ user: "ada" }, () => pool.run(tasks.userOf)),
  "a context outside": async (pool) => {
    let user: string | undefined;
    const callback = (): void => void (user = tasks.userOf());
    tasks.requestContext.run({ user: "ada" }, () =>
      pool.putRequest(new WorkRequest(double, [2], {}, { callback })),
    );
    pool.wait();
    return user;
  },
  "a closure": (pool) => {
    const captured = Math.random();
    return pool
      .run(() => captured)
      .then(
        () => "ran",
        (error: Error) => error.constructor.name,
      );
  },
  "a bound function": async (pool) => String(await rejection(pool.run(double.bind(null, 2)))),
  "a mock that nothing exports": async (pool) =>
    (await rejection(pool.run(mock(() => 1)))) instanceof CallableError,
  "events and figures": async (pool) => {
    const seen: string[] = [];
    pool.on("idle", () => seen.push("idle"));
    await pool.run(double, [1]);
    await rejection(pool.run(fail, ["no"]));
    const { put, succeeded, failed, pending } = pool.stats();
    return [seen, put, succeeded, failed, pending, pool.workers.length];
  },
};

const POOLS = {
  threads: () => new ThreadPool(1, { graceMs: 20 }),
  inline: () => inline({ graceMs: 20 }),
};

afterEach(() => tasks.endStubborn());

describe("an inline pool gives what one of a thread gives", () => {
  test.each(Object.keys(surface))("%s", async (name) => {
    const given: unknown[] = [];
    for (const open of [POOLS.threads, POOLS.inline]) {
      await using pool = open();
      given.push(await surface[name]?.(pool));
    }
    expect(given[1]).toEqual(given[0]);
  });

  test("the place of the put in the stack of an error", async () => {
    for (const open of [POOLS.threads, POOLS.inline]) {
      await using pool = open();
      const error = (await rejection(pool.run(fail, ["no"]))) as Error;
      expect(error).toBeInstanceOf(RangeError);
      expect(error.stack).toContain("inline-tasks.ts");
      expect(error.stack).toContain("inline.test.ts");
    }
  });

  test("a full queue", async () => {
    for (const open of [
      () => new ThreadPool(1, { qSize: 1, rejectionPolicy: "throw" }),
      () => inline({ qSize: 1, rejectionPolicy: "throw" }),
    ]) {
      await using pool = open();
      const outcomes = await Promise.allSettled(
        Array.from({ length: 20 }, (_, n) => pool.run(doubleInTime, [n])),
      );
      const reasons = outcomes.flatMap((it) => (it.status === "rejected" ? [it.reason] : []));
      expect(reasons.length).toBeGreaterThan(0);
      for (const reason of reasons) expect(reason).toBeInstanceOf(QueueFull);
    }
  });

  test("a put that waits for room", async () => {
    await using pool = inline({ qSize: 1 });
    const seen: number[] = [];
    for (const request of makeRequests(double, [1, 2, 3, 4], (_, n) => seen.push(n)))
      pool.putRequest(request);
    pool.wait();
    expect(seen).toEqual([2, 4, 6, 8]);
  });
});

describe("an inline pool", () => {
  test("never runs a request inside the call that puts it", async () => {
    await using pool = inline();
    const seen: string[] = [];
    const done = pool.run(double, [1], {}).then(() => seen.push("result"));
    const spy = spyOn(tasks, "double").mockImplementation((n) => (seen.push("mock"), n));
    const mocked = pool.run(tasks.double, [1]);
    seen.push("put");
    await Promise.all([done, mocked]);
    spy.mockRestore();
    expect(seen[0]).toBe("put");
  });

  test("throws PayloadError before anything is queued", async () => {
    await using pool = inline();
    const error = await rejection(pool.run(tasks.identity, [() => {}]));
    expect(error).toBeInstanceOf(PayloadError);
    expect(pool.stats().put).toBe(0);
  });

  test("runs the initializer once", async () => {
    const before = tasks.initializedBy();
    await using pool = inline({ initializer: tasks.initialize, initargs: [5] });
    expect(await pool.map(tasks.initializedBy, [])).toEqual([]);
    expect(await pool.run(tasks.initializedBy)).toBe(before + 5);
    expect(pool.runSync(tasks.initializedBy)).toBe(before + 5);
  });

  test("fails with the initializer", async () => {
    const pool = inline({ initializer: fail, initargs: ["broken"] });
    const error = (await rejection(pool.run(double, [1]))) as Error;
    expect(error).toBeInstanceOf(PoolClosed);
    expect(String(error.cause)).toBe("RangeError: broken");
  });

  test.each(["runSync", "wait"])(
    "says so when a call that blocks would wait for the event loop: %s",
    async (call) => {
      await using pool = inline();
      const block = (): void => {
        if (call === "runSync") return void pool.runSync(doubleInTime, [1]);
        pool.putRequest(new WorkRequest(doubleInTime, [1]));
        pool.wait();
      };
      expect(block).toThrow(ThreadPoolError);
      expect(block).toThrow(/Await run\(\) or settled\(\) instead: inline=true$/);
      await pool.settled();
      expect(pool.runSync(double, [1])).toBe(2);
    },
  );

  test("is disposed of by using, also while a run needs the event loop", async () => {
    const dispose = (): Promise<number> => {
      using pool = inline();
      return pool.run(doubleInTime, [1]);
    };
    expect(dispose).toThrow(/inline=true$/);
    const { using: used } = { using: inline() };
    const done = used.run(double, [4]);
    used[Symbol.dispose]();
    expect(await done).toBe(8);
  });

  test("refuses its own use by a callable that it runs", async () => {
    await using pool = inline();
    const spy = spyOn(tasks, "double").mockImplementation(() => pool.runSync(tasks.sum, [1, 2]));
    const error = await rejection(pool.run(tasks.double, [1]));
    spy.mockRestore();
    expect(error).toBeInstanceOf(ThreadPoolError);
    expect(String(error)).toContain("A callable uses the ThreadPool that runs it");
  });

  test("terminates at once, and what runs on has no effect", async () => {
    const pool = inline();
    const running = pool.run(tasks.stubborn, []);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    pool.terminate();
    expect(await rejection(running)).toBeInstanceOf(PoolClosed);
    tasks.endStubborn();
    await pool.close();
  });

  test("runs several asynchronous callables at a time", async () => {
    await using pool = inline({ concurrencyPerWorker: 3 });
    const all = [1, 2, 3].map(() => pool.run(tasks.stubborn, []));
    const running = (): number => pool.stats().running;
    while (running() < 3) await Bun.sleep(0);
    tasks.endStubborn();
    await Promise.all(all);
  });
});

describe("a mock in the place of an export", () => {
  test("is what children run", async () => {
    await using pool = new ThreadPool(0, { inline: true });
    expect(await pool.run(children.sumOfLeaves, [4])).toBe(6);
    const spy = spyOn(children, "leaf").mockReturnValue(100);
    expect(await pool.run(children.sumOfLeaves, [4])).toBe(400);
    expect(spy).toHaveBeenCalledTimes(4);
    spy.mockRestore();
    expect(await pool.run(children.sumOfLeaves, [4])).toBe(6);
  });

  test("by spyOn runs as the mock, and its calls are recorded", async () => {
    await using pool = inline();
    const spy = spyOn(tasks, "double").mockReturnValue(42);
    expect(await pool.run(tasks.double, [1])).toBe(42);
    expect(pool.runSync(tasks.double, [2])).toBe(42);
    expect(await pool.map(tasks.double, [3])).toEqual([42]);
    expect(spy.mock.calls).toEqual([[1], [2], [3]]);
    spy.mockReturnValue(43);
    expect(await pool.run(tasks.double, [1])).toBe(43);
    spy.mockRestore();
    expect(await pool.run(tasks.double, [1])).toBe(2);
  });

  test("of a reference is asked of the module for each request", async () => {
    await using pool = inline();
    const reference = fromModule<typeof tasks>(
      import.meta.resolve("./fixtures/inline-tasks.ts"),
    ).double;
    expect(await pool.run(reference, [1])).toBe(2);
    const spy = spyOn(tasks, "double").mockReturnValue(7);
    expect(await pool.run(reference, [1])).toBe(7);
    expect(pool.runSync(reference, [1])).toBe(7);
    expect(await pool.map(reference, [1])).toEqual([7]);
    spy.mockRestore();
    expect(await pool.run(reference, [1])).toBe(2);
    expect(await pool.map(reference, [1])).toEqual([2]);
  });

  test("is found however many functions were looked for before", async () => {
    await using pool = inline();
    for (let n = 0; n < 20; n++) await rejection(pool.run(mock(() => n)));
    const spy = spyOn(tasks, "double").mockReturnValue(1);
    expect(await pool.run(tasks.double, [1])).toBe(1);
    spy.mockRestore();
  });

  test("gets copies, as in a worker", async () => {
    await using pool = inline();
    const spy = spyOn(tasks, "sum").mockImplementation(untyped((list: number[]) => list.push(9)));
    const list = [1];
    expect(await pool.run(tasks.sum, untyped([list]))).toBe(2);
    expect(list).toEqual([1]);
    spy.mockRestore();
  });

  test("is refused where a thread would run it", async () => {
    await using pool = new ThreadPool(1);
    const spy = spyOn(tasks, "double").mockReturnValue(1);
    const error = await rejection(pool.run(tasks.double, [1]));
    spy.mockRestore();
    expect(error).toBeInstanceOf(CallableError);
    expect(String(error)).toContain("inline: true");
  });
});

describe("the option inline", () => {
  test.each([
    ["maxWorkers", 4],
    ["minWorkers", 0],
    ["idleTimeoutMs", 5],
    ["maxRequestsPerWorker", 5],
    ["memoryLimitBytes", 1e9],
    ["env", {}],
    ["argv", []],
    ["preload", "./x.ts"],
    ["smol", true],
  ])("is refused with %s, which is one of threads", (name, value) => {
    const open = (): ThreadPool => new ThreadPool(0, { inline: true, [name]: value });
    expect(open).toThrow(TypeError);
    expect(open).toThrow(`${name} is an option of threads`);
    expect(() => inline({ [name]: undefined }).terminate()).not.toThrow();
  });

  test("is refused with a number of workers", () => {
    const open = (): ThreadPool => new ThreadPool(2, { inline: true });
    expect(open).toThrow(RangeError);
    expect(open).toThrow(/numWorkers=2$/);
  });

  test("is true or false", () => {
    expect(() => new ThreadPool(0, { inline: untyped("yes") })).toThrow(
      /true or false: inline='yes'$/,
    );
  });

  test("allows no other workers", async () => {
    await using pool = inline();
    pool.createWorkers(0);
    expect(() => pool.createWorkers(2)).toThrow(/numWorkers=2$/);
  });

  test("is taken from the environment where it is left out", async () => {
    process.env["RINGPOOL_INLINE"] = "1";
    try {
      await using pool = new ThreadPool(8, { maxWorkers: 16, memoryLimitBytes: 1e9 });
      pool.createWorkers(2);
      pool.dismissWorkers(1);
      const spy = spyOn(tasks, "double").mockReturnValue(5);
      expect(await pool.run(tasks.double, [1])).toBe(5);
      spy.mockRestore();
      await using threads = new ThreadPool(2, { inline: false });
      expect(threads.workers).toHaveLength(2);
    } finally {
      delete process.env["RINGPOOL_INLINE"];
    }
  });

  test("left out with no workers is a pool without any, as ever", async () => {
    await using pool = new ThreadPool(0);
    expect(await rejection(pool.run(double, [1]))).toHaveProperty("name", "NoWorkersAvailable");
  });
});
