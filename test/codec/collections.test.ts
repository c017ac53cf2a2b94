import { describe, expect, test } from "bun:test";
import vm from "node:vm";
import { expectSame } from "./deep-equal.ts";
import { encodedOf, refusalOf, roundTrip } from "./round-trip.ts";

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

  test("arrive with only their own enumerable properties with string keys", () => {
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

  test("that are frozen arrive not frozen", () => {
    expect(Object.isFrozen(roundTrip(Object.freeze({ a: 1 })))).toBe(false);
  });

  test("and arrays of another realm arrive as those of this one", () => {
    const foreign = vm.runInNewContext("({ list: [1, { a: 2 }] })") as { list: unknown[] };
    expectSame(roundTrip(foreign), { list: [1, { a: 2 }] });
  });
});

describe("arrays", () => {
  test("keep holes, which are not undefined elements", () => {
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

  test("keep their named properties, also those that look like numbers", () => {
    const named = Object.assign([1, 2], {
      links: { a: 1 },
      "1e3": 1,
      "-1": 2,
      "4294967295": 3,
      "": 4,
    });
    for (const value of [
      named,
      [named, named],
      Object.assign([], { self: [1] }),
      /(?<q>a)(b)?/.exec("xa"),
    ]) {
      expectSame(roundTrip(value), value);
      expect(Object.keys(roundTrip(value) as object)).toEqual(Object.keys(value as object));
    }
    const sparse: unknown[] = Object.assign([], { "1.5": 1, "5e3": 2 });
    sparse[9000] = 1;
    expect(Object.keys(roundTrip(sparse))).toEqual(["9000", "1.5", "5e3"]);
    sparse.length = 9000;
    expect(Object.keys(roundTrip(sparse))).toEqual(["1.5", "5e3"]);
    const cyclic: unknown[] & { self?: unknown } = [1];
    cyclic.self = cyclic;
    expectSame(roundTrip(cyclic), cyclic);
  });

  test("whose named properties cannot cross are refused, and the path names the property", () => {
    expect(refusalOf([Object.assign([1], { "on click": () => 0 })]).path).toBe(
      'args[0]["on click"]',
    );
  });

  test("lose symbols and what is not enumerable, as structured clone does", () => {
    const value = Object.assign([1], { [Symbol("s")]: 1 });
    Object.defineProperty(value, "hidden", { value: 1 });
    expect(Reflect.ownKeys(roundTrip(value))).toEqual(["0", "length"]);
  });

  test("with named properties arrive from any depth up to a thousand levels", () => {
    let value: unknown = 1;
    for (let level = 0; level < 900; level++)
      value = level % 2 === 0 ? [value] : Object.assign([value], { level });
    expectSame(roundTrip(value), value);
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
  test("keep their order, keys of any kind, and shared references", () => {
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

  test("that change while they are read arrive with the entries that were read", () => {
    const map = new Map<string, unknown>();
    map.set("a", {
      get grow(): number {
        return map.set("late", 2).size;
      },
    });
    expect([...roundTrip(map).keys()]).toEqual(["a", "late"]);
  });
});
