import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { PayloadError, registerClass } from "../../src/index.ts";
import { isExactInJson } from "../../src/cluster/json-exact.ts";
import { pathTo } from "../../src/cluster/path-to.ts";
import {
  FRAME_VERSION,
  fromSent,
  sizeOfSent,
  toSent,
  toSentFailure,
} from "../../src/cluster/values.ts";
import type { SentValue } from "../../src/cluster/values.ts";

/** What the queue makes of a value. */
function through(sent: SentValue): unknown {
  return fromSent(JSON.parse(JSON.stringify(sent)) as SentValue);
}

class Point {
  readonly x: number;
  readonly y: number;

  constructor(x: number, y: number) {
    this.x = x;
    this.y = y;
  }
}
registerClass(Point, {
  name: "values.Point",
  encode: ({ x, y }) => ({ x, y }),
  decode: ({ x, y }) => new Point(x, y),
});

test.each([
  [null],
  [true],
  [1.5],
  ["text"],
  ["\ud800 alone"],
  [[1, [2, { three: "3" }]]],
  [{ b: 1, a: [null] }],
  [{ 2: "two", 1: "one" }],
])("what JSON keeps exactly travels as it is: %j", (value) => {
  expect(toSent(value, "args")).toEqual({ value });
  expect(through(toSent(value, "args"))).toEqual(value);
});

const shared = { a: 1 };
const cycle: unknown[] = [];
cycle.push(cycle);
test.each([
  ["-0", -0],
  ["NaN", NaN],
  ["an infinity", -Infinity],
  ["a bigint", 5n],
  ["a Date", new Date(5)],
  ["a Map", new Map([[{ key: 1 }, new Set([1])]])],
  ["a typed array", new Float32Array([1.5, -0])],
  ["a Buffer", Buffer.from([1, 2])],
  ["a hole", Object.assign(Array(3), { 0: 1, 2: 2 })],
  ["undefined in an object", { a: undefined }],
  ["undefined in an array", [undefined]],
  ["an array with a name", Object.assign([1], { name: 2 })],
  ["no prototype", Object.assign(Object.create(null), { a: 1 })],
  ["a property __proto__", JSON.parse('{"__proto__": 1}')],
  ["a method toJSON", { toJSON: undefined, a: 1 }],
  ["the same object twice", [shared, shared]],
  ["a cycle", cycle],
  ["a registered class", new Point(1, 2)],
  ["an error with a cause", new RangeError("a", { cause: new Error("b") })],
])("everything else travels as a frame: %s", (_, value) => {
  const sent = toSent(value, "args");
  expect(sent.frameVersion).toBe(FRAME_VERSION);
  expect(through(sent)).toEqual(value as never);
});

test("identity within a value survives", () => {
  const [one, other] = through(toSent([shared, shared], "args")) as [object, object];
  expect(one).toBe(other);
});

test("undefined is a value without anything", () => {
  expect(toSent(undefined, "result")).toEqual({});
  expect(through({})).toBe(undefined);
});

test("a value that is called exact comes back from JSON the same", () => {
  fc.assert(
    fc.property(fc.anything({ withDate: true, withMap: true, withSparseArray: true }), (value) => {
      if (!isExactInJson(value)) return;
      expect(JSON.parse(JSON.stringify(value))).toStrictEqual(value);
    }),
  );
});

const { port1 } = new MessageChannel();
port1.close();
test.each([
  ["args[0].user.memory", [{ user: { memory: new SharedArrayBuffer(8) } }]],
  ["args[1]", [0, new Uint8Array(new SharedArrayBuffer(8))]],
  ['args[0].get("b")', [new Map([["b", new SharedArrayBuffer(8)]])]],
  ['args[0]["a b"].values()[0]', [{ "a b": new Set([new Blob(["x"])]) }]],
])("what exists on this machine alone is refused with its path: %s", (path, args) => {
  let refusal: unknown;
  try {
    toSent(args, "args");
  } catch (error) {
    refusal = error;
  }
  expect(refusal).toBeInstanceOf(PayloadError);
  expect((refusal as PayloadError).path).toStartWith(path);
  expect((refusal as PayloadError).message).toContain(`path=${path}`);
});

test("functions are refused as by the local pool", () => {
  expect(() => toSent([{ onClick: () => {} }], "args")).toThrow(/args\[0\]\.onClick/);
});

test("an error loses what cannot leave the machine, and nothing else", () => {
  const error = Object.assign(new TypeError("t"), { code: "C", memory: new SharedArrayBuffer(8) });
  const came = through(toSentFailure(error)) as TypeError & { code?: string; memory?: unknown };
  expect(came).toBeInstanceOf(TypeError);
  expect(came.message).toBe("t");
  expect(came.memory).toBe(undefined);
  expect(through(toSentFailure(() => {}))).toBeInstanceOf(PayloadError);
  expect(through(toSentFailure("text"))).toBe("text");
});

test("a frame of another version is refused by name", () => {
  const sent = { ...toSent(new Date(0), "args"), frameVersion: FRAME_VERSION + 1 };
  expect(() => fromSent(sent)).toThrow(PayloadError);
  expect(() => fromSent(sent)).toThrow(/frameVersion=2 readable=1/);
});

test("damaged frames give a value or a PayloadError", () => {
  const { frame = "" } = toSent([new Date(0), "text", 5n], "args");
  fc.assert(
    fc.property(fc.nat(frame.length - 1), fc.base64String(), (at, other) => {
      try {
        fromSent({ frame: frame.slice(0, at) + other, frameVersion: FRAME_VERSION });
      } catch (error) {
        expect(error).toBeInstanceOf(PayloadError);
      }
    }),
  );
});

test("the size is that in the job", () => {
  expect(sizeOfSent(toSent("äö", "args"))).toBe(6);
  expect(sizeOfSent(toSent(undefined, "args"))).toBe(0);
  const frame = toSent(new Uint8Array(300), "args");
  expect(sizeOfSent(frame)).toBe(frame.frame!.length);
});

test("the path to an object that is not in the value is none", () => {
  expect(pathTo([1, { a: new Map() }], {}, "args")).toBe(undefined);
});

describe("stored frames", () => {
  /** Written by frame version 1. When the codec writes or reads other bytes, FRAME_VERSION must grow. */
  const STORED: readonly (readonly [unknown, string])[] = [
    [new Date(5), "ABUAAAAAAAAUQA=="],
    [
      new Map<unknown, unknown>([
        ["a", 1n],
        [2, [undefined, -0]],
      ]),
      "ABJBYQkBAAAAAAAAAIILAgEGAAAAAAAAAIAU",
    ],
    [new Set([1.5, NaN]), "ABMGAAAAAAAA+D8GAAAAAAAA+H8U"],
    [new Uint8Array([1, 2, 255]), "AhsAGQAAAwECAAMBAv8AAAAAAAAcQA=="],
    [/a+/gi, "ABZCYStCZ2k="],
    [
      [{ long: "text äö 日本", at: new Date(1e12) }],
      "AAsBDgJEbG9uZwgKdABlAHgAdAAgAOQA9gAgAOVlLGdCYXQVAAAAopQabUI=",
    ],
  ];
  test.each(STORED)("%p is written and read as before", (value, frame) => {
    expect(toSent(value, "args").frame).toBe(frame);
    expect(fromSent({ frame, frameVersion: 1 })).toEqual(value as never);
  });
});
