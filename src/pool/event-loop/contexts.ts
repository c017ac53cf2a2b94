import { asyncHooks, setImmediate } from "../../runtime/index.ts";

/*
 * Timers and promises that one request has caused serve other requests too, and their callbacks must not see the
 * AsyncLocalStorage context of that one. To leave a context takes a snapshot that was made outside of all, as when the
 * package is loaded. The module that makes it takes a millisecond to load, so it is loaded in the first turn of the event
 * loop, while the threads of a first pool start.
 */

let leave: (<R>(run: () => R) => R) | undefined;
/** What was to be called before there was a snapshot. */
const waiting: (() => void)[] = [];

setImmediate(() => {
  leave = asyncHooks().AsyncLocalStorage.snapshot();
  for (const callback of waiting) setImmediate(callback);
  waiting.length = 0;
});

/** Calls a function outside every context, as soon as there is a snapshot: until then, where it is. */
export function outsideContexts<R>(run: () => R): R {
  return leave === undefined ? run() : leave(run);
}

/** The callback to set within `outsideContexts`, so that it is called outside every context. */
export function asOutside(callback: () => void): () => void {
  if (leave !== undefined) return callback;
  return () => {
    if (leave === undefined) waiting.push(callback);
    else leave(callback);
  };
}

/** Runs a function in the AsyncLocalStorage context in which this was made. */
export type InContext = <A extends readonly unknown[]>(
  run: (...args: A) => void,
  ...args: A
) => void;

/** Taken when it is first needed. A program may replace the method later. */
let snapshot: (() => InContext) | undefined;

/** Captures the AsyncLocalStorage context of the caller. */
export function captureContext(): InContext {
  // oxlint-disable-next-line typescript/unbound-method -- a static method that uses no `this`
  snapshot ??= asyncHooks().AsyncLocalStorage.snapshot;
  return snapshot();
}

/** The function, called in the AsyncLocalStorage context of the caller whenever that is. */
export function inPresentContext<A extends readonly unknown[]>(
  call: (...args: A) => void,
): (...args: A) => void {
  const enter = captureContext();
  return (...args) => enter(call, ...args);
}
