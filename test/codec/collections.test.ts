import { describe, expect, test } from "bun:test";
import vm from "node:vm";
import { registerClass } from "../../src/codec/index.ts";
import { expectSame } from "./deep-equal.ts";
import { encodedOf, roundTrip } from "./round-trip.ts";

class Link {
  readonly inner: unknown;
  constructor(inner: unknown) {
    this.inner = inner;
  }
}
registerClass(Link, { name: "collections.Link" });

describe("plain objects", () => {
  test("keep the order of their keys, undefined members, and keys of every kind", () => {
    const value = {
      z: 1,
      a: undefined,
      10: "ten",
      2: "two",
      "": 0,
      "a b": 1,
      clé: 2,
      鍵: 3,
      ["k".repeat(200)]: 4,
    };
    const received = roundTrip(value);
    expectSame(received, value);
    expect(Object.hasOwn(received, "a")).toBe(true);
  });

  test("with a null prototype arrive with one", () => {
    const value: unknown = Object.assign(Object.create(null), { a: 1, constructor: 2 });
    expectSame(roundTrip(value), value);
  });

  test("with an own __proto__ key keep it as a property and pollute nothing", () => {
    const value = JSON.parse('{"__proto__": {"polluted": true}, "b": 1}') as object;
    for (const received of [roundTrip(value), roundTrip({ nested: [value] }).nested[0]!]) {
      expect(Object.keys(received)).toEqual(["__proto__", "b"]);
      expect(Object.getPrototypeOf(received)).toBe(Object.prototype);
      expect("polluted" in received).toBe(false);
    }
    const bare: unknown = Object.defineProperty(Object.create(null) as object, "__proto__", {
      value: 1,
      enumerable: true,
    });
    expect(Object.keys(roundTrip(bare) as object)).toEqual(["__proto__"]);
    expect("polluted" in {}).toBe(false);
  });

  test("whose keys shadow Object.prototype arrive", () => {
    const value = { constructor: 1, toString: 2, hasOwnProperty: null, valueOf: "x" };
    expectSame(roundTrip(value), value);
  });

  test("give up only own enumerable string-keyed properties", () => {
    const value = Object.create(Object.prototype, {
      seen: { value: 1, enumerable: true },
      hidden: { value: () => 0, enumerable: false },
    }) as Record<PropertyKey, unknown>;
    value[Symbol("ignored")] = () => 0;
    expect(roundTrip(value)).toEqual({ seen: 1 });
  });

  test("have their getters read once, in order", () => {
    const reads: string[] = [];
    const value = {
      get first(): number {
        reads.push("first");
        return 1;
      },
      get second(): string[] {
        reads.push("second");
        return ["x"];
      },
    };
    const received = roundTrip(value);
    expect(reads).toEqual(["first", "second"]);
    expect(Object.getOwnPropertyDescriptor(received, "first")).toEqual({
      value: 1,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  });

  test("that are frozen arrive thawed", () => {
    expect(Object.isFrozen(roundTrip(Object.freeze({ a: 1 })))).toBe(false);
  });

  test("and arrays of another realm arrive as those of this one", () => {
    const foreign = vm.runInNewContext("({ list: [1, { a: 2 }] })") as { list: unknown[] };
    expectSame(roundTrip(foreign), { list: [1, { a: 2 }] });
  });
});

describe("arrays", () => {
  test("keep holes, and tell them from undefined", () => {
    // oxlint-disable-next-line no-sparse-arrays
    const value = [, 1, undefined, , , "x", ,];
    const received = roundTrip(value);
    expectSame(received, value);
    expect(received.length).toBe(7);
    expect(0 in received).toBe(false);
    expect(2 in received).toBe(true);
  });

  test.each([1023, 1024, 1025, 1026, 5000])(
    "keep a run of %p holes, before and after elements",
    (count) => {
      const value: unknown[] = ["first"];
      value[count + 1] = { last: value };
      value.length += count;
      expectSame(roundTrip(value), value);
      expectSame(roundTrip(Array(count)), Array(count));
    },
  );

  test("that are almost empty take neither bytes nor time for their holes", () => {
    const value: unknown[] = [];
    value[4_000_000_000] = "far";
    for (let index = 0; index < 20; index++) value[index * 100_000] = index;
    value.length = 4_294_967_295;
    expect(encodedOf(value).length).toBeLessThan(1500);
    const received = roundTrip(value);
    expect(received.length).toBe(4_294_967_295);
    expect(Object.keys(received)).toEqual(Object.keys(value));
    expect(received[4_000_000_000]).toBe("far");
    expect(received[1_900_000]).toBe(19);
    received.length = 3;
    expect(received.push("x")).toBe(4);
  });

  test("leave named properties behind, numeric-looking ones included", () => {
    const value = Object.assign([1, 2], { named: () => 0, "1e3": 1, "-1": 2 });
    expect(Object.keys(roundTrip(value))).toEqual(["0", "1"]);
    const sparse: unknown[] = Object.assign([], { "1.5": 1, "5e3": 2 });
    sparse[9000] = 1;
    expect(Object.keys(roundTrip(sparse))).toEqual(["9000"]);
    sparse.length = 9000;
    expect(Object.keys(roundTrip(sparse))).toEqual([]);
  });

  test("that shrink while they are read keep their first length, with holes", () => {
    const value: unknown[] = [1, 2, 3];
    Object.defineProperty(value, 0, {
      get: () => {
        value.length = 1;
        return "read";
      },
    });
    const received = roundTrip(value);
    expect(received.length).toBe(3);
    expect(Object.keys(received)).toEqual(["0"]);
  });

  test("of a hundred thousand elements arrive", () => {
    const value = Array.from({ length: 100_000 }, (_, index) =>
      index % 3 === 0 ? { index } : index / 2,
    );
    expectSame(roundTrip(value), value);
  });
});

describe("Map and Set", () => {
  test("keep order, keys of any kind, and what they share", () => {
    const key = { key: true };
    const value = new Map<unknown, unknown>([
      [key, 1],
      [NaN, "nan"],
      [undefined, new Set<unknown>([key, -0, "x", null])],
      ["list", [key]],
    ]);
    const received = roundTrip(value);
    expectSame(received, value);
    expect(received.get(NaN)).toBe("nan");
    expect(received.get([...received.keys()][0])).toBe(1);
  });

  test("may hold themselves", () => {
    const map = new Map<unknown, unknown>();
    map.set(map, map);
    const set = new Set<unknown>();
    set.add(set);
    expectSame(roundTrip([map, set]), [map, set]);
  });

  test("that change while they are read arrive with what was read", () => {
    const map = new Map<string, unknown>();
    map.set("a", {
      get grow(): number {
        return map.set("late", 2).size;
      },
    });
    expect([...roundTrip(map).keys()]).toEqual(["a", "late"]);
  });
});

describe("references", () => {
  test("that are shared stay shared, and equal objects stay apart", () => {
    const shared = { a: 1 };
    const value = [shared, shared, { a: 1 }];
    const received = roundTrip(value);
    expect(received[0]).toBe(received[1]);
    expect(received[0]).not.toBe(received[2]);
  });

  test("may form cycles of every kind of object", () => {
    const error = new Error("in a cycle");
    const value: unknown[] = [new Map(), new Set(), {}, error];
    (value[0] as Map<unknown, unknown>).set("all", value);
    (value[1] as Set<unknown>).add(value[0]);
    Object.assign(value[2] as object, { error, value });
    error.cause = value;
    expectSame(roundTrip(value), value);
  });

  test.each([5, 11, 12, 13, 14, 1000])("are found among %p objects", (count) => {
    const objects = Array.from({ length: count }, (_, index) => ({ index }));
    const value = [...objects, ...objects.toReversed(), objects];
    expectSame(roundTrip(value), value);
  });

  test("to dates, expressions, URLs and boxes stay shared", () => {
    const shared = [
      new Date(0),
      /x/g,
      new URL("https://a.example/"),
      Object(1),
      new Uint8Array(3),
    ] as object[];
    expectSame(roundTrip([shared, ...shared]), [shared, ...shared]);
  });
});

describe("deep nesting", () => {
  /** The same value inside so many levels. */
  function nested(levels: number, wrap: (inner: unknown, level: number) => unknown): unknown {
    let value: unknown = "innermost";
    for (let level = 0; level < levels; level++) value = wrap(value, level);
    return value;
  }

  test.each([500, 512, 513, 1025, 10_000, 100_000])(
    "of %p objects and arrays arrives",
    (levels) => {
      let received = roundTrip(
        nested(levels, (inner, level) => (level % 2 === 0 ? [level, inner] : { level, inner })),
      );
      for (let level = levels - 1; level >= 0; level--) {
        const [number, inner] =
          level % 2 === 0 ? (received as unknown[]) : Object.values(received as object);
        if (number !== level) throw new Error(`level ${level} is ${number}`);
        received = inner;
      }
      expect(received).toBe("innermost");
    },
  );

  test("keeps cycles and shared references through all levels", () => {
    const top: Record<string, unknown> = {};
    const shared = { shared: true };
    top["chain"] = nested(2000, (inner, level) =>
      level % 100 === 0 ? { inner, top, shared } : [inner],
    );
    expectSame(roundTrip(top), top);
  });

  test("of class instances and objects without a prototype arrives", () => {
    const bare = (inner: unknown): unknown => Object.assign(Object.create(null), { inner });
    const value = nested(20_000, (inner, level) =>
      level % 2 === 0 ? new Link(inner) : bare(inner),
    );
    let received = roundTrip(value) as Link | string;
    for (let level = 19_999; level >= 0; level--) {
      const link = received as Link;
      const prototype = level % 2 === 0 ? Link.prototype : null;
      if (Object.getPrototypeOf(link) !== prototype) throw new Error(`level ${level}`);
      received = link.inner as Link | string;
    }
    expect(received).toBe("innermost");
  });

  test("of a thousand Maps arrives", () => {
    const value = nested(1000, (inner) => new Map([["inner", inner]]));
    let received = roundTrip(value);
    while (received instanceof Map) received = received.get("inner");
    expect(received).toBe("innermost");
  });
});
