import { describe, expect, test } from "bun:test";
import { createSecretKey, generateKeyPairSync, sign, verify } from "node:crypto";
import { statSync } from "node:fs";
import { BlockList } from "node:net";
import { parse } from "node:url";
import { runInNewContext } from "node:vm";
import { expectSame } from "./deep-equal.ts";
import { refusalOf, roundTrip } from "./round-trip.ts";

class Tree {
  kind = "node";
  readonly children: Tree[] = [];
  readonly #secret = 1;
  get secret(): number {
    return this.#secret;
  }
}
class Table extends Map<unknown, unknown> {}
class Day extends Date {}
class List extends Array<number> {}
class Bytes extends Uint8Array {}

function asPlain<T>(value: T): T {
  return roundTrip(value, undefined, "plain");
}

/** Objects of classes that nobody has registered, which structured clone takes. */
const FOREIGN: [string, () => object][] = [
  ["an instance of a class", () => new Tree()],
  ["a tree of them", () => Object.assign(new Tree(), { children: [new Tree(), new Tree()] })],
  ["a subclass of Map", () => new Table([["a", new Tree()]])],
  ["a subclass of Set", () => new (class Bag extends Set {})([1, 2])],
  ["a subclass of Date", () => new Day(5)],
  ["a subclass of Array", () => List.of(1, 2, 3)],
  ["a subclass of Array with a name", () => Object.assign(List.of(1), { unit: "m" })],
  ["a subclass of Uint8Array", () => Bytes.of(1, 2)],
  ["a subclass of RegExp", () => new (class Pattern extends RegExp {})("a", "g")],
  ["a subclass of Number", () => new (class Metres extends Number {})(5)],
  ["an instance of a function", () => instanceOfFunction()],
  ["an object that inherits from another", () => Object.create({ inherited: 1 }, own) as object],
  ["a class of another realm", () => foreign("new (class A { x = 1 })")],
  ["a subclass of Map of another realm", () => foreign("new (class M extends Map {})([[1, 2]])")],
  ["what url.parse returns", () => parse("https://a.example/b?c=d")],
  ["fs.Stats", () => statSync(import.meta.dir)],
];

const own = { own: { value: 1, enumerable: true }, hidden: { value: 2 } };

function foreign(source: string): object {
  return runInNewContext(source) as object;
}

function instanceOfFunction(): object {
  const Legacy = function Legacy(this: { x: number }): void {
    this.x = 1;
  };
  return new (Legacy as unknown as new () => object)();
}

describe("an instance of an unregistered class", () => {
  test.each(FOREIGN)("is refused with the option that takes it: %s", (_, make) => {
    const refusal = refusalOf({ here: make() });
    expect(refusal.path).toBe("args.here");
    expect(refusal.message).toContain('foreign: "plain"');
  });

  test.each(FOREIGN)("arrives with foreign: plain as structured clone brings it: %s", (_, make) => {
    const value = make();
    expectSame(asPlain([value, value]), structuredClone([value, value]));
  });

  test("is named truly", () => {
    const lying = Object.assign(new Tree(), { constructor: Day });
    expect(refusalOf(lying).message).toContain("is an instance of Tree,");
    expect(refusalOf(Object.create(new Tree())).message).toContain("is an object without a class;");
    expect(refusalOf(parse("https://a.example/")).message).toContain(
      "is an object without a class;",
    );
    expect(
      refusalOf(Object.defineProperty(new Tree(), Symbol.toStringTag, { value: "WeakMap2" }))
        .message,
    ).toContain("an instance of Tree");
  });

  test("that holds what no clone takes is refused with its path, also with foreign: plain", () => {
    const values: [object, string][] = [
      [Object.assign(new Tree(), { onClick: () => 0 }), "args.onClick"],
      [new Table([["k", Symbol("s")]]), 'args.get("k")'],
      [Object.assign(new Tree(), { children: [new Proxy({}, {})] }), "args.children[0]"],
    ];
    for (const [value, path] of values)
      expect(refusalOf(value, "args", undefined, "plain").path).toBe(path);
  });

  test.each([
    ["a Response", () => new Response("x")],
    ["a subclass of Response", () => new (class Answer extends Response {})("x")],
    ["a promise", () => Promise.resolve()],
    ["a generator", () => (function* () {})()],
    ["an iterator", () => [1].values()],
    ["a WeakMap", () => new WeakMap()],
    ["a boxed symbol", () => Object(Symbol("s")) as object],
    ["an Intl.NumberFormat", () => new Intl.NumberFormat()],
    ["a WebAssembly.Instance", () => new WebAssembly.Instance(wasmModule())],
    ["a Proxy", () => new Proxy(new Tree(), {})],
  ])("of the platform stays refused, and the option is not named: %s", (_, make) => {
    expect(() => structuredClone(make())).toThrow();
    expect(refusalOf(make(), "args", undefined, "plain").message).not.toContain("foreign");
    expect(refusalOf(make()).message).not.toContain("foreign");
  });
});

describe("built-in objects of another realm arrive as those of this one", () => {
  test.each([
    ["new Map([[1, { a: 1 }]])"],
    ["new Set([1, [2]])"],
    ["new Date(5)"],
    ["/a/g"],
    ["new Uint8Array([1, 2])"],
    ["new Float64Array([0.5])"],
    ["new DataView(new ArrayBuffer(3))"],
    ["new ArrayBuffer(3)"],
    ["Object(1n)"],
    ["Object('text')"],
    ["/a/.exec('ba')"],
  ])("%s", (source) => {
    const value = foreign(source);
    expectSame(roundTrip(value), structuredClone(value));
  });
});

function wasmModule(): WebAssembly.Module {
  return new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
}

describe("objects that the engine clones", () => {
  test("a WebAssembly.Module", () => {
    const module = wasmModule();
    const received = roundTrip({ module, again: module });
    expect(received.module).toBeInstanceOf(WebAssembly.Module);
    expect(received.again).toBe(received.module);
    expect(new WebAssembly.Instance(received.module)).toBeInstanceOf(WebAssembly.Instance);
  });

  test("a shared WebAssembly.Memory, which stays shared; another one is refused", () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });
    const received = roundTrip([memory])[0]!;
    new Uint8Array(received.buffer)[3] = 7;
    expect(new Uint8Array(memory.buffer)[3]).toBe(7);
    expect(refusalOf([new WebAssembly.Memory({ initial: 1 })]).message).toContain("shared: true");
  });

  test("KeyObjects of every type", () => {
    const secret = createSecretKey(Buffer.from("secret"));
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    const received = roundTrip({ secret, privateKey, publicKey });
    expect(received.secret.export()).toEqual(Buffer.from("secret"));
    const signature = sign(null, Buffer.from("m"), received.privateKey);
    expect(verify(null, Buffer.from("m"), received.publicKey, signature)).toBe(true);
  });

  test("a BlockList", () => {
    const list = new BlockList();
    list.addSubnet("10.0.0.0", 8);
    expect(roundTrip([list])[0]!.check("10.1.2.3")).toBe(true);
  });

  test("but not an object that only has their prototype", () => {
    for (const { prototype } of [WebAssembly.Module, BlockList])
      expect(refusalOf([Object.create(prototype)]).message).toContain("cannot be cloned");
  });
});

test("what an own property or a subclass hides crosses as the object holds it", () => {
  const fail = (): never => {
    throw new Error("A method of the value was called.");
  };
  const map = Object.defineProperties(new Map([[1, 2]]), {
    [Symbol.iterator]: { value: fail },
    entries: { value: fail },
  });
  const date = Object.assign(new Date(5), { getTime: fail, valueOf: fail });
  expect([...roundTrip(map)]).toEqual([[1, 2]]);
  expect(roundTrip(date).getTime()).toBe(5);
  expect([
    ...asPlain(
      new (class Odd extends Set {
        override values = fail;
      })([1]),
    ),
  ]).toEqual([1]);
});
