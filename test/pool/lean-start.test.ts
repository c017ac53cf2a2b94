/** What a thread loads before its first request of plain values is done: a process of its own tells. */
import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { Glob } from "bun";
import { join } from "node:path";
import { SCRIPT_TEST_MS, reportOf } from "./script.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

interface Loaded {
  readonly builtins: readonly string[];
  readonly files: readonly string[];
}

const SOURCES = join(import.meta.dir, "../../src");
/** What is loaded with the first value or event that needs it. */
const LATE_FILES = [
  "src/codec/encoder.ts",
  "src/codec/decoder.ts",
  "src/codec/error-codec.ts",
  "src/collections/index.ts",
  "src/collections/chunk-runner.ts",
  "src/trace/index.ts",
];

describe("a request of plain values", () => {
  let parent: Loaded;
  let worker: Loaded;
  beforeAll(async () => {
    ({ parent, worker } = (await reportOf("lean/plain-request.ts")) as Record<
      "parent" | "worker",
      Loaded
    >);
  });

  test("makes the parent load no built-in module but those that are small", () => {
    // A loaded snapshot of no context is made while the thread starts.
    expect(parent.builtins).toEqual(["node:async_hooks", "node:util/types"]);
  });
  test("makes the worker load no built-in module but those that are small", () => {
    expect(worker.builtins.filter((id) => id !== "node:util/types")).toEqual([]);
  });
  test.each(LATE_FILES)("leaves %s alone in both threads", (file) => {
    expect(parent.files).toContain("src/pool/thread-pool.ts");
    expect(worker.files).toContain("src/worker/run-loop.ts");
    expect([...parent.files, ...worker.files]).not.toContain(file);
  });
});

test("no source imports a built-in module, which would be loaded with it", async () => {
  const transpiler = new Bun.Transpiler({ loader: "ts" });
  const importing: string[] = [];
  for await (const name of new Glob("**/*.ts").scan(SOURCES)) {
    // The plugin runs where a program is built, and the command is a program itself.
    if (name.startsWith("build/") || name.startsWith("cli/")) continue;
    const imports = transpiler.scanImports(await Bun.file(join(SOURCES, name)).text());
    if (imports.some(({ path }) => path.startsWith("node:") || path.startsWith("bun:")))
      importing.push(name);
  }
  expect(importing).toEqual([]);
});
