/** `bun run check docs`: what a user can reach and has no docstring is told, with file, line and name. */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { missingDocstrings, publicEntries } from "../scripts/docstrings.ts";

const folder = await mkdtemp(join(tmpdir(), "ringpool docstrings "));
afterAll(() => rm(folder, { recursive: true }));

/** What is missing in a module of these files, of which the first is the entry. */
async function missingIn(files: Readonly<Record<string, string>>): Promise<string[]> {
  for (const [name, text] of Object.entries(files)) await Bun.write(join(folder, name), text);
  return missingDocstrings(folder, [join(folder, Object.keys(files)[0] as string)]);
}

describe("a docstring is missing for", () => {
  test.each([
    ["a function", "export function add(): void {}", "add"],
    ["a constant", "export const LIMIT: number = 1;", "LIMIT"],
    ["a type", "export type Id = string;", "Id"],
    ["a class", "export class Pool {}", "Pool"],
    ["an interface", "export interface Options {}", "Options"],
    ["what is exported by its name", "function add(): void {}\nexport { add as sum };", "sum"],
    ["a comment of another kind", "// Adds.\nexport function add(): void {}", "add"],
    ["a block that is no docstring", "/* Adds. */\nexport function add(): void {}", "add"],
    [
      "a docstring of another name",
      "/** Other. */\nconst a = 1;\nexport const b: number = a;",
      "b",
    ],
  ])("%s", async (_, text, name) => {
    const line = text.split("\n").length;
    const told = await missingIn({ "one.ts": text });
    expect(told).toEqual([
      expect.stringMatching(new RegExp(`^one\\.ts:[1-${line}]: ${name} has no docstring$`)),
    ]);
  });

  test("each public member of a class, and for nothing private or overriding", async () => {
    const told = await missingIn({
      "one.ts": `/** A pool. */
export class Pool extends Base {
  readonly size = 1;
  /** Documented. */
  readonly name = "";
  #hidden = 2;
  private secret = 3;
  protected half = 4;
  override readonly kind = "pool";
  static of(): void {}
  get count(): number { return 1; }
  [Symbol.dispose](): void {}
  constructor() {}
}`,
    });
    expect(told).toEqual([
      "one.ts:3: Pool.size has no docstring",
      "one.ts:10: Pool.of has no docstring",
      "one.ts:11: Pool.count has no docstring",
      "one.ts:12: Pool.[Symbol.dispose] has no docstring",
      "one.ts:13: Pool.constructor has no docstring",
    ]);
  });

  test("each member of an interface or an object type, what it inherits included", async () => {
    const told = await missingIn({
      "one.ts": `interface Base { inherited: number }
/** Options. */
export interface Options extends Base {
  size?: number;
  run(): void;
}
/** A pair. */
export type Pair = { first: number };`,
    });
    expect(told).toEqual([
      "one.ts:4: Options.size has no docstring",
      "one.ts:5: Options.run has no docstring",
      "one.ts:1: Options.inherited has no docstring",
      "one.ts:8: Pair.first has no docstring",
    ]);
  });

  test("what is declared in another file, which is named", async () => {
    const told = await missingIn({
      "entry.ts": `import { fourth } from "./inner.ts";
export { first as renamed } from "./inner.ts";
export type { Second } from "./middle.ts";
export * from "./star.ts";
export { fourth };`,
      "middle.ts": `export { Second } from "./inner.ts";`,
      "star.ts": "export const third: number = 3;",
      "inner.ts": `export function first(): void {}
export interface Second { member: number }
export const fourth: number = 4;`,
    });
    expect(told.toSorted()).toEqual([
      "inner.ts:1: renamed has no docstring",
      "inner.ts:2: Second has no docstring",
      "inner.ts:2: Second.member has no docstring",
      "inner.ts:3: fourth has no docstring",
      "star.ts:1: third has no docstring",
    ]);
  });
});

test("nothing is missing where every name and member has its text, one of several overloads included", async () => {
  const told = await missingIn({
    "one.ts": `/** Adds. */
export function add(a: number): number;
export function add(a: string): string;
export function add(a: unknown): unknown { return a; }
/** A pool. */
export class Pool {
  /** Its size. */
  get size(): number { return 1; }
  set size(value: number) {}
}
function inner(): void {}`,
  });
  expect(told).toEqual([]);
});

test("the entries are those of package.json", () => {
  const root = join(import.meta.dir, "..");
  expect(publicEntries(root)).toEqual(
    [
      "src/index.ts",
      "src/worker/index.ts",
      "native-queue/index.ts",
      "src/build/index.ts",
      "src/timeline/index.ts",
      "src/metrics/index.ts",
    ].map((file) => join(root, file)),
  );
});
