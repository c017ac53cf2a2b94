import { inspect } from "node:util";
import type { Callable, ModuleCallable } from "../../callable/describe.ts";
import { WorkRequest, isPlainObject } from "./work-request.ts";
import type { ExceptionCallback, ResultCallback } from "./work-request.ts";

/** Positional arguments and keyword arguments of one request. */
export type ArgsAndKwds<F extends Callable> = readonly [
  args: Readonly<Partial<Parameters<F>>>,
  kwds: Readonly<Record<string, unknown>>,
];

/**
 * Creates several requests for the same callable with different arguments.
 *
 * @param argsList one item a request: exactly `[positional array, keywords plain object]` is spread
 *   into both, anything else is the single argument
 * @param callback as in `WorkRequest`
 * @param excCallback as in `WorkRequest`
 * @throws TypeError when `argsList` is not iterable
 * @returns the requests, in the order of the items
 * @example
 * ```ts
 * const requests = makeRequests(primesBelow, [1e6, 2e6, [[3e6], { wheel: 30 }]], print);
 * ```
 */
export function makeRequests<F extends Callable>(
  callable: F | ModuleCallable<F>,
  argsList: Iterable<Parameters<F>[0] | ArgsAndKwds<F>>,
  callback?: ResultCallback<NoInfer<F>> | null,
  excCallback?: ExceptionCallback<NoInfer<F>> | null,
): WorkRequest<F>[] {
  const options = { callback, excCallback };
  const requests: WorkRequest<F>[] = [];
  checkIterable(argsList);
  for (const item of argsList) {
    if (isArgsAndKwds<F>(item)) {
      requests.push(new WorkRequest<F>(callable, item[0], item[1], options));
    } else {
      const args = [item] as unknown as Partial<Parameters<F>>;
      requests.push(new WorkRequest<F>(callable, args, undefined, options));
    }
  }
  return requests;
}

function checkIterable(argsList: unknown): void {
  if (typeof Object(argsList)[Symbol.iterator] === "function") return;
  throw new TypeError(
    `argsList is an iterable with the arguments of one request an item: argsList=${inspect(argsList)}`,
  );
}

function isArgsAndKwds<F extends Callable>(item: unknown): item is ArgsAndKwds<F> {
  return (
    Array.isArray(item) && item.length === 2 && Array.isArray(item[0]) && isPlainObject(item[1])
  );
}
