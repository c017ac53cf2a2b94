import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { registerClass } from "../../src/codec/index.ts";
import { Decoder } from "../../src/codec/objects.ts";
import { PayloadError } from "../../src/errors.ts";
import { encodedOf } from "./round-trip.ts";

class Cell {
  value: unknown = 1;
}
registerClass(Cell, { name: "corruption.Cell" });
class Sealed {
  readonly #value: unknown;
  constructor(value: unknown) {
    this.#value = value;
  }
  get value(): unknown {
    return this.#value;
  }
}
registerClass(Sealed, {
  name: "corruption.Sealed",
  encode: ({ value }) => value,
  decode: (value) => new Sealed(value),
});

function sparse(): unknown[] {
  const array: unknown[] = [1];
  array[5000] = { far: true };
  return array;
}

function cycle(): object {
  const object: Record<string, unknown> = { list: [1, 2] };
  object["self"] = object;
  return object;
}

const ENCODED_VALUES = [
  [1, -1, 0.5, "text", "語", 5n, 3n ** 100n, null, undefined, true],
  { a: { b: [[], [{}]], key: "x".repeat(100) } },
  new Map<unknown, unknown>([
    ["a", new Set([1, new Date(5)])],
    [/x/g, Object(1)],
  ]),
  [
    new Uint8Array(40),
    Buffer.from("bytes"),
    new Float64Array(4),
    new ArrayBuffer(3),
    new Uint8Array(1100),
  ],
  new ArrayBuffer(4, { maxByteLength: 8 }),
  Object.assign(new TypeError("e", { cause: new AggregateError([1]) }), {
    code: "E",
    cell: new Cell(),
  }),
  [
    new URL("https://a.example/"),
    new URLSearchParams("a=1"),
    new Headers({ a: "b" }),
    new DOMException("m", "n"),
  ],
  sparse(),
  cycle(),
  [new Sealed({ a: new Sealed([1]) }), Object.assign([1], { named: [2] })],
].map(encodedOf);

const decoder = new Decoder();

/** Decodes bytes that lie between other bytes, which must not be read. Accepts a value as well as a PayloadError. */
function decodeHostile(bytes: Uint8Array): void {
  const surrounded = new Uint8Array(bytes.length + 64).fill(0x41);
  surrounded.set(bytes, 32);
  try {
    decoder.decode(surrounded, 32, 32 + bytes.length, [5, {}, new ArrayBuffer(2)]);
  } catch (error) {
    if (!(error instanceof PayloadError)) throw error;
  }
}

describe("corrupt bytes give a PayloadError or a value", () => {
  test("when an encoded value is cut short anywhere", () => {
    for (const encoded of ENCODED_VALUES) {
      for (let length = 1; length < encoded.length; length++)
        decodeHostile(encoded.subarray(0, length));
      expect(() => decoder.decode(encoded, 0, encoded.length - 1)).toThrow(PayloadError);
    }
  });

  test("when any single bit is flipped", () => {
    for (const encoded of ENCODED_VALUES) {
      for (let bit = 0; bit < encoded.length * 8; bit++) {
        const flipped = encoded.slice();
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        decodeHostile(flipped);
      }
    }
    expect(decoder.decode(ENCODED_VALUES[0]!, 0, ENCODED_VALUES[0]!.length)).toBeInstanceOf(Array);
  });

  test("when any byte is set to any tag", () => {
    for (const encoded of ENCODED_VALUES) {
      for (let at = 0; at < Math.min(encoded.length, 300); at++) {
        for (const tag of [...Array(0x24).keys(), 0x7f, 0x80, 0xff]) {
          const changed = encoded.slice();
          changed[at] = tag;
          decodeHostile(changed);
        }
      }
    }
    expect(decoder.decode(ENCODED_VALUES[0]!, 0, ENCODED_VALUES[0]!.length)).toBeInstanceOf(Array);
  });

  test("when they are random", () => {
    const tags = fc.integer({ min: 0, max: 0x24 });
    const bytes = fc.array(fc.oneof(tags, tags, fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 200,
    });
    fc.assert(
      fc.property(bytes, (list) => decodeHostile(Uint8Array.from(list))),
      { numRuns: 5000 },
    );
    expect.assertions(0);
  });
});

describe("hostile bytes", () => {
  const HUGE = [0xff, 0xff, 0xff, 0xff, 0x0f];
  const FOUR_GIGABYTES = [0x80, 0x80, 0x80, 0x80, 0x10];
  const TOO_HUGE = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
  const claims: [string, number[]][] = [
    ["an array of 2^32 - 1 elements", [0, 0x0b, ...HUGE]],
    [
      "nested arrays of 2^32 - 1 elements",
      [0, ...Array.from({ length: 1000 }, () => [0x0b, ...HUGE]).flat()],
    ],
    ["an array of more holes than its length", [0, 0x0b, 5, 0x0d, ...HUGE]],
    ["an array longer than arrays can be", [0, 0x0b, 0xff, 0xff, 0xff, 0xff, 0x7f]],
    ["an object of 2^32 - 1 properties", [0, 0x0e, ...HUGE]],
    ["a string of 2^32 - 1 characters", [0, 0x07, ...HUGE]],
    ["a wide string of 2^32 - 1 characters", [0, 0x08, ...HUGE]],
    ["a count beyond 2^53", [0, 0x0b, ...TOO_HUGE]],
    ["a string that is longer than the encoded value by one", [0, 0x43, 0x61, 0x61]],
    ["a directory of 2^32 - 1 buffers", [2, 0x02, ...HUGE, ...float64(2)]],
    ["a buffer of 2^32 - 1 bytes", [2, 0x19, 0, 1, 0, 0, ...HUGE, ...float64(3)]],
    [
      "a buffer that may grow without limit",
      [2, 0x19, 0, 1, 1, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f, ...float64(3)],
    ],
    ["buffers that may together grow without limit", resizable(40, FOUR_GIGABYTES)],
    ["more buffers that may grow than are allowed", resizable(1025, [1])],
    ["more headers than are allowed", [0, 0x1e, ...headers(2001), 0x14]],
    ["bytes that belong to no buffer", [2, 0x02, 0, 0xaa, ...float64(2)]],
    ["a directory before the encoded value", [2, 0x02, ...float64(-10)]],
    ["a directory behind the encoded value", [2, 0x02, ...float64(1000)]],
    ["a directory at a fractional offset", [2, 0x02, 0, ...float64(2.5)]],
    ["a directory at NaN", [2, 0x02, 0, ...float64(NaN)]],
    ["a reference without objects", [1, 0x11, 0]],
    ["a reference that was not announced", [0, 0x0b, 1, 0x11, 0]],
    ["a handle that did not come", [0, 0x1a, 1]],
    ["a view on a handle that is no buffer", [0, 0x1b, 0, 0x1a, 0, 0, 1]],
    ["a buffer that is not in the directory", [0, 0x19, 0]],
    ["an unknown tag", [0, 0x3f]],
    ["an unknown header", [4, 0x02]],
    ["two values", [0, 0x02, 0x02]],
    ["no value", [0]],
    ["an END without a beginning", [0, 0x14]],
    ["a HOLE outside of an array", [0, 0x0c]],
    ["a boxed null", [0, 0x17, 0x02]],
    ["an invalid regular expression", [0, 0x16, 0x41, 0x28, 0x40]],
    ["an invalid URL", [0, 0x1c, 0x41, 0x28]],
    ["a bigint of other characters", [0, 0x0a, 0x41, 0x78]],
    ["ten thousand nested Maps", [0, ...Array.from({ length: 100_000 }, () => 0x12)]],
    ["a million nested arrays", [0, ...Array.from({ length: 1_000_000 }, () => [0x0b, 1]).flat()]],
  ];

  test.each(claims)("are refused, without taking memory: %s", (_, bytes) => {
    const before = process.memoryUsage().rss;
    expect(() => decoder.decode(Uint8Array.from(bytes), 0, bytes.length, [5])).toThrow(
      PayloadError,
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(500_000_000);
  });

  test("give a huge sparse array without taking memory", () => {
    const bytes = Uint8Array.from([0, 0x0b, ...HUGE, 0x0d, ...HUGE]);
    const received = decoder.decode(bytes, 0, bytes.length) as unknown[];
    expect(received.length).toBe(2 ** 32 - 1);
    expect(Object.keys(received)).toEqual([]);
  });

  test("give many sparse arrays without taking memory", () => {
    const array = [0x0b, 0x9f, 0x8d, 0x06, 0x0d, 0x9f, 0x8d, 0x06];
    const bytes = [0, 0x0b, 0xe8, 0x07, ...Array.from({ length: 1000 }, () => array).flat()];
    const before = process.memoryUsage().rss;
    const received = decoder.decode(Uint8Array.from(bytes), 0, bytes.length) as unknown[][];
    expect(received.map((holes) => holes.length)).toEqual(Array(1000).fill(99_999));
    expect(process.memoryUsage().rss - before).toBeLessThan(300_000_000);
  });

  test("give a buffer that is called sole to its first view, and a shared copy to later ones", () => {
    const bytes = [
      2,
      0x0b,
      3,
      ...Array.from({ length: 3 }, () => [0x1b, 0, 0x19, 0, 0, 2]).flat(),
      1,
      2,
      0,
      2,
      7,
      8,
      ...float64(21),
    ];
    const views = decoder.decode(Uint8Array.from(bytes), 0, bytes.length) as Uint8Array[];
    expect(views.map((view) => [...view])).toEqual([
      [7, 8],
      [7, 8],
      [7, 8],
    ]);
    expect(views[2]!.buffer).toBe(views[1]!.buffer);
  });

  test("are read when they hold the most resizable buffers or headers that are allowed", () => {
    const many = Uint8Array.from(resizable(1024, [1]));
    expect((decoder.decode(many, 0, many.length) as ArrayBuffer[]).length).toBe(1024);
    const buffers = Uint8Array.from(resizable(32, FOUR_GIGABYTES));
    const read = decoder.decode(buffers, 0, buffers.length) as ArrayBuffer[];
    expect(read.map((buffer) => buffer.byteLength)).toEqual(Array(32).fill(1));
    expect(read.map((buffer) => buffer.maxByteLength)).toEqual(Array(32).fill(2 ** 32));
    const list = Uint8Array.from([0, 0x1e, ...headers(2000), 0x14]);
    expect([...(decoder.decode(list, 0, list.length) as Headers)].length).toBe(2000);
  });

  test("are refused when the range is not within them", () => {
    const encoded = ENCODED_VALUES[0]!;
    for (const [start, end] of [
      [0, 0],
      [5, 4],
      [-1, 3],
      [0, encoded.length + 1],
      [NaN, 5],
      [0, NaN],
    ] as const) {
      expect(() => decoder.decode(encoded, start, end)).toThrow(PayloadError);
    }
  });
});

test("a decoder works after corrupt bytes, and keeps nothing of them", () => {
  expect(() => decoder.decode(Uint8Array.from([1, 0x0b, 2, 0x0b, 0]), 0, 5)).toThrow(PayloadError);
  for (const encoded of ENCODED_VALUES) decoder.decode(encoded, 0, encoded.length);
  const cyclic = decoder.decode(encodedOf(cycle()), 0, encodedOf(cycle()).length) as {
    self: unknown;
  };
  expect(cyclic.self).toBe(cyclic);
});

/** An array of `count` resizable buffers of one byte. @param growth the maxByteLength of each, as an encoded count */
function resizable(count: number, growth: readonly number[]): number[] {
  const number = (index: number): number[] => [(index & 0x7f) | 0x80, index >> 7];
  const references = Array.from({ length: count }, (_, index) => [0x19, ...number(index)]).flat();
  const entries = Array.from({ length: count }, () => [1, 0, 1, ...growth]);
  const value = [2, 0x0b, ...number(count), ...references];
  const bulk = Array<number>(count).fill(7);
  return [...value, ...number(count), ...entries.flat(), ...bulk, ...float64(value.length)];
}

function headers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `x${index.toString(36)}`;
    return [0x40 + name.length, ...Buffer.from(name), 0x41, 0x31];
  }).flat();
}

function float64(value: number): number[] {
  return [...new Uint8Array(Float64Array.of(value).buffer)];
}
