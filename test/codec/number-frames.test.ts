import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { INLINE_BYTES } from "../../native-queue/index.ts";
import {
  Decoder,
  Encoder,
  NUMBERS_FRAME_BYTES,
  numberFrameBytes,
  writeNumberFrame,
  writeNumbersFrame,
} from "../../src/codec/index.ts";

const START = 3;
const anyNumber = fc.oneof(
  fc.integer(),
  fc.integer({ min: -130, max: 130 }),
  fc.double(),
  fc.constantFrom(0, -0, NaN, Infinity, 2 ** 31, -(2 ** 31), 127, 128),
);

describe("a frame of numbers", () => {
  test("is what an encoder writes", () => {
    const encoder = new Encoder();
    fc.assert(
      fc.property(fc.array(anyNumber, { maxLength: 8 }), (numbers) => {
        const target = new Uint8Array(START + NUMBERS_FRAME_BYTES);
        const length = writeNumbersFrame(numbers, target, START);
        expect(length).toBe(encoder.encode(numbers, "args"));
        expect(target.slice(START, START + length)).toEqual(encoder.bytes.slice(0, length));
        expect(new Decoder().decode(target, START, START + length)).toEqual(numbers);
      }),
    );
  });

  test("of a single number is what an encoder writes, and as long as announced", () => {
    const encoder = new Encoder();
    fc.assert(
      fc.property(anyNumber, (number) => {
        const target = new Uint8Array(START + 10);
        writeNumberFrame(number, target, START);
        const length = encoder.encode(number, "result");
        expect(numberFrameBytes(number)).toBe(length);
        expect(target.slice(START, START + length)).toEqual(encoder.bytes.slice(0, length));
      }),
    );
  });

  test("fits into a task, however many numbers it takes", () => {
    expect(NUMBERS_FRAME_BYTES).toBeLessThanOrEqual(INLINE_BYTES);
    const longest = Array.from({ length: 8 }, () => 0.5);
    const target = new Uint8Array(NUMBERS_FRAME_BYTES);
    expect(writeNumbersFrame(longest, target, 0)).toBe(NUMBERS_FRAME_BYTES);
  });

  test.each([
    ["nine numbers", [1, 2, 3, 4, 5, 6, 7, 8, 9]],
    ["a string among numbers", [1, "2"]],
    ["a hole", Array.from<number>({ length: 1 })],
    ["a bigint", [1n]],
  ])("is not written for %s", (_, values) => {
    expect(writeNumbersFrame(values, new Uint8Array(NUMBERS_FRAME_BYTES), 0)).toBe(0);
  });
});
