/*
 * What becomes of pools when Bun evaluates the program again: `bun --hot`.
 *
 * The program may have kept the pool, on the global object or in another object that outlives the reload, or it has made it in
 * a module and makes another one now. Nothing tells which. So each pool ends its workers, which have loaded what the
 * modules were before, and starts as many again when it is used again. A pool that was made in a module is not used
 * again. Bun 1.4.5 keeps the variables of the modules that it has evaluated before, so such a pool is never collected.
 */

import { loadedCodec } from "../codec/index.ts";
import { IS_HOT, Set, collectGarbage, noteReload, onReload } from "../runtime/index.ts";
import { programPreloads } from "./supervision/program-preloads.ts";
import { loadedCollections } from "./loaded-collections.ts";

/** A pool that is not closed, as this sees it. */
export interface ReloadedPool {
  /** The program was loaded again. */
  reload(): void;
}

/** The pools that are not closed. None of them refers to its `ThreadPool`. */
const pools: Set<ReloadedPool> = new Set();

if (IS_HOT) {
  noteReload();
  onReload(() => {
    for (const pool of pools) pool.reload();
    // What is left of the workers of before is small in the heap and large beside it, so the engine would collect it late.
    if (pools.size > 0) collectGarbage(true);
  });
  // They are told by what is loaded, and a reload empties that list.
  programPreloads();
  // What would be loaded late would come after a reload with other classes of errors than the rest has.
  loadedCodec().loadedClasses();
  loadedCollections();
}

/** Tells a pool of reloads, until `endWatchReloads`. */
export function watchReloads(pool: ReloadedPool): void {
  if (IS_HOT) pools.add(pool);
}

/** The pool is closed. */
export function endWatchReloads(pool: ReloadedPool): void {
  pools.delete(pool);
}
