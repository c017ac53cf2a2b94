import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Columns } from "../../src/codec/index.ts";
import { graph, text, tree } from "./arbitrary-values.ts";
import { expectSame } from "./deep-equal.ts";
import { roundTrip } from "./round-trip.ts";

/** Sends a part of a list in columns, as the pool does. */
function inColumns(
  values: ArrayLike<unknown>,
  start: number = 0,
  end: number = values.length,
): ArrayLike<unknown> {
  const columns = new Columns(values, start, end, "items", start);
  return roundTrip<unknown>(columns) as ArrayLike<unknown>;
}

/** Asserts that each item arrives as it would alone. */
function expectEachAsAlone(items: readonly unknown[]): void {
  const received = inColumns(items);
  expect(received.length).toBe(items.length);
  for (const [index, item] of items.entries()) expectSame(received[index], roundTrip(item));
}

/** Lists as programs have them: of one kind, of records with the same keys, or mixed. */
const record = fc.record(
  {
    id: fc.integer(),
    name: text,
    price: fc.double(),
    active: fc.boolean(),
    at: fc.date({ noInvalidDate: false }),
    tags: fc.array(text, { maxLength: 4 }),
    owner: fc.oneof(
      fc.constant(null),
      fc.record({ name: text, age: fc.oneof(fc.nat(), fc.constant(undefined)) }),
    ),
    points: fc.array(fc.record({ x: fc.double(), y: fc.integer() }), { maxLength: 3 }),
    rest: tree,
  },
  { requiredKeys: ["id", "name"], noNullPrototype: true },
);
const list = fc.oneof(
  fc.array(fc.integer(), { maxLength: 40 }),
  fc.array(fc.oneof(fc.double(), fc.integer(), fc.constant(-0)), { maxLength: 40 }),
  fc.array(text, { maxLength: 40 }),
  fc.array(fc.boolean(), { maxLength: 40 }),
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
  fc.assert(fc.property(list, expectEachAsAlone), { numRuns: 1000 });
});

describe("a list in columns", () => {
  test("of one object many times arrives as so many objects", () => {
    const one = { name: "a", inner: { x: 1 } };
    const received = inColumns([one, one, one, one, one]) as (typeof one)[];
    expect(received).toEqual([one, one, one, one, one]);
    expect(new Set(received).size).toBe(5);
    expect(new Set(received.map(({ inner }) => inner)).size).toBe(5);
  });
});
