import { describe, expect, test } from "bun:test";
import { Readable } from "node:stream";
import { Encoder } from "../../src/codec/objects.ts";
import { PayloadError } from "../../src/errors.ts";
import { refusalOf } from "./round-trip.ts";

class Account {
  owner = "me";
}

const REFUSED: [string, () => unknown, RegExp][] = [
  ["a function", () => () => 0, /is a function.*export it/],
  ["a class", () => Account, /is a function/],
  ["a symbol", () => Symbol("s"), /is a symbol.*pass a string/],
  ["a boxed symbol", () => Object(Symbol("s")), /is an instance of Symbol/],
  ["a promise", () => Promise.resolve(1), /is a promise.*await it/],
  ["a stream", () => new ReadableStream(), /is a stream.*read it/],
  ["a writable stream", () => new WritableStream(), /is a stream/],
  ["a stream of Node", () => Readable.from(["x"]), /is a stream/],
  ["a generator", () => (function* () {})(), /is an iterator.*collect/],
  ["an async generator", () => (async function* () {})(), /is an iterator/],
  ["an iterator", () => [1].values(), /is an iterator/],
  ["a Map's iterator", () => new Map().entries(), /is an iterator/],
  ["a WeakMap", () => new WeakMap(), /is a WeakMap.*pass a Map/],
  ["a WeakSet", () => new WeakSet(), /is a WeakSet.*pass a Set/],
  ["a WeakRef", () => new WeakRef({}), /is a WeakRef.*refers to/],
  ["a Proxy", () => new Proxy({}, {}), /is a Proxy.*behind it/],
  ["a Proxy of an array", () => new Proxy([1], {}), /is a Proxy/],
  ["a revoked Proxy", revoked, /is a Proxy/],
  ["an instance of a class", () => new Account(), /instance of Account.*registerClass/],
  [
    "an instance of a subclass of a built-in class",
    () => new (class Table extends Map {})(),
    /instance of Table.*registerClass/,
  ],
  [
    "an object without a class",
    () => Object.create(Object.create(null)),
    /an object without a class/,
  ],
  ["a Response", () => new Response("x"), /instance of Response.*plain data/],
  ["an AbortSignal", () => new AbortController().signal, /instance of AbortSignal.*plain data/],
  [
    "an instance of a class that calls itself Object",
    () => Object.create(classNamedObject()),
    /instance of Object.*registerClass/,
  ],
  ["an impostor", () => Object.create(Map.prototype), /could not be read/],
];

function classNamedObject(): object {
  const { prototype } = class Object {
    id = 1;
  };
  globalThis.Object.setPrototypeOf(prototype, null);
  return prototype;
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable([], {});
  revoke();
  return proxy;
}

/** Paths, each with a function that puts a value where the path leads. */
const PLACES: [string, (culprit: unknown) => unknown][] = [
  ["args", (culprit) => culprit],
  ["args[0].user.onClick", (culprit) => [{ user: { name: "x", onClick: culprit } }]],
  ["args[0][2]", (culprit) => [[1, undefined, culprit]]],
  ['args["a b"]["1"].é["x-y"]', (culprit) => ({ "a b": { 1: { é: { "x-y": culprit } } } })],
  [
    'args.map.get("k")',
    (culprit) => ({
      map: new Map([
        ["j", 1],
        ["k", culprit],
      ] as [string, unknown][]),
    }),
  ],
  ["args.get(7)[0]", (culprit) => new Map([[7, [culprit]]])],
  ["args.get(7n)", (culprit) => new Map([[7n, culprit]])],
  ["args.get(null)", (culprit) => new Map([[null, culprit]])],
  [
    "args.values()[1].x",
    (culprit) =>
      new Map([
        [{}, {}],
        [{}, { x: culprit }],
      ]),
  ],
  [
    "args.keys()[1]",
    (culprit) =>
      new Map([
        [1, 2],
        [culprit, 3],
      ] as [unknown, number][]),
  ],
  ["args.values()[1][0]", (culprit) => new Set([1, [culprit]])],
  ["args.error.cause", (culprit) => ({ error: new Error("e", { cause: culprit }) })],
];

describe("a value that cannot cross", () => {
  test.each(REFUSED)(
    "is refused, and the message says what to pass instead: %s",
    (_, make, message) => {
      const refusal = refusalOf({ user: [make()] });
      expect(refusal.message).toMatch(message);
      expect(refusal.message).toStartWith("args.user[0] ");
      expect(refusal.message).toEndWith(" path=args.user[0]");
      expect(refusal.path).toBe("args.user[0]");
    },
  );
});

describe("the path in the message", () => {
  test.each(PLACES)("names the part of the value that cannot cross: %s", (path, place) => {
    expect(refusalOf(place(() => 0)).path).toBe(path);
    expect(refusalOf(place(new Proxy({}, {}))).path).toBe(path);
  });

  test("starts with the root that encode was given", () => {
    const items = [1, 2, 3, new WeakMap()];
    expect(refusalOf({ items }, "result").path).toBe("result.items[3]");
  });

  test("names an element after a long run of holes", () => {
    const sparse: unknown[] = [];
    sparse[100_000] = () => 0;
    expect(refusalOf(sparse).path).toBe("args[100000]");
  });

  test("shows the beginning and the end of a long path", () => {
    let value: unknown = { culprit: () => 0 };
    for (let level = 0; level < 100; level++) value = [value];
    expect(refusalOf(value).path).toBe(
      `args${"[0]".repeat(12)}…(83 levels)…[0][0][0][0][0].culprit`,
    );
    for (let level = 0; level < 10_000; level++) value = [value];
    expect(refusalOf(value).path).toMatch(/^args…\(512 levels or more\)….*\.culprit$/);
  });
});

describe("a getter that throws", () => {
  const cause = new Error("not now");
  const value = {
    list: [
      {
        get broken(): never {
          throw cause;
        },
      },
    ],
  };

  test("gives a PayloadError with its path and what it threw", () => {
    const refusal = refusalOf(value);
    expect(refusal.path).toBe("args.list[0].broken");
    expect(refusal.message).toContain("could not be read: Error: not now.");
    expect(refusal.cause).toBe(cause);
  });

  test("may throw anything", () => {
    for (const thrown of [
      undefined,
      null,
      "text",
      Symbol("s"),
      { toString: null },
      new Proxy(
        {},
        {
          get: () => {
            throw cause;
          },
        },
      ),
    ]) {
      const hostile = {
        get x(): never {
          throw thrown;
        },
      };
      const refusal = refusalOf(hostile);
      expect(refusal.path).toBe("args.x");
      expect(refusal.cause).toBe(thrown);
    }
  });

  test("may overflow the stack", () => {
    // Not a tail call: JavaScriptCore would run it for ever in one stack frame.
    const endless = (): number => 1 + endless();
    const hostile = {
      get x(): unknown {
        return endless();
      },
    };
    expect(refusalOf(hostile).path).toStartWith("args.x");
  });

  test("is different from a trap of a Proxy, which is never run", () => {
    const traps = new Proxy(
      {},
      {
        get: () => {
          throw new Error("A trap was run.");
        },
      },
    );
    expect(refusalOf([new Proxy({ a: 1 }, traps as never)]).message).toContain("is a Proxy");
  });
});

test("a getter that makes the same encoder encode is refused, and the encoder works afterwards", () => {
  const encoder = new Encoder();
  const value = {
    get again(): number {
      return encoder.encode([1], "args");
    },
  };
  expect(() => encoder.encode(value, "args")).toThrow(PayloadError);
  expect(() => encoder.encode(value, "args")).toThrow(/args\.again could not be read.*getter/);
  expect(encoder.encode(5, "args")).toBe(2);
});

test("thousands of nested Maps are refused, before the stack of encoder or decoder is used up", () => {
  let value: unknown = 1;
  for (let level = 0; level < 5000; level++) value = new Map([["k", value]]);
  expect(refusalOf(value).message).toContain("nested too deeply");
});
