/**
 * The package as its users get it: packed, added to a project that is not this one, in a folder whose
 * name has spaces and letters beyond ASCII, and run, type-checked and imported there.
 *
 * The README's example is its first code block that begins with `// tasks.ts`, and its first that
 * begins with `// main.ts`; each is saved under that name.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Glob } from "bun";

setDefaultTimeout(70_000);

const root = join(import.meta.dir, "..");
let temporary = "";
let project = "";

/** What `bun init` writes. */
const TSCONFIG = {
  compilerOptions: {
    lib: ["ESNext"],
    target: "ESNext",
    module: "Preserve",
    moduleDetection: "force",
    jsx: "react-jsx",
    allowJs: true,
    types: ["bun"],
    moduleResolution: "bundler",
    allowImportingTsExtensions: true,
    verbatimModuleSyntax: true,
    noEmit: true,
    strict: true,
    skipLibCheck: true,
    noFallthroughCasesInSwitch: true,
    noUncheckedIndexedAccess: true,
    noImplicitOverride: true,
    noUnusedLocals: false,
    noUnusedParameters: false,
    noPropertyAccessFromIndexSignature: false,
  },
};

/** Every flag that makes tsc stricter; sources in node_modules are checked under them too. */
const STRICTER = {
  allowUnreachableCode: false,
  allowUnusedLabels: false,
  erasableSyntaxOnly: true,
  exactOptionalPropertyTypes: true,
  isolatedModules: true,
  noImplicitReturns: true,
  noPropertyAccessFromIndexSignature: true,
  noUncheckedSideEffectImports: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
};

interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

async function run(cwd: string, ...command: readonly string[]): Promise<Ran> {
  const child = Bun.spawn([...command], {
    cwd,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: 60_000,
    killSignal: "SIGKILL",
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { stdout, stderr, exitCode };
}

async function runOrThrow(cwd: string, ...command: readonly string[]): Promise<string> {
  const { stdout, stderr, exitCode } = await run(cwd, ...command);
  if (exitCode === 0) return stdout;
  throw new Error(
    `It failed: command=${command.join(" ")} exitCode=${exitCode}\n${stdout}${stderr}`,
  );
}

/** Writes a module of the project and runs it on Bun. */
async function runModule(name: string, source: string): Promise<Ran> {
  await writeFile(join(project, name), source);
  return run(project, process.execPath, name);
}

/** The code block of the README that begins with this file's name in a comment. */
function exampleFile(readme: string, name: string): string {
  const block = [...readme.matchAll(/```ts\n([^]*?)```/g)].find(([, code]) =>
    code?.startsWith(`// ${name}\n`),
  );
  if (block?.[1] === undefined) throw new Error(`README.md has no code block for it: name=${name}`);
  return block[1];
}

async function typeCheck(files: readonly string[], flags: object = {}): Promise<Ran> {
  const compilerOptions = { ...TSCONFIG.compilerOptions, ...flags };
  await writeFile(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  return run(project, process.execPath, tsc, "--project", "tsconfig.json", "--pretty", "false");
}

beforeAll(async () => {
  temporary = await mkdtemp(join(tmpdir(), "ringpool-"));
  project = join(temporary, "a project of grüße 日本 #1");
  await mkdir(join(project, "node_modules/@types"), { recursive: true });
  const archive = join(temporary, "ringpool.tgz");
  const { execPath } = process;
  await runOrThrow(
    root,
    execPath,
    "pm",
    "pack",
    "--ignore-scripts",
    "--quiet",
    "--filename",
    archive,
  );
  await writeFile(join(project, "package.json"), '{ "type": "module", "private": true }');
  await runOrThrow(project, execPath, "add", archive);
  await symlink(join(root, "node_modules/bun-types"), join(project, "node_modules/@types/bun"));
  const readme = await readFile(join(root, "README.md"), "utf8");
  for (const name of ["tasks.ts", "main.ts"]) {
    await writeFile(join(project, name), exampleFile(readme, name));
  }
});

afterAll(() => rm(temporary, { recursive: true }));

describe("the packed package", () => {
  test("holds sources and documents, and nothing of the workshop", async () => {
    const installed = join(project, "node_modules/ringpool");
    const files = await Array.fromAsync(new Glob("**/*").scan({ cwd: installed }));
    expect(files).toContain("src/index.ts");
    expect(files).toContain("src/worker/main.ts");
    expect(files).toContain("README.md");
    expect(files).toContain("LICENSE");
    const strange = files.filter(
      (file) =>
        !/^((src|native-queue)\/.*\.(ts|md)|docs\/.*\.(md|svg)|examples\/annotated\.ts|package\.json|[A-Z]+(\.md)?)$/.test(
          file,
        ),
    );
    expect(strange).toEqual([]);
  });

  test("has no script that a package manager runs by itself", async () => {
    const manifest = JSON.parse(
      await readFile(join(project, "node_modules/ringpool/package.json"), "utf8"),
    ) as { scripts: Record<string, string> };
    const own = Object.keys(manifest.scripts).filter((name) => /^(?:pre|post|install)/.test(name));
    expect(own).toEqual([]);
  });

  test("holds every file that its README links to", async () => {
    const installed = join(project, "node_modules/ringpool");
    const readme = await readFile(join(installed, "README.md"), "utf8");
    const targets = [...readme.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(
      (match) => match[1] ?? "",
    );
    expect(targets.length).toBeGreaterThan(8);
    expect(targets.filter((target) => !existsSync(join(installed, target)))).toEqual([]);
  });

  test("brings no other package along", async () => {
    const installed = await Array.fromAsync(
      new Glob("*/package.json").scan({ cwd: join(project, "node_modules") }),
    );
    expect(installed).toEqual(["ringpool/package.json"]);
  });

  test("has a file behind each of its entries", async () => {
    const manifest = JSON.parse(
      await readFile(join(project, "node_modules/ringpool/package.json"), "utf8"),
    ) as { exports: Record<string, unknown> };
    const entries = Object.keys(manifest.exports).map((entry) => `ringpool${entry.slice(1)}`);
    expect(entries).toContain("ringpool");
    expect(entries).toContain("ringpool/native-queue");
    const source = entries
      .map((entry) => {
        const attributes = entry.endsWith(".json") ? ', { with: { type: "json" } }' : "";
        return `console.log(Object.keys(await import("${entry}"${attributes})).length > 0);`;
      })
      .join("\n");
    const { stdout, stderr, exitCode } = await runModule("entries.ts", source);
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    expect(stdout).toBe("true\n".repeat(entries.length));
  });

  test("tells a callable what it runs for, and stops it", async () => {
    const tasks = `
      import { taskContext } from "ringpool/worker";
      export function loop(begun: Int32Array): void {
        Atomics.store(begun, 0, 1);
        Atomics.notify(begun, 0);
        for (;;) taskContext.throwIfCancelled();
      }
      export function facts(): unknown[] {
        taskContext.progress("half");
        return [taskContext.workerId, taskContext.attempt, taskContext.cancelled()];
      }`;
    await writeFile(join(project, "context-tasks.ts"), tasks);
    const source = `
      import { ThreadPool } from "ringpool";
      import { facts, loop } from "./context-tasks.ts";
      await using pool = new ThreadPool(1);
      console.log(await pool.run(facts, [], { onProgress: (value) => console.log(value) }));
      const begun = new Int32Array(new SharedArrayBuffer(4));
      const controller = new AbortController();
      const run = pool.run(loop, [begun], { signal: controller.signal });
      while (Atomics.load(begun, 0) === 0) await Atomics.waitAsync(begun, 0, 0).value;
      controller.abort("enough");
      await run.catch((reason) => console.log(reason));
      console.log(await pool.run(facts));`;
    const facts = "[ 1, 1, false ]\n";
    expect(await runModule("context.ts", source)).toEqual({
      stdout: `half\n${facts}enough\n${facts}`,
      stderr: "",
      exitCode: 0,
    });
    expect(await typeCheck(["context.ts"], STRICTER)).toEqual({
      stdout: "",
      stderr: "",
      exitCode: 0,
    });
  });

  test("may be required by CommonJS", async () => {
    const source = `
      const { ThreadPool } = require("ringpool");
      const pool = new ThreadPool(1);
      console.log(pool.runSync((a, b) => a + b, [1, 2]));`;
    expect(await runModule("common.cjs", source)).toEqual({
      stdout: "3\n",
      stderr: "",
      exitCode: 0,
    });
  });
});

describe("the example of the README", () => {
  test("prints what it computes", async () => {
    const { stdout, stderr, exitCode } = await run(project, process.execPath, "main.ts");
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    // Two workers may finish the first three in any order.
    expect(stdout.trim().split("\n").sort()).toEqual(
      [
        "4203",
        "5133",
        "request 1: 1229 primes",
        "request 2: 2262 primes",
        "request 3: 3245 primes",
      ].sort(),
    );
  });

  test("is type-checked as bun init sets it", async () => {
    expect(await typeCheck(["main.ts"])).toEqual({ stdout: "", stderr: "", exitCode: 0 });
  });

  test("is type-checked with every stricter flag", async () => {
    expect(await typeCheck(["main.ts"], STRICTER)).toEqual({ stdout: "", stderr: "", exitCode: 0 });
  });

  test("is type-checked without strictness", async () => {
    const ran = await typeCheck(["main.ts"], { strict: false, noUncheckedIndexedAccess: false });
    expect(ran).toEqual({ stdout: "", stderr: "", exitCode: 0 });
  });

  test("is type-checked beside the types of browsers", async () => {
    const ran = await typeCheck(["main.ts"], { lib: ["ESNext", "DOM", "DOM.Iterable"] });
    expect(ran).toEqual({ stdout: "", stderr: "", exitCode: 0 });
  });

  test("does not compile with wrong arguments", async () => {
    const source = `
      import { ThreadPool, fromModule, makeRequests } from "ringpool";
      import { primesBelow } from "./tasks.ts";
      using pool = new ThreadPool(1);
      const count: number = await pool.run(primesBelow, [1000]);
      const tasks = fromModule<typeof import("./tasks.ts")>(new URL("./tasks.ts", import.meta.url), "primesBelow");
      const same: number = pool.runSync(tasks, [1000]);
      // @ts-expect-error -- a string is no number
      await pool.run(primesBelow, ["1000"]);
      // @ts-expect-error -- an argument is missing
      await pool.run(primesBelow);
      // @ts-expect-error -- the result is a number
      const text: string = await pool.run(primesBelow, [1000]);
      // @ts-expect-error -- nor is it one here
      makeRequests(primesBelow, ["1000"]);
      console.log(count, same, text);`;
    await writeFile(join(project, "wrong.ts"), source);
    expect(await typeCheck(["wrong.ts"])).toEqual({ stdout: "", stderr: "", exitCode: 0 });
  });
});

describe("an error in a project that uses the package", () => {
  const throwing = `
    export function primesOf(text) {
      const parsed = parse(text);
      return parsed.length;
    }
    function parse(text) {
      throw new TypeError("not a number: " + text, { cause: new Error("the cause") });
    }`;

  test("tells where it was thrown and where its request was put", async () => {
    await writeFile(join(project, "throwing.js"), throwing);
    const source = `
      import { ThreadPool, WorkRequest } from "ringpool";
      import { primesOf } from "./throwing.js";
      using pool = new ThreadPool(1);
      const stacks: string[] = [];
      function putFromHere() {
        return pool.run(primesOf, ["x"]).catch((error: Error) => stacks.push(error.stack ?? ""));
      }
      await putFromHere();
      try {
        pool.runSync(primesOf, ["x"]);
      } catch (error) {
        stacks.push((error as Error).stack ?? "");
      }
      pool.putRequest(new WorkRequest(primesOf, ["x"], {}, {
        excCallback: (_, [, , traceback]) => stacks.push(traceback),
      }));
      pool.wait();
      console.log(JSON.stringify(stacks));`;
    const { stdout, stderr, exitCode } = await runModule("errors.ts", source);
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    const stacks = JSON.parse(stdout) as string[];
    expect(stacks.length).toBe(3);
    for (const stack of stacks) {
      expect(stack).toStartWith("TypeError: not a number: x");
      expect(stack).toContain(join(project, "throwing.js:7:"));
      expect(stack).toContain(join(project, "throwing.js:3:"));
      const site = stack.slice(stack.indexOf("put here"));
      expect(site).toContain(join(project, "errors.ts:"));
      expect(site).not.toContain("node_modules");
    }
    expect(stacks[0]).toContain("putFromHere");
  });

  test("without a handler is printed with both places", async () => {
    await writeFile(join(project, "throwing.js"), throwing);
    const source = `
      import { ThreadPool, makeRequests } from "ringpool";
      import { primesOf } from "./throwing.js";
      const pool = new ThreadPool(1);
      for (const request of makeRequests(primesOf, ["x"])) pool.putRequest(request);
      pool.wait();`;
    const { stdout, stderr, exitCode } = await runModule("unhandled.ts", source);
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 0 });
    expect(stderr).toContain("TypeError: not a number: x");
    expect(stderr).toContain(join(project, "throwing.js:7:"));
    expect(stderr).toContain(join(project, "unhandled.ts:"));
  });
});
