import { describe, expect, test } from "bun:test";
import { availableParallelism } from "node:os";
import { ThreadPool } from "../../src/index.ts";
import {
  checkCount,
  checkInteger,
  checkTimeoutMs,
  checkWorkerCount,
} from "../../src/pool/checks.ts";
import { resolveOptions } from "../../src/pool/options.ts";
import type { ThreadPoolOptions } from "../../src/pool/options.ts";

describe("the number of workers that nobody has named", () => {
  const cores = availableParallelism();

  const bounds: readonly [ThreadPoolOptions, number][] = [
    [{}, cores],
    [{ minWorkers: cores + 2, maxWorkers: cores + 3 }, cores + 2],
    [{ minWorkers: 0, maxWorkers: 1 }, 1],
  ];
  for (const [options, workers] of bounds) {
    test(`is that of the cores, within the bounds: ${Bun.inspect(options)}`, async () => {
      await using pool = new ThreadPool(undefined, options);
      expect(pool.workers).toHaveLength(workers);
    });
  }
});

describe("resolveOptions", () => {
  test("fills in the defaults: no bounds, automatic delivery, the package's name", () => {
    expect(resolveOptions(2, {})).toMatchObject({
      qSize: 0,
      resqSize: 0,
      delivery: "auto",
      name: "ringpool",
    });
  });

  test("keeps what is given", () => {
    const given: ThreadPoolOptions = { qSize: 3, resqSize: 4, delivery: "manual", name: "primes" };
    expect(resolveOptions(2, given)).toMatchObject(given);
  });

  test("takes undefined for left out", () => {
    const undefinedOptions = {
      qSize: undefined,
      resqSize: undefined,
      delivery: undefined,
      name: undefined,
    };
    expect(resolveOptions(2, undefinedOptions)).toEqual(resolveOptions(2, {}));
  });

  test("does not change what it is given", () => {
    const given = Object.freeze({ qSize: 3 });
    resolveOptions(2, given);
    expect(given).toEqual({ qSize: 3 });
  });

  const refused: [string, unknown, typeof TypeError | typeof RangeError, RegExp][] = [
    ["null instead of an object", null, TypeError, /options=null$/],
    ["a string instead of an object", "manual", TypeError, /options='manual'$/],
    [
      "an option that does not exist",
      { poolSize: 4 },
      TypeError,
      /knows qSize, .* option=poolSize$/,
    ],
    ["an option with a wrong case", { qsize: 4 }, TypeError, /option=qsize$/],
    ["a negative qSize", { qSize: -1 }, RangeError, /^qSize .*0 to 2147483647: qSize=-1$/],
    ["a fractional qSize", { qSize: 1.5 }, RangeError, /qSize=1\.5$/],
    ["a qSize that is NaN", { qSize: NaN }, RangeError, /qSize=NaN$/],
    ["an infinite qSize", { qSize: Infinity }, RangeError, /qSize=Infinity$/],
    ["a huge qSize", { qSize: 2 ** 31 }, RangeError, /qSize=2147483648$/],
    ["a qSize that is a string", { qSize: "4" }, TypeError, /^qSize .*: qSize='4'$/],
    ["a qSize that is a bigint", { qSize: 4n }, TypeError, /qSize=4n$/],
    ["a qSize that is null", { qSize: null }, TypeError, /qSize=null$/],
    [
      "a negative resqSize",
      { resqSize: -1 },
      RangeError,
      /^resqSize .*0 to 2147483647: resqSize=-1$/,
    ],
    ["a resqSize that is a string", { resqSize: "4" }, TypeError, /resqSize='4'$/],
    ["another delivery", { delivery: "never" }, TypeError, /"auto" or "manual": delivery='never'$/],
    ["a delivery that is a boolean", { delivery: true }, TypeError, /delivery=true$/],
    ["a name that is no string", { name: 7 }, TypeError, /^name .*: name=7$/],
  ];
  test.each(refused)(
    "refuses %s, and names option, range and value",
    (_title, options, errorClass, message) => {
      const attempt = (): unknown => resolveOptions(2, options as ThreadPoolOptions);
      expect(attempt).toThrow(errorClass);
      expect(attempt).toThrow(message);
    },
  );
});

describe("checkWorkerCount", () => {
  test.each([0, 1, 256])("takes %d", (count) => {
    expect(checkWorkerCount(count, "numWorkers")).toBe(count);
  });

  test.each([-1, 257, 0.5, NaN, Infinity, -Infinity])("refuses %p with a RangeError", (count) => {
    const attempt = (): unknown => checkWorkerCount(count, "numWorkers");
    expect(attempt).toThrow(RangeError);
    expect(attempt).toThrow(`numWorkers is a whole number from 0 to 256: numWorkers=${count}`);
  });

  test.each([["4"], [null], [true], [4n], [[4]]])("refuses %p with a TypeError", (count) => {
    expect(() => checkWorkerCount(count, "numWorkers")).toThrow(TypeError);
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
