/**
 * The door to what is particular to Bun and JavaScript, and not to a thread pool.
 *
 * Built-in modules that are loaded late, the mark of a worker's thread, the length of a spin, the wording of values and
 * options in messages. Parent and workers load all of it: what a worker does not need must not be exported here.
 * (`own-folder.ts` is a door of its own, for the parent.) This room knows nothing of the other rooms but `errors.ts`.
 */
export { describeThrown, describeValue } from "./describe.ts";
export { markInsideWorker, refuseInsideWorker } from "./inside-worker.ts";
export { checkKnownOptions } from "./known-options.ts";
export { asyncHooks, engine, utilTypes, workerThreads } from "./lazy-builtins.ts";
export { SpinBudget } from "./spin-budget.ts";
