/** The built package where it cannot work: a file of it is missing, or the runtime is not the one that it needs. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync } from "node:fs";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { COMMAND_TASK, PUBLIC_ENTRIES } from "../../scripts/build/entries.ts";
import { Project, ROOT, run } from "./project.ts";

// A process for each file of the package, one after the other.
setDefaultTimeout(180_000);

const NEEDS_BUN = "Error: ringpool needs Bun 1.4.5 or newer";
const ENTRIES = Object.keys(PUBLIC_ENTRIES).map((name) =>
  name === "ringpool" ? name : `ringpool/${name}`,
);
/** Those that the program below imports. */
const IMPORTED = ["ringpool", "ringpool/worker", "ringpool/native-queue"];

/** Names of built-in modules that Node has since version 20, and Bun since 1.1. */
const KNOWN_IMPORTS = [
  "async_hooks AsyncLocalStorage",
  "events EventEmitter",
  "fs closeSync",
  "fs existsSync",
  "fs ftruncateSync",
  "fs openSync",
  "fs readFileSync",
  "fs readSync",
  "fs statSync",
  "fs writeSync",
  "module createRequire",
  "os availableParallelism",
  "os constants",
  "path basename",
  "path dirname",
  "path extname",
  "path isAbsolute",
  "path join",
  "path relative",
  "path resolve",
  "path sep",
  "perf_hooks createHistogram",
  "url fileURLToPath",
  "url pathToFileURL",
  "util inspect",
  "util parseArgs",
  "util types",
  "worker_threads MessageChannel",
  "worker_threads receiveMessageOnPort",
];

let project: Project;
beforeAll(async () => {
  project = await Project.create();
  await project.write(
    "uses-all.ts",
    `
    import { ThreadPool } from "ringpool";
    import { taskContext } from "ringpool/worker";
    import { QueueViews } from "ringpool/native-queue";
    const pool = new ThreadPool(1);
    const call = process.argv[2] === "blocks" ? "runSync" : "run";
    console.log(await pool[call]((n) => n + 1, [1]), taskContext.cancelled(), typeof QueueViews);
    pool.terminate();`,
  );
});
afterAll(() => project[Symbol.asyncDispose]());

const WORKS = "2 false function\n";
const runAll = (how: string) => run(project.folder, process.execPath, "uses-all.ts", how);

describe.each(["waits for a promise", "blocks"])("a program that %s", (how) => {
  test("is told which file of the package is missing", async () => {
    const dist = join(project.installed, "dist");
    const modules = readdirSync(dist).filter((file) => /\.c?js$/.test(file));
    expect(modules.length).toBeGreaterThan(5);
    const entries = Object.fromEntries(IMPORTED.map((e) => [`${e.split("/").at(-1)}.js`, e]));
    const missed: string[] = [];
    const untold: unknown[] = [];
    for (const file of modules) {
      await rename(join(dist, file), join(dist, "held"));
      const { stdout, stderr, exitCode } = await runAll(how);
      await rename(join(dist, "held"), join(dist, file));
      // Of a missing entry Bun says by which name it was imported.
      const named = stderr.includes(file) || stderr.includes(`'${entries[file]}'`);
      const isMissed = exitCode !== 0;
      if (isMissed) missed.push(file);
      if (isMissed ? stdout !== "" || !named : stdout !== WORKS)
        untold.push({ file, stdout, stderr, exitCode });
    }
    expect(untold).toEqual([]);
    // A program does not miss what is loaded when it is needed.
    expect(missed).toEqual(
      expect.arrayContaining([
        ...Object.keys(entries),
        "ringpool-main.cjs",
        "worker-main.cjs",
        "needs-bun.js",
      ]),
    );
    expect(await runAll(how)).toEqual({ stdout: WORKS, stderr: "", exitCode: 0 });
  });
});

test("bytecode that is missing, damaged or of another version is not missed", async () => {
  const dist = join(project.installed, "dist");
  const bytecodes = readdirSync(dist).filter((file) => file.endsWith(".jsc"));
  expect(bytecodes.length).toBe(6);
  for (const name of bytecodes) {
    const file = join(dist, name);
    const bytes = await Bun.file(file).bytes();
    const another = bytes.slice();
    another[0] = (another[0] ?? 0) ^ 1;
    for (const content of [another, bytes.slice(0, 1000), new Uint8Array()]) {
      await Bun.write(file, content);
      expect(await runAll("awaits")).toEqual({ stdout: WORKS, stderr: "", exitCode: 0 });
    }
    await rename(file, join(dist, "held"));
    expect(await runAll("awaits")).toEqual({ stdout: WORKS, stderr: "", exitCode: 0 });
    await rename(join(dist, "held"), file);
    await Bun.write(file, bytes);
  }
});

describe("a runtime that is too old, or no Bun", () => {
  const loads = (entry: string) => `
    import("${entry}").then(() => console.log("loaded"), (error) => console.log(String(error)));
    try { require("${entry}"); console.log("loaded"); } catch (error) { console.log(String(error)); }`;

  /** Evaluates what every entry imports first, as a Bun of another version would. */
  async function check(version: string): Promise<void> {
    const text = await Bun.file(join(project.installed, "dist/needs-bun.cjs")).text();
    // oxlint-disable-next-line typescript/no-implied-eval -- the real `Bun` cannot be changed
    new Function("globalThis", text)({ Bun: { version } });
  }

  test.each(["1.4.4", "1.3.14", "1.3.5-canary.1", "0.9.9"])(
    "is refused: Bun %s",
    async (version) => {
      await expect(check(version)).rejects.toThrow("ringpool needs Bun 1.4.5 or newer");
    },
  );

  test.each(["1.4.5", "1.4.10", "1.5.0", "1.4.6-canary.20", "2.0.0"])(
    "is not Bun %s",
    async (version) => {
      expect(await check(version)).toBeUndefined();
    },
  );

  test("is found out by every entry before anything else", async () => {
    for (const entry of ENTRIES) {
      const name = entry.split("/").at(-1) as string;
      const text = await Bun.file(join(project.installed, "dist", `${name}.js`)).text();
      expect(text).toStartWith('// @bun\nimport "./needs-bun.js";');
    }
  });

  test.skipIf(Bun.which("node") === null)("is refused by every entry: Node", async () => {
    for (const entry of ENTRIES) {
      await project.write("loads.cjs", loads(entry));
      const { stdout } = await run(project.folder, "node", "loads.cjs");
      expect(stdout).toBe(`${NEEDS_BUN}\n${NEEDS_BUN}\n`);
    }
  });

  test("meets no import that it cannot link before it is refused", async () => {
    const dist = join(project.installed, "dist");
    const imported = new Set<string>();
    // A worker loads the task of the command, when the check is over.
    const files = readdirSync(dist).filter((name) => name !== `${COMMAND_TASK.name}.js`);
    for (const file of files.filter((name) => name.endsWith(".js"))) {
      const text = await Bun.file(join(dist, file)).text();
      for (const [, names, from] of text.matchAll(
        /^import\s*\{([^}]*)\}\s*from\s*"([^".][^"]*)"/gm,
      )) {
        for (const name of (names as string).split(","))
          imported.add(`${from} ${name.trim().split(" ")[0]}`);
      }
    }
    // Load what is newer with process.getBuiltinModule().
    const known = new Set(KNOWN_IMPORTS);
    expect([...imported].filter((name) => !known.has(name))).toEqual([]);
  });

  test("is what package.json says", async () => {
    const { engines } = (await Bun.file(join(ROOT, "package.json")).json()) as {
      readonly engines: { readonly bun: string };
    };
    expect(engines.bun).toBe(">=1.4.5");
    expect(await Bun.file(join(ROOT, "src/needs-bun.ts")).text()).toContain("[1, 4, 5]");
  });
});
