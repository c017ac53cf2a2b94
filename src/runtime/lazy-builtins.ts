/*
 * Built-in modules that a worker does not need when it starts. Each is loaded when it is first used: together they take
 * longer to load than everything else that a worker starts with.
 */
import type jsc from "bun:jsc";
import type hooks from "node:async_hooks";
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

/** `types` of `node:util`: checks that need no property of the value and run no trap of a Proxy. */
export function utilTypes(): typeof util.types {
  return (types ??= getBuiltinModule("node:util/types"));
}

/** `node:worker_threads`. */
export function workerThreads(): typeof threads {
  return (workerThreadsModule ??= getBuiltinModule("node:worker_threads"));
}
