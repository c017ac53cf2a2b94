/**
 * Modules that Bun loads before the program, and the options of a pool that say how its workers start, with the package packed and
 * added as its users do.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdir, rm } from "node:fs/promises";
import { Project, run } from "./project.ts";

setDefaultTimeout(120_000);

/** Makes `name.EXTENSION` a module that exports `render`, as plugins for components do. */
const plugin = (extension: string): string => `
import { plugin } from "bun";
plugin({ name: ${JSON.stringify(extension)}, setup(build) {
  build.onLoad({ filter: /\\.${extension}$/ }, async ({ path }) => ({
    contents: "export const render = (name) => " + JSON.stringify((await Bun.file(path).text()).trim()) + ".replace('NAME', name);",
    loader: "js",
  }));
} });
globalThis.loaded = [...(globalThis.loaded ?? []), ${JSON.stringify(extension)}];
`;
const MAIN = `
import { ThreadPool } from "ringpool";
import { greet } from "./views/greet.ts";
import { render } from "./views/page.view";
await using pool = new ThreadPool(2, OPTIONS);
const outcome = (call) => call().catch((error) => error.name + ": " + error.message + " <- " + error.cause?.message + " <- " + error.cause?.cause?.message);
console.log(JSON.stringify({
  imported: await outcome(() => pool.run(greet, ["a"])),
  itself: await outcome(() => pool.run(render, ["b"])),
  loaded: await outcome(() => pool.run(() => globalThis.loaded ?? [], [])),
}));
`;

let project: Project;
beforeAll(async () => {
  project = await Project.create();
  await mkdir(`${project.folder}/views`);
  await mkdir(`${project.folder}/set up`);
  await project.write("views/page.view", "hello NAME");
  await project.write(
    "views/greet.ts",
    `import { render } from "./page.view"; export const greet = (name: string) => render(name) + "!";`,
  );
  await project.write("set up/view.ts", plugin("view"));
  await project.write("set up/other.ts", plugin("other"));
  await project.write("main.ts", MAIN.replace("OPTIONS", "{}"));
  await project.write("without.ts", MAIN.replace("OPTIONS", "{ preload: [] }"));
});
afterAll(async () => {
  await project[Symbol.asyncDispose]();
});

async function outcomesOf(...args: readonly string[]): Promise<unknown> {
  const { stdout, stderr, exitCode } = await run(project.folder, process.execPath, ...args);
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  return JSON.parse(stdout.trim().split("\n").at(-1) as string) as unknown;
}

const WITH_VIEW = { imported: "hello a!", itself: "hello b", loaded: ["view"] };

describe("workers load what Bun loads before the program", () => {
  test.each([
    "--preload|./set up/view.ts",
    "--preload=./set up/view.ts",
    "-r|./set up/view",
    "--require=./set up/view.ts",
    "--import|./set up/view.ts",
    "run|--preload|./set up/view.ts",
    "--smol|--preload|./set up/view.ts|--no-install",
  ])("because of %s", async (flags) => {
    expect(await outcomesOf(...flags.split("|"), "main.ts")).toEqual(WITH_VIEW);
  });

  test("several, in order, each once", async () => {
    const flags = ["other", "view", "other"].flatMap((name) => [
      "--preload",
      `./set up/${name}.ts`,
    ]);
    const loaded = ["other", "view"];
    expect(await outcomesOf(...flags, "main.ts")).toEqual({ ...WITH_VIEW, loaded });
  });

  test.each([
    ["one", 'preload = "./set up/view.ts"', ["view"]],
    ["a list", 'preload = ["./set up/view.ts", "./set up/other.ts"]', ["view", "other"]],
  ])("because of bunfig.toml: %s", async (_, text, loaded) => {
    await project.write("bunfig.toml", text);
    try {
      expect(await outcomesOf("main.ts")).toEqual({ ...WITH_VIEW, loaded });
      const first = ["--preload", "./set up/other.ts"];
      const both = await outcomesOf(...first, "main.ts");
      expect(both).toEqual({ ...WITH_VIEW, loaded: ["view", "other"] });
    } finally {
      await rm(`${project.folder}/bunfig.toml`);
    }
  });

  test("because of another file of settings", async () => {
    await project.write("set up/settings.toml", 'preload = ["./set up/view.ts"]');
    expect(await outcomesOf("--config=./set up/settings.toml", "main.ts")).toEqual(WITH_VIEW);
  });

  test("although the program has gone to another folder", async () => {
    await project.write(
      "gone.ts",
      `process.chdir("/"); await import("./main.ts"); process.chdir("/tmp"); export {};`,
    );
    expect(await outcomesOf("--preload", "./set up/view.ts", "gone.ts")).toEqual(WITH_VIEW);
  });

  test("and not when the pool has a list of its own", async () => {
    const outcomes = await outcomesOf("--preload", "./set up/view.ts", "without.ts");
    expect(outcomes).toMatchObject({
      imported: expect.stringMatching(/^(?:Syntax|Callable)Error: /),
      loaded: [],
    });
  });

  test("and not the files of tests that bunfig.toml names for tests only", async () => {
    await project.write(
      "set up/only-tests.ts",
      `import { beforeAll } from "bun:test"; beforeAll(() => {});`,
    );
    await project.write(
      "bunfig.toml",
      `preload = ["./nothing.ts"]\n[test]\npreload = ["./set up/only-tests.ts"]`,
    );
    await project.write(
      "pool.test.ts",
      `import { expect, test } from "bun:test"; import { ThreadPool } from "ringpool";
      test("a pool", async () => { await using pool = new ThreadPool(1); expect(await pool.run((n: number) => n + 1, [1])).toBe(2); });`,
    );
    try {
      const { stderr, exitCode } = await run(
        project.folder,
        process.execPath,
        "test",
        "pool.test.ts",
      );
      expect({ exitCode, passed: stderr.includes("1 pass") }).toEqual({
        exitCode: 0,
        passed: true,
      });
    } finally {
      await rm(`${project.folder}/bunfig.toml`);
    }
  });
});

describe("a module that is loaded before the program", () => {
  test("may use a pool of its own, which is inert in workers", async () => {
    await project.write(
      "set up/uses.ts",
      `import { ThreadPool } from "ringpool";
      export const pool = new ThreadPool(1);
      globalThis.before = await pool.run((n: number) => n + 1, [1]);`,
    );
    await project.write(
      "uses.ts",
      `import { ThreadPool } from "ringpool";
      await using pool = new ThreadPool(1);
      console.log(JSON.stringify([globalThis.before, await pool.run(() => typeof globalThis.before, [])]));`,
    );
    expect(await outcomesOf("--preload", "./set up/uses.ts", "uses.ts")).toEqual([2, "undefined"]);
  });

  test("and fails in a worker ends the pool, with an error that says what to write", async () => {
    await project.write(
      "set up/fails.ts",
      `if (!Bun.isMainThread) throw new RangeError("only there");`,
    );
    const outcomes = (await outcomesOf(
      "--preload",
      "./set up/view.ts",
      "--preload",
      "./set up/fails.ts",
      "main.ts",
    )) as Record<string, string>;
    expect(outcomes["loaded"]).toMatch(
      /^PoolClosed: .*because a module that its workers load first has failed; see cause: .* <- .*has failed in a worker\. Name those that workers need, new ThreadPool\(n, \{ preload: .* module=.*fails\.ts <- only there$/,
    );
  });
});

describe("an option of the pool", () => {
  test.each([
    ["a path", '"./set up/view.ts"', ["view"]],
    ["several", '["./set up/other.ts", import.meta.dir + "/set up/view.ts"]', ["other", "view"]],
    ["a URL", 'new URL("./set%20up/view.ts", import.meta.url).href', ["view"]],
  ])("names what workers load first: %s", async (_, preload, loaded) => {
    await project.write(
      "named.ts",
      `import { ThreadPool, fromModule } from "ringpool";
      await using pool = new ThreadPool(2, { preload: ${preload} });
      const { greet } = fromModule<typeof import("./views/greet.ts")>(new URL("./views/greet.ts", import.meta.url));
      process.chdir("/");
      pool.dismissWorkers(2);
      pool.createWorkers(1); // a relative path means what it meant
      console.log(JSON.stringify([await pool.run(greet, ["a"]), await pool.run(() => globalThis.loaded, [])]));`,
    );
    expect(await outcomesOf("named.ts")).toEqual(["hello a!", loaded]);
  });

  test("that names no module is refused at once", async () => {
    const { stderr, exitCode } = await project.runModule(
      "refused.ts",
      `import { ThreadPool } from "ringpool"; new ThreadPool(1, { preload: ["./nowhere.ts"] });`,
    );
    expect(stderr).toMatch(
      /TypeError: preload names modules: .* this one is not found: preload='\.\/nowhere\.ts' cwd=/,
    );
    expect(exitCode).toBe(1);
  });

  test("argv is what workers see after the main module; the program's own when left out", async () => {
    await project.write(
      "argv.ts",
      `import { ThreadPool } from "ringpool";
      const argv = () => process.argv.slice(1);
      await using own = new ThreadPool(1);
      await using given = new ThreadPool(1, { argv: ["--é", "two words", ""] });
      console.log(JSON.stringify([await own.run(argv, []), await given.run(argv, [])]));`,
    );
    const main = `${project.folder}/argv.ts`;
    expect(await outcomesOf("argv.ts", "--flag", "file #1")).toEqual([
      [main, "--flag", "file #1"],
      [main, "--é", "two words", ""],
    ]);
  });

  test("smol starts workers that run as the others do", async () => {
    await project.write(
      "smol.ts",
      `import { ThreadPool } from "ringpool";
      const all = [];
      for (const smol of [true, false, undefined]) {
        await using pool = new ThreadPool(1, { smol });
        all.push(await pool.run((n: number) => Array.from({ length: n }, (_, i) => i).length, [1e5]));
      }
      console.log(JSON.stringify(all));`,
    );
    expect(await outcomesOf("--smol", "smol.ts")).toEqual([1e5, 1e5, 1e5]);
  });
});
