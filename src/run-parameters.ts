import { inspect } from "node:util";
import type { Callable } from "./callable.ts";
import type { WorkRequest } from "./work-request.ts";

/** Options of one `run` or `runSync`. */
export interface RunOptions {
  /** ArrayBuffers and MessagePorts among the arguments that are moved to the worker, not copied. */
  readonly transfer?: readonly object[] | undefined;
}

/** Arguments of a callable, which may be left out when it needs none, then options. */
export type RunParameters<F extends Callable> =
  [] extends Parameters<F>
    ? [args?: Readonly<Parameters<F>>, options?: RunOptions]
    : [args: Readonly<Parameters<F>>, options?: RunOptions];

/** The arguments as the callable gets them: keywords, if there are any, come last. */
export function argumentsOf({ args, kwds }: WorkRequest): readonly unknown[] {
  for (const _ in kwds) return [...args, kwds];
  return args;
}

const NO_ARGS: readonly unknown[] = [];

/** Checks the arguments of `run` and `runSync`. Throws a TypeError when they are no array. */
export function checkArgs(args: unknown): readonly unknown[] {
  if (args === undefined) return NO_ARGS;
  if (Array.isArray(args)) return args;
  throw new TypeError(`args is the array of positional arguments: args=${inspect(args)}`);
}
