import { afterAll, describe, expect, test } from "bun:test";
import { ThreadPool, WorkerDied } from "../../src/index.ts";
import { double, doubleLater, exitAt, failAtThree, identity, waitAt } from "./fixtures/items.ts";

const pool = new ThreadPool(2, { graceMs: 200 });
afterAll(() => pool.close());

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const value of values) collected.push(value);
  return collected;
}

/** Endless numbers, and how many of them were taken, and whether they were closed. */
function endless(): { numbers: Generator<number>; taken: () => number; isClosed: () => boolean } {
  let taken = 0;
  let isClosed = false;
  function* count(): Generator<number> {
    try {
      for (;;) yield taken++;
    } finally {
      isClosed = true;
    }
  }
  return { numbers: count(), taken: () => taken, isClosed: () => isClosed };
}

describe("imap", () => {
  test("gives the results in the order of the items", async () => {
    expect(await collect(pool.imap(double, upTo(10_000)))).toEqual(upTo(10_000).map(double));
    expect(await collect(pool.imap(doubleLater, [3, 1, 2]))).toEqual([6, 2, 4]);
    expect(await collect(pool.imap(double, []))).toEqual([]);
    const descending = upTo(20).reverse();
    const sleepFor = async (ms: number): Promise<number> => Bun.sleep(ms).then(() => ms);
    expect(await collect(pool.imap(sleepFor, descending))).toEqual(descending);
  });

  test("takes endless items no further ahead than its buffer", async () => {
    for (const buffer of [1, 2, 7, 64]) {
      const { numbers, taken, isClosed } = endless();
      let received = 0;
      for await (const value of pool.imap(identity, numbers, { buffer })) {
        expect(value).toBe(received);
        received += 1;
        expect(taken()).toBeLessThanOrEqual(received + buffer);
        if (received === 500) break;
      }
      expect(isClosed()).toBe(true);
    }
  });

  test("takes async items no further ahead than its buffer", async () => {
    let taken = 0;
    let isClosed = false;
    async function* count(): AsyncGenerator<number> {
      try {
        for (;;) yield taken++;
      } finally {
        isClosed = true;
      }
    }
    let received = 0;
    for await (const value of pool.imap(identity, count(), { buffer: 8 })) {
      expect(value).toBe(received);
      received += 1;
      expect(taken).toBeLessThanOrEqual(received + 8);
      if (received === 100) break;
    }
    expect(isClosed).toBe(true);
  });

  test("without a buffer keeps a bounded number of items ahead", async () => {
    const { numbers, taken } = endless();
    let received = 0;
    let most = 0;
    for await (const _ of pool.imap(identity, numbers)) {
      received += 1;
      most = Math.max(most, taken() - received);
      if (received === 200_000) break;
    }
    expect(most).toBeLessThan(150_000);
  });

  test("throws a failure in its turn, with the index, and is over then", async () => {
    for (const chunkSize of [1, 4, undefined]) {
      const iterator = pool.imap(failAtThree, [1, 2, 3, 4, 5], { chunkSize });
      expect(await iterator.next()).toEqual({ done: false, value: 1 });
      expect(await iterator.next()).toEqual({ done: false, value: 2 });
      expect(await iterator.next().catch((error: unknown) => error)).toMatchObject({
        message: "three",
        index: 2,
      });
      expect(await iterator.next()).toEqual({ done: true, value: undefined });
    }
  });

  test("throws what its source throws after the results of the items before", async () => {
    function* broken(): Generator<number> {
      yield* upTo(10);
      throw new Error("broken");
    }
    async function* brokenLater(): AsyncGenerator<number> {
      yield* upTo(10);
      await Bun.sleep(1);
      throw new Error("broken");
    }
    for (const settle of [false, true])
      for (const chunkSize of [1, 4, undefined])
        for (const items of [broken(), brokenLater()]) {
          const iterator = pool.imap(double, items, { chunkSize, settle });
          for (const value of upTo(10).map(double)) {
            const given = settle ? { status: "fulfilled", value } : value;
            expect(await iterator.next()).toEqual({ done: false, value: given as never });
          }
          expect(await iterator.next().catch(String)).toBe("Error: broken");
          expect(await iterator.next()).toEqual({ done: true, value: undefined });
        }
    expect(pool.stats().pending).toBe(0);
  });

  test("with settle gives every outcome", async () => {
    const outcomes = await collect(pool.imap(failAtThree, [1, 3, 5], { settle: true }));
    expect(outcomes).toMatchObject([
      { status: "fulfilled", value: 1 },
      { status: "rejected", reason: { message: "three", index: 1 } },
      { status: "fulfilled", value: 5 },
    ]);
  });

  test("answers calls of next that are made at once, in order", async () => {
    const iterator = pool.imap(double, [1, 2]);
    const results = await Promise.all([
      iterator.next(),
      iterator.next(),
      iterator.next(),
      iterator.next(),
    ]);
    expect(results).toEqual([
      { done: false, value: 2 },
      { done: false, value: 4 },
      { done: true, value: undefined },
      { done: true, value: undefined },
    ]);
  });

  test("stops quietly when the loop is left", async () => {
    const words = new Int32Array(new SharedArrayBuffer(16));
    const { numbers, isClosed } = endless();
    function* items(): Generator<readonly [number, number, Int32Array]> {
      for (const value of numbers) yield [value, 3, words];
    }
    for await (const value of pool.imap(waitAt, items(), { chunkSize: 1 })) {
      if (value < 2) continue;
      await Atomics.waitAsync(words, 2, 0).value;
      break;
    }
    expect(isClosed()).toBe(true);
    await Atomics.waitAsync(words, 1, 0).value;
    await pool.settled();
    expect(pool.stats().pending).toBe(0);
    expect(await pool.run(double, [4])).toBe(8);
  });

  test("does not wait for an item that never comes when the loop is left", async () => {
    async function* stalling(): AsyncGenerator<number> {
      yield 1;
      await new Promise<never>(() => {});
    }
    for await (const value of pool.imap(double, stalling())) {
      expect(value).toBe(2);
      break;
    }
    let isClosed = false;
    const items: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: false, value: 1 }),
        return: async () => {
          isClosed = true;
          throw new Error("of no interest");
        },
      }),
    };
    for await (const _ of pool.imap(double, items, { buffer: 4 })) break;
    expect(isClosed).toBe(true);
  });

  test("waits for what it repeats after a death", async () => {
    const runs = new Int32Array(new SharedArrayBuffer(4 * 21));
    runs[20] = 1;
    const items = upTo(20).map((value) => [value, 7, runs] as const);
    expect(await collect(pool.imap(exitAt, items, { retries: 1 }))).toEqual(upTo(20));
    runs[20] = 100;
    const seen: number[] = [];
    const failing = (async () => {
      for await (const value of pool.imap(exitAt, items)) seen.push(value);
    })();
    const error: unknown = await failing.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WorkerDied);
    expect(error).toMatchObject({ index: 7 });
    expect(seen).toEqual(upTo(seen.length));
  });
});

describe("imapUnordered", () => {
  test("gives each result as soon as it is there", async () => {
    const words = new Int32Array(new SharedArrayBuffer(16));
    const items = upTo(4).map((value) => [value, 0, words] as const);
    const seen: number[] = [];
    for await (const value of pool.imapUnordered(waitAt, items, { chunkSize: 1 })) {
      seen.push(value);
      if (seen.length < 3) continue;
      Atomics.store(words, 0, 1);
      Atomics.notify(words, 0);
    }
    expect(seen.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3]);
    expect(seen.at(-1)).toBe(0);
  });

  test("gives the index on request", async () => {
    const entries = await collect(pool.imapUnordered(double, upTo(5000), { entries: true }));
    expect(entries).toHaveLength(5000);
    expect(entries.every(([index, value]) => value === 2 * index)).toBe(true);
    expect(new Set(entries.map(([index]) => index)).size).toBe(5000);
    const outcomes = await collect(
      pool.imapUnordered(failAtThree, [3, 4], { entries: true, settle: true }),
    );
    expect(outcomes.toSorted(([a], [b]) => a - b)).toMatchObject([
      [0, { status: "rejected" }],
      [1, { status: "fulfilled", value: 4 }],
    ]);
  });

  test("does not keep up the values of the program's own event loop", async () => {
    let turns = 0;
    const interval = setInterval(() => (turns += 1), 1);
    for await (const _ of pool.imapUnordered(doubleLater, upTo(50)));
    clearInterval(interval);
    expect(turns).toBeGreaterThan(5);
  });
});
