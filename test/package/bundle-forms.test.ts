/**
 * Everything that a program may do with callables, run from its sources, from every form of bundle and from executables: the outcomes
 * are the same. The sources, and the package beside them, are gone when a bundle runs.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Project, run, runOrThrow } from "./project.ts";

setDefaultTimeout(120_000);

const MODULES: Readonly<Record<string, string>> = {
  "lib/tasks.ts": `
export function plain(n: number) { return "plain " + counted(n); }
export const arrow = (n: number) => "arrow " + counted(n);
export async function later(n: number) { await null; return "later " + counted(n); }
export function* series(n: number) { for (let i = 0; i < n; i++) yield counted(i); }
export const table = { deep: { inner: (n: number) => "deep " + counted(n) } };
export default function (n: number) { return "default " + counted(n); }
export const add = (a: number, b: number) => a + counted(b);
export const guard = () => import.meta.main;
export const constant = () => [typeof DEFINED === "string" ? DEFINED : "none", counted(1)];
declare const DEFINED: string | undefined;
const counts = new Map<number, number>();
const counted = (n: number) => { counts.set(n, 1); return n; };
`,
  "lib/barrel.ts": `
export * from "./tasks.ts";
export { plain as renamed, default as whole } from "./tasks.ts";
export * as tasks from "./tasks.ts";
`,
  "lib/points.ts": `
import { registerClass } from "ringpool";
export class Vector { constructor(public x: number) {} twice() { return new Vector(this.x * 2); } }
class Secret { #text; constructor(text: string) { this.#text = text; } get text() { return this.#text; } }
registerClass(Vector);
registerClass(Secret, { name: "a secret", encode: ({ text }) => text, decode: (text) => new Secret(text) });
export const secret = (text: string) => new Secret(text);
export const twice = (vector: Vector) => vector.twice();
export const whisper = ({ text }: Secret) => new Secret(text + "!");
`,
  "lib/context.ts": `
import { AsyncLocalStorage } from "node:async_hooks";
export const context = new AsyncLocalStorage<string>();
export const stored = () => context.getStore();
`,
  "lib/prepared.ts": `
let word = "nothing";
export function prepare(given: string) { word = given; }
export const prepared = () => "prepared with " + word;
`,
  "lib/named.ts": `const name = "named "; export const named = (n: number) => name + n; export default named;`,
  "lib/old.cjs": `const prefix = "old "; exports.old = (n) => prefix + n; exports.table = { entry: (n) => prefix + n + "!" };`,
  "app.ts": `
import { ThreadPool, PayloadError, fromModule, makeRequests } from "ringpool";
import { taskContext } from "ringpool/worker";
import { gzipSync } from "node:zlib";
import { add, arrow, constant, guard, later, plain, renamed, series, table, tasks, whole } from "./lib/barrel.ts";
import anonymous from "./lib/tasks.ts";
import { Vector, secret, twice, whisper } from "./lib/points.ts";
import { context, stored } from "./lib/context.ts";
import { prepare, prepared } from "./lib/prepared.ts";
import old from "./lib/old.cjs";
import wholePackage, { member as local, unused } from "modern-package";
import * as everything from "modern-package";
import oldPackage from "old-package";

export const own = (n: number) => "own " + n + typeof whole;
export function reports(n: number) { for (let i = 0; i < n; i++) taskContext.progress(i); }
export const callsPackage = (n: number) => local(n) + "!";

async function main() {
  await using pool = new ThreadPool(2, { initializer: prepare, initargs: ["a word"] });
  const outcomes: Record<string, unknown> = {};
  const note = async (name: string, call: () => unknown) => {
    outcomes[name] = await (async () => call())().catch((error) => error.name + ": " + error.message);
  };
  await note("exported", () => pool.run(plain, [1]));
  await note("arrow", () => pool.run(arrow, [1]));
  await note("asynchronous", () => pool.run(later, [1]));
  await note("renamed", () => pool.run(renamed, [1]));
  await note("default again", () => pool.run(whole, [1]));
  await note("default", () => pool.run(anonymous, [1]));
  await note("namespace", () => pool.run(tasks.plain, [1]));
  await note("path", () => pool.run(table.deep.inner, [1]));
  await note("own", () => pool.run(own, [1]));
  await note("CommonJS", () => pool.run(old.old, [1]));
  await note("path in CommonJS", () => pool.run(old.table.entry, [1]));
  await note("guard", () => pool.run(guard, []));
  await note("defined", () => pool.run(constant, []));
  await note("inline", () => pool.run((n: number) => n + 1, [1]));
  await note("inline that imports", () => pool.run(async () => (await import("node:path")).basename("/a/b"), []));
  await note("built in", async () => (await pool.run(gzipSync, ["x"])).length > 0);
  await note("package", () => pool.run(local, [1]));
  await note("package's default", () => pool.run(wholePackage, [1]));
  await note("package's namespace", () => pool.run(everything.other, [1]));
  await note("old package", () => pool.run(oldPackage, [1]));
  await note("path in old package", () => pool.run(oldPackage.parts.part, [1]));
  await note("calls package", () => pool.run(callsPackage, [1]));
  await note("class", async () => (await pool.run(twice, [new Vector(2)])) instanceof Vector);
  await note("class with a codec", async () => (await pool.run(whisper, [secret("s")])).text);
  await note("carry", () => context.run("kept", () => pool.run(stored, [], { carry: [context] })));
  await note("initializer", () => pool.run(prepared, []));
  await note("progress", async () => {
    const seen: unknown[] = [];
    await pool.run(reports, [2], { onProgress: (value) => seen.push(value) });
    return seen;
  });
  await note("stream", () => Array.fromAsync(pool.stream(series, [3])));
  await note("map", () => pool.map(plain, [1, 2]));
  await note("starmap", () => pool.starmap(add, [[1, 2]]));
  await note("reduce", () => pool.reduce((n: number) => n * 2, [1, 2, 3], add, 0));
  await note("mapSync", () => pool.mapSync(arrow, [1]));
  await note("broadcast", async () => (await pool.broadcast(prepared, [])).length);
  await note("requests", () => {
    const seen: unknown[] = [];
    for (const request of makeRequests(arrow, [5], (_, value) => seen.push(value))) pool.putRequest(request);
    pool.wait();
    return seen;
  });
  await note("error's class", () => pool.run(plain, [Symbol() as never]).catch((error) => error instanceof PayloadError));
  type Named = typeof import("./lib/named.ts");
  const url = new URL("./lib/named.ts", import.meta.url);
  await note("fromModule", () => pool.run(fromModule<Named>(url).named, [1]));
  await note("fromModule, a name", () => pool.run(fromModule<Named>(new URL('./lib/named.ts', import.meta.url), "named"), [1]));
  await note("fromModule, its default", () => pool.run(fromModule<Named>(url.href).default, [1]));
  RESOLVE
  console.log(JSON.stringify(outcomes));
}
`,
};
/** Modules that a program comes to late: by `await import()`, by `require()`, by way of another one, or never. */
const LATE_MODULES: Readonly<Record<string, string>> = {
  "late/first.ts": `import { suffix } from "./helper.ts"; const prefix = "first "; globalThis.note?.("first");
export const first = (n: number) => prefix + n + suffix(); export const inner = () => import("./inner.ts");`,
  "late/helper.ts": `globalThis.note?.("helper"); const mark = "."; export const suffix = () => mark; export const helped = (n: number) => mark + n;
export type Mark = ".";`,
  "late/inner.ts": `import type { Mark } from "./helper.ts"; globalThis.note?.("inner"); const word: string = "inner ";
export default function (n: number) { return word + n; } export const deepest = async () => (await import("./deepest.ts")).table;`,
  "late/deepest.ts": `globalThis.note?.("deepest"); const word = "deepest "; export const table = { deep: { entry: (n: number) => word + n } };`,
  "late/both.ts": `import "./note.ts"; globalThis.note?.("both"); const word = "both "; export const both = (n: number) => word + n; export const other = (n: number) => word + -n;`,
  "late/required.ts": `globalThis.note?.("required"); const word = "required "; export const required = (n: number) => word + n;`,
  "late/old.cjs": `"use strict"
globalThis.note?.("old"); const { below } = require("./below.cjs"); const word = "old "; exports.old = (n) => word + n; exports.below = below;`,
  "late/below.cjs": `globalThis.note?.("below"); const word = "below "; module.exports = { below: (n) => word + n };`,
  "late/whole.js": `globalThis.note?.("whole"); const word = "whole "; module.exports = function (n) { return word + n; };`,
  "late/static.cjs": `exports.kept = () => require("./kept.cjs").table; exports.sloppy = () => this === undefined;`,
  "late/kept.cjs": `globalThis.note?.("kept"); const word = "kept "; exports.table = { kept: (n) => word + n };`,
  "late/awaits.ts": `export const before = 1; await null; globalThis.note?.("awaits"); const word = "awaits "; export const awaits = (n: number) => word + n;`,
  "late/never.ts": `globalThis.note?.("never"); export const never = () => "never";`,
  "late/note.ts": `export const seen: string[] = []; Object.assign(globalThis, { note: (name: string) => void seen.push(name) });`,
  "late/tree.ts": `import { pool } from "ringpool/worker";
const one = () => 1;
export const count = (depth: number): number => depth === 0 ? one() : split(depth);
export function split(depth: number): number { return pool.mapSync(count, [depth - 1, depth - 1, depth - 1]).reduce((a, b) => a + b, 0); }`,
  "late.ts": `
import { seen } from "./late/note.ts";
import { ThreadPool, fromModule } from "ringpool";
import { both } from "./late/both.ts";
import { kept } from "./late/static.cjs";
import * as tree from "./late/tree.ts";
const steps: [string, () => Promise<(n: number) => unknown>][] = [
  ["first", async () => (await import("./late/first.ts")).first],
  ["its helper", async () => (await import("./late/helper.ts")).helped],
  ["inner", async () => (await (await import("./late/first.ts")).inner()).default],
  ["deepest", async () => (await (await (await import("./late/first.ts")).inner()).deepest()).deep.entry],
  ["both, statically", async () => both],
  ["both, dynamically", async () => (await import("./late/both.ts")).other],
  ["required", async () => require("./late/required.ts").required],
  AWAITS
  ["CommonJS", async () => (await import("./late/old.cjs")).old],
  ["CommonJS that is required", async () => (await import("./late/old.cjs")).below],
  ["CommonJS that is a function", async () => (await import("./late/whole.js")).default],
  KEPT
  ["children", async () => tree.split],
  ["children of what fromModule names", async () => fromModule<typeof tree>(new URL("./late/tree.ts", import.meta.url)).split as never],
];
export const seenThere = () => seen;
async function main() {
  const outcomes: Record<string, unknown> = {};
  if (process.argv.length > 9) await import("./late/never.ts");
  for (const [name, find] of steps) {
    // Each in workers that have evaluated nothing late before.
    await using pool = new ThreadPool(1);
    const found = await find();
    outcomes[name] = await pool.run(found, [3]).catch((error) => error.name + ": " + error.message);
    outcomes["evaluated after " + name] = seen.join();
  }
  await using pool = new ThreadPool(1);
  outcomes["evaluated in a worker that is asked for nothing late"] = await pool.run(seenThere, []);
  console.log(JSON.stringify(outcomes));
}
`,
};
/** With splitting the bundler evaluates it from a file in which nothing registers it. */
const KEPT = `["CommonJS that CommonJS requires late", async () => kept().kept],`;
const AWAITS = `["that awaits at its top level", async () => (await import("./late/awaits.ts")).awaits],`;
const RESOLVE = `
  await note("fromModule, resolved", () => pool.run(fromModule<Named>(import.meta.resolve("./lib/named.ts")).named, [1]));
  await note("fromModule, a package", () => pool.run(fromModule<typeof import("modern-package")>(import.meta.resolve("modern-package")).other, [1]));
`;

/** The packages of the project, beside the one that is tested. */
const PACKAGES: Readonly<Record<string, string>> = {
  "modern-package/package.json": `{ "name": "modern-package", "version": "1.0.0", "type": "module", "exports": "./index.js", "sideEffects": false }`,
  "modern-package/index.js": `import { mark } from "./mark.js"; export const member = (n) => mark("member ", n);
export function other(n) { return mark("other ", n); } export const unused = () => mark("what nobody calls"); export default (n) => mark("whole ", n);`,
  "modern-package/mark.js": `export const mark = (...parts) => parts.join("");`,
  "old-package/package.json": `{ "name": "old-package", "version": "1.0.0", "main": "index.js" }`,
  "old-package/index.js": `const prefix = "old "; module.exports = (n) => prefix + n; module.exports.parts = { part: (n) => prefix + "part " + n };`,
};

/** What each of them is built from: whether a main part without `await` is wanted, because CommonJS knows none. */
const FORMS = {
  bundled: {},
  minified: { minify: true },
  "minified but for names": { minify: { whitespace: true, syntax: true, identifiers: false } },
  split: { splitting: true, minify: true, entrypoints: ["app.ts", "lib/tasks.ts", "lib/named.ts"] },
  "with source maps inside": { sourcemap: "inline" },
  "with external packages": { packages: "external" },
  "as CommonJS": { format: "cjs" },
  "as CommonJS, minified": { format: "cjs", minify: true },
  "with bytecode": { format: "cjs", bytecode: true },
} as const;
const EXECUTABLES = {
  compiled: {},
  "compiled and minified": { minify: true, sourcemap: "inline" },
  "compiled with bytecode": { bytecode: true },
  "compiled with bytecode of an ES module": { bytecode: true, format: "esm", minify: true },
} as const;

let project: Project;
let temporary: string;
let expected: Record<string, unknown>;
const expectedLate: Record<string, Record<string, unknown>> = {};
beforeAll(async () => {
  project = await Project.create();
  temporary = await mkdtemp(join(tmpdir(), "ringpool forms % é "));
  const main = MODULES["app.ts"] as string;
  const late = LATE_MODULES["late.ts"] as string;
  const files = {
    ...MODULES,
    "app.ts": `${main.replace("RESOLVE", RESOLVE)}if (import.meta.main) await main();`,
    ...LATE_MODULES,
    "late.ts": `${late.replace("AWAITS", AWAITS).replace("KEPT", KEPT)}if (import.meta.main) void main();`,
    "late-split.ts": `${late.replace("AWAITS", AWAITS).replace("KEPT", "")}if (import.meta.main) void main();`,
    "late-floating.ts": `${late.replace("AWAITS", "").replace("KEPT", KEPT)}if (import.meta.main) void main();`,
    "floating.ts": `${main.replace("RESOLVE", RESOLVE)}if (import.meta.main) void main();`,
  };
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(project.folder, name)), { recursive: true });
    await project.write(name, text);
  }
  for (const [name, text] of Object.entries(PACKAGES)) {
    await mkdir(dirname(join(project.folder, "node_modules", name)), { recursive: true });
    await project.write(`node_modules/${name}`, text);
  }
  expected = outcomesOf(
    await runOrThrow(project.folder, process.execPath, "--define", 'DEFINED:"defined"', "app.ts"),
  );
  for (const entry of ["late.ts", "late-split.ts", "late-floating.ts"])
    expectedLate[entry] = outcomesOf(await runOrThrow(project.folder, process.execPath, entry));
});
afterAll(async () => {
  await project[Symbol.asyncDispose]();
  await rm(temporary, { recursive: true });
});

function outcomesOf(stdout: string): Record<string, unknown> {
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** Runs a command while the project is not where it was built. */
async function runAway(
  folder: string,
  ...command: readonly string[]
): Promise<Record<string, unknown>> {
  const away = `${project.folder} away`;
  await rename(project.folder, away);
  try {
    const { stdout, stderr, exitCode } = await run(folder, ...command);
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    return outcomesOf(stdout);
  } finally {
    await rename(away, project.folder);
  }
}

async function build(options: Readonly<Record<string, unknown>>): Promise<void> {
  await project.write(
    "build.ts",
    `import { ringpool } from "ringpool/build";
    await Bun.build({ target: "bun", define: { DEFINED: '"defined"' }, plugins: [ringpool()], ...${JSON.stringify(options)} });`,
  );
  await runOrThrow(project.folder, process.execPath, "build.ts");
}

function entryOf(options: object): string {
  const { format, bytecode } = options as { readonly format?: string; readonly bytecode?: boolean };
  const isCommonJs = format === "cjs" || (bytecode === true && format !== "esm");
  return isCommonJs ? "floating.ts" : "app.ts";
}

function lateEntryOf(options: object): string {
  if ("splitting" in options) return "late-split.ts";
  return entryOf(options) === "app.ts" ? "late.ts" : "late-floating.ts";
}

test("the sources run every callable", () => {
  expect(Object.values(expected).filter((it) => /Error: /.test(String(it)))).toEqual([]);
  expect(expected).toMatchObject({
    "default again": "default 1",
    "package's namespace": "other 1",
    carry: "kept",
    initializer: "prepared with a word",
    defined: ["defined", 1],
    guard: false,
  });
});

describe("a program that is built with the plugin gives the same outcomes", () => {
  test.each(Object.entries(FORMS))("%s", async (_, options) => {
    const outdir = await mkdtemp(join(temporary, "out "));
    const entry = entryOf(options);
    await build({ entrypoints: [entry], outdir, ...options });
    if ("packages" in options) {
      // They are modules of their own, and have to be installed where the program runs.
      await rename(join(outdir, "app.js"), join(project.folder, "external.js"));
      expect(outcomesOf(await runOrThrow(project.folder, process.execPath, "external.js"))).toEqual(
        expected,
      );
      return;
    }
    expect(await runAway(outdir, process.execPath, entry.replace(".ts", ".js"))).toEqual(expected);
  });

  test.each(Object.entries(EXECUTABLES))("%s", async (_, options) => {
    const folder = await mkdtemp(join(temporary, "what? "));
    const outfile = join(folder, "program");
    await build({ entrypoints: [entryOf(options)], compile: { outfile }, ...options });
    expect(await runAway(folder, outfile)).toEqual(expected);
  });
});

test("the sources run every callable of modules that the program comes to late", () => {
  const outcomes = expectedLate["late.ts"] ?? {};
  expect(Object.values(outcomes).filter((it) => /Error: /.test(String(it)))).toEqual([]);
  expect(outcomes).toMatchObject({
    first: "first 3.",
    deepest: "deepest 3",
    "CommonJS that is required": "below 3",
    "evaluated after first": "both,helper,first",
    children: 27,
    "children of what fromModule names": 27,
  });
});

describe("a program with modules that it comes to late gives the same outcomes", () => {
  const forms = Object.entries(FORMS).filter(([, options]) => !("packages" in options));
  test.each(forms)("%s", async (_, options) => {
    const outdir = await mkdtemp(join(temporary, "out "));
    const entry = lateEntryOf(options);
    await build({ outdir, ...options, entrypoints: [entry] });
    expect(await runAway(outdir, process.execPath, entry.replace(".ts", ".js"))).toEqual(
      expectedLate[entry] ?? {},
    );
  });

  test.each(Object.entries(EXECUTABLES))("%s", async (_, options) => {
    const folder = await mkdtemp(join(temporary, "what? "));
    const outfile = join(folder, "program");
    const entry = lateEntryOf(options);
    await build({ entrypoints: [entry], compile: { outfile }, ...options });
    expect(await runAway(folder, outfile)).toEqual(expectedLate[entry] ?? {});
  });
});

test("the plugin leaves out of a bundle what the program does not use of a package", async () => {
  const outdir = await mkdtemp(join(temporary, "out "));
  await project.write(
    "lean.ts",
    `import { ThreadPool } from "ringpool"; import { member, unused } from "modern-package";
    await using pool = new ThreadPool(1); console.log(await pool.run(member, [1]));`,
  );
  await build({ entrypoints: ["lean.ts"], outdir });
  const text = await Bun.file(join(outdir, "lean.js")).text();
  expect(text).toContain('"member "');
  expect(text).not.toContain("what nobody calls");
});

test("the plugin leaves out of a bundle what the bundler removes, and what only types come from", async () => {
  const outdir = await mkdtemp(join(temporary, "out "));
  await project.write("late/dev.ts", `console.log("for development"); import "no-such-package";`);
  await project.write("late/shape.ts", `console.log("of types"); export interface Shape {}`);
  await project.write(
    "late/shaped.ts",
    `import { Shape } from "./shape.ts"; const word = "shaped "; export const shaped = (n: number & Shape) => word + n;`,
  );
  await project.write(
    "removes.ts",
    `import { ThreadPool } from "ringpool";
    async function main() {
      if (DEFINED === "other") await import("./late/dev.ts");
      const { shaped } = await import("./late/shaped.ts");
      await using pool = new ThreadPool(1); console.log(JSON.stringify({ shaped: await pool.run(shaped, [1]) }));
    }
    if (import.meta.main) void main();`,
  );
  await build({ entrypoints: ["removes.ts"], outdir });
  expect(await runAway(outdir, process.execPath, "removes.js")).toEqual({ shaped: "shaped 1" });
  const text = await Bun.file(join(outdir, "removes.js")).text();
  expect(text).not.toContain("for development");
  expect(text).not.toContain("of types");
});

test.each([
  [
    "a property",
    "const { exports: made } = { exports: 1 }; const object = { exports: made }; console.log(JSON.stringify({ value: object.exports, word: typeof (await import('./lib/old.cjs')) }));",
  ],
  [
    "a variable",
    "const exports = { value: 1 }; const { default: old } = await import('./lib/old.cjs'); console.log(JSON.stringify({ value: exports.value, old: old.old(1) }));",
  ],
])(
  "a script that only looks like a CommonJS module runs as it does from its sources: %s",
  async (_, text) => {
    const outdir = await mkdtemp(join(temporary, "out "));
    await project.write("script.ts", text);
    const sources = outcomesOf(await runOrThrow(project.folder, process.execPath, "script.ts"));
    await build({ entrypoints: ["script.ts"], outdir });
    expect(await runAway(outdir, process.execPath, "script.js")).toEqual(sources);
  },
);
