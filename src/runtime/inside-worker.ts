import { ThreadPoolError } from "../errors.ts";

const INSIDE = Symbol.for("ringpool.insideWorker");

/** Marks this thread as a worker of a pool. Every copy of the package that this thread loads sees the mark. */
export function markInsideWorker(): void {
  Object.defineProperty(globalThis, INSIDE, { value: true });
}

/**
 * Throws a `ThreadPoolError` when this thread is a worker of a pool: a pool inside a worker is nearly always a mistake.
 */
export function refuseInsideWorker(): void {
  if (INSIDE in globalThis) throw new ThreadPoolError(ADVICE);
}

const ADVICE = `A ThreadPool was constructed inside a worker of a ThreadPool. Workers load the module of a callable, \
and when that is the main module its top level runs again. Put what only the program itself should do into \
"if (import.meta.main) { … }", or move the callable to a module of its own.`;
