import { afterAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeCallable } from "../../src/callable/index.ts";
import type { Callable } from "../../src/callable/index.ts";
import { isPlainArrow, isSelfSufficient } from "../../src/callable/plain-arrow.ts";
import { CallableError } from "../../src/errors.ts";

const requireModule = createRequire(import.meta.url);
const temporary = await mkdtemp(join(tmpdir(), "ringpool known sources "));
afterAll(() => rm(temporary, { recursive: true }));

/** Writes a module and loads it within this turn. */
function load(name: string, text: string): unknown {
  const file = join(temporary, name);
  writeFileSync(file, text);
  return requireModule(file);
}

interface Maker {
  readonly make: () => Callable;
}

/** The text of a module that makes functions. Put together: a function's text in a string of this file would count as this file's. */
function makerOf(body: string): string {
  return `exports.make = () => ${["(n)", "=>"].join(" ")} ${body};`;
}

/** So often a text is described that every short way is open to it. */
const OFTEN = 100;

function describeOften(make: () => Callable): Set<unknown> {
  return new Set(Array.from({ length: OFTEN }, () => describeCallable(make())));
}

describe("a function that is made again and again", () => {
  test.each([
    ["without a name", () => [(n: number) => n * 2][0] as Callable],
    ["with a name", () => ({ double: (n: number) => n * 2 }).double],
    ["that uses a global", () => ({ root: (n: number) => Math.sqrt(n) }).root],
    ["that uses properties", () => ({ length: (text: string) => text.trim().length }).length],
  ])("has one definition: %s", (_, make) => {
    expect(describeOften(make).size).toBe(1);
  });

  test("has a definition for each name, because errors and stacks show it", () => {
    const names = ["triple", "thrice"];
    const make = (name: string): Callable => ({ [name]: (n: number) => n * 3 })[name] as Callable;
    for (let n = 0; n < OFTEN; n++)
      for (const name of names)
        expect(describeCallable(make(name))).toMatchObject({ kind: "source", name });
  });
});

describe("a text that was sent before", () => {
  const GLOBAL = makerOf("Math.floor(n) + Number(n)");
  const SHADOWED = `const Math = { floor: () => "another" };\n${GLOBAL}`;

  test("is not taken for the same where a module that is loaded later binds a global's name around it", () => {
    const first = load("global.cjs", GLOBAL) as Maker;
    expect(describeOften(first.make).size).toBe(1);
    const { make } = load("shadowed.cjs", SHADOWED) as Maker;
    for (let n = 0; n < OFTEN; n++) {
      expect(() => describeCallable(make())).toThrow(CallableError);
      expect(() => describeCallable(make())).toThrow(/name of a global.* variable=Math callable=/);
    }
  });

  test("is not taken for the same when it was seen once", () => {
    const text = makerOf("Date.now() - n");
    const { make } = load("once.cjs", text) as Maker;
    expect(describeCallable(make()).kind).toBe("source");
    const shadowed = `const Date = { now: () => 1 };\n${text}`;
    const other = load("once-shadowed.cjs", shadowed) as Maker;
    expect(() => describeCallable(other.make())).toThrow(/variable=Date/);
  });

  test("is the same where a module that is loaded later uses the global too", () => {
    const text = makerOf("Math.hypot(n, 3)");
    const definitions = ["one.cjs", "two.cjs", "three.cjs"].map((name) =>
      describeCallable((load(name, text) as Maker).make()),
    );
    expect(new Set(definitions).size).toBe(1);
  });

  test("is no reason to miss an exported function, which is told by its identity", () => {
    const make = (): Callable => ({ wordsOf: (text: string) => text.split(" ") }).wordsOf;
    expect([...describeOften(make)]).toMatchObject([{ kind: "source" }]);
    const text = `const wordsOf = ${String(make())}; exports.wordsOf = wordsOf;`;
    const { wordsOf } = load("words.cjs", text) as { wordsOf: Callable };
    expect(describeCallable(wordsOf)).toMatchObject({ kind: "export", name: "wordsOf" });
  });
});

describe("an arrow function of the simplest kind", () => {
  test.each([
    "(n) => n * 2",
    "n => n + 1",
    "() => 42",
    "async (n) => n",
    "async n => await n",
    "(a, b) => { if (a) return b; else return null; }",
    '(n) => ({ n, twice: n + n, text: "n + m", [n]: 1 })',
    "(value) => typeof value",
    "(a, b) => [...a, ...b]",
  ])("uses nothing but its parameters: %s", (source) => {
    expect(isPlainArrow(source)).toBe(true);
    // oxlint-disable-next-line no-eval -- whether it compiles is what is tested
    expect((0, eval)(`"use strict"; (${source})`)).toBeFunction();
  });

  test.each([
    "(n) => m",
    "(n) => n + m",
    "(n) => ({ m })",
    "(n) => ({ [m]: n })",
    "(n) => ({ n: m })",
    "(n) => [...m]",
    "(n) => n ? m : n",
    "(n) => `${m}`",
    "(n) => n / m / n",
    "(n) => { const m = n; return m; }",
    "(n, m = k) => n",
    "(...n) => n",
    "({ n }) => n",
    "(n) => this",
    "(n) => arguments",
    "(n) => Math",
    "async => 1",
    "(n) => await n",
    "(let) => 1",
    "(n) => 010",
    "function (n) { return n }",
    "n",
    "((n) => n)",
    "(n) => \\u006d",
  ])("is not what this is, or is not proved to be: %s", (source) => {
    expect(isPlainArrow(source)).toBe(false);
  });

  test.each([
    ["(n) => n * 2", true],
    ["(text) => text.red", false],
    ["(list) => list[0]", false],
  ])("needs no look at the modules when it reads no property: %s", (source, isSelf) => {
    expect(isPlainArrow(source)).toBe(true);
    expect(isSelfSufficient(source)).toBe(isSelf);
  });
});
