/**
 * The door of the runtime: what depends on Bun and JavaScript and would serve any program with workers.
 *
 * The globals as they were when the package was loaded, built-in modules that load late, the mark of a worker's thread,
 * the length of a spin, and how messages name values and options. It knows nothing of pools, queues, requests and callables. Parent and workers load everything that is
 * exported here, and a worker must start quickly.
 */
export { defineValue } from "./define-value.ts";
export { describeThrown, describeValue } from "./describe.ts";
export { getBuiltinModule, takeGlobals } from "./builtin-modules.ts";
export * from "./globals.ts";
export { IS_HOT, noteReload, onReload } from "./hot-reload.ts";
export {
  guardAdvice,
  WORKER_DATA,
  evaluationStopped,
  hasModuleCode,
  insideWorker,
  isEvaluationStopped,
  markInsideWorker,
  markStopped,
  placeIn,
  stopIn,
} from "./inside-worker.ts";
export type { Answer, InsideWorker } from "./inside-worker.ts";
export type {
  ContextStorage,
  GlobalAbortSignal,
  GlobalRedisClient,
  GlobalTLSOptions,
  GlobalURL,
} from "./global-types.ts";
export { checkKnownOptions, ownOptions } from "./known-options.ts";
export {
  asyncHooks,
  engine,
  fileSystem,
  inspect,
  paths,
  utilTypes,
  workerThreads,
} from "./lazy-builtins.ts";
export { loadedErrors } from "./loaded-errors.ts";
export { oneLine } from "./one-line.ts";
export { isAbsolutePath } from "./paths.ts";
export { IS_BUNDLED, isOwnFile, isOwnFrame } from "./own-folder.ts";
export { SpinBudget } from "./spin-budget.ts";
export { inNextTurn } from "./next-turn.ts";
export { isThenable } from "./thenable.ts";
export { watchfulController } from "./watchful-controller.ts";
