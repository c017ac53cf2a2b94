import { describe, expect, test } from "bun:test";
import { Decoder, Encoder } from "../../src/codec/objects.ts";
import { expectSame } from "./deep-equal.ts";
import { encodedOf, refusalOf, roundTrip } from "./round-trip.ts";

const VIEWS: readonly {
  name: string;
  new (buffer: ArrayBuffer, byteOffset?: number, length?: number): ArrayBufferView;
}[] = [
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
  DataView,
];

function counting(length: number): ArrayBuffer {
  return Uint8Array.from({ length }, (_, index) => index * 7).buffer;
}

describe("views", () => {
  for (const View of VIEWS) {
    test(`${View.name} arrives, empty, whole, and as a part of its buffer`, () => {
      for (const value of [
        new View(new ArrayBuffer(0)),
        new View(counting(64)),
        new View(counting(64), 8, 3),
      ]) {
        expectSame(roundTrip<unknown>(value), value);
      }
    });
  }

  test("keep -0 and NaN in their elements", () => {
    expect([...roundTrip(Float16Array.of(-0, NaN, 1.5))]).toEqual([-0, NaN, 1.5]);
  });

  test("on one buffer share it again, at the same distance", () => {
    const buffer = counting(100_000);
    const value = [
      new Uint8Array(buffer, 50_001, 5),
      new Float64Array(buffer, 50_008, 2),
      new DataView(buffer, 50_100, 1),
    ];
    const received = roundTrip(value);
    expectSame(received, value);
    expect(received[1]!.byteOffset - received[0]!.byteOffset).toBe(7);
    (received[0] as Uint8Array)[4] = 99;
    expect(new Uint8Array(received[1]!.buffer, received[0]!.byteOffset)[4]).toBe(99);
  });

  test("travel with the bytes between the first and the last byte that they show, and no others", () => {
    const buffer = counting(1_000_000);
    const value = [new Uint8Array(buffer, 400_000, 10), new Uint8Array(buffer, 400_020, 10)];
    expect(encodedOf(value).length).toBeLessThan(100);
    expect(roundTrip(value)[0]!.buffer.byteLength).toBe(30);
  });

  test("on a buffer that is in the value itself arrive with the whole buffer, before or after it", () => {
    const buffer = counting(5000);
    for (const value of [
      [buffer, new Uint8Array(buffer, 100, 5)],
      [new Int16Array(buffer, 100, 5), buffer],
    ]) {
      const received = roundTrip<unknown[]>(value);
      expectSame(received, value);
      expect(
        (received.find((item) => ArrayBuffer.isView(item)) as ArrayBufferView).byteOffset,
      ).toBe(100);
    }
  });

  test("that are one object stay one object", () => {
    const view = new Float32Array([1, 2]);
    const received = roundTrip([view, view, { view }]);
    expect(received[0]).toBe(received[1] as Float32Array<ArrayBuffer>);
    expectSame(received, [view, view, { view }]);
  });

  test("of all sizes around the alignment of bulk bytes arrive side by side", () => {
    const value = [0, 1, 7, 1023, 1024, 1025, 4096, 65_536].map(
      (length) => new Uint8Array(counting(length)),
    );
    expectSame(roundTrip(value), value);
    expectSame(
      roundTrip(value.map((view) => view.subarray(1))),
      value.map((view) => view.subarray(1)),
    );
  });
});

describe("Buffer", () => {
  test("may hold the encoded value: a decoded view is a copy, and no Buffer", () => {
    const encoded = Buffer.from(encodedOf(new Uint8Array([1, 2, 3])));
    const received = new Decoder().decode(encoded, 0, encoded.length);
    encoded.fill(0xff);
    expectSame(received, new Uint8Array([1, 2, 3]));
  });

  test("stays a Buffer, and arrives with its own bytes only", () => {
    for (const value of [
      Buffer.from("héllo"),
      Buffer.alloc(0),
      Buffer.alloc(2000, 7),
      Buffer.from(counting(8192), 100, 5),
    ]) {
      const received = roundTrip(value);
      expect(Buffer.isBuffer(received)).toBe(true);
      expect(received.buffer.byteLength).toBe(value.length);
      expectSame(received, value);
    }
  });

  test("shares its memory with other views as it did before", () => {
    const bytes = new Uint8Array(counting(10));
    const received = roundTrip({ bytes, buffer: Buffer.from(bytes.buffer, 2, 4) });
    received.bytes[3] = 200;
    expect(received.buffer[1]).toBe(200);
  });
});

describe("ArrayBuffer", () => {
  test("arrives, empty, small and large", () => {
    for (const length of [0, 1, 1000, 3_000_000])
      expectSame(roundTrip(counting(length)), counting(length));
  });

  test("that is resizable stays so, and so do views on it, with a fixed length", () => {
    const buffer = new ArrayBuffer(8, { maxByteLength: 32 });
    new Uint8Array(buffer).fill(3);
    const value = { view: new Uint8Array(buffer, 2, 3), buffer };
    const received = roundTrip(value);
    expectSame(received, value);
    received.buffer.resize(32);
    expect(received.view.length).toBe(3);
    expect(received.view.buffer).toBe(received.buffer);
  });

  test("that is detached is refused, through a view too", () => {
    const buffer = new ArrayBuffer(8);
    const view = new Uint8Array(buffer);
    buffer.transfer();
    expect(refusalOf([buffer]).path).toBe("args[0]");
    expect(refusalOf({ a: { view } }).message).toStartWith(
      "args.a.view is, or is a view on, a detached",
    );
  });

  test("that a getter detaches after it was met is refused", () => {
    const buffer = new ArrayBuffer(8);
    const value = {
      buffer,
      get late(): number {
        return buffer.transfer().byteLength;
      },
    };
    expect(refusalOf(value).message).toContain("a getter moved");
  });
});

describe("SharedArrayBuffer", () => {
  test("is shared and not copied, also under all kinds of views", () => {
    const shared = new SharedArrayBuffer(64);
    const value = {
      shared,
      again: shared,
      ints: new Int32Array(shared, 8, 4),
      bytes: Buffer.from(shared, 1, 3),
      view: new DataView(shared, 5),
    };
    const received = roundTrip(value);
    expect(received.shared).toBe(received.again);
    expect(received.ints.buffer).toBe(received.shared);
    expect([received.ints.byteOffset, received.ints.length]).toEqual([8, 4]);
    expect(Buffer.isBuffer(received.bytes)).toBe(true);
    Atomics.store(value.ints, 1, 77);
    expect(Atomics.load(received.ints, 1)).toBe(77);
    received.bytes[0] = 5;
    expect(Buffer.from(shared)[1]).toBe(5);
    received.view.setUint8(0, 9);
    expect(Buffer.from(shared)[5]).toBe(9);
  });

  test("is shared when only a view on it is in the value", () => {
    const value = new Int32Array(new SharedArrayBuffer(8));
    roundTrip([value])[0]![1] = 42;
    expect(value[1]).toBe(42);
  });
});

describe("SharedArrayBuffer with a number", () => {
  const shared = new SharedArrayBuffer(64);
  const numbers = new Map([[shared, 300]]);

  test("travels without a handle and arrives as the same object, also under views", () => {
    const encoder = new Encoder((buffer) => numbers.get(buffer));
    const decoder = new Decoder((id) => (id === 300 ? shared : undefined));
    const value = { shared, again: shared, ints: new Int32Array(shared, 8, 4), same: {} };
    const cyclic = { ...value, value };
    const length = encoder.encode(cyclic, "args");
    expect(encoder.handles).toEqual([]);
    expect(new Set(encoder.named)).toEqual(new Set([shared]));
    const received = decoder.decode(encoder.bytes, 0, length) as typeof cyclic;
    expect(received.shared).toBe(shared);
    expect(received.again).toBe(shared);
    expect(received.ints.buffer).toBe(shared);
    expect([received.ints.byteOffset, received.ints.length]).toEqual([8, 4]);
    expect(received.value.ints).toBe(received.ints);
    encoder.encode(1, "args");
    expect(encoder.named).toEqual([]);
  });

  test("that the decoder does not know is refused", () => {
    const encoder = new Encoder(() => 7);
    for (const value of [shared, new Uint8Array(shared)]) {
      const length = encoder.encode(value, "args");
      expect(() => new Decoder().decode(encoder.bytes, 0, length)).toThrow(/shared buffer/);
    }
  });
});
