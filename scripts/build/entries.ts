/** What the package is built from, and the names that the built files have in `dist`. */

/** The source of each entry of package.json "exports", by the name of the built file. */
export const PUBLIC_ENTRIES = {
  ringpool: "src/index.ts",
  worker: "src/worker/index.ts",
  "native-queue": "native-queue/index.ts",
  build: "src/build/index.ts",
  timeline: "src/timeline/index.ts",
  metrics: "src/metrics/index.ts",
  bullmq: "src/cluster/index.ts",
} as const;

/** The script of a worker. It is no entry of the package: `src/pool/queue/worker-channel.ts` starts it by its URL. */
export const WORKER_SCRIPT = { name: "worker-main", source: "src/worker/built-main.ts" } as const;

/** What a parent starts with. The entry `ringpool` loads it in one of two forms: see `with-bytecode.ts`. */
export const MAIN = { name: "ringpool-main", source: "src/index.ts" } as const;

/**
 * What exists once in a thread, and has bytecode: classes that users see, and the globals, because what is loaded later must
 * find them as they were at first. Like `MAIN` it has two forms. All other files import it by the name of `ONCE`, and get
 * the form that the thread runs on.
 */
export const ONCE = { name: "ringpool-once", source: "src/runtime/once.ts" } as const;

/** The sources that `ONCE` holds for the chunks. */
export const ONCE_SOURCES = [
  "src/errors.ts",
  "src/runtime/globals.ts",
  "src/runtime/builtin-modules.ts",
] as const;

/**
 * What the files with bytecode do not hold themselves, because it is not loaded before it is needed.
 */
export const SHARED_ENTRIES = {
  "ringpool-collections": "src/collections/index.ts",
  "ringpool-inline": "src/inline/index.ts",
  "ringpool-chunks": "src/collections/chunk-runner.ts",
  "ringpool-fork-join": "src/fork-join/fork-join.ts",
  "ringpool-trace": "src/trace/index.ts",
  "ringpool-ahead": "src/callable/namespace-ahead.ts",
} as const;

/** The codec of all that is no plain value. It exists once in a thread and has two forms, like `ONCE`, and is loaded when it is needed. */
export const CODEC = {
  name: "ringpool-codec",
  sources: ["src/codec/objects.ts", "src/codec/classes.ts", "src/codec/columns/index.ts"],
} as const;

/** What is loaded late and has bytecode, for the files that have it. For all others it is among the ES modules. */
export const LATE_ENTRIES = {
  "ringpool-collections": "src/collections/index.ts",
  "ringpool-chunks": "src/collections/chunk-runner.ts",
} as const;

/** The module in whose place the build puts one that gives the text of the worker's script: for programs that are bundled. */
export const EMBEDDED_WORKER = "src/pool/queue/embedded-worker.ts";

/** The command: package.json "bin". It is a program that uses the package, and it has no exports. */
export const COMMAND = { name: "ringpool-cli", source: "src/cli/main.ts" } as const;

/** The part of the command that runs in workers: `src/cli/worker-pool.ts` names it by its URL. */
export const COMMAND_TASK = { name: "ringpool-cli-task", source: "src/cli/task.ts" } as const;

/** Refuses a runtime that is no Bun or too old. Each entry imports it before anything else. */
export const RUNTIME_CHECK = { name: "needs-bun", source: "src/needs-bun.ts" } as const;

/** Optional peers that code requires when it needs them. They are the program's own, so no built file holds them. */
export const OPTIONAL_PEERS: readonly string[] = ["@opentelemetry/api", "bullmq"];

/** The folders whose files are built into `dist`. */
export const SOURCE_FOLDERS = ["src", "native-queue"] as const;
