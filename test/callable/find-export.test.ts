import { afterAll, describe, expect, test } from "bun:test";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { describeCallable } from "../../src/callable/index.ts";
import type { Callable, FunctionDefinition } from "../../src/callable/index.ts";
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

const exportIn = (file: string, name: string): FunctionDefinition => ({
  kind: "export",
  url: urlOf(file),
  name,
  fingerprint: expect.any(String) as unknown as string,
});

describe("an exported function", () => {
  test.each([
    ["declared", esm.declared],
    ["arrow", esm.arrow],
    ["renamed", esm.renamed],
    ["asynchronous", esm.asynchronous],
    ["generator", esm.generator],
    ["default", esm.default],
    // These two have no source that could be sent, and need none.
    ["bound", esm.bound],
    ["proxied", esm.proxied],
  ] as [string, Callable][])(
    "is found by identity under its export's name: %s",
    (name, callable) => {
      // The barrel exports this one again, and nothing else of the module.
      const file = name === "declared" ? "a-barrel.ts" : "exports.ts";
      expect(describeCallable(callable)).toEqual(exportIn(file, name));
    },
  );

  test("is taken from the outermost module that exports it again", () => {
    expect(barrel.declared).toBe(esm.declared);
    expect(describeCallable(barrel.another)).toEqual(exportIn("a-barrel.ts", "declared"));
    expect(barrel.atHome).toBe(home.atHome);
    expect(describeCallable(barrel.atHome)).toEqual(exportIn("a-barrel.ts", "atHome"));
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
    expect(describeCallable(module.oddlyPlaced)).toMatchObject({
      kind: "export",
      url,
      name: "oddlyPlaced",
    });
  });

  test("is found, with the query, in a module that was imported with a query", async () => {
    const file = "top-level-await.ts";
    // Import it by its path: given a URL, Bun drops the query.
    const module = (await import(`${join(fixtures, file)}?again`)) as { afterAwait: Callable };
    const url = `${urlOf(file)}?again`;
    expect(describeCallable(module.afterAwait)).toMatchObject({
      kind: "export",
      url,
      name: "afterAwait",
    });
  });

  test("is found in a package", async () => {
    await write(
      "node_modules/a-package/lib/index.js",
      "const n = 1; export function packaged() { return n; }",
    );
    await write(
      "node_modules/a-package/package.json",
      '{ "name": "a-package", "exports": "./lib/index.js" }',
    );
    const user = await write("user.ts", 'export { packaged } from "a-package";');
    const module = (await import(user)) as { packaged: Callable };
    expect(describeCallable(module.packaged)).toMatchObject({
      kind: "export",
      url: pathToFileURL(user).href,
      name: "packaged",
    });
  });
});

describe("an export of a CommonJS module", () => {
  test("has a special name when it is module.exports, or the default of module.exports", async () => {
    const module = requireModule(join(fixtures, "function-module.cjs")) as Callable & {
      default: Callable;
    };
    expect(describeCallable(module)).toEqual(exportIn("function-module.cjs", "module.exports"));
    expect(describeCallable(module.default)).toEqual(
      exportIn("function-module.cjs", "module.exports.default"),
    );
  });

  test("is found where its module exports it, not in the global object that another module exports", async () => {
    const user = await write(
      "node_modules/user/index.cjs",
      "function listed() { return known; } const known = 1; globalThis.lists = { listed }; exports.listed = listed;",
    );
    for (const [file, text] of [
      ["global.cjs", "module.exports = globalThis;"],
      ["tools.cjs", 'require("user/index.cjs"); exports.global = globalThis;'],
    ] as const)
      requireModule(await write(`node_modules/tools/${file}`, text));
    const { listed } = requireModule(user) as { listed: Callable };
    expect(describeCallable(listed)).toMatchObject({
      url: pathToFileURL(user).href,
      name: "listed",
    });
    Reflect.deleteProperty(globalThis, "lists");
  });

  test("is found behind a getter that returns a binding, and no other getter is called", async () => {
    const module = requireModule(join(fixtures, "getters.cjs")) as {
      forwarded: Callable;
      pick: () => Callable;
    };
    expect(describeCallable(module.forwarded)).toEqual(exportIn("getters.cjs", "forwarded"));
    expect(describeCallable(module.pick()).kind).toBe("source");
    expect(globalThis).toHaveProperty("gettersFired", 0);
  });
});
