import { AsyncLocalStorage } from "node:async_hooks";

/**
 * Runs a function outside every AsyncLocalStorage context. What somebody's put has set off serves others
 * too, and their callbacks must not see his context.
 */
export const outsideContexts: <R>(run: () => R) => R = AsyncLocalStorage.snapshot();
