import { describe, expect, test } from "bun:test";
import { Decoder, Encoder } from "../../src/codec/objects.ts";
import { expectSame } from "./deep-equal.ts";

const VALUES: unknown[] = [
  5,
  { a: [1, "x".repeat(100)] },
  new Uint8Array(10).fill(3),
  [new Uint8Array(5000).fill(1), Buffer.alloc(2000, 2), new Float64Array(300).fill(0.5)],
  new Error("e"),
];

describe("prepare and copyTo", () => {
  test("give the bytes that encode gives, at any offset of the target", () => {
    for (const value of VALUES) {
      for (const start of [0, 1, 64, 100]) {
        const flat = new Encoder();
        const length = flat.encode(value, "value");
        const encoder = new Encoder();
        // A view that is all of the value is written in a shorter way: see bare-bytes.test.ts.
        if (ArrayBuffer.isView(value)) continue;
        expect(encoder.prepare(value, "value")).toBe(length);
        const target = new Uint8Array(new SharedArrayBuffer(start + length + 5)).fill(0xee);
        encoder.copyTo(target, start);
        expect(
          Buffer.from(target.slice(start, start + length)).equals(flat.bytes.subarray(0, length)),
        ).toBe(true);
        expect(target.slice(start + length)).toEqual(new Uint8Array(5).fill(0xee));
        expectSame(new Decoder().decode(target, start, start + length), value);
        flat.copyTo(target, start);
        expectSame(new Decoder().decode(target, start, start + length), value);
      }
    }
  });

  test("give the same bytes word by word, and write nothing after the last word", () => {
    for (const value of [...VALUES, "x".repeat(125), "x".repeat(126), "x".repeat(127), -0.5]) {
      const encoder = new Encoder();
      const length = encoder.prepare(value, "value");
      const words = new Int32Array(new SharedArrayBuffer(8 + Math.ceil(length / 4) * 4 + 4));
      const target = new Uint8Array(words.buffer).fill(0xee);
      encoder.copyTo(target, 8, words);
      expectSame(new Decoder().decode(target, 8, 8 + length), value);
      expect([...target.slice(0, 8), ...target.slice(-4)]).toEqual(Array<number>(12).fill(0xee));
    }
  });

  test("do not copy bulk bytes into the scratch memory", () => {
    const encoder = new Encoder();
    encoder.prepare([new Uint8Array(10_000_000)], "args");
    expect(encoder.bytes.length).toBeLessThan(10_000);
  });
});

describe("the scratch memory", () => {
  test("is not shared, and grows", () => {
    const encoder = new Encoder();
    expect(encoder.bytes.buffer).toBeInstanceOf(ArrayBuffer);
    const text = "x".repeat(3_000_000);
    const length = encoder.encode(text, "value");
    expect(new Decoder().decode(encoder.bytes, 0, length) === text).toBe(true);
  });

  test("is given back after a large value, by trim or by the values after it", () => {
    const encoder = new Encoder();
    encoder.encode("x".repeat(3_000_000), "value");
    encoder.trim();
    expect(encoder.bytes.length).toBeLessThan(100_000);
    encoder.encode("x".repeat(3_000_000), "value");
    encoder.encode(1, "value");
    encoder.encode(1, "value");
    expect(encoder.bytes.length).toBeLessThan(100_000);
  });

  test("is kept from one small value to the next", () => {
    const encoder = new Encoder();
    const { bytes } = encoder;
    for (let round = 0; round < 100; round++) encoder.encode([round, "text", { round }], "value");
    expect(encoder.bytes).toBe(bytes);
  });
});

test("bytes of an encoder do not depend on what it encoded before", () => {
  const used = new Encoder();
  for (const value of [...VALUES, ...VALUES.toReversed()]) {
    const fresh = new Encoder();
    const length = fresh.encode(value, "value");
    expect(used.encode(value, "value")).toBe(length);
    expect(Buffer.from(used.bytes.slice(0, length)).equals(fresh.bytes.subarray(0, length))).toBe(
      true,
    );
  }
});
