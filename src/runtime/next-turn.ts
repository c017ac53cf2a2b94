import { clearImmediate, clearTimeout, process, setImmediate, setTimeout } from "./globals.ts";

/**
 * Calls a function in the next turn of the event loop.
 *
 * `expect(promise).rejects` and `.resolves` of `bun:test` run the event loop from within a callback. Meanwhile the immediates of the
 * round to which that callback belongs wait for it to return, and a promise that depends on one of them would never settle. So in a test
 * run a timer stands in for an immediate that does not come. `bun test` sets NODE_ENV to "test", unless the environment has another value.
 */
export const inNextTurn: (action: () => void) => unknown =
  process.env["NODE_ENV"] === "test" ? byTimerToo : setImmediate;

function byTimerToo(action: () => void): void {
  const take = (): void => {
    clearImmediate(immediate);
    clearTimeout(timer);
    action();
  };
  const immediate = setImmediate(take);
  const timer = setTimeout(take, 1);
}
