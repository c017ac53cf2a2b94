/**
 * Workspaces, whose packages reach one another by symbolic links in `node_modules`, and folders with unusual names, with the package
 * packed and added as its users do.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { cp, mkdir, mkdtemp, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Project, run, runOrThrow } from "./project.ts";

setDefaultTimeout(120_000);

let project: Project;
let temporary: string;
beforeAll(async () => {
  project = await Project.create();
  temporary = await mkdtemp(join(tmpdir(), "ringpool-folders-"));
});
afterAll(async () => {
  await project[Symbol.asyncDispose]();
  await rm(temporary, { recursive: true });
});

async function writeAll(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}

async function outcomesOf(cwd: string, ...command: readonly string[]): Promise<unknown> {
  const { stdout, stderr, exitCode } = await run(cwd, ...command);
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  return JSON.parse(stdout) as unknown;
}

const WORKSPACES = {
  "package.json": `{ "name": "root", "private": true, "workspaces": ["packages/*"] }`,
  "packages/tasks/package.json": `{ "name": "@mono/tasks", "version": "1.0.0", "type": "module",
    "exports": { ".": "./src/index.ts", "./*": "./src/*.ts" } }`,
  "packages/tasks/src/index.ts": `export * from "./count.ts";`,
  "packages/tasks/src/count.ts": `import { registerClass } from "ringpool";
    export class Count { constructor(public n: number) {} }
    registerClass(Count);
    let calls = 0;
    // The state tells how often the worker has loaded this module.
    export const count = (n: number) => { calls += 1; return new Count(n + calls); };
    export const where = () => import.meta.path;`,
  // Classes of one name that are loaded twice could not be told apart.
  "packages/tasks/src/where.ts": `export const where = () => import.meta.path;`,
  "packages/app/src/main.ts": `import { ThreadPool, fromModule } from "ringpool";
    import { Count, count, where } from "@mono/tasks";
    import { count as deep } from "@mono/tasks/count";
    import { count as beside } from "../../tasks/src/count.ts";
    import { count as linked } from "../linked/src/count.ts";
    export const own = () => import.meta.main;
    if (import.meta.main) {
      await using pool = new ThreadPool(1);
      const counts = [];
      for (const each of [count, deep, beside, linked]) counts.push((await pool.run(each, [0])).n);
      const named = fromModule<typeof import("@mono/tasks/count")>(import.meta.resolve("@mono/tasks/count"));
      counts.push((await pool.run(named.count, [0])).n);
      const byLink = fromModule<typeof import("../../tasks/src/count.ts")>(new URL("../linked/src/count.ts", import.meta.url));
      counts.push((await pool.run(byLink.count, [0])).n);
      console.log(JSON.stringify({
        counts,
        isCount: (await pool.run(count, [0])) instanceof Count,
        isOneFile: count === linked,
        isSameInWorker: (await pool.run(where, [])) === where(),
        own: await pool.run(own, []),
      }));
    }`,
};

describe.each(["hoisted", "isolated"])("workspaces that are installed %s", (linker) => {
  let root: string;
  beforeAll(async () => {
    root = join(temporary, `mono repo #${linker}`);
    await writeAll(root, {
      ...WORKSPACES,
      "packages/app/package.json": `{ "name": "@mono/app", "version": "1.0.0", "type": "module", "dependencies":
        { "@mono/tasks": "workspace:*", "ringpool": ${JSON.stringify(`file:${project.archive}`)} } }`,
      "packages/tasks/package.json": WORKSPACES["packages/tasks/package.json"].replace(
        /\}\s*$/,
        `, "dependencies": { "ringpool": ${JSON.stringify(`file:${project.archive}`)} } }`,
      ),
    });
    await runOrThrow(root, process.execPath, "install", "--linker", linker);
    await symlink("../tasks", join(root, "packages/app/linked"));
    await symlink("packages/app", join(root, "app by link"));
  });

  test("reach a callable of another package by every path", async () => {
    expect(await outcomesOf(join(root, "packages/app"), process.execPath, "src/main.ts")).toEqual({
      // One module in the worker, whichever path names it.
      counts: [1, 2, 3, 4, 5, 6],
      isCount: true,
      isOneFile: true,
      isSameInWorker: true,
      own: false,
    });
  });

  test.each([[[]], [["--preserve-symlinks-main"]]])(
    "run a main module that is reached by a link, with %p",
    async (flags) => {
      const command = [process.execPath, ...flags, "app by link/src/main.ts"];
      expect(await outcomesOf(root, ...command)).toMatchObject({ isCount: true, own: false });
    },
  );

  test("run with --preserve-symlinks, where each path is a module of its own", async () => {
    await writeAll(root, {
      "packages/app/src/preserved.ts": `import { ThreadPool } from "ringpool";
        import { where } from "@mono/tasks/where";
        import { where as beside } from "../../tasks/src/where.ts";
        await using pool = new ThreadPool(1);
        const all = [where, beside];
        console.log(JSON.stringify({
          here: all.map((each) => each()).map((path) => path.includes("node_modules")),
          there: (await Promise.all(all.map((each) => pool.run(each, [])))).map((path) => path.includes("node_modules")),
        }));`,
    });
    const folder = join(root, "packages/app");
    const { here, there } = (await outcomesOf(
      folder,
      process.execPath,
      "--preserve-symlinks",
      "src/preserved.ts",
    )) as { here: unknown; there: unknown };
    expect({ here, there }).toEqual({ here: [true, false], there: [true, false] });
  });

  test("are bundled and compiled with their callables", async () => {
    await writeAll(root, {
      "packages/app/build.ts": `import { ringpool } from "ringpool/build";
        const options = { entrypoints: ["./src/small.ts"], target: "bun", plugins: [ringpool()] } as const;
        await Bun.build({ ...options, outdir: "./out" });
        await Bun.build({ ...options, compile: { outfile: "./out/program" } });`,
      "packages/app/src/small.ts": `import { ThreadPool } from "ringpool";
        import { Count, count } from "@mono/tasks";
        await using pool = new ThreadPool(1);
        console.log(JSON.stringify((await pool.run(count, [0])) instanceof Count));`,
    });
    const folder = join(root, "packages/app");
    await runOrThrow(folder, process.execPath, "build.ts");
    const empty = await mkdtemp(join(temporary, "empty "));
    await cp(join(folder, "out"), empty, { recursive: true });
    expect(await outcomesOf(empty, process.execPath, "small.js")).toBe(true);
    expect(await outcomesOf(empty, join(empty, "program"))).toBe(true);
  });
});

const PATHS = {
  "tasks.ts": `const name = "exported "; export const exported = (n: number) => name + n;`,
  "named.ts": `const name = "named "; export const named = (n: number) => name + n;`,
  "main.ts": `import { ThreadPool, fromModule } from "ringpool";
    import { exported } from "./tasks.ts";
    export function own(n: number) { return "own " + n; }
    const main = async () => {
      await using pool = new ThreadPool(1);
      type Named = typeof import("./named.ts");
      console.log(JSON.stringify({
        exported: await pool.run(exported, [1]),
        own: await pool.run(own, [1]),
        inline: await pool.run((n: number) => "inline " + n, [1]),
        url: await pool.run(fromModule<Named>(new URL("./named.ts", import.meta.url)).named, [1]),
        resolved: await pool.run(fromModule<Named>(import.meta.resolve("./named.ts")).named, [1]),
      }));
    };
    if (import.meta.main) await main();`,
  "build.ts": `import { ringpool } from "ringpool/build";
    const options = { entrypoints: ["./main.ts"], target: "bun", plugins: [ringpool()] } as const;
    await Bun.build({ ...options, outdir: "./out" });
    await Bun.build({ ...options, compile: { outfile: "./program" } });`,
};
const BY_PATH = {
  exported: "exported 1",
  own: "own 1",
  inline: "inline 1",
  url: "named 1",
  resolved: "named 1",
};

describe("a program in a folder whose name has unusual characters", () => {
  test.each([
    ["spaces", "two words"],
    ["letters beyond ASCII", "grüße 日本 🙂"],
    ["a number sign", "x#y"],
    ["percent signs", "50% a%20b %25"],
    ["quotes", `a 'b' "c"`],
    ["brackets", "[a] {b} (c)"],
    ["signs of URLs", "a&b=c;d+e:f@g"],
  ])("runs, bundled and compiled too: %s", async (_, name) => {
    const folder = join(project.folder, name);
    await writeAll(folder, PATHS);
    expect(await outcomesOf(folder, process.execPath, "main.ts")).toEqual(BY_PATH);
    expect(await outcomesOf(project.folder, process.execPath, `./${name}/main.ts`)).toEqual(
      BY_PATH,
    );
    await runOrThrow(folder, process.execPath, "build.ts");
    expect(await outcomesOf(folder, process.execPath, "out/main.js")).toEqual(BY_PATH);
    expect(await outcomesOf(temporary, join(folder, "program"))).toEqual(BY_PATH);
  });

  test("runs as an executable where Bun itself could run no module: a question mark", async () => {
    const folder = join(project.folder, "for questions");
    await writeAll(folder, PATHS);
    await runOrThrow(folder, process.execPath, "build.ts");
    const odd = await mkdtemp(join(temporary, "what? "));
    await cp(join(folder, "program"), join(odd, "program?"));
    expect(await outcomesOf(odd, join(odd, "program?"))).toEqual(BY_PATH);
  });
});

test("the links of the workspaces are links", async () => {
  const link = join(temporary, "mono repo #hoisted/node_modules/@mono/tasks");
  expect(await readlink(link)).toContain("packages/tasks");
});
