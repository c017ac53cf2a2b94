/** The checks of arguments, each used wrongly in every way that can be told. */
import { describe, expect, test } from "bun:test";
import { ThreadPool } from "../../src/index.ts";
import {
  checkCount,
  checkDurationMs,
  checkFlag,
  checkInteger,
  checkLimit,
  checkTimeoutMs,
  checkWorkerCount,
  isPlainObject,
} from "../../src/pool/checks.ts";
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

type Check = (value: unknown, name: string) => unknown;

const wholeNumber: Check = (value, name) => checkInteger(value, name, 2, 5);

describe("a value in its range is returned", () => {
  test.each<[string, Check, readonly unknown[]]>([
    ["a whole number", wholeNumber, [2, 3, 5]],
    ["a number of workers", checkWorkerCount, [0, 1, 256]],
    ["a count", checkCount, [0, 1000, Number.MAX_SAFE_INTEGER]],
    ["a limit", checkLimit, [1, Number.MAX_SAFE_INTEGER, Infinity]],
    ["a timeout", checkTimeoutMs, [0, 0.5, 1e9, Infinity]],
    ["a duration", checkDurationMs, [0.001, 1e9, Infinity]],
    ["a flag", checkFlag, [true, false]],
  ])("%s", (_, check, values) => {
    expect(values.map((value) => check(value, "it"))).toEqual([...values]);
  });

  test("and a timeout that is left out has no end", () => {
    expect(checkTimeoutMs(undefined, "it")).toBe(Infinity);
  });
});

describe("a number out of its range is refused with the range and the number", () => {
  test.each<[string, Check, readonly number[], string]>([
    [
      "a whole number",
      wholeNumber,
      [1, 6, 2.5, NaN, Infinity, -Infinity],
      "it is a whole number from 2 to 5: it=",
    ],
    ["a number of workers", checkWorkerCount, [-1, 257, 1.5, NaN], "from 0 to 256"],
    ["a count", checkCount, [-1, 0.5, NaN, 2 ** 53, Infinity], `from 0 to ${2 ** 53 - 1}`],
    ["a limit", checkLimit, [0, -1, 1.5, NaN, -Infinity], `from 1 to ${2 ** 53 - 1}`],
    ["a timeout", checkTimeoutMs, [-1, -0.001, NaN, -Infinity], "milliseconds, 0 or more"],
    ["a duration", checkDurationMs, [0, -0, -1, NaN, -Infinity], "milliseconds, over 0"],
  ])("%s", (_, check, values, range) => {
    for (const value of values) {
      const attempt = (): unknown => check(value, "it");
      expect(attempt).toThrow(RangeError);
      expect(attempt).toThrow(range);
      expect(attempt).toThrow(`: it=${value}`);
    }
  });
});

describe("a value of another type is refused, and never converted", () => {
  const numberChecks: readonly [string, Check][] = [
    ["a whole number", wholeNumber],
    ["a number of workers", checkWorkerCount],
    ["a count", checkCount],
    ["a limit", checkLimit],
    ["a timeout", checkTimeoutMs],
    ["a duration", checkDurationMs],
  ];

  test.each(numberChecks)("%s", (_, check) => {
    for (const value of ["3", 3n, true, null, {}, [3], () => 3, Symbol("3"), new Date(3)]) {
      const attempt = (): unknown => check(value, "it");
      expect(attempt).toThrow(TypeError);
      expect(attempt).toThrow(/^it is .*: it=/s);
    }
  });

  test("a flag", () => {
    for (const value of [0, 1, "true", null, undefined, {}]) {
      const attempt = (): unknown => checkFlag(value, "it");
      expect(attempt).toThrow(TypeError);
      expect(attempt).toThrow("it is true or false: it=");
    }
  });

  test("undefined is no number, but a timeout that is left out", () => {
    for (const [, check] of numberChecks) {
      if (check === checkTimeoutMs) continue;
      const attempt = (): unknown => check(undefined, "it");
      expect(attempt).toThrow(TypeError);
    }
  });
});

describe("a plain object is", () => {
  test("what {} makes, and an object without a prototype", () => {
    expect([{}, { a: 1 }, Object.create(null)].map(isPlainObject)).toEqual([true, true, true]);
  });

  test("nothing else", () => {
    const others = [
      null,
      undefined,
      1,
      "text",
      [],
      () => 1,
      new Map(),
      new Date(0),
      new (class Own {
        a = 1;
      })(),
      Object.create({}),
    ];
    expect(others.filter(isPlainObject)).toEqual([]);
  });

  test("no proxy of one, whose traps are not called", () => {
    let calls = 0;
    const proxy = new Proxy(
      {},
      {
        getPrototypeOf: () => {
          calls += 1;
          return Object.prototype;
        },
      },
    );
    expect(isPlainObject(proxy)).toBe(false);
    expect(calls).toBe(0);
  });
});
