import { AsyncLocalStorage } from "node:async_hooks";

/** Runs a function in the AsyncLocalStorage context in which this was made. */
export type InContext = <A extends readonly unknown[]>(
  run: (...args: A) => void,
  ...args: A
) => void;

/**
 * Captures the AsyncLocalStorage context of the caller. A program may replace the method later, so it is taken when this
 * loads.
 */
// oxlint-disable-next-line typescript/unbound-method -- a static method that uses no `this`
export const captureContext: () => InContext = AsyncLocalStorage.snapshot;

/** The function, called in the AsyncLocalStorage context of the caller whenever that is. */
export function inPresentContext<A extends readonly unknown[]>(
  call: (...args: A) => void,
): (...args: A) => void {
  const enter = captureContext();
  return (...args) => enter(call, ...args);
}
