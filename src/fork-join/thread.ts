import { provideChildContext, rootContext } from "../protocol/index.ts";
import { asyncHooks } from "../runtime/index.ts";
import type * as Implementation from "./fork-join.ts";
import type { ForkJoin } from "./fork-join.ts";

/** What the copies of the package in a thread share: the callables may import another copy than the worker runs on. */
interface Registration {
  made: ForkJoin | undefined;
  /** Called when it is made. */
  onMade: ((made: ForkJoin) => void) | undefined;
}

/** A key of the global object, so that every copy of the package in this thread finds the same registration. */
const REGISTRATION = Symbol.for("ringpool.forkJoin");

function registration(): Registration {
  const found = (globalThis as { [REGISTRATION]?: Registration })[REGISTRATION];
  if (found !== undefined) return found;
  const value: Registration = { made: undefined, onMade: undefined };
  Object.defineProperty(globalThis, REGISTRATION, { value });
  return value;
}

const registered = registration();

/** Calls a function outside of every AsyncLocalStorage context. A snapshot is needed that was made outside of all. */
let outside: (<R>(call: () => R) => R) | undefined;

/** Prepares what children need. Call it where no run is under way, as when a module is loaded. */
export function prepareForkJoin(): void {
  outside ??= asyncHooks().AsyncLocalStorage.snapshot() as <R>(call: () => R) => R;
}

/** Whoever makes the children of this thread possible is told when the first one is put. */
export function onForkJoin(onMade: (made: ForkJoin) => void): void {
  registered.onMade = onMade;
  if (registered.made !== undefined) onMade(registered.made);
}

/** What runs the children of this thread. Loaded by the first call, in the middle of it. */
export function forkJoin(): ForkJoin {
  if (registered.made !== undefined) return registered.made;
  prepareForkJoin();
  // oxlint-disable-next-line typescript/no-require-imports -- an import would be loaded with this module
  const loaded = require("./fork-join.ts") as typeof Implementation;
  const made = new loaded.ForkJoin(outside as <R>(call: () => R) => R, rootContext);
  registered.made = made;
  provideChildContext(
    () => made.context,
    (context) => made.endRoot(context),
    (context) => made.takeRuns(context),
    () => made.rootOfChild,
  );
  registered.onMade?.(made);
  return made;
}
