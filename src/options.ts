import { inspect } from "node:util";
import { MAX_WORKERS } from "../native-queue/index.ts";
import { isPlainObject } from "./work-request.ts";

/** Who delivers results: the event loop as well as `poll` and `wait`, or these alone. */
export type Delivery = "auto" | "manual";

/** What happens to a request that finds the queue full: see `ThreadPoolOptions.rejectionPolicy`. */
export type RejectionPolicy = "block" | "throw" | "discardOldest" | "callerRuns";

/** Options of a `ThreadPool`. */
export interface ThreadPoolOptions {
  /** Requests that may be put and not yet claimed, 0 (the default) for no limit. `putRequest` waits for room. */
  readonly qSize?: number | undefined;
  /** Results that may wait to be collected before workers are given no more requests, 0 (the default) for no limit. */
  readonly resqSize?: number | undefined;
  /** `"auto"` (the default) or `"manual"`. */
  readonly delivery?: Delivery | undefined;
  /**
   * What happens to a request that finds the queue full. `"block"` (the default): `putRequest` and `runSync` wait for
   * room, `run` queues it all the same, since it cannot block. `"throw"`: it is refused with `QueueFull`.
   * `"discardOldest"`: the request that has waited longest fails with `QueueFull`. `"callerRuns"`: it runs here and now,
   * in the thread that puts it.
   */
  readonly rejectionPolicy?: RejectionPolicy | undefined;
  /** Longest run of a request in milliseconds, over 0; no limit when left out. Requests may have their own. */
  readonly timeoutMs?: number | undefined;
  /** How often a request runs again after its worker has died, 0 (the default) or more. Requests may have their own. */
  readonly retries?: number | undefined;
  /** How long a run that was aborted or is out of time may take to stop before its worker is killed: milliseconds, 1000. */
  readonly graceMs?: number | undefined;
  /** How many asynchronous callables a worker runs at a time, 1 (the default) or more. */
  readonly concurrencyPerWorker?: number | undefined;
  /** Names the pool's workers, for debuggers and process listings. */
  readonly name?: string | undefined;
}

/** Options with every default filled in. */
export type ResolvedOptions = {
  readonly [K in keyof ThreadPoolOptions]-?: NonNullable<ThreadPoolOptions[K]>;
};

const DEFAULT_GRACE_MS = 1000;
const KNOWN: ReadonlySet<string> = new Set([
  "qSize",
  "resqSize",
  "delivery",
  "name",
  "rejectionPolicy",
  "timeoutMs",
  "retries",
  "graceMs",
  "concurrencyPerWorker",
]);
const REJECTION_POLICIES: readonly unknown[] = ["block", "throw", "discardOldest", "callerRuns"];
/** Largest number of retries. */
export const MOST_RETRIES: number = 2 ** 16;
const MOST_CONCURRENT = 2 ** 16;

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

/** Checks a duration that must not be nothing, in milliseconds; Infinity stands for no limit. */
export function checkDurationMs(value: unknown, name: string): number {
  if (typeof value !== "number") {
    throw new TypeError(`${name} is a number of milliseconds, over 0: ${name}=${inspect(value)}`);
  }
  if (!(value > 0))
    throw new RangeError(`${name} is a number of milliseconds, over 0: ${name}=${value}`);
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
  const { rejectionPolicy = "block", timeoutMs = Infinity, retries = 0 } = options;
  const { graceMs = DEFAULT_GRACE_MS, concurrencyPerWorker = 1 } = options;
  if (delivery !== "auto" && delivery !== "manual") {
    throw new TypeError(`delivery is "auto" or "manual": delivery=${inspect(delivery)}`);
  }
  if (!REJECTION_POLICIES.includes(rejectionPolicy)) {
    throw new TypeError(
      `rejectionPolicy is ${REJECTION_POLICIES.map((policy) => `"${String(policy)}"`).join(" or ")}: rejectionPolicy=${inspect(rejectionPolicy)}`,
    );
  }
  if (typeof name !== "string") throw new TypeError(`name is a string: name=${inspect(name)}`);
  return {
    qSize: checkInteger(qSize, "qSize", 0, 2 ** 31 - 1),
    resqSize: checkInteger(resqSize, "resqSize", 0, 2 ** 31 - 1),
    delivery,
    name,
    rejectionPolicy,
    timeoutMs: checkDurationMs(timeoutMs, "timeoutMs"),
    retries: checkInteger(retries, "retries", 0, MOST_RETRIES),
    graceMs: checkTimeoutMs(graceMs, "graceMs"),
    concurrencyPerWorker: checkInteger(
      concurrencyPerWorker,
      "concurrencyPerWorker",
      1,
      MOST_CONCURRENT,
    ),
  };
}
