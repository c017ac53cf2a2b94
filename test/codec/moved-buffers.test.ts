import { describe, expect, test } from "bun:test";
import { Decoder, Encoder } from "../../src/codec/objects.ts";
import { PayloadError } from "../../src/errors.ts";

const MOVED_FROM = 64;

function encoder(): Encoder {
  return new Encoder(undefined, MOVED_FROM);
}

/** Encodes and posts a value as a worker does, and decodes what arrives. */
function across<T>(value: T, transfer?: readonly object[]): { value: T; moved: number } {
  const from = encoder();
  const length = from.prepare(value, "result", transfer);
  const bytes = new Uint8Array(length);
  const { handles, transferList } = from;
  from.copyTo(bytes, 0);
  const posted = structuredClone(handles, { transfer: transferList as Bun.Transferable[] });
  return {
    value: new Decoder().decode(bytes, 0, length, posted) as T,
    moved: transferList.length,
  };
}

function filled(length: number, first: number = 0): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, index) => first + index);
}

describe("a long ArrayBuffer", () => {
  test("is copied once, and the copy is moved: the buffer itself stays", () => {
    const buffer = filled(100).buffer;
    const arrived = across(buffer);
    expect(arrived.moved).toBe(1);
    expect(arrived.value).toEqual(filled(100).buffer);
    expect(buffer.byteLength).toBe(100);
  });

  test.each([
    ["Uint8Array", filled(64)],
    ["Buffer", Buffer.from(filled(64))],
    ["Float64Array", Float64Array.from({ length: 9 }, (_, n) => n / 3)],
    ["DataView", new DataView(filled(64).buffer)],
  ])("arrives as what it is: %s", (_, view) => {
    const { value, moved } = across(view);
    expect(moved).toBe(1);
    expect(value).toEqual(view);
    expect(Object.getPrototypeOf(value)).toBe(Object.getPrototypeOf(view));
  });

  test("is no part of the encoded value, which a later change of it does not reach", () => {
    const bytes = filled(1000);
    const from = encoder();
    expect(from.prepare(bytes, "result")).toBeLessThan(64);
    bytes.fill(0);
    expect(from.handles).toEqual([filled(1000).buffer]);
  });

  test("is shared by its views again, and only the range that they show travels", () => {
    const buffer = filled(5000).buffer;
    const views = { a: new Uint8Array(buffer, 1000, 40), b: new Uint16Array(buffer, 1100, 8) };
    const { value, moved } = across(views);
    expect(moved).toBe(1);
    expect(value).toEqual(views);
    expect(value.a.buffer).toBe(value.b.buffer);
    expect(value.a.buffer.byteLength).toBe(116);
    expect(value.b.byteOffset - value.a.byteOffset).toBe(100);
  });

  test("may stand beside short ones, resizable ones, and what the caller moves", () => {
    const resizable = new ArrayBuffer(80, { maxByteLength: 160 });
    const own = filled(90).buffer;
    const value = [filled(10), filled(70, 1), resizable, own, filled(80, 2), filled(63, 3)];
    const arrived = across(value, [own]);
    expect(arrived.moved).toBe(3);
    expect(own.byteLength).toBe(0);
    expect(arrived.value.map((each) => each.byteLength)).toEqual([10, 70, 80, 90, 80, 63]);
    expect(arrived.value[1]).toEqual(filled(70, 1));
    expect((arrived.value[2] as ArrayBuffer).resizable).toBe(true);
    expect(arrived.value[5]).toEqual(filled(63, 3));
  });

  test("is copied into the bytes by an encoder that moves nothing", () => {
    const from = new Encoder();
    expect(from.encode(filled(1 << 20), "args")).toBeGreaterThan(1 << 20);
    expect(from.handles).toEqual([]);
  });

  test("stays moved when the rest of the value is flattened", () => {
    const from = encoder();
    const length = from.prepare([filled(70), filled(20)], "result");
    from.flatten("result");
    const bytes = from.bytes.slice(0, length);
    expect(new Decoder().decode(bytes, 0, length, from.handles)).toEqual([filled(70), filled(20)]);
  });
});

describe("bytes that name a moved buffer", () => {
  function encoded(): { bytes: Uint8Array; length: number } {
    const from = encoder();
    const length = from.encode(filled(100), "result");
    return { bytes: from.bytes.slice(0, length), length };
  }

  test.each([
    ["nothing", []],
    ["a shorter buffer", [new ArrayBuffer(99)]],
    ["a longer buffer", [new ArrayBuffer(101)]],
    ["shared memory", [new SharedArrayBuffer(100)]],
    ["a view", [new Uint8Array(100)]],
    ["no object", [100]],
    ["an object that has the length", [{ byteLength: 100 }]],
  ])("are refused when the handle is another one: %s", (_, handles) => {
    const { bytes, length } = encoded();
    expect(() => new Decoder().decode(bytes, 0, length, handles)).toThrow(PayloadError);
  });

  test("give a value or a PayloadError, whichever byte is damaged", () => {
    const { bytes, length } = encoded();
    for (let at = 0; at < length; at++) {
      for (const byte of [0, 1, 4, 127, 128, 255]) {
        const damaged = bytes.slice();
        damaged[at] = byte;
        try {
          new Decoder().decode(damaged, 0, length, [new ArrayBuffer(100)]);
        } catch (error) {
          expect(error).toBeInstanceOf(PayloadError);
        }
      }
    }
    expect(new Decoder().decode(bytes, 0, length, [filled(100).buffer])).toEqual(filled(100));
  });
});
