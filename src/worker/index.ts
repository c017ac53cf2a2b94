/**
 * ringpool/worker: what a callable can import while it runs inside a worker.
 *
 * A worker cannot afford to track which run the calling code belongs to unless a callable asks: the AsyncLocalStorage
 * for it costs more than a short callable. To import this module is the sign that a callable may ask.
 *
 * @module ringpool/worker
 */
import { prepareForkJoin } from "../fork-join/index.ts";
import { announceUse } from "../protocol/index.ts";

export { pool } from "../fork-join/index.ts";
export type {
  ChildFunction,
  ChildMapOptions,
  ChildOptions,
  ChildPool,
  ChildRangeOptions,
} from "../fork-join/index.ts";
export { taskContext, transfer } from "../protocol/index.ts";
export type { TaskContext } from "../protocol/index.ts";

announceUse();
prepareForkJoin();
