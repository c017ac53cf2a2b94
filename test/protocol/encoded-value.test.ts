import { describe, expect, test } from "bun:test";
import { PayloadError } from "../../src/errors.ts";
import { NO_BYTES, spillOf } from "../../src/protocol/encoded-value.ts";
import type { EncodedValue } from "../../src/protocol/encoded-value.ts";

/** The bytes from 1 on. */
function countingBytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i + 1) & 0xff);
}

describe("a spill", () => {
  const value: EncodedValue = {
    copyTo: (target, start) => target.set(countingBytes(100), start),
  };

  test("is shared memory with all the bytes of the value", () => {
    const spill = spillOf(value, 100, "args");
    expect(spill).toBeInstanceOf(SharedArrayBuffer);
    expect([...new Uint8Array(spill)]).toEqual([...countingBytes(100)]);
  });

  test("that there is no memory for is refused, with the path and the size", () => {
    let refusal: unknown;
    try {
      spillOf(value, Number.MAX_SAFE_INTEGER, "args[0]");
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(PayloadError);
    const { path, message, cause } = refusal as PayloadError;
    expect(path).toBe("args[0]");
    expect(message).toEndWith("path=args[0] bytes=9007199254740991");
    expect(cause).toBeInstanceOf(RangeError);
  });
});

test("the encoded value of a spilled payload copies nothing", () => {
  const target = countingBytes(8);
  NO_BYTES.copyTo(target, 0);
  expect(target).toEqual(countingBytes(8));
});
