import { describe, expect, test } from "bun:test";
import { registerClass } from "../../src/codec/index.ts";
import { expectSame } from "./deep-equal.ts";
import { roundTrip } from "./round-trip.ts";

class Link {
  readonly inner: unknown;
  constructor(inner: unknown) {
    this.inner = inner;
  }
}
registerClass(Link, { name: "references.Link" });

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

  test("to dates, regular expressions, URLs and boxed primitives stay shared", () => {
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
  /** A value inside so many levels. @param wrap makes one level */
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
