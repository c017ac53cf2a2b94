import { availableParallelism } from "node:os";
import { inspect } from "node:util";
import { MAX_WORKERS } from "../../native-queue/index.ts";
import { definitionOfReference } from "../callable/from-module.ts";
import type { Callable, ModuleCallable } from "../callable/describe.ts";
import { isPlainObject } from "./request/work-request.ts";

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
   * in the thread that puts it, with the arguments themselves and not copies; a signal or a time limit stops it only
   * where it goes on in the event loop.
   */
  readonly rejectionPolicy?: RejectionPolicy | undefined;
  /** Longest run of a request in milliseconds, over 0; no limit when left out. Requests may have their own. */
  readonly timeoutMs?: number | undefined;
  /** How often a request runs again after its worker has died, 0 (the default) or more. Requests may have their own. */
  readonly retries?: number | undefined;
  /**
   * How long a run that was aborted or is out of time may take to stop before its worker is killed, and the
   * initializer of a worker that was dismissed meanwhile to end: milliseconds, 1000.
   */
  readonly graceMs?: number | undefined;
  /** How many asynchronous callables a worker runs at a time, 1 (the default) or more. */
  readonly concurrencyPerWorker?: number | undefined;
  /** Run once in each worker, before its first request; what it throws closes the pool. */
  readonly initializer?: Callable | ModuleCallable | undefined;
  /** The initializer's arguments. */
  readonly initargs?: readonly unknown[] | undefined;
  /** After so many requests a worker ends, and another takes its place; 1 or more, no limit when left out. */
  readonly maxRequestsPerWorker?: number | undefined;
  /**
   * When a worker's heap is larger than this many bytes, and a collection does not help, it ends and another takes its
   * place. It is measured inside the worker between requests, every 50 ms at most; no limit when left out. What the
   * worker shares with others counts, too, but for the pool's own memory.
   */
  readonly memoryLimitBytes?: number | undefined;
  /** Fewest workers, 0 to `numWorkers`, which is the default. */
  readonly minWorkers?: number | undefined;
  /** Most workers, `numWorkers` (the default) to 256: one more is started when requests wait and every worker is busy. */
  readonly maxWorkers?: number | undefined;
  /** A worker beyond `minWorkers` that has had nothing to do for so many milliseconds ends; over 0, 30000 when left out. */
  readonly idleTimeoutMs?: number | undefined;
  /** The environment of the workers, as `process.env`; a copy of this thread's when left out. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Names the pool's workers, for debuggers and process listings. */
  readonly name?: string | undefined;
}

/** Options that have no default. */
type Optional = Pick<ThreadPoolOptions, "initializer" | "env">;

/** Options with every default filled in. */
export type ResolvedOptions = Optional & {
  readonly [K in Exclude<keyof ThreadPoolOptions, keyof Optional>]-?: NonNullable<
    ThreadPoolOptions[K]
  >;
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
  "initializer",
  "initargs",
  "maxRequestsPerWorker",
  "memoryLimitBytes",
  "minWorkers",
  "maxWorkers",
  "idleTimeoutMs",
  "env",
]);
const DEFAULT_IDLE_TIMEOUT_MS = 30_000;
const REJECTION_POLICIES: readonly unknown[] = ["block", "throw", "discardOldest", "callerRuns"];
/** Largest number of retries. */
export const MOST_RETRIES: number = 2 ** 16;
const MOST_CONCURRENT = 2 ** 16;

/** How many workers a pool has when nobody says: as many as there are cores, within what its options allow. */
export function defaultWorkerCount(options: ThreadPoolOptions): number {
  const { minWorkers, maxWorkers } = isPlainObject(options) ? options : {};
  const fewest = Number.isInteger(minWorkers) ? (minWorkers as number) : 0;
  const most = Number.isInteger(maxWorkers) ? (maxWorkers as number) : MAX_WORKERS;
  return Math.max(fewest, Math.min(most, availableParallelism()));
}

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

/** Checks a count of 1 or more; Infinity stands for no limit. */
function checkLimit(value: unknown, name: string): number {
  return value === Infinity ? value : checkInteger(value, name, 1, Number.MAX_SAFE_INTEGER);
}

function checkEnv(env: unknown): ThreadPoolOptions["env"] {
  if (env === undefined) return undefined;
  if (isPlainObject(env) && Object.values(env as object).every((it) => typeof it === "string"))
    return env as ThreadPoolOptions["env"];
  throw new TypeError(`env is a plain object of strings: env=${inspect(env)}`);
}

function checkInitializer({ initializer, initargs = [] }: ThreadPoolOptions): void {
  if (!Array.isArray(initargs)) {
    throw new TypeError(
      `initargs is the array of the initializer's arguments: initargs=${inspect(initargs)}`,
    );
  }
  if (initializer === undefined) {
    if (initargs.length === 0) return;
    throw new TypeError(
      `initargs are the arguments of an initializer, and there is none: initargs=${inspect(initargs)}`,
    );
  }
  if (typeof initializer !== "function" && definitionOfReference(initializer) === undefined) {
    throw new TypeError(
      `initializer is a function, or what fromModule returns: initializer=${inspect(initializer)}`,
    );
  }
}

/** Fills in the defaults. Throws a RangeError or TypeError that names the option, its range and the value. */
export function resolveOptions(numWorkers: number, options: ThreadPoolOptions): ResolvedOptions {
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
  const { initializer, initargs = [], env, idleTimeoutMs = DEFAULT_IDLE_TIMEOUT_MS } = options;
  const { maxRequestsPerWorker = Infinity, memoryLimitBytes = Infinity } = options;
  const { minWorkers = numWorkers, maxWorkers = numWorkers } = options;
  checkInitializer(options);
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
    initializer,
    initargs,
    env: checkEnv(env),
    maxRequestsPerWorker: checkLimit(maxRequestsPerWorker, "maxRequestsPerWorker"),
    memoryLimitBytes: checkLimit(memoryLimitBytes, "memoryLimitBytes"),
    minWorkers: checkInteger(minWorkers, "minWorkers", 0, numWorkers),
    maxWorkers: checkInteger(maxWorkers, "maxWorkers", numWorkers, MAX_WORKERS),
    idleTimeoutMs: checkDurationMs(idleTimeoutMs, "idleTimeoutMs"),
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
