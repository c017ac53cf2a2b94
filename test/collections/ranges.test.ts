import { afterAll, describe, expect, test } from "bun:test";
import {
  PayloadError,
  RequestTimeout,
  ThreadPool,
  WorkerDied,
  fromModule,
  sharedArray,
} from "../../src/index.ts";
import {
  Total,
  add,
  addTotals,
  addUnless13,
  append,
  exitFrom,
  failAt7,
  failFrom,
  failLaterFrom,
  functionAt7,
  join,
  joinLater,
  larger,
  listOf,
  noteLength,
  spinFor,
  textLater,
  textOf,
  totalOf,
  visit,
  visitLater,
  waitFor,
} from "./fixtures/ranges.ts";
import { rejection } from "../pool/rejection.ts";

const pool = new ThreadPool(2, { graceMs: 200 });
afterAll(() => pool.close());

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe("parallelFor", () => {
  test.each([0, 1, 2, 7, 1000, 100_003])("visits each of %d numbers once", async (length) => {
    const visits = sharedArray(Int32Array, length);
    expect(await pool.parallelFor(visit, length, { args: [visits] })).toBeUndefined();
    expect(visits.every((count) => count === 1)).toBe(true);
  });

  test("visits them once in asynchronous calls, too", async () => {
    const visits = sharedArray(Int32Array, 2000);
    await pool.parallelFor(visitLater, visits.length, { args: [visits], grain: 100 });
    expect(visits.every((count) => count === 1)).toBe(true);
  });

  test("makes far fewer calls than there are numbers, when they are short", async () => {
    const visits = sharedArray(Int32Array, 100_000);
    const calls = sharedArray(Int32Array, 1);
    await pool.parallelFor(visit, visits.length, { args: [visits, calls] });
    expect(calls[0]).toBeLessThan(10_000);
  });

  test("calls with the grain that is chosen, also when the rest of a chunk goes to another worker", async () => {
    for (const grain of [1, 7, 64, 5000]) {
      const lengths = sharedArray(Int32Array, 1000);
      await pool.parallelFor(noteLength, 1000, { args: [lengths], grain });
      const expected = upTo(1000).map((at) => (at % grain === 0 ? Math.min(grain, 1000 - at) : 0));
      expect([...lengths]).toEqual(expected);
    }
  });

  test("gives a range that waits behind a long call to the worker that is idle", async () => {
    const gate = sharedArray(Int32Array, 1);
    const visits = sharedArray(Int32Array, 1000);
    let done = 0;
    const all = pool.parallelFor(waitFor, 1000, {
      args: [gate, visits],
      grain: 10,
      onProgress: (progress) => {
        done = progress.done;
        // Everything but the call that waits.
        if (done < 990) return;
        Atomics.store(gate, 0, 1);
        Atomics.notify(gate, 0);
      },
    });
    await all;
    expect(done).toBe(1000);
    expect(visits.every((count) => count === 1)).toBe(true);
  });

  test("takes every kind of callable", async () => {
    const visits = sharedArray(Int32Array, 100);
    const module = fromModule<typeof import("./fixtures/ranges.ts")>(
      new URL("./fixtures/ranges.ts", import.meta.url),
    );
    await pool.parallelFor(module.visit, 100, { args: [visits] });
    await pool.parallelFor(
      (start: number, end: number, all: Int32Array) => {
        for (let index = start; index < end; index++) Atomics.add(all, index, 1);
      },
      100,
      { args: [visits] },
    );
    expect(visits.every((count) => count === 2)).toBe(true);
  });

  test.each([
    ["a call", failFrom],
    ["an asynchronous call", failLaterFrom],
  ])(
    "rejects with what %s has thrown, and index is the start of its range",
    async (_, callable) => {
      const error = await rejection(pool.parallelFor(callable, 1000, { args: [500], grain: 10 }));
      expect(error).toBeInstanceOf(RangeError);
      const { index, start } = error as { index: number; start: number };
      expect(index).toBe(start);
      expect(index % 10).toBe(0);
      expect(index).toBeGreaterThanOrEqual(500);
      expect((error as Error).stack).toContain("ranges.test.ts");
      expect(pool.stats().pending).toBe(0);
    },
  );

  test("stops when the signal is aborted, with its reason", async () => {
    const controller = new AbortController();
    const begun = sharedArray(Int32Array, 1);
    const all = pool.parallelFor(spinFor, 100, { args: [begun], signal: controller.signal });
    await Atomics.waitAsync(begun, 0, 0).value;
    controller.abort(new Error("enough"));
    expect(await rejection(all)).toEqual(new Error("enough"));
  });

  test("limits each call with timeoutMs", async () => {
    const visits = sharedArray(Int32Array, 1000);
    await pool.parallelFor(visit, 1000, { args: [visits], timeoutMs: 60_000 });
    expect(visits.every((count) => count === 1)).toBe(true);
    const begun = sharedArray(Int32Array, 1);
    const late = pool.parallelFor(spinFor, 10, { args: [begun], timeoutMs: 20 });
    expect(await rejection(late)).toBeInstanceOf(RequestTimeout);
  });

  test("fails when a worker dies, and goes on with retries", async () => {
    const newArgs = (): [visits: Int32Array, exits: Int32Array] => [
      sharedArray(Int32Array, 1000),
      sharedArray(Int32Array, 1),
    ];
    const error = await rejection(pool.parallelFor(exitFrom, 1000, { args: newArgs(), grain: 10 }));
    expect(error).toBeInstanceOf(WorkerDied);
    // An array of its own: a call of the first one may still go on in the other worker.
    const args = newArgs();
    const [visits] = args;
    await pool.parallelFor(exitFrom, 1000, { args, grain: 10, retries: 1 });
    expect(visits.every((count) => count === 1)).toBe(true);
  });

  test("reports how far it has come, up to the end", async () => {
    const seen: { done: number; total: number | undefined }[] = [];
    await pool.parallelFor(visit, 5000, {
      args: [sharedArray(Int32Array, 5000)],
      onProgress: (progress) => seen.push(progress),
    });
    expect(seen.at(-1)).toEqual({ done: 5000, total: 5000 });
    expect(seen.every(({ done }, at) => at === 0 || done > seen[at - 1]!.done)).toBe(true);
  });

  test("refuses bad input with errors of its own, before anything runs", async () => {
    const message = async (promise: Promise<unknown>): Promise<string> =>
      String(await rejection(promise));
    const visits = sharedArray(Int32Array, 8);
    const put = pool.stats().put;
    for (const length of [-1, 0.5, NaN, 2 ** 60])
      expect(await message(pool.parallelFor(visit, length, { args: [visits] }))).toMatch(
        /^RangeError: .*length is a whole number, 0 or more: length=/,
      );
    expect(await message(pool.parallelFor(visit, "8" as never, { args: [visits] }))).toMatch(
      /^TypeError: .*length="8"/,
    );
    for (const grain of [0, 1.5, 2 ** 31])
      expect(await message(pool.parallelFor(visit, 8, { args: [visits], grain }))).toMatch(
        /^RangeError: grain is a whole number.*grain=/,
      );
    expect(await message(pool.parallelFor(visit, 8, { args: visits as never }))).toMatch(
      /^TypeError: args is an array .*args=/,
    );
    expect(await message(pool.parallelFor(visit, 8, { chunkSize: 1 } as never))).toContain(
      "chunkSize",
    );
    const error = await rejection(
      pool.parallelFor(visit, 8, { args: [{ deep: () => 1 } as never] }),
    );
    expect(error).toBeInstanceOf(PayloadError);
    expect((error as PayloadError).path).toBe("args[0].deep");
    expect(pool.stats().put).toBe(put);
    expect(pool.stats().pending).toBe(0);
    expect([...visits]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  });
});

describe("reduce", () => {
  test.each([0, 1, 2, 100, 20_000])(
    "combines the results of %d items in their order",
    async (count) => {
      const expected = upTo(count).map(textOf).reduce(join, "start");
      expect(await pool.reduce(textOf, upTo(count), join, "start")).toBe(expected);
    },
  );

  test("does so with asynchronous callables, too", async () => {
    const expected = upTo(300).map(textOf).reduce(join, "");
    expect(await pool.reduce(textLater, upTo(300), join, "")).toBe(expected);
    expect(await pool.reduce(textOf, upTo(300), joinLater, "")).toBe(expected);
    expect(await pool.reduce(textLater, upTo(300), joinLater, "")).toBe(expected);
  });

  test("takes any iterable, and every kind of callable", async () => {
    const module = fromModule<typeof import("./fixtures/ranges.ts")>(
      new URL("./fixtures/ranges.ts", import.meta.url),
    );
    expect(await pool.reduce(module.textOf, new Set([1, 2]), module.join, "s")).toBe("s<1><2>");
    expect(
      await pool.reduce(
        (n: number) => n * n,
        upTo(10).values(),
        (a, b) => a + b,
        0,
      ),
    ).toBe(285);
    async function* later(): AsyncGenerator<number> {
      for (const value of upTo(50)) yield value;
    }
    expect(await pool.reduce(textOf, later(), join, "")).toBe(upTo(50).map(textOf).join(""));
    expect(await pool.reduce(textOf, upTo(50), join, "", { chunkSize: 7 })).toBe(
      upTo(50).map(textOf).join(""),
    );
  });

  test("may change its left value, and combine instances of classes", async () => {
    expect(await pool.reduce(listOf, upTo(1000), append, [-1])).toEqual([-1, ...upTo(1000)]);
    const total = await pool.reduce(totalOf, upTo(100), addTotals, new Total());
    expect(total).toBeInstanceOf(Total);
    expect(total.sum).toBe(4950);
  });

  test("rejects with the first failure of the callable, which has the index of the item", async () => {
    const error = await rejection(pool.reduce(failAt7, upTo(100), add, 0));
    expect(error).toMatchObject({ message: "seven", index: 7 });
    expect(pool.stats().pending).toBe(0);
  });

  test("rejects when combine fails, in a worker and here", async () => {
    const error = await rejection(pool.reduce(failAt7, [1, 2, 13], addUnless13, 0));
    expect(error).toMatchObject({ message: "thirteen" });
    expect(await rejection(pool.reduce(failAt7, [13], addUnless13, 0))).toMatchObject({
      message: "thirteen",
    });
  });

  test("rejects when a result cannot cross", async () => {
    expect(await rejection(pool.reduce(functionAt7, upTo(20), larger, 0))).toBeInstanceOf(
      PayloadError,
    );
  });

  test("keeps an early rejection when its end has been reached, and calls nothing twice", async () => {
    expect(await rejection(pool.reduce(failAt7, 5 as never, add, 0))).toBeInstanceOf(TypeError);
    expect(
      await rejection(pool.reduce(failAt7, [1], add, 0, { settle: true } as never)),
    ).toBeInstanceOf(TypeError);
    expect(await rejection(pool.reduce(failAt7, [1], 5 as never, 0))).toMatchObject({
      name: "CallableError",
    });
  });

  test("reports its progress, and stops when the signal is aborted", async () => {
    let last: unknown;
    await pool.reduce(failAt7, [1, 2, 3], add, 0, { onProgress: (progress) => (last = progress) });
    expect(last).toEqual({ done: 3, total: 3 });
    const signal = AbortSignal.abort(new Error("no"));
    expect(await rejection(pool.reduce(failAt7, [1], add, 0, { signal }))).toEqual(new Error("no"));
  });
});

describe("sharedArray", () => {
  test.each([
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float16Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    BigUint64Array,
  ])("makes a %p in shared memory, full of zeros", (constructor) => {
    const array = sharedArray(constructor, 3);
    expect(array).toBeInstanceOf(constructor);
    expect(array.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect([...array].map(Number)).toEqual([0, 0, 0]);
  });

  test("is shared with the workers", async () => {
    const array = sharedArray(Float64Array, 2);
    await pool.run((shared: Float64Array) => void (shared[1] = 0.5), [array]);
    expect([...array]).toEqual([0, 0.5]);
  });

  test.each<[string, unknown, unknown, RegExp]>([
    ["another class", DataView, 1, /^TypeError: sharedArray takes the class .*constructor=/],
    ["an array", [1], 1, /^TypeError: sharedArray takes the class/],
    ["a subclass", class extends Int8Array {}, 1, /^TypeError: sharedArray takes the class/],
    ["a text as length", Int8Array, "1", /^TypeError: The length .*length="1"/],
    ["a negative length", Int8Array, -1, /^RangeError: The length .*length=-1/],
    ["a fraction", Int8Array, 1.5, /^RangeError: The length .*length=1.5/],
    [
      "a length that is too large",
      Float64Array,
      2 ** 50,
      /^RangeError: There is no memory .*bytes=/,
    ],
  ])("refuses %s", (_, constructor, length, message) => {
    let error: unknown;
    try {
      sharedArray(constructor as never, length as never);
    } catch (thrown) {
      error = thrown;
    }
    expect(String(error)).toMatch(message);
  });
});

describe("map of a typed array", () => {
  test("gives its elements to the callable, of every class", async () => {
    const classes = [Float64Array, Int32Array, Uint8ClampedArray, Float16Array];
    for (const constructor of classes) {
      const items = constructor.from(upTo(200));
      expect(await pool.map(textOf, items)).toEqual(upTo(200).map(textOf));
    }
    expect(await pool.map((n: bigint) => n * 2n, new BigInt64Array([1n, -2n]))).toEqual([2n, -4n]);
    expect(await pool.map((n: number) => n, Buffer.from("ab"))).toEqual([97, 98]);
    const shared = sharedArray(Float32Array, 3).fill(0.5);
    expect(await pool.map((n: number) => n, shared)).toEqual([0.5, 0.5, 0.5]);
  });

  test("refuses its elements as lists of arguments", async () => {
    const error = await rejection(pool.starmap(add, new Float64Array(3) as never));
    expect(String(error)).toContain("starmap is the array");
  });
});
