import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { INLINE_BYTES } from "../../native-queue/index.ts";
import {
  NUMBERS_BYTES_MAX,
  NUMBER_BYTES,
  readNumber,
  readNumbers,
  writeNumbers,
} from "../../src/codec/index.ts";

const START = 3;
const ROOM = NUMBERS_BYTES_MAX / NUMBER_BYTES;
const anyNumber = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(
    0,
    -0,
    NaN,
    Infinity,
    -Infinity,
    2 ** 31 - 1,
    2 ** 31,
    -(2 ** 31),
    2 ** 53,
    5e-324,
  ),
);

describe("writeNumbers", () => {
  test("writes numbers that can be read again, and nothing else", () => {
    fc.assert(
      fc.property(fc.array(anyNumber, { maxLength: ROOM }), (numbers) => {
        const target = new Float64Array(START + ROOM + 1).fill(7.5);
        const bytes = writeNumbers(numbers, target, START);
        expect(bytes).toBe(numbers.length * NUMBER_BYTES);
        expect(readNumbers(target, START, bytes)).toEqual(numbers);
        numbers.forEach((number, i) => expect(readNumber(target, START + i)).toBe(number));
        expect(target.slice(0, START).every((n) => n === 7.5)).toBe(true);
        expect(target.slice(START + numbers.length).every((n) => n === 7.5)).toBe(true);
      }),
    );
  });

  test("never writes more than fits into a task", () => {
    expect(NUMBERS_BYTES_MAX).toBeLessThanOrEqual(INLINE_BYTES);
    const longest = Array.from({ length: ROOM }, () => 0.5);
    expect(writeNumbers(longest, new Float64Array(ROOM), 0)).toBe(NUMBERS_BYTES_MAX);
  });

  test.each([
    ["nine numbers", [1, 2, 3, 4, 5, 6, 7, 8, 9]],
    ["a string among numbers", [1, "2"]],
    ["a hole", Array.from<number>({ length: 1 })],
    ["a bigint", [1n]],
  ])("writes nothing for %s", (_, values) => {
    expect(writeNumbers(values, new Float64Array(ROOM), 0)).toBe(-1);
  });
});
