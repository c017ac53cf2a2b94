import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  ColumnPacker,
  copyOfTyped,
  isTypedList,
  packTyped,
  unpackColumns,
} from "../../src/codec/columns/index.ts";
import type { PackedColumns } from "../../src/codec/columns/index.ts";
import { registerClass } from "../../src/codec/index.ts";
import type { Foreign } from "../../src/codec/index.ts";
import { PayloadError } from "../../src/errors.ts";
import { graph, text, tree } from "./arbitrary-values.ts";
import { expectSame } from "./deep-equal.ts";
import { roundTrip } from "./round-trip.ts";

/** Packs items, and copies the bytes. */
function packed(items: readonly unknown[], foreign: Foreign = "refuse"): PackedColumns {
  const packer = new ColumnPacker("items", foreign);
  for (const [index, item] of items.entries()) {
    expect(packer.count).toBe(index);
    expect(packer.tryAdd(item, index)).toBe(true);
  }
  return roundTrip(packer.take());
}

/** Sends items in columns, as the pool does. */
function inColumns(items: readonly unknown[], foreign?: Foreign): ArrayLike<unknown> {
  const received = unpackColumns(packed(items, foreign));
  expect(received.length).toBe(items.length);
  return received;
}

/** Asserts that each item arrives as it would alone. */
function expectEachAsAlone(items: readonly unknown[]): void {
  const received = inColumns(items);
  for (const [index, item] of items.entries()) expectSame(received[index], roundTrip(item));
}

/** The PayloadError that an item is refused with. */
function refusalOf(item: unknown, index?: number): PayloadError {
  const packer = new ColumnPacker("items", "refuse");
  const before = [1, { a: "b" }, "c"];
  for (const each of before) packer.tryAdd(each);
  try {
    packer.tryAdd(item, index);
  } catch (error) {
    expect(error).toBeInstanceOf(PayloadError);
    // Nothing of it is left behind.
    expect([...(unpackColumns(packer.take()) as unknown[])]).toEqual(before);
    return error as PayloadError;
  }
  throw new Error("The item was not refused.");
}

/** Records as programs have them. */
const record = fc.record(
  {
    id: fc.integer(),
    name: text,
    state: fc.constantFrom("open", "closed", "über"),
    price: fc.double(),
    active: fc.boolean(),
    at: fc.date({ noInvalidDate: false }),
    tags: fc.array(text, { maxLength: 4 }),
    owner: fc.oneof(
      fc.constant(null),
      fc.record({ name: text, age: fc.oneof(fc.nat(), fc.constant(undefined)) }),
    ),
    points: fc.array(fc.record({ x: fc.double(), y: fc.integer() }), { maxLength: 3 }),
    size: fc.bigInt(),
    rest: tree,
  },
  { requiredKeys: ["id", "name"], noNullPrototype: true },
);
const list = fc.oneof(
  fc.array(fc.integer(), { maxLength: 40 }),
  fc.array(fc.oneof(fc.double(), fc.integer(), fc.constant(-0)), { maxLength: 40 }),
  fc.array(text, { maxLength: 40 }),
  fc.array(fc.constantFrom("a", "", "ü", "\u{1f600}"), { maxLength: 40 }),
  fc.array(fc.boolean(), { maxLength: 40 }),
  fc.array(fc.bigInt(), { maxLength: 40 }),
  fc.array(fc.constantFrom(undefined, null, true, -0, NaN, "", 1n), { maxLength: 40 }),
  fc.array(record, { maxLength: 40 }),
  fc.array(
    record.map((made) => ({ ...made, rest: 1 })),
    { maxLength: 40 },
  ),
  fc.array(tree, { maxLength: 40 }),
  fc.array(graph, { maxLength: 10 }),
  fc.array(fc.oneof(record, graph, tree), { maxLength: 20 }),
);

test("every item of a list arrives as if it had been sent alone", () => {
  fc.assert(fc.property(list, expectEachAsAlone), { numRuns: 500 });
});

test("corrupt bytes give a PayloadError or some list, and never take much memory", () => {
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(list, damage, fc.nat(), (items, changes, cut) => {
      const bytes = packed([...items, ""]);
      expect(bytes).toBeInstanceOf(Uint8Array);
      const damaged = Uint8Array.from(bytes.subarray(0, bytes.length - (cut % 3)));
      for (const [at, value] of changes) damaged[at % damaged.length] = value;
      try {
        const received = unpackColumns(damaged);
        expect(received.length).toBeLessThanOrEqual(damaged.length * 8);
      } catch (error) {
        expect(error).toBeInstanceOf(PayloadError);
      }
    }),
    { numRuns: 1000 },
  );
});

describe("items in columns", () => {
  test("of one object many times arrive as so many objects", () => {
    const one = { name: "a", inner: { x: 1 } };
    const received = inColumns([one, one, one, one, one]) as (typeof one)[];
    expect(received).toEqual([one, one, one, one, one]);
    expect(new Set(received).size).toBe(5);
    expect(new Set(received.map(({ inner }) => inner)).size).toBe(5);
  });

  test("that are views on one buffer arrive with a buffer each", () => {
    const { buffer } = new Uint8Array([1, 2, 3, 4]);
    const views = [new Uint8Array(buffer, 0, 3), new Uint8Array(buffer, 1, 3)];
    const received = inColumns(views) as Uint8Array[];
    expect(received).toEqual(views);
    expect(received[0]!.buffer).not.toBe(received[1]!.buffer);
  });

  test("keep shared references and cycles inside an item, and nowhere else", () => {
    const shared = { x: 1 };
    const cyclic: Record<string, unknown> = { name: "c" };
    cyclic["self"] = cyclic;
    const items = [
      { a: shared, b: shared },
      { a: shared, b: { x: 1 } },
      { list: [shared, shared] },
      cyclic,
      { a: shared, b: { x: 2 } },
    ];
    expectEachAsAlone(items);
    const [first, second] = inColumns(items) as { a: object; b: object }[];
    expect(first!.a).toBe(first!.b);
    expect(second!.a).not.toBe(first!.a);
  });

  test("are read when they are added: what happens to them later is not seen", () => {
    const packer = new ColumnPacker("result", "refuse");
    const result = { n: 0, inner: { list: [0] }, bytes: undefined as Uint8Array | undefined };
    const buffer = new Uint8Array(4);
    for (let n = 1; n <= 3; n++) {
      result.n = n;
      result.inner.list[0] = n;
      buffer[0] = n;
      packer.tryAdd({ ...result });
      packer.tryAdd({ ...result, bytes: buffer });
      result.inner.list[0] = -1;
      buffer[0] = 255;
    }
    const received = unpackColumns(packer.take()) as (typeof result)[];
    expect(received.map(({ inner }) => inner.list[0])).toEqual([1, 1, 2, 2, 3, 3]);
    expect([1, 3, 5].map((row) => received[row]!.bytes![0])).toEqual([1, 2, 3]);
  });

  test("may have any keys", () => {
    const odd = JSON.parse('{ "__proto__": 1, "1": 2, "a b": 3, "constructor": 4, "toString": 5 }');
    expectEachAsAlone([odd, odd, odd, odd]);
    expectEachAsAlone(["constructor", "valueOf", "0", ""].map((key) => ({ [key]: key })));
    expectEachAsAlone(Array.from({ length: 100 }, (_, index) => ({ [`key ${index}`]: index })));
    const wide = Object.fromEntries(Array.from({ length: 300 }, (_, key) => [`k${key}`, key]));
    expectEachAsAlone([wide, wide]);
  });

  test("keep holes, other properties of arrays, classes and depth", () => {
    // oxlint-disable-next-line no-sparse-arrays -- the holes are the point
    expectEachAsAlone([[1, , 2], [1, 2], Object.assign([1], { name: 2 }), [undefined]]);
    class Many extends Array {}
    const own = inColumns([Many.from([1, 2]), [1, 2]], "plain");
    expect(Array.isArray(own[0])).toBe(true);
    let deep: unknown = 1;
    for (let level = 0; level < 2000; level++) deep = { deep };
    expectEachAsAlone([deep, { deep: 1 }, { deep: { deep: 2 } }, deep]);
  });

  test("of all kinds mix", () => {
    expectEachAsAlone([
      1,
      "a",
      { x: 1 },
      null,
      new Map([[1, { x: 2 }]]),
      undefined,
      { x: "b", y: 2 },
      [1, "c", [2]],
      2n ** 70n,
      -5n,
      true,
      new Date(5),
      new Date(NaN),
      new Error("e"),
      -0,
    ]);
  });

  test("are packed again and again by one packer", () => {
    const packer = new ColumnPacker("items", "refuse");
    for (const items of [[1, 2], ["a"], [], [{ x: 1 }, new Map()], [0.5], [3, "b"]]) {
      for (const item of items) packer.tryAdd(item);
      const received = unpackColumns(roundTrip(packer.take()));
      expect(Array.from(received)).toEqual(items);
      expect(packer.count).toBe(0);
      expect(packer.bytes).toBe(0);
    }
  });

  test("take about so many bytes as the packer says", () => {
    const packer = new ColumnPacker("items", "refuse");
    for (let id = 0; id < 1000; id++) packer.tryAdd({ id, name: `user number ${id}`, tags: ["a"] });
    const { bytes } = packer;
    const { byteLength } = packer.take();
    expect(bytes).toBeGreaterThan(byteLength / 2);
    expect(bytes).toBeLessThan(byteLength * 2);
  });
});

describe("numbers in columns", () => {
  test("arrive as integers, in half of the memory, or as doubles", () => {
    expect(packed([1, -2, 2 ** 31 - 1])).toEqual(new Int32Array([1, -2, 2 ** 31 - 1]));
    expect(packed([1, 2 ** 31])).toEqual(new Float64Array([1, 2 ** 31]));
    for (const numbers of [[-0, 0], [NaN, 1], [0.5], [Infinity]]) {
      expect(packed(numbers)).toBeInstanceOf(Float64Array);
      expectEachAsAlone(numbers);
    }
  });

  test.each([
    ["a Float64Array", new Float64Array([1.5, -0, 3, 4])],
    ["a Float16Array", new Float16Array([1.5, -0, 3, 4])],
    ["a Uint8ClampedArray", new Uint8ClampedArray([1, 2, 3, 255])],
    ["a BigInt64Array", new BigInt64Array([1n, -2n, 3n, 4n])],
    ["a Float32Array in shared memory", new Float32Array(new SharedArrayBuffer(16)).fill(0.5)],
  ])("of %s are packed as they lie there, and arrive in a copy of its class", (_, numbers) => {
    expect(isTypedList(numbers)).toBe(true);
    const received = unpackColumns(roundTrip(packTyped(numbers, 1, 3)));
    expect(received).toEqual(numbers.slice(1, 3));
    expect(received.constructor).toBe(numbers.constructor);
    numbers.fill((typeof numbers[0] === "bigint" ? 7n : 7) as never);
    expect(received[0]).not.toBe(numbers[1]);
  });

  test("of a Buffer are copied, too", () => {
    const buffer = Buffer.from([1, 2, 3]);
    const copy = copyOfTyped(buffer, 1, 3);
    buffer.fill(9);
    expect(Array.from(copy)).toEqual([2, 3]);
  });

  test("of a DataView or an array are none of a typed array", () => {
    for (const other of [new DataView(new ArrayBuffer(8)), [1], null, "a", {}])
      expect(isTypedList(other)).toBe(false);
  });
});

describe("an item that cannot cross is refused, and the path says which and where", () => {
  const promise = Promise.resolve();
  test.each<[string, unknown, string]>([
    ["a function", { user: { onClick: () => 1 } }, "items[17].user.onClick"],
    ["a function alone", () => 1, "items[17]"],
    ["a symbol", Symbol("s"), "items[17]"],
    ["a promise", [1, { a: promise }], "items[17][1].a"],
    ["a function in a Map", new Map([["k", () => 1]]), 'items[17].get("k")'],
    [
      "an instance",
      new (class Own {
        x = 1;
      })(),
      "items[17]",
    ],
    ["a Proxy", new Proxy({}, {}), "items[17]"],
  ])("%s", (_, item, path) => {
    expect(refusalOf(item, 17)).toMatchObject({ path });
    expect(refusalOf(item).path).toBe(path.replace("[17]", ""));
  });

  test("when a getter throws, too", () => {
    const item = {
      first: 1,
      get second(): never {
        throw new RangeError("no second");
      },
    };
    const error = refusalOf(item, 3);
    expect(error.path).toBe("items[3].second");
    expect(error.cause).toEqual(new RangeError("no second"));
  });

  test("but one that bytes alone cannot carry is left to the caller", () => {
    const packer = new ColumnPacker("items", "refuse");
    expect(packer.tryAdd({ a: 1 })).toBe(true);
    expect(packer.tryAdd({ a: new SharedArrayBuffer(8) })).toBe(false);
    expect(packer.tryAdd(new Blob(["b"]))).toBe(false);
    expect(packer.tryAdd({ a: 2 })).toBe(true);
    expect(Array.from(unpackColumns(packer.take()))).toEqual([{ a: 1 }, { a: 2 }]);
  });
});

describe("code that runs while an item is read", () => {
  test("may change the item", () => {
    const items = Array.from({ length: 6 }, (_, index) => ({
      get first(): number {
        Reflect.deleteProperty(this, "last");
        Reflect.set(this, "more", index);
        return index;
      },
      last: [1, { x: index }],
    }));
    const received = Array.from(inColumns(items));
    expect(received).toEqual(items.map((_, index) => ({ first: index, last: undefined })));
  });

  test("may pack other items", () => {
    const item = {
      get inner(): unknown[] {
        return Array.from(inColumns([1, "a", { b: 2 }]));
      },
    };
    expect(Array.from(inColumns([item, item]))).toEqual([
      { inner: [1, "a", { b: 2 }] },
      { inner: [1, "a", { b: 2 }] },
    ]);
  });

  test("leaves nothing behind of an item that fits only at first", () => {
    const broken = { a: 1, b: [{ c: "x" }, { c: new Map() }], d: "e" };
    const plain = { a: 2, b: [{ c: "y" }], d: "f" };
    expectEachAsAlone([plain, broken, plain, broken, broken, plain]);
  });
});

describe("instances of classes in columns", () => {
  class Point {
    x = 1;
  }
  registerClass(Point, { name: "columns.Point" });
  class Secret {
    readonly #value: number;
    constructor(value: number) {
      this.#value = value;
    }
    get value(): number {
      return this.#value;
    }
    static decode(value: number): Secret {
      if (value === 13) throw new Error("no thirteen");
      return new Secret(value);
    }
  }
  registerClass(Secret, {
    name: "columns.Secret",
    encode: ({ value }) => value,
    decode: (value) => Secret.decode(value),
  });

  test("arrive as instances", () => {
    const received = inColumns([new Point(), { p: new Point() }, new Secret(5), 1]);
    expect(received[0]).toBeInstanceOf(Point);
    expect(received[1]).toEqual({ p: new Point() });
    expect((received[2] as Secret).value).toBe(5);
  });

  test("become plain objects with foreign: plain", () => {
    class Other {
      x = { y: 1 };
    }
    expect(Array.from(inColumns([new Other(), { x: 2 }], "plain"))).toEqual([
      { x: { y: 1 } },
      { x: 2 },
    ]);
  });

  test("that cannot be decoded fail alone", () => {
    const bytes = packed([new Secret(1), new Secret(13), { x: 1 }, new Secret(2)]);
    expect(() => unpackColumns(bytes)).toThrow(PayloadError);
    const refused: [number, unknown][] = [];
    const received = unpackColumns(bytes, (row, reason) => refused.push([row, reason]));
    expect(refused).toEqual([[1, expect.any(PayloadError)]]);
    expect((received[3] as Secret).value).toBe(2);
    expect(received[1]).toBeUndefined();
    expect(received[2]).toEqual({ x: 1 });
  });
});
