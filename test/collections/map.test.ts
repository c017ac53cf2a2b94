import { AsyncLocalStorage } from "node:async_hooks";
import { basename } from "node:path";
import { afterAll, describe, expect, test } from "bun:test";
import {
  CallableError,
  NoWorkersAvailable,
  PayloadError,
  PoolClosed,
  RequestTimeout,
  ThreadPool,
  WorkerDied,
  fromModule,
} from "../../src/index.ts";
import {
  add,
  attemptAt,
  increment,
  double,
  doubleAtOnce,
  doubleLater,
  exitAt,
  failAtThree,
  failLater,
  identity,
  report,
  requestOf,
  reuse,
  spin,
  throwText,
  unsendableAtThree,
  waitAt,
} from "./fixtures/items.ts";
import { rejection } from "../pool/rejection.ts";

const pool = new ThreadPool(2, { graceMs: 200 });
afterAll(() => pool.close());

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe("map", () => {
  test("gives the results in the order of the items", async () => {
    expect(await pool.map(double, [3, 1, 2])).toEqual([6, 2, 4]);
    const many = upTo(20_000);
    expect(await pool.map(double, many)).toEqual(many.map(double));
  });

  test("takes any iterable, and async ones", async () => {
    expect(await pool.map(identity, "añ😀")).toEqual(["a", "ñ", "😀"]);
    expect(await pool.map(identity, new Set([1, 2]))).toEqual([1, 2]);
    expect(await pool.map(identity, new Map([["a", 1]]))).toEqual([["a", 1]]);
    expect(await pool.map(identity, new Float64Array([1.5, 2.5]))).toEqual([1.5, 2.5]);
    expect(await pool.map(double, upTo(1000).values())).toEqual(upTo(1000).map(double));
    async function* later(): AsyncGenerator<number> {
      for (const value of upTo(300)) {
        if (value % 100 === 0) await Bun.sleep(1);
        yield value;
      }
    }
    expect(await pool.map(double, later())).toEqual(upTo(300).map(double));
  });

  test("of no items resolves to an empty array", async () => {
    expect(await pool.map(double, [])).toEqual([]);
    expect(await pool.map(double, new Set<number>())).toEqual([]);
    expect(pool.mapSync(double, [])).toEqual([]);
    const none = (async function* () {})();
    expect(await pool.map(double, none)).toEqual([]);
  });

  test("runs every kind of callable that run does", async () => {
    const reference = fromModule<typeof import("./fixtures/items.ts")>(
      new URL("./fixtures/items.ts", import.meta.url),
    );
    expect(await pool.map(reference.double, [1, 2])).toEqual([2, 4]);
    expect(await pool.map((value: number) => value + 1, [1, 2])).toEqual([2, 3]);
    expect(await pool.map(basename, ["/a/b", "/c"])).toEqual(["b", "c"]);
    expect(await pool.map(doubleLater, [1, 2, 3])).toEqual([2, 4, 6]);
    expect(await pool.map(doubleAtOnce, upTo(5000))).toEqual(upTo(5000).map(double));
  });

  test("carries every kind of value, mixed", async () => {
    const shared = new Int32Array(new SharedArrayBuffer(8));
    const values = [
      1,
      -0,
      NaN,
      "text",
      "\ud800",
      true,
      null,
      undefined,
      12n,
      { a: [1, { b: 2 }] },
      new Date(5),
      new Map([[1, new Set([2])]]),
      new Uint8Array([1, 2, 3]),
      new Float64Array([0.5]),
      Buffer.from("bytes"),
      /x/gi,
      new Error("an error"),
    ];
    for (let at = 0; at <= values.length; at++) {
      const rotated = [...values.slice(at), ...values.slice(0, at)];
      expect(await pool.map(identity, rotated, { chunkSize: rotated.length })).toEqual(rotated);
    }
    const [back] = await pool.map(identity, [shared, 1, shared], { chunkSize: 3 });
    (back as Int32Array)[1] = 7;
    expect(shared[1]).toBe(7);
    expect(await pool.map(identity, Array.from<unknown>({ length: 2 }))).toEqual([
      undefined,
      undefined,
    ]);
  });

  test("gives each item and each result as it was at its own call, whatever the chunk", async () => {
    const results = await pool.map(reuse, [1, 2, 3], { chunkSize: 3 });
    expect(results).toEqual([{ value: 1 }, { value: 2 }, { value: 3 }]);
    const counter = { value: 0 };
    expect(await pool.map(increment, [counter, counter, counter], { chunkSize: 3 })).toEqual([
      1, 1, 1,
    ]);
  });

  test("rejects with the callable's own error, which has the item's index", async () => {
    for (const chunkSize of [1, 2, 10, undefined]) {
      const items = [1, 2, 4, 5, 3, 6];
      const error = await rejection(pool.map(failAtThree, items, { chunkSize }));
      expect(error).toBeInstanceOf(RangeError);
      expect(error).toMatchObject({ message: "three", code: "E_THREE", index: 4 });
      expect(Object.hasOwn(error as object, "index")).toBe(true);
      expect((error as Error).stack).toContain("failAtThree");
      expect((error as Error).stack).toContain("put here");
      expect((error as Error).stack).toContain("map.test.ts");
    }
    expect(await rejection(pool.map(failLater, [1, 3]))).toMatchObject({ index: 1 });
    expect(await rejection(pool.map(throwText, [1]))).toBe("text 1");
  });

  test("with settle gives every outcome", async () => {
    for (const chunkSize of [1, 3, 10, undefined]) {
      const outcomes = await pool.map(failAtThree, [1, 3, 2, 3, 4], { settle: true, chunkSize });
      expect(outcomes).toMatchObject([
        { status: "fulfilled", value: 1 },
        { status: "rejected", reason: { message: "three", index: 1 } },
        { status: "fulfilled", value: 2 },
        { status: "rejected", reason: { message: "three", index: 3 } },
        { status: "fulfilled", value: 4 },
      ]);
    }
    expect(await pool.map(throwText, [1], { settle: true })).toEqual([
      { status: "rejected", reason: "text 1" },
    ]);
  });

  test("a result that cannot cross fails its own item alone", async () => {
    const error = await rejection(pool.map(unsendableAtThree, [1, 2, 3, 4], { chunkSize: 4 }));
    expect(error).toBeInstanceOf(PayloadError);
    expect(error).toMatchObject({ index: 2, path: "result.deep[0]" });
    const outcomes = await pool.map(unsendableAtThree, [1, 3, 4], { chunkSize: 3, settle: true });
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  });

  test("an item that cannot cross fails itself alone", async () => {
    const items = [1, { user: { onClick: () => {} } }, 2];
    const error = await rejection(pool.map(identity, items));
    expect(error).toBeInstanceOf(PayloadError);
    expect(error).toMatchObject({ index: 1, path: "items[1].user.onClick" });
    const outcomes = await pool.map(identity, items, { settle: true, chunkSize: 3 });
    expect(outcomes).toMatchObject([
      { status: "fulfilled", value: 1 },
      { status: "rejected", reason: { index: 1 } },
      { status: "fulfilled", value: 2 },
    ]);
  });

  test("a callable that no worker finds fails the whole", async () => {
    const missing = fromModule<{ nothing: (value: number) => number }>(
      new URL("./fixtures/items.ts", import.meta.url),
    ).nothing;
    expect(await rejection(pool.map(missing, [1, 2, 3]))).toBeInstanceOf(CallableError);
    const outcomes = await pool.map(missing, [1, 2, 3], { settle: true });
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    expect(await rejection(pool.map(Map as never, [1]))).toBeInstanceOf(CallableError);
  });

  test("withdraws what waits and stops what runs when an item fails", async () => {
    const words = new Int32Array(new SharedArrayBuffer(16));
    const items = upTo(100).map((value) => [value, 0, words] as const);
    let taken = 0;
    let isClosed = false;
    function* some(): Generator<readonly [number, number, Int32Array]> {
      try {
        for (const item of items) {
          taken += 1;
          if (taken === 8) yield [-1, 0, words];
          yield item;
        }
      } finally {
        isClosed = true;
      }
    }
    expect(await rejection(pool.map(waitAt, some(), { chunkSize: 1 }))).toMatchObject({
      message: "negative",
      index: 7,
    });
    expect(taken).toBeLessThan(20);
    expect(isClosed).toBe(true);
    await Atomics.waitAsync(words, 1, 0).value;
    expect(words[1]).toBe(1);
    expect(await pool.map(double, [1])).toEqual([2]);
  });

  test("ends with the reason of its signal", async () => {
    const words = new Int32Array(new SharedArrayBuffer(16));
    const controller = new AbortController();
    const items = upTo(100).map((value) => [value, 50, words] as const);
    const mapped = pool.map(waitAt, items, { signal: controller.signal });
    await Atomics.waitAsync(words, 2, 0).value;
    controller.abort(new Error("enough"));
    expect(await rejection(mapped)).toMatchObject({ message: "enough" });
    await Atomics.waitAsync(words, 1, 0).value;
    expect(await rejection(pool.map(double, [1], { signal: controller.signal }))).toMatchObject({
      message: "enough",
    });
    const settled = pool.map(double, [1], { signal: AbortSignal.abort("no"), settle: true });
    expect(await rejection(settled)).toBe("no");
  });

  test("limits the time of each item", async () => {
    const words = new Int32Array(new SharedArrayBuffer(16));
    const items = upTo(6).map((value) => [value, 4, words] as const);
    const error = await rejection(pool.map(waitAt, items, { timeoutMs: 50 }));
    expect(error).toBeInstanceOf(RequestTimeout);
    expect(error).toMatchObject({ index: 4 });
    const outcomes = await pool.map(waitAt, items, { timeoutMs: 50, settle: true, chunkSize: 6 });
    const rejected = outcomes.map(({ status }) => status === "rejected");
    expect(rejected).toEqual([false, false, false, false, true, false]);
  });

  test("a worker's death fails only the item that ran", async () => {
    for (const chunkSize of [undefined, 1, 20]) {
      const runs = new Int32Array(new SharedArrayBuffer(4 * 21));
      runs[20] = 100;
      const items = upTo(20).map((value) => [value, 11, runs] as const);
      const outcomes = await pool.map(exitAt, items, { settle: true, chunkSize });
      expect(outcomes.filter(({ status }) => status === "rejected")).toHaveLength(1);
      expect(outcomes[11]).toMatchObject({ reason: { index: 11 } });
      expect((outcomes[11] as PromiseRejectedResult).reason).toBeInstanceOf(WorkerDied);
      expect([...runs.subarray(0, 20)]).toEqual(upTo(20).map(() => 1));
      const error = await rejection(pool.map(exitAt, items, { chunkSize }));
      expect(error).toBeInstanceOf(WorkerDied);
      expect(error).toMatchObject({ index: 11 });
    }
  });

  test("retries repeat only the item that ran", async () => {
    for (const chunkSize of [undefined, 1, 20]) {
      const runs = new Int32Array(new SharedArrayBuffer(4 * 21));
      runs[20] = 2;
      const items = upTo(20).map((value) => [value, 11, runs] as const);
      expect(await pool.map(exitAt, items, { retries: 2, chunkSize })).toEqual(upTo(20));
      expect([...runs.subarray(0, 20)]).toEqual(upTo(20).map((value) => (value === 11 ? 3 : 1)));
    }
    const attempts = await pool.map(attemptAt, [[1, 1] as const], { retries: 1 });
    expect(attempts).toEqual([2]);
  });

  test("tells how far it is", async () => {
    const seen: { done: number; total: number | undefined }[] = [];
    await pool.map(double, upTo(100), {
      chunkSize: 30,
      onProgress: (progress) => seen.push(progress),
    });
    // Once for each chunk, and in between when the results of one have waited for some time.
    expect(seen.length).toBeGreaterThanOrEqual(4);
    expect(seen.every(({ done }, at) => at === 0 || done > seen[at - 1]!.done)).toBe(true);
    expect(seen.at(-1)).toEqual({ done: 100, total: 100 });
    const ofIterable: { done: number; total: number | undefined }[] = [];
    await pool.map(double, upTo(100_000).values(), {
      onProgress: (progress) => ofIterable.push(progress),
    });
    expect(ofIterable[0]?.total).toBeUndefined();
    expect(ofIterable.at(-1)).toEqual({ done: 100_000, total: 100_000 });
  });

  test("gives onProgress nothing that the callable itself reports", async () => {
    const seen: unknown[] = [];
    const onProgress = (progress: unknown): unknown => seen.push(progress);
    expect(await pool.map(report, [1, 2], { chunkSize: 2, onProgress })).toEqual([1, 2]);
    expect(seen.at(-1)).toEqual({ done: 2, total: 2 });
    for (const progress of seen) expect(progress).toEqual({ done: expect.any(Number), total: 2 });
  });

  test("takes items and tells progress in the context of the place that put it", async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const note = (): void => void seen.push(storage.getStore());
    function* noted(): Generator<number> {
      for (const value of upTo(500)) {
        note();
        yield value;
      }
    }
    async function* notedLater(): AsyncGenerator<number> {
      yield* noted();
    }
    await storage.run("here", async () => {
      await pool.map(double, noted(), { onProgress: note });
      await pool.map(double, notedLater(), { onProgress: note });
    });
    expect(seen.length).toBeGreaterThan(1000);
    expect(new Set(seen)).toEqual(new Set(["here"]));
  });

  test("chunkSize is how many items travel together", async () => {
    const requests = await pool.map(requestOf, upTo(25), { chunkSize: 10 });
    expect(new Set(requests.slice(0, 10)).size).toBe(1);
    expect(new Set(requests.slice(10, 20)).size).toBe(1);
    expect(new Set(requests.slice(20)).size).toBe(1);
    expect(new Set(requests).size).toBe(3);
  });
});

describe("starmap", () => {
  test("spreads each item", async () => {
    expect(
      await pool.starmap(add, [
        [1, 2],
        [3, 4],
      ]),
    ).toEqual([3, 7]);
    const pairs = upTo(3000).map((value) => [value, 1] as const);
    expect(await pool.starmap(add, pairs)).toEqual(upTo(3000).map((value) => value + 1));
  });

  test("says what an item must be", async () => {
    const error = await rejection(pool.starmap(add, [[1, 2], 5 as never]));
    expect(error).toMatchObject({ name: "TypeError", index: 1 });
    expect((error as Error).message).toContain("for single arguments write map: item=5");
  });
});

describe("mapSync", () => {
  test("blocks until everything is there", () => {
    expect(pool.mapSync(double, upTo(5000))).toEqual(upTo(5000).map(double));
    expect(pool.mapSync(doubleLater, upTo(5))).toEqual(upTo(5).map(double));
    const outcomes = pool.mapSync(failAtThree, [1, 3], { settle: true });
    expect(outcomes).toMatchObject([{ value: 1 }, { reason: { index: 1 } }]);
  });

  test("throws what map rejects with", () => {
    let thrown: unknown;
    try {
      pool.mapSync(failAtThree, [1, 2, 3]);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ message: "three", index: 2 });
    expect(() => pool.mapSync(double, (async function* () {})() as never)).toThrow(
      "mapSync blocks",
    );
  });

  test("delivers no other request meanwhile", async () => {
    const order: string[] = [];
    const other = pool.run(double, [1]).then(() => order.push("run"));
    pool.mapSync(double, upTo(100));
    order.push("mapSync");
    await other;
    expect(order).toEqual(["mapSync", "run"]);
  });

  test("ends with what onProgress throws", () => {
    const onProgress = (): never => {
      throw new Error("no progress");
    };
    expect(() => pool.mapSync(double, upTo(100), { onProgress })).toThrow("no progress");
    expect(pool.mapSync(double, [1])).toEqual([2]);
  });

  test("repeats and limits as map does", () => {
    const runs = new Int32Array(new SharedArrayBuffer(4 * 21));
    runs[20] = 1;
    const items = upTo(20).map((value) => [value, 11, runs] as const);
    expect(pool.mapSync(exitAt, items, { retries: 1 })).toEqual(upTo(20));
    const words = new Int32Array(new SharedArrayBuffer(16));
    const waits = upTo(3).map((value) => [value, 1, words] as const);
    expect(() => pool.mapSync(waitAt, waits, { timeoutMs: 50 })).toThrow(RequestTimeout);
  });
});

describe("what waits behind a long item", () => {
  test("is taken by the worker that is idle", async () => {
    const words = new Int32Array(new SharedArrayBuffer(16));
    // The first items make chunks large before the long one comes.
    const items = upTo(3000).map((value) => [value, 2000, words] as const);
    const seen = new Set<number>();
    let behind = 0;
    for await (const value of pool.imapUnordered(waitAt, items, { buffer: 5000 })) {
      seen.add(value);
      if (value > 2000) behind += 1;
      if (behind < 999) continue;
      expect(seen.has(2000) && Atomics.load(words, 0) === 0).toBe(false);
      Atomics.store(words, 0, 1);
      Atomics.notify(words, 0);
    }
    expect(behind).toBe(999);
    expect(seen.size).toBe(3000);
  });
});

describe("bad input", () => {
  test("is refused with an error of its own", async () => {
    const message = async (promise: Promise<unknown>): Promise<string> =>
      String(await rejection(promise));
    expect(await message(pool.map(double, 5 as never))).toContain("items=5");
    expect(await message(pool.map(double, undefined as never))).toContain("items=undefined");
    expect(await message(pool.map(double, { length: 1 } as never))).toContain("another iterable");
    expect(await message(pool.map(5 as never, [1]))).toContain("callable");
    expect(await message(pool.map(double, [1], { chunkSize: 0 }))).toBe(
      "RangeError: chunkSize is a whole number, 1 or more: chunkSize=0",
    );
    expect(await message(pool.map(double, [1], { chunkSize: 1.5 }))).toContain("chunkSize=1.5");
    expect(await message(pool.map(double, [1], { chunkSize: "2" as never }))).toContain(
      "TypeError",
    );
    expect(await message(pool.map(double, [1], { buffer: 2 } as never))).toContain("option=buffer");
    expect(await message(pool.map(double, [1], { settle: 1 as never }))).toContain("settle=1");
    expect(await message(pool.map(double, [1], { timeoutMs: 0 }))).toContain("timeoutMs=0");
    expect(await message(pool.map(double, [1], { retries: -1 }))).toContain("retries=-1");
    expect(() => pool.imap(double, [1], { buffer: 0 })).toThrow(
      "buffer is a whole number, 1 or more",
    );
    expect(() => pool.imap(double, 5 as never)).toThrow("imap takes its items");
    expect(pool.stats().pending).toBe(0);
  });

  test("an iterable that throws midway ends the whole with its error", async () => {
    function* broken(): Generator<number> {
      yield 1;
      yield 2;
      throw new Error("broken");
    }
    expect(await rejection(pool.map(double, broken()))).toMatchObject({ message: "broken" });
    async function* brokenLater(): AsyncGenerator<number> {
      yield 1;
      await Bun.sleep(1);
      throw new Error("broken later");
    }
    expect(await rejection(pool.map(double, brokenLater()))).toMatchObject({
      message: "broken later",
    });
    expect(() => pool.mapSync(double, broken())).toThrow("broken");
    await pool.settled();
    expect(pool.stats().pending).toBe(0);
  });

  test.each([
    ["returns no iterator", { [Symbol.iterator]: () => 5 }, "iterator=5"],
    ["returns one without next", { [Symbol.iterator]: () => [1] }, "a method next"],
    ["gives no results", { [Symbol.iterator]: () => ({ next: () => 5 }) }, "result=5"],
    ["gives nothing later", { [Symbol.asyncIterator]: () => ({ next: async () => null }) }, "null"],
  ])("an iterable that %s is refused, and not asked for ever", async (_, items, told) => {
    const error = await rejection(pool.map(double, items as unknown as Iterable<number>));
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toContain(told);
    expect(pool.stats().pending).toBe(0);
  });

  test("an iterator ends with whatever counts as true in done", async () => {
    let left = 3;
    const next = (): unknown => (left === 0 ? { done: 1 } : { value: left-- });
    const broken = { [Symbol.iterator]: () => ({ next }) } as unknown as Iterable<number>;
    expect(await pool.map(double, broken)).toEqual([6, 4, 2]);
  });
});

describe("a pool that closes", () => {
  test("finishes the maps that were begun, and takes no more", async () => {
    const closing = new ThreadPool(2);
    const mapped = closing.map(
      spin,
      upTo(200).map(() => 50),
    );
    async function* later(): AsyncGenerator<number> {
      for (const value of upTo(20)) {
        await Bun.sleep(1);
        yield value;
      }
    }
    const mappedLater = closing.map(double, later());
    const closed = closing.close();
    expect(await rejection(closing.map(double, [1]))).toBeInstanceOf(PoolClosed);
    expect(() => closing.mapSync(double, [1])).toThrow(PoolClosed);
    expect(() => closing.imap(double, [1])).toThrow(PoolClosed);
    expect(await mapped).toHaveLength(200);
    expect(await mappedLater).toEqual(upTo(20).map(double));
    await closed;
  });

  test("fails them when it is terminated", async () => {
    const closing = new ThreadPool(2);
    const mapped = closing.map(
      spin,
      upTo(2000).map(() => 1000),
    );
    const never = closing.map(double, {
      [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }),
    } as AsyncIterable<number>);
    const iterator = closing.imap(
      double,
      (function* () {
        for (;;) yield 1;
      })(),
    );
    await iterator.next();
    closing.terminate();
    expect(await rejection(mapped)).toBeInstanceOf(PoolClosed);
    expect(await rejection(never)).toBeInstanceOf(PoolClosed);
    const drained = (async () => {
      for await (const _ of iterator);
    })();
    expect(await rejection(drained)).toBeInstanceOf(PoolClosed);
  });

  test("without workers rejects", async () => {
    const empty = new ThreadPool(0);
    expect(await rejection(empty.map(double, [1]))).toBeInstanceOf(NoWorkersAvailable);
    expect(() => empty.mapSync(double, [1])).toThrow(NoWorkersAvailable);
    await empty.close();
  });

  test("with using finishes what was begun", async () => {
    let mapped: Promise<number[]>;
    {
      using closing = new ThreadPool(2);
      mapped = closing.map(double, upTo(10_000));
    }
    expect(await mapped).toEqual(upTo(10_000).map(double));
  });
});

test("a pool whose results are polled maps too", async () => {
  const polled = new ThreadPool(2, { delivery: "manual", qSize: 1, rejectionPolicy: "throw" });
  const mapped = polled.map(double, upTo(1000));
  polled.wait();
  expect(await mapped).toEqual(upTo(1000).map(double));
  await polled.close();
});

test("several asynchronous items of a worker go on at a time", async () => {
  const concurrent = new ThreadPool(1, { concurrencyPerWorker: 8 });
  const meet = async ([words, count]: readonly [Int32Array, number]): Promise<number> => {
    if (Atomics.add(words, 0, 1) + 1 === count) Atomics.notify(words, 0);
    while (Atomics.load(words, 0) < count) await Bun.sleep(0);
    return count;
  };
  const words = new Int32Array(new SharedArrayBuffer(4));
  const items = upTo(8).map(() => [words, 8] as const);
  expect(await concurrent.map(meet, items, { chunkSize: 1 })).toEqual(items.map(() => 8));
  await concurrent.close();
});

describe("the chunks of a map", () => {
  test("carry no more than a reply has room for, whatever items there were before", async () => {
    const lengthOf = (text: string): number => text.length;
    const putFor = async (texts: readonly string[]): Promise<number> => {
      const before = pool.stats().put;
      expect(await pool.map(lengthOf, texts)).toEqual(texts.map(lengthOf));
      return pool.stats().put - before;
    };
    const count = 64;
    for (let round = 0; round < 4; round++) await putFor(upTo(10_000).map(String));
    // Half of what a chunk carries, and none has more than one that is too much.
    const long = upTo(count).map((at) => String(at).padEnd(48 * 1024, "x"));
    expect(await putFor(long)).toBeGreaterThanOrEqual(count / 3);
  });

  test("wait no longer than a moment for a source that makes its items slowly", async () => {
    const count = 100;
    function* slowly(): Generator<number> {
      for (const value of upTo(count)) {
        const until = performance.now() + 0.6;
        while (performance.now() < until);
        yield value;
      }
    }
    const plusOne = (value: number): number => value + 1;
    for (let round = 0; round < 4; round++) await pool.map(plusOne, upTo(10_000));
    const totals: (number | undefined)[] = [];
    const onProgress = ({ total }: { total: number | undefined }): unknown => totals.push(total);
    expect(await pool.map(plusOne, slowly(), { onProgress })).toEqual(upTo(count).map(plusOne));
    // The first results were there before the last item was made.
    expect(totals[0]).toBeUndefined();
    expect(totals.at(-1)).toBe(count);
  });
});
