/*
 * Built-in modules that neither a pool nor a worker needs for a request of plain values. Each is loaded when it is first
 * used: together they take longer to load than the whole package.
 */
import type jsc from "bun:jsc";
import type hooks from "node:async_hooks";
import type files from "node:fs";
import type path from "node:path";
import type util from "node:util";
import type threads from "node:worker_threads";
import { getBuiltinModule } from "./builtin-modules.ts";

let types: typeof util.types | undefined;
let workerThreadsModule: typeof threads | undefined;

let asyncHooksModule: typeof hooks | undefined;

let engineModule: typeof jsc | undefined;

/** `bun:jsc`: the engine's own functions, such as the size of the heap. */
export function engine(): typeof jsc {
  return (engineModule ??= getBuiltinModule("bun:jsc") as typeof jsc);
}

/** `node:async_hooks`. */
export function asyncHooks(): typeof hooks {
  return (asyncHooksModule ??= getBuiltinModule("node:async_hooks"));
}

/** `inspect()` of `node:util`, for the values in messages. */
export function inspect(value: unknown, options?: util.InspectOptions): string {
  return getBuiltinModule("node:util").inspect(value, options);
}

/** `types` of `node:util`: checks that need no property of the value and run no trap of a Proxy. */
export function utilTypes(): typeof util.types {
  return (types ??= getBuiltinModule("node:util/types"));
}

/** `node:fs`. */
export function fileSystem(): typeof files {
  return getBuiltinModule("node:fs");
}

/** `node:path`. */
export function paths(): typeof path {
  return getBuiltinModule("node:path");
}

/** `node:worker_threads`. */
export function workerThreads(): typeof threads {
  return (workerThreadsModule ??= getBuiltinModule("node:worker_threads"));
}
