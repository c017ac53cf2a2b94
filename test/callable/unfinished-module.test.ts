import { afterAll, describe, expect, test } from "bun:test";
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describeCallable } from "../../src/callable/index.ts";
import type { Callable, FunctionDefinition } from "../../src/callable/index.ts";

const mains = join(import.meta.dir, "fixtures/mains");
const temporary = await mkdtemp(join(tmpdir(), "ringpool mains é "));
afterAll(() => rm(temporary, { recursive: true }));

/** Runs a main module in a process of its own. Returns the lines that it prints. */
async function run(...command: string[]): Promise<string[]> {
  const process_ = Bun.spawn([process.execPath, ...command], {
    stdout: "pipe",
    stderr: "pipe",
    timeout: 20_000,
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(process_.stdout).text(),
    new Response(process_.stderr).text(),
    process_.exited,
  ]);
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  return stdout.trim().split("\n");
}

const parse = (line: string | undefined): Record<string, unknown> =>
  JSON.parse(line ?? "null") as Record<string, unknown>;

describe("a main module that is still being evaluated", () => {
  test("gives its exported functions to a worker, which imports it and does not run what is under its guard", async () => {
    const lines = await run(join(mains, "guarded.ts"));
    const cases = lines.filter((line) => line.includes('"title"')).map(parse);
    expect(cases).toMatchObject([
      { title: "declared", kind: "evaluating", value: 101 },
      { title: "renamed", kind: "evaluating", value: 102 },
      { title: "default", kind: "evaluating", value: 104 },
      { title: "impostor", kind: "source", value: 2 },
      { title: "notExported", kind: "source", error: { name: "ReferenceError" } },
      { title: "inline", kind: "source", value: 3 },
    ]);
    expect(lines.filter((line) => line === "evaluating main=true")).toHaveLength(1);
    expect(lines.filter((line) => line === "evaluating main=false")).toHaveLength(3);
  });

  test("names the same functions by export when it has finished", async () => {
    const lines = await run(join(mains, "guarded.ts"));
    const url = pathToFileURL(join(mains, "guarded.ts")).href;
    expect(lines.filter((line) => line.includes('"export"')).map(parse)).toEqual(
      ["declared", "renamed", "default", "made"].map((name) => ({
        kind: "export",
        url,
        name,
        fingerprint: expect.any(String) as unknown,
      })),
    );
  });

  test("without a guard fails in the worker, and that error is the request's", async () => {
    const [line] = await run(join(mains, "unguarded.ts"));
    expect(parse(line)).toMatchObject({
      error: {
        name: "TypeError",
        message: "make the pool under if (import.meta.main)",
        stack: expect.stringContaining("unguarded.ts:5"),
      },
    });
  });

  test("is not imported for functions that it does not export, whatever its default export", async () => {
    expect(await run(join(mains, "server.ts"))).toEqual(["source,source,source"]);
  });

  test("is guessed when tail calls have left no stack frame of it", async () => {
    const [line] = await run(join(mains, "tail-call.ts"));
    const url = pathToFileURL(join(mains, "tail-call.ts")).href;
    expect(parse(line)).toMatchObject({ kind: "evaluating", url, name: "task" });
  });

  test("may be CommonJS", async () => {
    const lines = await run(join(mains, "common.cjs"));
    expect(lines.map(parse)).toEqual([
      { kind: "evaluating", value: 6 },
      { kind: "export", value: -4 },
    ]);
  });

  test("may have no file", async () => {
    const api = JSON.stringify(join(import.meta.dir, "../../src/callable/index.ts"));
    const script = `import { describeCallable } from ${api};
      export function task() {}
      console.log(describeCallable(task).kind);
      setImmediate(() => console.log(describeCallable(task).kind));`;
    expect(await run("-e", script)).toEqual(["source", "source"]);
  });
});

describe("a module, not the main one, that is still being evaluated", () => {
  test("is named with the function's source, and by identity once it has finished", async () => {
    const api = JSON.stringify(join(import.meta.dir, "../../src/callable/index.ts"));
    await Bun.write(
      join(temporary, "first.ts"),
      `import { seen } from "./second.ts"; export const early = () => 1; export { seen };`,
    );
    // While this runs, `early` is not initialised: to read it would throw.
    const second = join(temporary, "second.ts");
    await Bun.write(
      second,
      `import { describeCallable } from ${api}; export { early } from "./first.ts";
       export function fromSecond() { return early; } export const seen = describeCallable(fromSecond);`,
    );
    await import(join(temporary, "first.ts"));
    const module = (await import(second)) as {
      early: Callable;
      fromSecond: Callable;
      seen: FunctionDefinition;
    };
    const url = pathToFileURL(second).href;
    expect(module.seen).toMatchObject({ kind: "evaluating", url, name: "fromSecond" });
    expect(module.seen).toHaveProperty("source", module.fromSecond.toString());
    expect(describeCallable(module.fromSecond)).toMatchObject({
      kind: "export",
      url,
      name: "fromSecond",
    });
    // It is an export of both modules, which import each other.
    expect(describeCallable(module.early)).toMatchObject({ kind: "export", name: "early" });
  });
});

describe("a package in node_modules", () => {
  test("does not take itself for the caller, whatever its path is and whichever of its stack frames come first", async () => {
    const source = join(import.meta.dir, "../../src");
    const target = join(temporary, "node_modules/ringpool/src");
    await mkdir(target, { recursive: true });
    for (const part of ["callable", "runtime", "errors.ts"]) {
      await cp(join(source, part), join(target, part), { recursive: true });
    }
    await Bun.write(
      join(target, "pool.ts"),
      `import { describeCallable } from "./callable/index.ts";
       export { loadCallable } from "./callable/load.ts";
       export class Pool {
         put(callable) { const definition = describeCallable(callable); return definition; }
         *puts(callables) { for (const callable of callables) yield this.put(callable); }
       }`,
    );
    await Bun.write(
      join(target, "../package.json"),
      '{ "name": "ringpool", "exports": "./src/pool.ts" }',
    );
    const main = join(temporary, "my app #1 100% é.ts");
    await Bun.write(
      main,
      `import { Pool } from "ringpool";
       export function task() { return 1; }
       Error.stackTraceLimit = 0; // what an application may do
       const [definition] = [...new Pool().puts([task])];
       console.log(JSON.stringify({ ...definition, limit: Error.stackTraceLimit }));`,
    );
    const [line] = await run(main);
    expect(parse(line)).toMatchObject({
      kind: "export",
      url: pathToFileURL(main).href,
      name: "task",
      limit: 0,
    });
  });
});
