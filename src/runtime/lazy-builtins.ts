/**
 * Bun's modules that a worker does not need at once, loaded when they are first used: together they
 * take longer to load than all else that a worker starts with.
 */
import type jsc from "bun:jsc";
import type hooks from "node:async_hooks";
import type util from "node:util";
import type threads from "node:worker_threads";

let types: typeof util.types | undefined;
let workerThreadsModule: typeof threads | undefined;

let asyncHooksModule: typeof hooks | undefined;

let engineModule: typeof jsc | undefined;

export function engine(): typeof jsc {
  return (engineModule ??= process.getBuiltinModule("bun:jsc") as typeof jsc);
}

export function asyncHooks(): typeof hooks {
  return (asyncHooksModule ??= process.getBuiltinModule("node:async_hooks"));
}

export function utilTypes(): typeof util.types {
  return (types ??= process.getBuiltinModule("node:util").types);
}

export function workerThreads(): typeof threads {
  return (workerThreadsModule ??= process.getBuiltinModule("node:worker_threads"));
}
