import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { INLINE_BYTES } from "../../native-queue/index.ts";
import { primitiveBytes, writePrimitive, writePrimitives } from "../../src/codec/index.ts";
import { Encoder } from "../../src/codec/objects.ts";

const START = 5;
const UNTOUCHED = 0xee;

const latin1 = fc.string({
  unit: fc.integer({ min: 0, max: 0xff }).map((c) => String.fromCharCode(c)),
  maxLength: 24,
});
const primitive = fc.oneof(
  latin1,
  fc.integer(),
  fc.double(),
  fc.constantFrom(0, -0, 127, 128, NaN, Infinity, true, false, null, undefined, ""),
);

function encodedOf(value: unknown): Buffer {
  const encoder = new Encoder();
  return Buffer.from(encoder.bytes.subarray(0, encoder.encode(value, "value")));
}

/** Writes into shared memory, and checks that nothing around the room is written. */
function written(
  room: number,
  write: (target: Uint8Array) => number,
): { length: number; bytes: Buffer } {
  const target = new Uint8Array(new SharedArrayBuffer(START + room + 1)).fill(UNTOUCHED);
  const length = write(target);
  expect(target.slice(0, START).every((byte) => byte === UNTOUCHED)).toBe(true);
  expect(target[START + room]).toBe(UNTOUCHED);
  return { length, bytes: Buffer.from(target.slice(START, START + Math.max(0, length))) };
}

describe("writePrimitives", () => {
  test("writes the bytes that the encoder writes, and nothing else", () => {
    fc.assert(
      fc.property(fc.array(primitive, { maxLength: 8 }), (values) => {
        const { length, bytes } = written(INLINE_BYTES, (target) =>
          writePrimitives(values, target, START, INLINE_BYTES),
        );
        if (length !== -1) expect(bytes.equals(encodedOf(values))).toBe(true);
        // A number may need nine bytes, so a shorter one is not written into the last eight.
        else expect(encodedOf(values).length + 8).toBeGreaterThan(INLINE_BYTES);
      }),
    );
  });

  test("refuses anything else", () => {
    const others: unknown[] = [
      {},
      [],
      5n,
      Symbol("s"),
      () => {},
      "ž",
      "x".repeat(25),
      new String("s"),
    ];
    for (const other of others) {
      const { length } = written(INLINE_BYTES, (target) =>
        writePrimitives(["text", other], target, START, INLINE_BYTES),
      );
      expect(length).toBe(-1);
    }
    expect(writePrimitives(Array<number>(9).fill(1), new Uint8Array(200), 0, 200)).toBe(-1);
  });

  test("writes nothing that has no room", () => {
    const values = ["x".repeat(20), "y".repeat(20)];
    const needed = encodedOf(values).length;
    expect(written(needed, (target) => writePrimitives(values, target, START, needed)).length).toBe(
      needed,
    );
    expect(
      written(needed - 1, (target) => writePrimitives(values, target, START, needed - 1)).length,
    ).toBe(-1);
  });
});

describe("writePrimitive", () => {
  test("writes the bytes that the encoder writes, as many as primitiveBytes says", () => {
    fc.assert(
      fc.property(fc.oneof(latin1, fc.constantFrom(true, false, null, undefined)), (value) => {
        const room = primitiveBytes(value);
        const { bytes } = written(room, (target) =>
          writePrimitive(value, target, START) ? room : -1,
        );
        expect(bytes.equals(encodedOf(value))).toBe(true);
      }),
    );
  });

  test("refuses anything else", () => {
    for (const other of [{}, 5, 5n, () => {}, "x".repeat(25)])
      expect(primitiveBytes(other)).toBe(-1);
    expect(writePrimitive("abcž", new Uint8Array(50), 0)).toBe(false);
  });
});
