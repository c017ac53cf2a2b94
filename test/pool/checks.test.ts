/** The checks of arguments, each used wrongly in every way that can be told. */
import { describe, expect, test } from "bun:test";
import { ThreadPool } from "../../src/index.ts";
import { checkCount, checkInteger, checkTimeoutMs } from "../../src/pool/checks.ts";
import { untyped } from "../misuse.ts";
import { expectStillWorking, testPoolMisuses } from "./pool-misuse.ts";
import type { PoolMisuse } from "./pool-misuse.ts";
import { thrownBy } from "./rejection.ts";

describe("a bad number of workers", () => {
  const counts: [unknown, typeof RangeError | typeof TypeError][] = [
    [-1, RangeError],
    [1.5, RangeError],
    [NaN, RangeError],
    [Infinity, RangeError],
    [-Infinity, RangeError],
    ["4", TypeError],
    ["", TypeError],
    [null, TypeError],
    [true, TypeError],
    [4n, TypeError],
    [[4], TypeError],
    [{}, TypeError],
    [Object.create(null), TypeError],
    [Symbol("four"), TypeError],
  ];
  const range = /^numWorkers .*0 to \d+.*: numWorkers=/;
  const rows = counts.flatMap(([value, errorClass]): PoolMisuse[] => {
    const shown = typeof value === "string" ? JSON.stringify(value) : Bun.inspect(value);
    const count = untyped<number>(value);
    return [
      [`new ThreadPool(${shown})`, () => new ThreadPool(count), errorClass, range],
      [`createWorkers(${shown})`, (pool) => pool.createWorkers(count), errorClass, range],
      [`dismissWorkers(${shown})`, (pool) => pool.dismissWorkers(count), errorClass, range],
    ];
  });
  testPoolMisuses([
    ...rows,
    ["new ThreadPool(257)", () => new ThreadPool(257), RangeError, /0 to 256: numWorkers=257$/],
    [
      "new ThreadPool(1e9)",
      () => new ThreadPool(1e9),
      RangeError,
      /0 to 256: numWorkers=1000000000$/,
    ],
    [
      "createWorkers(257)",
      (pool) => pool.createWorkers(257),
      RangeError,
      /0 to 256: numWorkers=257$/,
    ],
    [
      "createWorkers(256) beside one worker",
      (pool) => pool.createWorkers(256),
      RangeError,
      /256 workers at most.*: workers=257$/,
    ],
  ]);

  test("changes nothing", async () => {
    await using pool = new ThreadPool(2);
    const before = [...pool.workers];
    for (const count of [-1, 1.5, NaN, 257, 256]) {
      thrownBy(() => pool.createWorkers(count));
    }
    for (const count of [-1, 1.5, NaN]) thrownBy(() => pool.dismissWorkers(count));
    expect(pool.workers).toEqual(before);
    expect(pool.dismissedWorkers).toEqual([]);
  });

  test("is not 0", async () => {
    await using pool = new ThreadPool(0);
    pool.createWorkers(0);
    pool.dismissWorkers(0);
    expect(pool.workers).toEqual([]);
    pool.createWorkers(1);
    expectStillWorking(pool);
  });

  test("leaves no thread behind when the constructor throws", async () => {
    thrownBy(() => new ThreadPool(2, untyped({ nonsense: 1 })));
    await using pool = new ThreadPool(1);
    expectStillWorking(pool);
  });
});

describe("checkCount", () => {
  test("takes more than there can be: it is clamped to what there is", () => {
    expect(checkCount(1000, "numWorkers")).toBe(1000);
  });

  test.each([-1, 0.5, NaN, Infinity])("refuses %p with a RangeError", (count) => {
    expect(() => checkCount(count, "numWorkers")).toThrow(RangeError);
  });

  test("refuses what is no number with a TypeError", () => {
    expect(() => checkCount("4", "numWorkers")).toThrow(TypeError);
  });
});

describe("checkInteger", () => {
  test("takes both ends of its range, and nothing beyond", () => {
    expect(checkInteger(3, "size", 3, 5)).toBe(3);
    expect(checkInteger(5, "size", 3, 5)).toBe(5);
    expect(() => checkInteger(2, "size", 3, 5)).toThrow(
      "size is a whole number from 3 to 5: size=2",
    );
    expect(() => checkInteger(6, "size", 3, 5)).toThrow(
      "size is a whole number from 3 to 5: size=6",
    );
  });
});

describe("checkTimeoutMs", () => {
  test("takes durations, fractions and none at all included; undefined is no limit", () => {
    expect(checkTimeoutMs(0, "timeoutMs")).toBe(0);
    expect(checkTimeoutMs(0.5, "timeoutMs")).toBe(0.5);
    expect(checkTimeoutMs(Infinity, "timeoutMs")).toBe(Infinity);
    expect(checkTimeoutMs(undefined, "timeoutMs")).toBe(Infinity);
  });

  test.each([-1, -Infinity, NaN])("refuses %p with a RangeError", (value) => {
    const attempt = (): unknown => checkTimeoutMs(value, "timeoutMs");
    expect(attempt).toThrow(RangeError);
    expect(attempt).toThrow(`0 or more: timeoutMs=${value}`);
  });

  test.each(["5", null, true, 5n])("refuses %p with a TypeError", (value) => {
    expect(() => checkTimeoutMs(value, "timeoutMs")).toThrow(TypeError);
  });
});
