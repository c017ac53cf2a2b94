import { afterAll, describe, expect, test } from "bun:test";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { describeCallable } from "../../src/callable/index.ts";
import type { Callable, CallableDefinition } from "../../src/callable/index.ts";
// The barrel first: being loaded first must not make it a function's home.
import * as barrel from "./fixtures/a-barrel.ts";
import * as esm from "./fixtures/exports.ts";
import * as home from "./fixtures/z-home.ts";

const requireModule = createRequire(import.meta.url);
const fixtures = join(import.meta.dir, "fixtures");
const urlOf = (file: string): string => pathToFileURL(join(fixtures, file)).href;
const temporary = await mkdtemp(join(tmpdir(), "ringpool callables é "));
afterAll(() => rm(temporary, { recursive: true }));

async function write(path: string, text: string): Promise<string> {
  const file = join(temporary, path);
  await mkdir(dirname(file), { recursive: true });
  await Bun.write(file, text);
  return file;
}

const exportIn = (file: string, name: string): CallableDefinition => ({
  kind: "export",
  url: urlOf(file),
  name,
});

describe("an exported function", () => {
  test.each([
    ["declared", esm.declared],
    ["arrow", esm.arrow],
    ["renamed", esm.renamed],
    ["asynchronous", esm.asynchronous],
    ["generator", esm.generator],
    ["default", esm.default],
    // These two have no source to send, and need none.
    ["bound", esm.bound],
    ["proxied", esm.proxied],
  ] as [string, Callable][])(
    "is found by identity under its export's name: %s",
    (name, callable) => {
      expect(describeCallable(callable)).toEqual(exportIn("exports.ts", name));
    },
  );

  test("is taken from its home when other modules export it again", () => {
    expect(barrel.declared).toBe(esm.declared);
    expect(describeCallable(barrel.another)).toEqual(exportIn("exports.ts", "declared"));
    expect(barrel.atHome).toBe(home.atHome);
    expect(describeCallable(barrel.atHome)).toEqual(exportIn("z-home.ts", "atHome"));
  });

  test("is found although its module assigned it after evaluation", () => {
    expect(esm.assignedLate).toBeUndefined();
    expect(describeCallable(esm.assignLate())).toEqual(exportIn("exports.ts", "assignedLate"));
  });

  test.each(["tsx", "mts", "js", "mjs", "jsx", "cjs"])(
    "is found in a .%s file",
    async (extension) => {
      const file = `extension.${extension}`;
      const module = (await import(urlOf(file))) as { extension: Callable };
      expect(describeCallable(module.extension)).toEqual(exportIn(file, "extension"));
    },
  );

  test("is found in a file whose path needs encoding", async () => {
    const file = await write("odd é/100%20 #1 日本.ts", "export const oddlyPlaced = () => 1;");
    const module = (await import(file)) as { oddlyPlaced: Callable };
    const url = pathToFileURL(file).href;
    expect(url).toContain("100%2520%20%231%20");
    expect(describeCallable(module.oddlyPlaced)).toEqual({
      kind: "export",
      url,
      name: "oddlyPlaced",
    });
  });

  test("is found in a module that was imported with a query, query included", async () => {
    const file = "top-level-await.ts";
    // By a path, not by its URL: with that, Bun drops the query.
    const module = (await import(`${join(fixtures, file)}?again`)) as { afterAwait: Callable };
    const url = `${urlOf(file)}?again`;
    expect(describeCallable(module.afterAwait)).toEqual({
      kind: "export",
      url,
      name: "afterAwait",
    });
  });

  test("is found in a package", async () => {
    const file = await write(
      "node_modules/a-package/lib/index.js",
      "const n = 1; export function packaged() { return n; }",
    );
    await write(
      "node_modules/a-package/package.json",
      '{ "name": "a-package", "exports": "./lib/index.js" }',
    );
    const user = await write("user.ts", 'export { packaged } from "a-package";');
    const module = (await import(user)) as { packaged: Callable };
    expect(describeCallable(module.packaged)).toEqual({
      kind: "export",
      url: pathToFileURL(file).href,
      name: "packaged",
    });
  });
});

describe("an export of a CommonJS module", () => {
  test("has a name of its own when it is module.exports, or hidden behind it", async () => {
    const module = requireModule(join(fixtures, "function-module.cjs")) as Callable & {
      default: Callable;
    };
    expect(describeCallable(module)).toEqual(exportIn("function-module.cjs", "module.exports"));
    expect(describeCallable(module.default)).toEqual(
      exportIn("function-module.cjs", "module.exports.default"),
    );
  });

  test("is found behind a getter that passes a binding on, and no other getter is run", async () => {
    const module = requireModule(join(fixtures, "getters.cjs")) as {
      forwarded: Callable;
      pick: () => Callable;
    };
    expect(describeCallable(module.forwarded)).toEqual(exportIn("getters.cjs", "forwarded"));
    expect(describeCallable(module.pick()).kind).toBe("source");
    expect(globalThis).toHaveProperty("gettersFired", 0);
  });
});

describe("a module that is still being evaluated", () => {
  test("is named with the function's source, and by identity once it has finished", async () => {
    const api = JSON.stringify(join(import.meta.dir, "../../src/callable/index.ts"));
    await write(
      "first.ts",
      `import { seen } from "./second.ts"; export const early = () => 1; export { seen };`,
    );
    // In here `early` is in its temporal dead zone, which reading it would trip over.
    const second = await write(
      "second.ts",
      `import { describeCallable } from ${api}; export { early } from "./first.ts";
       export function fromSecond() { return early; } export const seen = describeCallable(fromSecond);`,
    );
    await import(join(temporary, "first.ts"));
    const module = (await import(second)) as {
      early: Callable;
      fromSecond: Callable;
      seen: CallableDefinition;
    };
    const url = pathToFileURL(second).href;
    expect(module.seen).toMatchObject({ kind: "evaluating", url, name: "fromSecond" });
    expect(module.seen).toHaveProperty("source", module.fromSecond.toString());
    expect(describeCallable(module.fromSecond)).toEqual({
      kind: "export",
      url,
      name: "fromSecond",
    });
    const first = pathToFileURL(join(temporary, "first.ts")).href;
    expect(describeCallable(module.early)).toEqual({ kind: "export", url: first, name: "early" });
  });
});

describe("an inline function", () => {
  test("is described by its name and its source", () => {
    const double = (value: number): number => value * 2;
    expect(describeCallable(double)).toEqual({
      kind: "source",
      name: "double",
      source: double.toString(),
    });
  });

  test("is one definition each time that it is written anew, as in a loop", () => {
    const definitions = new Set([1, 2, 3].map(() => describeCallable(() => "written in a loop")));
    expect(definitions.size).toBe(1);
  });

  test("is no export because it is called like one", () => {
    const declared = (): string => "an impostor";
    expect(describeCallable(declared).kind).toBe("source");
  });
});
