/**
 * ringpool/worker: for code that runs inside a worker.
 *
 * Importing it is the sign that `taskContext` may be asked for. Whose code is asking is told by an AsyncLocalStorage,
 * which is too expensive for workers in which nobody does.
 */
import { announceUse } from "../protocol/index.ts";

export { taskContext } from "../protocol/index.ts";
export type { TaskContext } from "../protocol/index.ts";

announceUse();
