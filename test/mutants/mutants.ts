/**
 * Ways to get the pool and the worker wrong, in the parts that settle, bury, retry, bound and wake: one change of one
 * file each. The tests named with it must notice each of them.
 */
import type { SourceMutant } from "./mutant.ts";
import { FORK_JOIN_MUTANTS } from "./fork-join.ts";
import { POOL_MUTANTS } from "./pool.ts";
import { STREAM_MUTANTS } from "./streams.ts";
import { WORKER_MUTANTS } from "./worker.ts";

export const SOURCE_MUTANTS: readonly SourceMutant[] = [
  ...WORKER_MUTANTS,
  ...POOL_MUTANTS,
  ...STREAM_MUTANTS,
  ...FORK_JOIN_MUTANTS,
];
