/**
 * Parallel work inside parallel work: the `pool` that callables use, and what runs their children in a thread.
 *
 * A thread runs children by itself, and shares them with other workers through the board of native-queue. This room must never
 * know the pool's side, or how a worker runs requests: it sees a run as its `taskContext`.
 */
export { pool } from "./child-pool.ts";
export type { ChildFunction, ChildPool } from "./child-pool.ts";
export type { ChildMapOptions, ChildOptions, ChildRangeOptions } from "./control.ts";
export type { ForkJoin } from "./fork-join.ts";
export { forkJoin, onForkJoin, prepareForkJoin } from "./thread.ts";
