/** Values that are one view, and lists of arguments that are. */
import { describe, expect, test } from "bun:test";
import { Decoder, Encoder } from "../../src/codec/objects.ts";
import { PayloadError } from "../../src/errors.ts";

const BARE_MOST = 64 + 8;

/** Encodes a value as the pool does. Returns a copy of the encoded value. */
function prepared(value: unknown, root: string, encoder: Encoder = new Encoder()): Uint8Array {
  const length = encoder.prepare(value, root);
  expect(encoder.handles).toEqual([]);
  const target = new Uint8Array(new SharedArrayBuffer(length + 8)).fill(0xee);
  encoder.copyTo(target, 4);
  expect([...target.subarray(0, 4), ...target.subarray(-4)]).toEqual(Array<number>(8).fill(0xee));
  return target.slice(4, 4 + length);
}

function decoded(bytes: Uint8Array): unknown {
  return new Decoder().decode(bytes, 0, bytes.length);
}

function filled(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, index) => index * 7 + 1);
}

const VIEWS: readonly (readonly [string, ArrayBufferView])[] = [
  ...[
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float16Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    BigUint64Array,
  ].flatMap((View): [string, ArrayBufferView][] => [
    [View.name, new View(filled(160).buffer)],
    [`a part of ${View.name}`, new View(filled(2400).buffer, 80, 10)],
  ]),
  ["Buffer", Buffer.from(filled(3000))],
  ["DataView", new DataView(filled(99).buffer, 3, 77)],
  ...[1, 7, 1022, 1023, 1024, 1025, 1087, 1088, 1089, 70_000].map(
    (length): [string, ArrayBufferView] => [`${length} bytes`, filled(length)],
  ),
];

describe("a view that is all of the value", () => {
  test.each(VIEWS)("takes little more than its bytes, and arrives alone: %s", (_, view) => {
    for (const [root, value] of [
      ["result", view],
      ["args", [view]],
    ] as const) {
      const bytes = prepared(value, root);
      expect(bytes.length).toBeLessThan(view.byteLength + BARE_MOST);
      const arrived = decoded(bytes);
      expect(arrived).toStrictEqual(value);
      const received = (root === "args" ? (arrived as unknown[])[0] : arrived) as ArrayBufferView;
      expect(Object.getPrototypeOf(received)).toBe(Object.getPrototypeOf(view));
      expect([received.byteOffset, received.buffer.byteLength]).toEqual([0, view.byteLength]);
      expect(received.buffer).toBeInstanceOf(ArrayBuffer);
    }
  });

  test("is read from a Buffer, too, and is a copy", () => {
    const bytes = Buffer.from(prepared(filled(100), "result"));
    const received = new Decoder().decode(bytes, 0, bytes.length);
    bytes.fill(0);
    expect(received).toEqual(filled(100));
  });

  test("is read when it is copied: until then its bytes stay where they are", () => {
    const view = filled(10);
    const encoder = new Encoder();
    encoder.prepare([view], "args");
    view[0] = 99;
    const target = new Uint8Array(100);
    encoder.copyTo(target, 0);
    expect(target).toContain(99);
  });

  test("does not change any more once it is flattened", () => {
    const view = filled(10);
    const encoder = new Encoder();
    const length = encoder.prepare(view, "result");
    encoder.flatten("result");
    view.fill(99);
    const target = new Uint8Array(length);
    encoder.copyTo(target, 0);
    expect(decoded(target)).toEqual(filled(10));
  });

  test("leaves nothing behind in the encoder, and finds nothing there", () => {
    const encoder = new Encoder();
    const shared = new SharedArrayBuffer(8);
    for (const value of [[shared], [filled(4)], ["text", filled(4)], [filled(5)], { a: [1, 2] }]) {
      const length = encoder.prepare(value, "args");
      const target = new Uint8Array(length);
      encoder.copyTo(target, 0);
      expect(new Decoder().decode(target, 0, length, encoder.handles)).toEqual(value);
    }
    encoder.prepare([filled(6)], "args");
    encoder.forget();
    expect(encoder.encode([1], "args")).toBeLessThan(10);
  });
});

describe("the general way is taken by", () => {
  const resizable = new ArrayBuffer(16, { maxByteLength: 64 });
  test.each([
    ["a view without elements", new Uint8Array(0)],
    ["a view on a resizable buffer", new Uint8Array(resizable, 0, 8)],
    ["a view beside another argument", [filled(4), 1]],
    ["a list with a name", Object.assign([filled(4)], { name: 1 })],
    ["a view in a list that is no list of arguments", [filled(4)]],
  ])("%s", (title, value) => {
    const root = title.endsWith("arguments") ? "result" : "args";
    const bytes = prepared(value, root);
    expect(bytes[0]).toBeLessThan(4);
    expect(decoded(bytes)).toEqual(value);
  });

  test("a view on shared memory, which is shared", () => {
    const view = new Uint8Array(new SharedArrayBuffer(8));
    const encoder = new Encoder();
    encoder.prepare([view], "args");
    expect(encoder.handles).toEqual([view.buffer]);
  });

  test("what is moved, and copies that are", () => {
    const view = filled(100);
    const encoder = new Encoder(undefined, 64);
    encoder.prepare(view, "result");
    expect(encoder.handles).toHaveLength(1);
    encoder.prepare(filled(10), "result", [view.buffer]);
    expect(encoder.transferList).toEqual([view.buffer]);
  });

  test("views that cannot cross: their errors are the same", () => {
    const moved = filled(8);
    moved.buffer.transfer();
    class Mine extends Uint8Array {}
    const lying = Object.defineProperty(filled(8), "byteLength", { value: 1000 });
    for (const view of [moved, new Mine(8), lying]) {
      expect(() => new Encoder().prepare([view], "args")).toThrow(PayloadError);
      expect(() => new Encoder().prepare(view, "result")).toThrow(PayloadError);
    }
  });
});

test("no damaged bytes give anything but a view of their own length, or a PayloadError", () => {
  for (const view of [filled(3), filled(1500), Float64Array.of(1, 2), filled(1088)]) {
    const bytes = prepared([view], "args");
    for (const length of [1, 2, 3, 9, 63, 64, 65, 66, 1025, 1026, 1087, 1088, bytes.length - 1]) {
      if (length > bytes.length) continue;
      for (const kind of [0, 1, 5, 9, 12, 13, 14, 255]) {
        const damaged = bytes.slice(0, length);
        damaged[1] = kind;
        let received: unknown;
        try {
          received = new Decoder().decode(damaged, 0, length);
        } catch (error) {
          expect(error).toBeInstanceOf(PayloadError);
          continue;
        }
        expect((received as [ArrayBufferView])[0].byteLength).toBeLessThan(length);
      }
    }
  }
});
