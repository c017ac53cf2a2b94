import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { distance, log2, next, powerOfTwoAtLeast } from "../../native-queue/sequence.ts";

const position = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });

describe("a position", () => {
  test("wraps from the largest 32-bit integer to the smallest, and from -1 to 0", () => {
    expect(next(0x7fffffff)).toBe(-0x80000000);
    expect(next(-1)).toBe(0);
    expect(next(41)).toBe(42);
  });

  test("is as far from another as there are steps between them, across the wrap too", () => {
    fc.assert(
      fc.property(position, fc.integer({ min: 0, max: 1000 }), (from, steps) => {
        let to = from;
        for (let i = 0; i < steps; i++) to = next(to);
        expect(distance(from, to)).toBe(steps);
        expect(distance(to, from)).toBe(steps === 0 ? 0 : -steps);
      }),
    );
  });

  test("is ordered by signed distance up to 2^31 - 1 steps apart", () => {
    fc.assert(
      fc.property(position, fc.integer({ min: 0, max: 2 ** 31 - 1 }), (from, steps) => {
        expect(distance(from, (from + steps) | 0)).toBe(steps);
      }),
    );
  });
});

describe("powers of two", () => {
  test.each([
    [0, 1],
    [1, 1],
    [2, 2],
    [3, 4],
    [64, 64],
    [65, 128],
    [2 ** 30 + 1, 2 ** 31],
    [2 ** 31, 2 ** 31],
  ])("the one at or above %d is %d", (value, power) => {
    expect(powerOfTwoAtLeast(value)).toBe(power);
  });

  test("have the logarithm that gives them back", () => {
    for (let exponent = 0; exponent <= 31; exponent++) expect(log2(2 ** exponent)).toBe(exponent);
  });
});
