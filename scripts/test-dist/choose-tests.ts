import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { Glob } from "bun";
import { STAND_INS } from "./dist-tree.ts";

/** Tests that import nothing of the sources, because they run programs which do. These use the public interface alone. */
const OF_PROGRAMS = new Set([
  "test/cli/failures.test.ts",
  "test/cli/resume.test.ts",
  "test/cli/run.test.ts",
  "test/cli/stop.test.ts",
  "test/cli/terminal.test.ts",
  "test/cli/usage.test.ts",
  "test/docs/blocks.test.ts",
  "test/examples/annotated.test.ts",
  "test/examples/demo-outcomes.test.ts",
  "test/examples/demo.test.ts",
  "test/examples/log-report.test.ts",
  "test/examples/passwords.test.ts",
  "test/examples/server.test.ts",
  "test/pool/blocking.test.ts",
  "test/pool/million.test.ts",
  "test/pool/process-endings.test.ts",
]);

/** Tests of the public interface that read files of the repository which the tree of the built package does not have. */
const OF_SOURCES = new Set(["test/build/own-sources.test.ts", "test/package/types.test.ts"]);

/** What runs where. */
export interface TestChoice {
  /** Tests of the public interface. */
  readonly onDist: readonly string[];
  /** The other tests, and the inner parts that they import; none where a test is about the repository itself. */
  readonly onSources: readonly { readonly file: string; readonly inner: readonly string[] }[];
}

/** Chooses the tests that import nothing of the sources but what has a stand-in, directly or by other files of tests. */
export function chooseTests(root: string): TestChoice {
  const onDist: string[] = [];
  const onSources: { file: string; inner: string[] }[] = [];
  for (const file of [...new Glob("test/**/*.test.ts").scanSync(root)].sort()) {
    const reached = [...reachedFrom(root, file)].filter(isSource);
    const inner = reached.filter((source) => !Object.hasOwn(STAND_INS, source));
    const isPublic = reached.length > 0 && inner.length === 0 && !OF_SOURCES.has(file);
    if (isPublic || OF_PROGRAMS.has(file)) onDist.push(file);
    else onSources.push({ file, inner });
  }
  return { onDist, onSources };
}

function isSource(file: string): boolean {
  return file.startsWith("src/") || file.startsWith("native-queue/");
}

/** The files that a test imports as values. What sources import is not followed. */
function reachedFrom(root: string, file: string, reached = new Set<string>()): Set<string> {
  if (reached.has(file)) return reached;
  reached.add(file);
  if (isSource(file) || !file.endsWith(".ts")) return reached;
  const transpiler = new Bun.Transpiler({ loader: "ts" });
  for (const { path } of transpiler.scanImports(readFileSync(join(root, file), "utf8"))) {
    const imported = relative(root, join(root, dirname(file), path));
    if (path.startsWith(".") && existsSync(join(root, imported)))
      reachedFrom(root, imported, reached);
  }
  return reached;
}
