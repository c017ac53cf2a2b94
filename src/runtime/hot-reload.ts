import { Bun, Map, Set, process } from "./globals.ts";

/** Whether Bun evaluates the modules of the program again, in this thread, when one of their files changes: `bun --hot`. */
export const IS_HOT: boolean = Bun.isMainThread && process.execArgv.includes("--hot");

/**
 * What outlives a reload: the global object does, and nothing in a module.
 *
 * A built package is evaluated once. Its entry finds here what it has loaded before, and tells of the reload
 * (`scripts/build/with-bytecode.ts`). So a class of the package is the same one before and after a reload, and a pool
 * that the program has kept belongs to it. The sources are evaluated at each reload, and `src/index.ts` tells.
 */
interface HotReload {
  /** What the entry of a built package has loaded, by the URL of the entry. */
  readonly entries: Map<string, unknown>;
  readonly listeners: Set<() => void>;
  /** Calls the listeners. */
  readonly tell: () => void;
}

const HOT = Symbol.for("ringpool.hot");

/** Calls the listener each time when Bun begins to evaluate the program again. It must not throw. */
export function onReload(listener: () => void): void {
  if (IS_HOT) hotReload().listeners.add(listener);
}

/** The sources are evaluated: calls the listeners of those evaluated before. */
export function noteReload(): void {
  if (IS_HOT) hotReload().tell();
}

function hotReload(): HotReload {
  const holder = globalThis as { [HOT]?: HotReload };
  if (holder[HOT] !== undefined) return holder[HOT];
  const listeners: HotReload["listeners"] = new Set();
  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  const made = { entries: new Map<string, unknown>(), listeners, tell };
  Object.defineProperty(globalThis, HOT, { value: made });
  return made;
}
