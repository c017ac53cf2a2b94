import { expect, test } from "bun:test";
import fc from "fast-check";
import { graph, text, tree } from "./arbitrary-values.ts";
import { expectSame } from "./deep-equal.ts";
import { encodedOf, roundTrip } from "./round-trip.ts";

test("any tree of values arrives as it was", () => {
  fc.assert(
    fc.property(tree, (value) => {
      expectSame(roundTrip(value), value);
    }),
    { numRuns: 300 },
  );
});

test("any graph, with its cycles and shared references, arrives as it was", () => {
  fc.assert(
    fc.property(graph, (value) => {
      expectSame(roundTrip(value), value);
    }),
    { numRuns: 1000 },
  );
});

test("any tree of instances of unregistered classes arrives with foreign: plain as structured clone brings it", () => {
  class Leaf {
    value: unknown = 1;
  }
  class Table extends Map<unknown, unknown> {}
  class List extends Array<unknown> {}
  const plainLeaf = fc.oneof(
    fc.integer(),
    fc.string(),
    fc.constantFrom(undefined, null, true),
    fc.date(),
  );
  const { foreign } = fc.letrec<{ foreign: unknown }>((tie) => ({
    foreign: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      plainLeaf,
      fc
        .dictionary(text, tie("foreign"), { noNullPrototype: true })
        .map((members) => Object.assign(new Leaf(), { members })),
      fc.array(fc.tuple(fc.string(), tie("foreign"))).map((entries) => new Table(entries)),
      fc.array(tie("foreign")).map((members) => List.from(members)),
      fc.array(tie("foreign")),
    ),
  }));
  fc.assert(
    fc.property(foreign, (value) => {
      expectSame(roundTrip(value, undefined, "plain"), structuredClone(value));
    }),
    { numRuns: 300 },
  );
});

test("any set of views on a few buffers arrives with the same bytes and the same sharing", () => {
  const views = fc.array(
    fc.record({ buffer: fc.nat(2), kind: fc.nat(4), start: fc.nat(200), length: fc.nat(20) }),
    { maxLength: 10 },
  );
  fc.assert(
    fc.property(views, fc.boolean(), (specs, whole) => {
      const buffers = [0, 1, 2].map(
        (seed) => Uint8Array.from({ length: 2048 }, (_, index) => index * 5 + seed).buffer,
      );
      type Make = (memory: ArrayBuffer, start: number, length: number) => ArrayBufferView;
      const makers: Make[] = [
        (memory, start, length) => new Uint8Array(memory, start, length),
        (memory, start, length) => new Float64Array(memory, start * 8, length),
        (memory, start, length) => new Uint16Array(memory, start * 2, length),
        (memory, start, length) => new DataView(memory, start, length),
        (memory, start, length) => Buffer.from(memory, start, length),
      ];
      const made = specs.map(({ buffer, kind, start, length }) => {
        return makers[kind]!(buffers[buffer]!, start, length);
      });
      const value = whole ? [...made, buffers[1]] : made;
      expectSame(roundTrip(value), value);
    }),
    { numRuns: 500 },
  );
});

test("a value that has arrived encodes to the same bytes again", () => {
  fc.assert(
    fc.property(tree, (value) => {
      expect(Buffer.from(encodedOf(roundTrip(value))).equals(encodedOf(value))).toBe(true);
    }),
  );
});
