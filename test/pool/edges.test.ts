/** Payloads at the edge: exactly at each limit, and one byte less and more; very many parts; very deep ones. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { INLINE_BYTES } from "../../native-queue/index.ts";
import { PayloadError, ThreadPool } from "../../src/index.ts";
import { expectSame } from "../codec/deep-equal.ts";
import {
  depthOf,
  largeAndRefused,
  makers,
  nestedArrays,
  nestedErrors,
  nestedMaps,
  nestedObjects,
  ofFrameLength,
  returnNothing,
  sumOfValues,
  throwNestedErrors,
} from "./fixtures/edges.ts";
import { add, bytesOf, echo } from "./fixtures/tasks.ts";
import { SCRIPT_TEST_MS, reportOf } from "./script.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

const pool = new ThreadPool(2);
afterAll(() => pool.close());

const KILOBYTE = 1 << 10;
const MEGABYTE = 1 << 20;
/** An eighth of a result ring, without the header of a frame. */
const LONGEST_IN_RING = MEGABYTE / 8 - 16;
/** A longer payload lies in the arena only while that has plenty of room. */
const LONGEST_IN_ARENA = 4 * MEGABYTE;

const limits: [string, number][] = [
  ["the bytes inside a task", INLINE_BYTES],
  ["the smallest block of the arena", 256],
  ["the second", 512],
  ["a middle one", 8 * KILOBYTE],
  ["a large one", MEGABYTE],
  ["the longest frame of a result ring", LONGEST_IN_RING],
  ["the longest payload that always may lie in the arena", LONGEST_IN_ARENA],
];

describe.each(limits)("exactly %s, %d bytes, and one less and one more", (_, limit) => {
  for (const [kind, make] of Object.entries(makers)) {
    test(`come back as they went: ${kind}`, async () => {
      let sent = 0;
      for (const length of [limit - 1, limit, limit + 1]) {
        for (const isArgument of [true, false]) {
          const value = ofFrameLength(make, length, isArgument);
          const received = await pool.run(echo, [value]);
          sent += value === undefined ? 0 : 1;
          expect(Bun.deepEquals(received, value, true)).toBe(true);
        }
      }
      expect(sent).toBe(6);
    });
  }
});

describe("nothing, and next to nothing", () => {
  test("no arguments and no result", async () => {
    expect(await pool.run(returnNothing)).toBeUndefined();
  });

  test.each([
    ["an empty string", ""],
    ["one character", "a"],
    ["one wide character", "語"],
    ["no bytes", new Uint8Array(0)],
    ["one byte", new Uint8Array([255])],
    ["an empty buffer", new ArrayBuffer(0)],
    ["an empty array", []],
    ["an empty object", {}],
    ["an empty Map", new Map()],
    ["an empty Set", new Set()],
    ["an array of one hole", Array(1)],
    ["an empty key", { "": "" }],
    ["an error without a message", new Error()],
  ])("%s", async (_, value) => {
    expectSame(await pool.run(echo<unknown>, [value]), value);
  });
});

describe("very many", () => {
  test("entries of a Map: a million", async () => {
    const map = new Map(Array.from({ length: 1_000_000 }, (_, i) => [i, i + 1]));
    expect(await pool.run(sumOfValues, [map])).toBe(1_000_000);
    const received = await pool.run(echo<Map<number, number>>, [map]);
    expect([received.size, sumOfValues(received)]).toEqual([1_000_000, 1_000_000]);
  });

  test("bytes: a hundred million, there and back", async () => {
    const bytes = new Uint8Array(100_000_000);
    for (let i = 0; i < bytes.length; i += 4096) bytes[i] = i >> 12;
    const received = await pool.run(echo<Uint8Array>, [bytes]);
    expect(Buffer.compare(received, bytes)).toBe(0);
  });

  test("large results, while the result ring is full and the parent does not read", async () => {
    await using single = new ThreadPool(1);
    await single.run(bytesOf, [1, 1]);
    const RESULTS = 60;
    const BYTES = 120_000;
    const inRing = Math.floor(MEGABYTE / BYTES);
    const results = Array.from({ length: RESULTS }, (_, i) => single.run(bytesOf, [BYTES, i]));
    // The worker has filled its ring, and holds one more result for which there is no room.
    while (single.stats().queueLength > RESULTS - inRing - 1);
    const large = Array.from({ length: 20 }, (_, i) => single.run(bytesOf, [MEGABYTE, i]));
    const received = await Promise.all([...results, ...large]);
    const summary = received.map((bytes) => [bytes.length, bytes[0], bytes.at(-1)]);
    expect(summary).toEqual([
      ...results.map((_, i) => [BYTES, i, i]),
      ...large.map((_, i) => [MEGABYTE, i, i]),
    ]);
  });
});

describe("10,000 levels", () => {
  const LEVELS = 10_000;

  test.each([
    ["objects", nestedObjects],
    ["arrays", nestedArrays],
  ])("of %s come back", async (_, make) => {
    expect(await pool.run(depthOf, [make(LEVELS)])).toBe(LEVELS);
    expect(depthOf(await pool.run(make, [LEVELS]))).toBe(LEVELS);
    expect(depthOf(await pool.run(echo, [make(LEVELS)]))).toBe(LEVELS);
  });

  test("of Maps are refused on either side, with the path, and 900 come back", async () => {
    const refused: [string, Promise<unknown>][] = [
      ["args[0]", pool.run(echo, [nestedMaps(LEVELS)])],
      ["result", pool.run(nestedMaps, [LEVELS])],
    ];
    for (const [path, promise] of refused) {
      await expect(promise).rejects.toThrow(PayloadError);
      await expect(promise).rejects.toThrow(/nested too deeply/);
      await expect(promise).rejects.toMatchObject({ path: expect.stringContaining(path) });
    }
    expect(depthOf(await pool.run(echo, [nestedMaps(900)]))).toBe(900);
  });

  test("of causes are refused as a value, and told as far as they go when they are thrown", async () => {
    await expect(pool.run(echo, [nestedErrors(LEVELS)])).rejects.toThrow(/nested too deeply/);
    const thrown = pool.run(throwNestedErrors, [LEVELS]);
    await expect(thrown).rejects.toThrow("level 9999");
    const error = (await thrown.catch((reason: unknown) => reason)) as Error;
    let levels = 0;
    for (let inner: unknown = error; inner instanceof Error; inner = inner.cause) {
      expect(inner.message).toBe(`level ${LEVELS - 1 - levels}`);
      levels += 1;
    }
    expect(levels).toBeGreaterThanOrEqual(500);
    expect(await pool.run(add, [1, 2])).toBe(3);
  });
});

describe("a result that cannot cross after a large part that could", () => {
  test("fails its own request alone", async () => {
    const results = Array.from({ length: 10 }, (_, i) => [
      pool.run(largeAndRefused, [MEGABYTE]).catch((error: unknown) => (error as PayloadError).path),
      pool.run(add, [i, i]),
    ]).flat();
    const expected = Array.from({ length: 10 }, (_, i) => ["result.refused", i * 2]).flat();
    expect(await Promise.all(results)).toEqual(expected);
  });

  test("leaves no memory behind, in either direction", async () => {
    const { refused, grownMegabytes } = (await reportOf("large-refused.ts", "20", "40")) as {
      refused: number;
      grownMegabytes: number;
    };
    expect(refused).toBe(80);
    // Of 32 rounds, each with 20 megabytes in either direction, a leak would keep 1280.
    expect(grownMegabytes).toBeLessThan(300);
  });
});
