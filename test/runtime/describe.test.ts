// oxlint-disable typescript/no-extraneous-class -- any class
import { describe, expect, test } from "bun:test";
import vm from "node:vm";
import { describeThrown, describeValue } from "../../src/runtime/describe.ts";

class Point {
  x = 1;
}

class NotFound extends Error {
  override name = "NotFound";
}

/** A Proxy each of whose traps fails the test. */
function trapped<T extends object>(target: T): T {
  const failing = (): never => expect.unreachable("a trap was run");
  return new Proxy(target, new Proxy({}, { get: () => failing }));
}

function throwing(): never {
  return expect.unreachable("code of the value was run");
}

const [anonymous] = [() => 1];
const nullPrototype: unknown = Object.create(null);
const longText = "x".repeat(1000);

describe("describeValue", () => {
  test.each([
    ["undefined", undefined],
    ["null", null],
    ["true", true],
    ["0", 0],
    ["-0", -0],
    ["NaN", NaN],
    ["12n", 12n],
    ['""', ""],
    [String.raw`"say \"hi\"\n"`, 'say "hi"\n'],
    [String.raw`"\ud800"`, "\ud800"],
    ["Symbol(id)", Symbol("id")],
    ["max", Math.max],
    ["Point", Point],
    ["(anonymous)", anonymous],
    ["an instance of Object", {}],
    ["an instance of Array", [1]],
    ["an instance of Object", { constructor: 1 }],
    ["an instance of Point", new Point()],
    ["an instance of a class without a name", new (class {})()],
    ["an object without a class", nullPrototype],
    ["an instance of NotFound", new NotFound("page")],
    ["an instance of Map", vm.runInNewContext("new Map()")],
    ["a Proxy", new Proxy({}, {})],
    ["a Proxy", new Proxy(() => 1, {})],
  ])("is %s", (text, value) => {
    expect(describeValue(value)).toBe(text);
  });

  test("cuts long texts to about 80 characters", () => {
    const named = Object.defineProperty(() => 1, "name", { value: longText });
    for (const value of [longText, 10n ** 900n, Symbol(longText), named])
      expect(describeValue(value).length).toBeWithin(80, 90);
  });
});

describe("describeThrown", () => {
  test.each([
    ["RangeError: too far", new RangeError("too far")],
    ["NotFound: page", new NotFound("page")],
    ["TypeError", new TypeError("")],
    ["only this", Object.assign(new Error("only this"), { name: "" })],
    ["an instance of NotFound", Object.assign(new NotFound(""), { name: "" })],
    ["m", Object.assign(new Error("m"), { name: 5 })],
    ["AbortError: stopped", new DOMException("stopped", "AbortError")],
    ["AbortError: stopped", new (class Stop extends DOMException {})("stopped", "AbortError")],
    ['"text"', "text"],
    ["Symbol(why)", Symbol("why")],
    ["an instance of Object", { code: 1 }],
    ["the function max", Math.max],
    ["a function", anonymous],
    ["the class Point", Point],
    ["a class", class {}],
    ["a Proxy", new Proxy(new Error("behind"), {})],
    ["a value that cannot be described", Object.create(DOMException.prototype)],
  ])("is %s", (text, thrown) => {
    expect(describeThrown(thrown)).toBe(text);
  });

  test("names what Bun's loader throws by its message", async () => {
    const missing: unknown = await import(["./no", "such.ts"].join("-")).catch((e: unknown) => e);
    expect(describeThrown(missing)).toStartWith("ResolveMessage: Cannot find module");
  });

  test("cuts long messages to about 200 characters", () => {
    expect(describeThrown(new Error(longText)).length).toBeWithin(200, 210);
    expect(describeThrown(longText).length).toBeWithin(200, 210);
  });
});

describe("naming a value", () => {
  const accessor = { get: throwing, configurable: true };
  const withGetters = Object.defineProperties(new Error("hidden"), {
    name: accessor,
    message: accessor,
    constructor: accessor,
    toString: accessor,
    [Symbol.toStringTag]: accessor,
    [Symbol.toPrimitive]: accessor,
  });
  const statics = Object.defineProperty(() => 1, "name", accessor);

  test.each([
    ["of an error with getters", withGetters],
    ["of a function with a getter for its name", statics],
    [
      "of a class whose name is a method",
      class {
        static name(): never {
          return throwing();
        }
      },
    ],
    [
      "of an object whose class is behind a getter",
      Object.create({
        get constructor(): never {
          return throwing();
        },
      }),
    ],
    ["of a Proxy", trapped({})],
    ["of a Proxy of a function", trapped(() => 1)],
    ["of a Proxy of an error", trapped(new Error("behind"))],
    ["of an object whose prototype is a Proxy", Object.create(trapped({}))],
    ["of an error whose prototype is a Proxy", Object.setPrototypeOf(new Error("m"), trapped({}))],
    ["of an instance of a class whose name is a getter", Object.create({ constructor: statics })],
  ] as [string, unknown][])("runs no code %s", (_title, value) => {
    expect(describeValue(value)).not.toBe("");
    expect(describeThrown(value)).not.toBe("");
    expect(describeThrown(value)).not.toContain("cannot be described");
  });
});
