import { afterAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { loadCallable } from "../../src/callable/load.ts";
import { fromModule } from "../../src/callable/index.ts";
import type { Callable, FunctionDefinition } from "../../src/callable/index.ts";
import { CallableError } from "../../src/errors.ts";
import * as esm from "./fixtures/exports.ts";
import { runDefinition, runInWorker } from "./fixtures/run-in-worker.ts";

const requireModule = createRequire(import.meta.url);
const fixtures = join(import.meta.dir, "fixtures");
const urlOf = (file: string): string => pathToFileURL(join(fixtures, file)).href;
const temporary = await mkdtemp(join(tmpdir(), "ringpool loader é "));
afterAll(() => rm(temporary, { recursive: true }));

const load = (file: string, name: string): ReturnType<typeof loadCallable> =>
  loadCallable({ kind: "export", url: urlOf(file), name });

async function failure(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => expect.unreachable("a load that should fail"),
    (error: unknown) => error as Error,
  );
}

describe("an export", () => {
  test.each([
    [esm.declared, 1001],
    [esm.arrow, 1002],
    [esm.renamed, 1003],
    [esm.asynchronous, 1004],
    [esm.default, 1006],
    [esm.bound, 1001],
    [esm.proxied, 1001],
  ] as [Callable, number][])(
    "runs in a worker with the variables of its module: %p",
    async (callable, value) => {
      expect(await runInWorker(callable, 1)).toEqual({ value });
    },
  );

  test.each([
    ["top-level-await.ts", "afterAwait", 8],
    ["extension.tsx", "extension", "tsx"],
    ["extension.mts", "extension", "mts"],
    ["extension.js", "extension", "js"],
    ["extension.mjs", "extension", "mjs"],
    ["extension.jsx", "extension", "jsx"],
    ["extension.cjs", "extension", "cjs"],
  ])("runs in a worker from %s", async (file, name, value) => {
    const task = fromModule<Record<string, Callable>>(join(fixtures, file), name);
    expect(await runInWorker(task, 1)).toEqual({ value });
  });

  test("runs in a worker from a path that needs encoding", async () => {
    const file = join(temporary, "odd é/100%20 #1 日本.ts");
    await Bun.write(file, "const own = 2; export const oddlyPlaced = (value) => value + own;");
    expect(await runInWorker(fromModule<Record<string, Callable>>(file, "oddlyPlaced"), 1)).toEqual(
      { value: 3 },
    );
  });

  test("of a CommonJS module is distinguished from what import() shows as default", async () => {
    const itself = requireModule(join(fixtures, "function-module.cjs")) as Callable & {
      default: Callable;
    };
    expect(await runInWorker(itself)).toEqual({ value: "itself" });
    expect(await runInWorker(itself.default)).toEqual({ value: "itself default" });
    const marked = requireModule(join(fixtures, "es-marked.cjs")) as { default: Callable };
    expect(await runInWorker(marked.default)).toEqual({ value: "es-marked" });
  });

  test("of a module that was imported with a query comes from a module with that query", async () => {
    const file = join(temporary, "query.ts");
    await Bun.write(file, "export function query() { return new URL(import.meta.url).search; }");
    const { query } = (await import(`${file}?a=1`)) as { query: Callable };
    expect(await runInWorker(query)).toEqual({ value: "?a=1" });
  });

  test("is returned as it is", async () => {
    expect(await load("exports.ts", "generator")).toBe(esm.generator as () => unknown);
  });

  test("that does not exist is an error that lists those that do", async () => {
    const error = await failure(load("exports.ts", "declraed"));
    expect(error).toBeInstanceOf(CallableError);
    expect(error.message).toMatch(
      /does not export "declraed".* module=\/.*\/exports\.ts export=declraed available=/,
    );
    expect(error.message).toContain("asynchronous, bound, declared, default");
    expect(error.message).not.toContain("notAFunction,");
  });

  test("that is no function is an error", async () => {
    const error = await failure(load("exports.ts", "notAFunction"));
    expect(error).toBeInstanceOf(CallableError);
    expect(error.message).toMatch(/something that is no function as "notAFunction"/);
  });
});

test("the worker's door loads nothing of the parent's half", async () => {
  const source = join(import.meta.dir, "../../src/");
  const script = `await import(${JSON.stringify(join(source, "callable/load.ts"))});
    console.log(JSON.stringify(Object.keys(require.cache)));`;
  const child = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe" });
  const files = JSON.parse(await new Response(child.stdout).text()) as string[];
  const loaded = files.map((file) => file.slice(source.length));
  const own = loaded.filter((file) => file.startsWith("callable/"));
  const worker = [
    "bundled-modules.ts",
    "carried-storages.ts",
    "definition.ts",
    "evaluation.ts",
    "export-advice.ts",
    "inline.ts",
    "load-error.ts",
    "load.ts",
    "module-keys.ts",
    "source.ts",
  ];
  expect(own.sort()).toEqual(worker.map((file) => `callable/${file}`));
});

describe("a module that cannot be loaded", () => {
  test("is tried by each request, and each gets the module's own error with its stack", async () => {
    for (const _ of [1, 2, 3]) {
      const error = await failure(load("broken/throws.ts", "unreachable"));
      expect(error).toBeInstanceOf(RangeError);
      expect(error).toMatchObject({ message: "thrown while loading", code: "E_FIXTURE" });
      expect(error.stack).toContain("broken/throws.ts:2");
    }
  });

  test("may reject after a top-level await", async () => {
    for (const _ of [1, 2]) {
      const error = await failure(load("broken/rejects.ts", "unreachable"));
      expect(error.message).toBe("rejected while loading");
    }
  });

  test("reports a missing file by name and code, and is found when it exists", async () => {
    const file = join(temporary, "later.ts");
    const definition: FunctionDefinition = {
      kind: "export",
      url: pathToFileURL(file).href,
      name: "later",
    };
    const error = await failure(loadCallable(definition));
    expect(error).toMatchObject({ name: "ResolveMessage", code: "ERR_MODULE_NOT_FOUND" });
    expect(error.message).toContain(`Cannot find module '${file}'`);
    await Bun.write(file, "export const later = () => 1;");
    expect((await loadCallable(definition))()).toBe(1);
  });

  test("reports a syntax error with its position, and works when it is corrected", async () => {
    const file = join(temporary, "syntax.ts");
    const definition: FunctionDefinition = {
      kind: "export",
      url: pathToFileURL(file).href,
      name: "corrected",
    };
    await Bun.write(file, "export const fine = 1;\nexport const broken = ;");
    const error = await failure(loadCallable(definition));
    expect(error).toBeInstanceOf(SyntaxError);
    expect(error.message).toContain("Unexpected ;");
    expect(error.stack).toContain(`${file}:2:23`);
    await Bun.write(file, "export const corrected = () => 1;");
    expect((await loadCallable(definition))()).toBe(1);
  });

  test("keeps class, code and position on the way out of a worker", async () => {
    const definition: FunctionDefinition = {
      kind: "export",
      url: urlOf("broken/throws.ts"),
      name: "unreachable",
    };
    expect(await runDefinition(definition)).toMatchObject({
      error: {
        name: "RangeError",
        message: "thrown while loading",
        stack: expect.stringContaining("throws.ts:2"),
      },
    });
  });
});

describe("a function whose module was still being evaluated", () => {
  const offer = (
    name: string,
    source: string,
    file = "exports.ts",
  ): ReturnType<typeof loadCallable> =>
    loadCallable({ kind: "evaluating", url: urlOf(file), name, source });

  test("is the export of that name with that source", async () => {
    expect(await offer("declared", esm.declared.toString())).toBe(esm.declared as () => unknown);
  });

  test("is any export with that source, also the default export", async () => {
    expect(await offer("hidden", esm.renamed.toString())).toBe(esm.renamed as () => unknown);
    expect(await offer("exports_default", esm.default.toString())).toBe(
      esm.default as () => unknown,
    );
  });

  test("is found among a CommonJS module's properties", async () => {
    const module = requireModule(join(fixtures, "extension.cjs")) as { extension: () => unknown };
    expect(await offer("other", module.extension.toString(), "extension.cjs")).toBe(
      module.extension,
    );
  });

  test("is evaluated from its source when the export of that name is another function", async () => {
    expect((await offer("declared", "(value) => value * 2"))(21)).toBe(42);
  });

  test("is an error when its source cannot be evaluated by itself either", async () => {
    const error = await failure(offer("method", "method() { return super.method(); }"));
    expect(error).toBeInstanceOf(CallableError);
    expect(error.message).toMatch(/export it from a module\. callable=method$/);
    expect(error.cause).toBeInstanceOf(SyntaxError);
  });
});
