/**
 * Programs that are bundled, or compiled into an executable, with the package packed and added as its users do. Each runs in
 * a folder that holds nothing but what was built.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PUBLIC_ENTRIES } from "../../scripts/build/entries.ts";
import { blocksOf } from "../docs/pages.ts";
import { Project, ROOT, run, runOrThrow } from "./project.ts";

setDefaultTimeout(120_000);

/** Every way to name a callable. Prints one line of JSON. */
const APP = `#!/usr/bin/env bun
/* A comment before the first statement. */
import { ThreadPool, CallableError, fromModule } from "ringpool";
import { Point, carries, context, fails, meet, middle, tools } from "./lib/tasks.ts";
import whole from "./lib/default.ts";

export function own(n: number): string {
  return "own " + n;
}

async function main(): Promise<void> {
  await using pool = new ThreadPool(2);
  const outcome = async (call: () => unknown): Promise<unknown> => {
    try {
      return await call();
    } catch (error) {
      return error instanceof CallableError ? "CallableError: " + error.message : String(error);
    }
  };
  const url = new URL("./lib/named.ts", import.meta.url);
  const factor = Number("3");
  const outcomes: Record<string, unknown> = {
    inline: await outcome(() => pool.run((n: number) => n * 2, [21])),
    closure: await outcome(() => pool.run((n: number) => n * factor, [21])),
    own: await outcome(() => pool.run(own, [1])),
    exported: await outcome(() => pool.run(carries, ["x"])),
    default: await outcome(() => pool.run(whole, [])),
    path: await outcome(() => pool.run(tools.deep.inner, [4])),
    context: await outcome(() => pool.run(context, [])),
    class: await outcome(async () => (await pool.run(middle, [new Point(1), new Point(3)])) instanceof Point),
    error: await outcome(() => pool.run(fails, [])),
    sync: await outcome(() => pool.runSync(meet, [1, 2])),
    fromModule: await outcome(() => pool.run(fromModule<typeof import("./lib/named.ts")>(url).named, [5])),
  };
  console.log(JSON.stringify(outcomes));
}
`;
const GUARDED = `if (import.meta.main) await main();\n`;
const THREAD_GUARDED = `if (Bun.isMainThread) await main();\n`;
const EXPORTS = `export * from "./lib/tasks.ts";\nexport { default as whole } from "./lib/default.ts";\n`;

const TASKS = `
import { CallableError, registerClass } from "ringpool";
import { taskContext } from "ringpool/worker";
import { effect } from "./effect.ts";

export class Point {
  constructor(readonly x: number) {}
}
registerClass(Point, { name: "Point" });
const kept = new Map([["x", effect()]]);
export const carries = (key: string) => kept.get(key);
export function context() { return [typeof taskContext.workerId, taskContext.cancelled()]; }
export const middle = (a: Point, b: Point) => new Point((a.x + b.x) / 2);
export function fails(): never { throw new CallableError("mine"); }
export function meet(a: number, b: number) { return [a, b]; }
export const tools = { deep: { inner: (n: number) => kept.size + n } };
`;

/** Texts that look like what the plugin changes. It prints them all, and whether its code is the main module. */
const TEXTS = `#!/usr/bin/env bun
/* new URL("./missing.ts", import.meta.url) */ // import.meta.main
import { ThreadPool, fromModule } from "ringpool";
import source from "./lib/source.ts" with { type: "text" };
const advice = "write: if (import.meta.main) { … }, and new URL('./missing.ts', import.meta.url)";
const template = \`import * as all from "missing";
import { missing } from "missing"
\${"import.meta.main"} \${typeof import.meta.main} new URL("./missing.ts", import.meta.url)\`
const pattern = /["'\`]|import.meta.main|new URL\\(".\\/missing.ts", import.meta.url\\)/g
const object = { import: { meta: { main: "mine", url: "a" } }, "import.meta.main": 1 / 2 }
const lines = 0
import.meta.main && console.log("main")
async function main() {
  await using pool = new ThreadPool(1);
  const url = new URL(
    "./lib/named.ts", // the tasks
    import.meta.url,
  );
  const missing = new URL("./missing.ts", import.meta.url).pathname.split("/").at(-1);
  const named = await pool.run(fromModule<typeof import("./lib/named.ts")>(url).named, [6]);
  console.log(JSON.stringify([advice, template, pattern.source, object.import.meta.main, object, missing, named, source]));
  console.log(await pool.run(carries, [7]));
}
export const carries = (n: number) => [template, object.import.meta.main, lines + n];
if (import.meta.main) await main();
`;

const EVERYTHING = {
  inline: 42,
  closure: expect.stringMatching(/^ReferenceError: .*plugins: \[ringpool\(\)\].*missing=/),
  own: "own 1",
  exported: "an effect",
  default: "whole",
  path: 5,
  context: ["number", false],
  class: true,
  error: "CallableError: mine",
  sync: [1, 2],
  fromModule: "named 5",
};

let project: Project;
let temporary: string;
beforeAll(async () => {
  project = await Project.create();
  temporary = await mkdtemp(join(tmpdir(), "ringpool bundles é "));
  for (const name of ["lib", "example"]) await mkdir(join(project.folder, name));
  await project.write("app.ts", APP + GUARDED);
  await project.write("floating.ts", `${APP}await main();\n`);
  await project.write("exporting.ts", APP + EXPORTS + THREAD_GUARDED);
  await project.write("evaluated.ts", `${APP}${EXPORTS}${THREAD_GUARDED.replace("await", "void")}`);
  await project.write("lib/tasks.ts", TASKS);
  await project.write("texts.ts", TEXTS);
  await project.write("lib/source.ts", "#!/bin/sh\nexport const a = import.meta.main;\n");
  await project.write(
    "lib/effect.ts",
    `let made = ""; export const effect = () => made; made = "an effect";`,
  );
  await project.write("lib/default.ts", "const text = `whole`; export default () => text;");
  await project.write(
    "lib/named.ts",
    `const name = "named "; export function named(n: number) { return name + n; }`,
  );
});
afterAll(async () => {
  await project[Symbol.asyncDispose]();
  await rm(temporary, { recursive: true });
});

/** Builds with the bundler's own interface, and moves what was built to a folder of its own. */
async function build(options: string, plugins: string): Promise<string> {
  const out = await mkdtemp(join(project.folder, "out-"));
  await project.write(
    "build.ts",
    `import { ringpool } from "ringpool/build";
    await Bun.build({ target: "bun", outdir: ${JSON.stringify(out)}, plugins: [${plugins}], ...${options} });`,
  );
  await runOrThrow(project.folder, process.execPath, "build.ts");
  const folder = await mkdtemp(join(temporary, "empty "));
  await cp(out, folder, { recursive: true });
  await rm(out, { recursive: true });
  return folder;
}

async function outcomesOf(folder: string, ...command: readonly string[]): Promise<unknown> {
  const { stdout, stderr, exitCode } = await run(folder, ...command);
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  return JSON.parse(stdout) as unknown;
}

describe("a program that is built with the plugin", () => {
  test.each([
    ["bundled", '{ entrypoints: ["./app.ts"] }', "app.js"],
    ["minified", '{ entrypoints: ["./app.ts"], minify: true }', "app.js"],
    ["split", '{ entrypoints: ["./app.ts", "./lib/tasks.ts"], splitting: true }', "app.js"],
    ["with source maps", '{ entrypoints: ["./app.ts"], sourcemap: "linked" }', "app.js"],
    ["without a guard around its main part", '{ entrypoints: ["./floating.ts"] }', "floating.js"],
  ])("runs every callable as the sources do: %s", async (_, options, entry) => {
    const folder = await build(options, "ringpool()");
    expect(await outcomesOf(folder, process.execPath, entry)).toEqual(EVERYTHING);
  });

  test.each([
    ["compiled", '{ entrypoints: ["./app.ts"], outdir: undefined, compile: { outfile: "OUT" } }'],
    [
      "compiled and minified",
      '{ entrypoints: ["./app.ts"], minify: true, outdir: undefined, compile: { outfile: "OUT" } }',
    ],
    [
      "compiled without a guard",
      '{ entrypoints: ["./floating.ts"], outdir: undefined, compile: { outfile: "OUT" } }',
    ],
  ])("runs every callable as an executable in an empty folder: %s", async (_, options) => {
    const folder = await mkdtemp(join(temporary, "empty "));
    await build(options.replace("OUT", join(folder, "program")), "ringpool()");
    expect(await outcomesOf(folder, join(folder, "program"))).toEqual(EVERYTHING);
  });
});

test.each([
  ["bundled", "{}"],
  ["minified", "{ minify: true }"],
])(
  "texts in a program that look like code are the same as in the sources: %s",
  async (_, options) => {
    const expected = await runOrThrow(project.folder, process.execPath, "texts.ts");
    const folder = await build(`{ entrypoints: ["./texts.ts"], ...${options} }`, "ringpool()");
    expect(await runOrThrow(folder, process.execPath, "texts.js")).toBe(expected);
    expect(expected).toStartWith("main\n[");
  },
);

test("the examples of the page about bundles are built and print what they say", async () => {
  const blocks = blocksOf("bundling.md", await Bun.file(join(ROOT, "docs/bundling.md")).text());
  const named = blocks.filter(({ name }) => name !== undefined).slice(0, 3);
  expect(named.map(({ name }) => name)).toEqual(["tasks.ts", "app.ts", "build.ts"]);
  for (const { name, code } of named) await project.write(`example/${name}`, code);
  const folder = join(project.folder, "example");
  await runOrThrow(folder, process.execPath, "build.ts");
  expect(await runOrThrow(folder, process.execPath, "out/app.js")).toBe("42\n");
  expect(await runOrThrow(folder, join(folder, "app"))).toBe("42\n");
});

describe("a program that is built without the plugin", () => {
  // What a path of properties leads to is found once the module that exports it is evaluated.
  const withoutPath = {
    ...EVERYTHING,
    path: expect.stringMatching(/^ReferenceError: .*plugins: \[ringpool\(\)\]/),
  };
  const withoutPlugin = {
    ...withoutPath,
    fromModule: expect.stringMatching(
      /^CallableError: The program was bundled.*module=.*named\.ts$/,
    ),
  };

  test.each([
    ["bundled", ["--outdir", "OUT"], "exporting.js"],
    ["split", ["--splitting", "--outdir", "OUT"], "exporting.js"],
    ["compiled", ["--compile", "--outfile", "OUT/exporting"], ""],
  ])("runs inline functions, and what the main module exports: %s", async (_, options, entry) => {
    const out = await mkdtemp(join(temporary, "empty "));
    const paths = options.map((option) => option.replace("OUT", out));
    await runOrThrow(
      project.folder,
      process.execPath,
      "build",
      "--target=bun",
      "exporting.ts",
      ...paths,
    );
    const command = entry === "" ? [join(out, "exporting")] : [process.execPath, entry];
    expect(await outcomesOf(out, ...command)).toEqual(withoutPlugin);
  });

  test.each([
    ["bundled", ["--outdir", "OUT"], "evaluated.js"],
    ["minified", ["--minify", "--outdir", "OUT"], "evaluated.js"],
    ["as CommonJS", ["--format=cjs", "--outdir", "OUT"], "evaluated.js"],
    ["minified, as CommonJS", ["--format=cjs", "--minify", "--outdir", "OUT"], "evaluated.js"],
    ["with bytecode", ["--bytecode", "--outdir", "OUT"], "evaluated.js"],
    ["compiled and minified", ["--compile", "--minify", "--outfile", "OUT/evaluated"], ""],
  ])("runs paths too once the main module is evaluated: %s", async (_, options, entry) => {
    const out = await mkdtemp(join(temporary, "empty "));
    const paths = options.map((option) => option.replace("OUT", out));
    const { execPath } = process;
    await runOrThrow(project.folder, execPath, "build", "--target=bun", "evaluated.ts", ...paths);
    const command = entry === "" ? [join(out, "evaluated")] : [execPath, entry];
    // In CommonJS the URL is that of the source, which is there in this test and would not be elsewhere.
    const isCommonJs = options.includes("--format=cjs") || options.includes("--bytecode");
    const { fromModule } = isCommonJs ? EVERYTHING : withoutPlugin;
    expect(await outcomesOf(out, ...command)).toEqual({ ...EVERYTHING, fromModule });
  });

  test("finds with fromModule a module that is a further entry point", async () => {
    const folder = await build('{ entrypoints: ["./exporting.ts", "./lib/named.ts"] }', "");
    expect(await outcomesOf(folder, process.execPath, "exporting.js")).toEqual(withoutPath);
  });

  test("is told what to write for a function that a worker does not find", async () => {
    const folder = await build('{ entrypoints: ["./app.ts"] }', "");
    const outcomes = (await outcomesOf(folder, process.execPath, "app.js")) as Record<
      string,
      string
    >;
    expect(outcomes).toMatchObject({ inline: 42, own: "own 1" });
    for (const name of ["exported", "context"])
      expect(outcomes[name]).toMatch(
        /^ReferenceError: .*plugins: \[ringpool\(\)\], or export it again in the main module/,
      );
  });
});

describe.each([
  ["bundled", "{}"],
  ["minified", "{ minify: true }"],
  ["split", "{ splitting: true }"],
  ["as CommonJS", '{ format: "cjs" }'],
  ["minified, as CommonJS", '{ format: "cjs", minify: true }'],
  ["with bytecode", '{ format: "cjs", bytecode: true }'],
])("a program of one entry, %s,", (_, options) => {
  test.each(Object.keys(PUBLIC_ENTRIES))("runs, and is refused by Node: %s", async (name) => {
    const entry = name === "ringpool" ? name : `ringpool/${name}`;
    const text = `import * as all from "${entry}"; console.log(Object.keys(all).length > 0);`;
    await project.write("alone.ts", text);
    const external = '["bullmq", "@opentelemetry/api"]';
    const folder = await build(
      `{ entrypoints: ["./alone.ts"], external: ${external}, ...${options} }`,
      "",
    );
    const ran = await run(folder, process.execPath, "alone.js");
    expect(ran).toEqual({ stdout: "true\n", stderr: "", exitCode: 0 });
    // What Bun makes of CommonJS does nothing in Node.
    if (Bun.which("node") === null || options.includes("cjs")) return;
    const { stderr } = await run(folder, "node", "alone.js");
    expect(stderr).toContain("Error: ringpool needs Bun 1.4.5 or newer\n");
  });
});

test.each([
  ["ringpool({ roots: 1 })", "TypeError: ringpool() has one option, root: option=roots"],
  ["ringpool({ root: 1 })", "TypeError: root is the path of a folder: root=1"],
])("the plugin refuses what it does not know: %s", async (call, message) => {
  const { stderr, exitCode } = await project.runModule(
    "refused.ts",
    `import { ringpool } from "ringpool/build"; ${call};`,
  );
  expect(stderr).toContain(message);
  expect(exitCode).toBe(1);
});
