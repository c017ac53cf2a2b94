import { outsideContexts } from "./event-loop/contexts.ts";
import type { ReloadedPool } from "./reloads.ts";
import { endWatchReloads, watchReloads } from "./reloads.ts";
import { FinalizationRegistry, printError, setTimeout } from "../runtime/index.ts";

/** What is done about a forgotten pool. */
interface Forgettable extends ReloadedPool {
  forget(name: string): void;
}

/**
 * Notices pools that the program cannot reach any more, so that their workers can be ended.
 *
 * The parts of a pool are reached from its threads, timers and signals, and so never collected while it lives. The
 * `ThreadPool` itself is held by the program alone: no part refers to it, and its listeners, which often do, live with it (`PoolEvents`).
 * While requests are pending their table refers to it, because their callbacks and its listeners are to be called.
 *
 * The engine calls this when it collects the pool: after some allocation, within seconds in an idle process whose event
 * loop turns, and not at all in one that blocks or ends before.
 */
const collected = new FinalizationRegistry<Watched>(({ lifecycle, name }) => {
  lifecycle.forget(name);
});

interface Watched {
  readonly lifecycle: Forgettable;
  readonly name: string;
}

/** Ends the workers of a pool once it is collected. */
export function watchForgotten(pool: object, lifecycle: Forgettable, name: string): void {
  watchReloads(lifecycle);
  collected.register(pool, { lifecycle, name }, lifecycle);
}

/** The pool is closed: there is nothing to end. */
export function endWatch(lifecycle: Forgettable): void {
  endWatchReloads(lifecycle);
  collected.unregister(lifecycle);
}

/** The line comes after this time, if the process goes on. One that is about to end had no time to forget anything. */
const SAY_AFTER_MS = 100;

let hasSaid = false;

/** Tells of a forgotten pool, once in a process: the next ones are mostly made at the same place. */
export function sayForgotten(workers: number, name: string): void {
  if (hasSaid) return;
  hasSaid = true;
  const say = (): void => {
    printError(
      `A ThreadPool was forgotten: nothing in the program refers to it any more, so its workers are ended, as will be those of others without another word. Keep one pool and use it again, or end each with close(), terminate() or using: workers=${workers} name=${name}`,
    );
  };
  outsideContexts(() => setTimeout(say, SAY_AFTER_MS)).unref();
}
