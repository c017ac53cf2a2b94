import { inspect } from "node:util";
import { MAX_WORKERS } from "../native-queue/index.ts";
import { isPlainObject } from "./work-request.ts";

/** Who delivers results: the event loop as well as `poll` and `wait`, or these alone. */
export type Delivery = "auto" | "manual";

/** Options of a `ThreadPool`. */
export interface ThreadPoolOptions {
  /** Requests that may be put and not yet claimed, 0 (the default) for no limit. `putRequest` waits for room. */
  readonly qSize?: number | undefined;
  /** Results that may wait to be collected before workers are given no more requests, 0 (the default) for no limit. */
  readonly resqSize?: number | undefined;
  /** `"auto"` (the default) or `"manual"`. */
  readonly delivery?: Delivery | undefined;
  /** Names the pool's workers, for debuggers and process listings. */
  readonly name?: string | undefined;
}

/** Options with every default filled in. */
export type ResolvedOptions = {
  readonly [K in keyof ThreadPoolOptions]-?: NonNullable<ThreadPoolOptions[K]>;
};

const KNOWN: ReadonlySet<string> = new Set(["qSize", "resqSize", "delivery", "name"]);

/** Checks a number of workers. Throws a RangeError or TypeError that names it. */
export function checkWorkerCount(count: unknown, name: string): number {
  return checkInteger(count, name, 0, MAX_WORKERS);
}

/** Checks a number that is clamped to what there is. Throws a RangeError or TypeError that names it. */
export function checkCount(count: unknown, name: string): number {
  return checkInteger(count, name, 0, Number.MAX_SAFE_INTEGER);
}

/** Checks an integer option. Throws a RangeError or TypeError that names it, its range and the value. */
export function checkInteger(value: unknown, name: string, from: number, to: number): number {
  if (typeof value !== "number") {
    throw new TypeError(
      `${name} is a whole number from ${from} to ${to}: ${name}=${inspect(value)}`,
    );
  }
  if (!Number.isInteger(value) || value < from || value > to) {
    throw new RangeError(`${name} is a whole number from ${from} to ${to}: ${name}=${value}`);
  }
  return value;
}

/** Checks a duration in milliseconds; undefined stands for no limit. */
export function checkTimeoutMs(value: unknown, name: string): number {
  if (value === undefined) return Infinity;
  if (typeof value !== "number") {
    throw new TypeError(
      `${name} is a number of milliseconds, 0 or more: ${name}=${inspect(value)}`,
    );
  }
  if (!(value >= 0))
    throw new RangeError(`${name} is a number of milliseconds, 0 or more: ${name}=${value}`);
  return value;
}

/** Checks a flag: a number in its place is mostly meant for another parameter. */
export function checkFlag(value: unknown, name: string): boolean {
  if (typeof value === "boolean") return value;
  throw new TypeError(`${name} is true or false: ${name}=${inspect(value)}`);
}

/** Fills in the defaults. Throws a RangeError or TypeError that names the option, its range and the value. */
export function resolveOptions(options: ThreadPoolOptions): ResolvedOptions {
  if (!isPlainObject(options)) {
    throw new TypeError(
      `The options of a ThreadPool are a plain object: options=${inspect(options)}`,
    );
  }
  for (const name of Object.keys(options)) {
    if (!KNOWN.has(name)) {
      throw new TypeError(
        `A ThreadPool has no such option; it knows ${[...KNOWN].join(", ")}: option=${name}`,
      );
    }
  }
  const { qSize = 0, resqSize = 0, delivery = "auto", name = "ringpool" } = options;
  if (delivery !== "auto" && delivery !== "manual") {
    throw new TypeError(`delivery is "auto" or "manual": delivery=${inspect(delivery)}`);
  }
  if (typeof name !== "string") throw new TypeError(`name is a string: name=${inspect(name)}`);
  return {
    qSize: checkInteger(qSize, "qSize", 0, 2 ** 31 - 1),
    resqSize: checkInteger(resqSize, "resqSize", 0, 2 ** 31 - 1),
    delivery,
    name,
  };
}
