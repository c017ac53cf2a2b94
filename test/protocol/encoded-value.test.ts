import { describe, expect, spyOn, test } from "bun:test";
import { PayloadError } from "../../src/errors.ts";
import { NO_BYTES, copyBytes, spillOf } from "../../src/protocol/encoded-value.ts";
import type { EncodedValue } from "../../src/protocol/encoded-value.ts";

/** The bytes from 1 on. */
function countingBytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i + 1) & 0xff);
}

test.each([0, 1, 47, 48, 49, 1000])(
  "%i bytes are copied from one offset to another, and no others",
  (length) => {
    const from = countingBytes(length + 20);
    const to = new Uint8Array(length + 20);
    copyBytes(from, 3, to, 7, length);
    const expected = new Uint8Array(length + 20);
    expected.set(from.subarray(3, 3 + length), 7);
    expect(to).toEqual(expected);
  },
);

describe("a spill", () => {
  const value: EncodedValue = {
    copyTo: (target, start) => copyBytes(countingBytes(100), 0, target, start, 100),
  };

  test("is shared memory with all the bytes of the value", () => {
    const spill = spillOf(value, 100, "args");
    expect(spill).toBeInstanceOf(SharedArrayBuffer);
    expect([...new Uint8Array(spill)]).toEqual([...countingBytes(100)]);
  });

  test("that there is no memory for is refused, with the path and the size", () => {
    using memory = spyOn(globalThis, "SharedArrayBuffer");
    const refuse = (): never => {
      throw new RangeError("out of memory");
    };
    memory.mockImplementation(refuse as never);
    let refusal: unknown;
    try {
      spillOf(value, 100, "args[0]");
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(PayloadError);
    const { path, message, cause } = refusal as PayloadError;
    expect(path).toBe("args[0]");
    expect(message).toEndWith("path=args[0] bytes=100");
    expect(cause).toBeInstanceOf(RangeError);
  });
});

test("the encoded value of a spilled payload copies nothing", () => {
  const target = countingBytes(8);
  NO_BYTES.copyTo(target, 0);
  expect(target).toEqual(countingBytes(8));
});
