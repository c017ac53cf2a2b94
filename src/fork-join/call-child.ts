import { withStores } from "../callable/load.ts";
import type { AnyFunction } from "./callables.ts";
import type { Child } from "./tree.ts";

export { withStores } from "../callable/load.ts";

/** Calls the callable of a child, within the stores that it gets. */
export function callOf({ callable, args, carried, stores }: Child): unknown {
  const { call } = callable;
  if (carried === undefined || stores === undefined) return callWith(call, args);
  return withStores(carried, stores, () => callWith(call, args));
}

/** A call with a spread array takes several times as long as one with its arguments. */
export function callWith(call: AnyFunction, args: readonly unknown[]): unknown {
  switch (args.length) {
    case 1:
      return call(args[0]);
    case 2:
      return call(args[0], args[1]);
    default:
      return call(...args);
  }
}
