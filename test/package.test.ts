/**
 * The package as its users get it: packed, added to a project that is not this one, and run, type-checked and imported
 * there.
 *
 * The README's examples are its first code block that begins with `// primes.ts`, and its first that
 * begins with `// main.ts`; each is saved under that name.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Glob } from "bun";
import { objectionsToFiles } from "../scripts/release/packed-files.ts";
import { Project, ROOT, run, runOrThrow } from "./package/project.ts";
import type { Ran } from "./package/project.ts";

setDefaultTimeout(70_000);

let project: Project;

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
  await project.write("tsconfig.json", JSON.stringify({ compilerOptions, files }));
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  return run(project.folder, process.execPath, tsc, "--project", ".", "--pretty", "false");
}

beforeAll(async () => {
  project = await Project.create();
  const readme = await readFile(join(ROOT, "README.md"), "utf8");
  for (const name of ["primes.ts", "main.ts"]) {
    await project.write(name, exampleFile(readme, name));
  }
});

afterAll(() => project[Symbol.asyncDispose]());

describe("the packed package", () => {
  test("holds what was built, its sources and documents, and nothing of the workshop", async () => {
    const files = await Array.fromAsync(new Glob("**/*").scan({ cwd: project.installed }));
    expect(objectionsToFiles(files)).toEqual([]);
  });

  test("has no script that a package manager runs when it installs", async () => {
    const manifest = JSON.parse(
      await readFile(join(project.installed, "package.json"), "utf8"),
    ) as { scripts: Record<string, string> };
    const own = Object.keys(manifest.scripts).filter((name) =>
      /^(?:pre|post)?(?:install|prepare)$/.test(name),
    );
    expect(own).toEqual([]);
  });

  test("has a README whose links work on a registry's page, and lead to files that it holds", async () => {
    const { installed } = project;
    const readme = await readFile(join(installed, "README.md"), "utf8");
    const targets = [...readme.matchAll(/\]\(([^)#]+)/g)].map((match) => match[1] ?? "");
    expect(targets.filter((target) => !target.startsWith("https://"))).toEqual([]);
    const own = targets.flatMap(
      (target) =>
        /^https:\/\/(?:app\.)?unpkg\.com\/ringpool@[\d.]+\/(?:files\/)?(.*)$/.exec(target)?.[1] ??
        [],
    );
    expect(own.length).toBeGreaterThan(8);
    expect(own.filter((file) => !existsSync(join(installed, file)))).toEqual([]);
  });

  test("brings no other package along", async () => {
    const installed = await Array.fromAsync(
      new Glob("*/package.json").scan({ cwd: join(project.folder, "node_modules") }),
    );
    expect(installed).toEqual(["ringpool/package.json"]);
  });

  test("has a file behind each of its entries", async () => {
    const manifest = JSON.parse(
      await readFile(join(project.installed, "package.json"), "utf8"),
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
    const { stdout, stderr, exitCode } = await project.runModule("entries.ts", source);
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
    await project.write("context-tasks.ts", tasks);
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
    expect(await project.runModule("context.ts", source)).toEqual({
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
    expect(await project.runModule("common.cjs", source)).toEqual({
      stdout: "3\n",
      stderr: "",
      exitCode: 0,
    });
  });
});

describe("the classes and the state of the package", () => {
  test("are the same by every entry, by require, and for the worker's own code", async () => {
    const tasks = `
      import { PayloadError, ThreadPoolError, registerClass } from "ringpool";
      import { taskContext } from "ringpool/worker";
      export class Point { x = 1; }
      registerClass(Point);
      export const point = (): Point => new Point();
      export const isSame = (): boolean => require("ringpool").PayloadError === PayloadError;
      export function refused(): string {
        try {
          taskContext.progress(() => 1);
          return "crossed";
        } catch (error) {
          return error instanceof PayloadError && error instanceof ThreadPoolError
            ? error.constructor.name : String(error);
        }
      }
      export const unsendable = (): unknown => () => 1;`;
    await project.write("same-tasks.ts", tasks);
    const source = `
      import { PayloadError, ThreadPool } from "ringpool";
      import { Point, isSame, point, refused, unsendable } from "./same-tasks.ts";
      await using pool = new ThreadPool(1);
      const onProgress = () => {};
      console.log((await pool.run(point)) instanceof Point, isSame(), await pool.run(isSame));
      console.log(await pool.run(refused, [], { onProgress }));
      console.log(await pool.run(unsendable).catch((error) => error instanceof PayloadError));`;
    expect(await project.runModule("same.ts", source)).toEqual({
      stdout: "true true true\nPayloadError\ntrue\n",
      stderr: "",
      exitCode: 0,
    });
  });
});

describe("a program that was bundled", () => {
  const main = `
    import { ThreadPool } from "ringpool";
    const pool = new ThreadPool(1);
    console.log(pool.runSync((a, b) => a + b, [1, 2]), await pool.run((n) => n, [4]));
    pool.terminate();`;
  const bundle = (...options: readonly string[]): Promise<string> =>
    runOrThrow(project.folder, process.execPath, "build", "bundled.ts", "--target=bun", ...options);
  beforeAll(() => project.write("bundled.ts", main));

  test("without the package runs beside it", async () => {
    await bundle("--outdir=external", "--external=ringpool");
    const ran = await run(project.folder, process.execPath, "external/bundled.js");
    expect(ran).toEqual({ stdout: "3 4\n", stderr: "", exitCode: 0 });
  });
});

describe("the examples of the README", () => {
  test("print what they compute", async () => {
    const { execPath } = process;
    expect(await run(project.folder, execPath, "primes.ts")).toEqual({
      stdout: "9592\n[ 9592, 17984, 25997 ]\n5133\n",
      stderr: "",
      exitCode: 0,
    });
    const { stdout, stderr, exitCode } = await run(project.folder, execPath, "main.ts");
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    // Workers may finish the first three in any order.
    expect(stdout.trim().split("\n").sort()).toEqual(
      [
        "RequestTimeout",
        "request 1: 1229 primes",
        "request 2: 2262 primes",
        "request 3: 3245 primes",
      ].sort(),
    );
  });

  test("is type-checked as bun init sets it", async () => {
    expect(await typeCheck(["primes.ts", "main.ts"])).toEqual({
      stdout: "",
      stderr: "",
      exitCode: 0,
    });
  });

  test("is type-checked with every stricter flag", async () => {
    expect(await typeCheck(["primes.ts", "main.ts"], STRICTER)).toEqual({
      stdout: "",
      stderr: "",
      exitCode: 0,
    });
  });

  test("is type-checked without strictness", async () => {
    const ran = await typeCheck(["primes.ts", "main.ts"], {
      strict: false,
      noUncheckedIndexedAccess: false,
    });
    expect(ran).toEqual({ stdout: "", stderr: "", exitCode: 0 });
  });

  test("is type-checked beside the types of browsers", async () => {
    const ran = await typeCheck(["primes.ts", "main.ts"], {
      lib: ["ESNext", "DOM", "DOM.Iterable"],
    });
    expect(ran).toEqual({ stdout: "", stderr: "", exitCode: 0 });
  });

  test("does not compile with wrong arguments", async () => {
    const source = `
      import { ThreadPool, fromModule, makeRequests } from "ringpool";
      import { primesBelow } from "./primes.ts";
      using pool = new ThreadPool(1);
      const count: number = await pool.run(primesBelow, [1000]);
      const tasks = fromModule<typeof import("./primes.ts")>(new URL("./primes.ts", import.meta.url), "primesBelow");
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
    await project.write("wrong.ts", source);
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
    await project.write("throwing.js", throwing);
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
    const { stdout, stderr, exitCode } = await project.runModule("errors.ts", source);
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    const stacks = JSON.parse(stdout) as string[];
    expect(stacks.length).toBe(3);
    for (const stack of stacks) {
      expect(stack).toStartWith("TypeError: not a number: x");
      expect(stack).toContain(join(project.folder, "throwing.js:7:"));
      expect(stack).toContain(join(project.folder, "throwing.js:3:"));
      const site = stack.slice(stack.indexOf("put here"));
      expect(site).toContain(join(project.folder, "errors.ts:"));
      expect(site).not.toContain("node_modules");
    }
    expect(stacks[0]).toContain("putFromHere");
  });

  test("without a handler is printed with both places", async () => {
    await project.write("throwing.js", throwing);
    const source = `
      import { ThreadPool, makeRequests } from "ringpool";
      import { primesOf } from "./throwing.js";
      const pool = new ThreadPool(1);
      for (const request of makeRequests(primesOf, ["x"])) pool.putRequest(request);
      pool.wait();`;
    const { stdout, stderr, exitCode } = await project.runModule("unhandled.ts", source);
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 0 });
    expect(stderr).toContain("TypeError: not a number: x");
    expect(stderr).toContain(join(project.folder, "throwing.js:7:"));
    expect(stderr).toContain(join(project.folder, "unhandled.ts:"));
  });
});
