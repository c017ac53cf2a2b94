import {
  checkKnownOptions,
  ownOptions,
  TypeError,
  inspect,
  CORES,
  process,
  resolveModuleSync,
} from "../runtime/index.ts";
import type { ContextStorage } from "../runtime/index.ts";
import { MAX_WORKERS } from "../../native-queue/index.ts";
import type { Foreign } from "../codec/index.ts";
import { isModuleCallable } from "../callable/index.ts";
import type { Callable, ModuleCallable } from "../callable/index.ts";
import {
  MOST_RETRIES,
  checkCarry,
  checkDurationMs,
  checkForeign,
  checkInteger,
  checkLimit,
  checkTimeoutMs,
  checkWorkerCount,
  isPlainObject,
} from "./checks.ts";
import type { Carry } from "./checks.ts";
import { checkInlineCount, inlineModeOf, inlineOptions } from "./inline-mode.ts";
import type { InlineMode } from "./inline-mode.ts";

/** `"auto"`: the event loop delivers results, and so do `poll` and `wait`. `"manual"`: `poll` and `wait` alone do. */
export type Delivery = "auto" | "manual";

/** What a pool does with a request when its queue is full: see `ThreadPoolOptions.rejectionPolicy`. */
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
   * What the pool does with a request when the queue is full. `"block"` (the default): `putRequest` and `runSync` wait
   * for room; `run` cannot block, and queues the request all the same. `"throw"`: the request is refused with `QueueFull`.
   * `"discardOldest"`: the request that has waited longest fails with `QueueFull`. `"callerRuns"`: the request runs at
   * once in the thread that puts it, with the same outcome as in a worker: arguments and results are copied, too. A run
   * that does not stop after an abort or a time limit is not killed, because the thread is the program's own.
   */
  readonly rejectionPolicy?: RejectionPolicy | undefined;
  /** Longest run of a request in milliseconds, over 0; no limit when left out. Requests may have their own. */
  readonly timeoutMs?: number | undefined;
  /** How often a request runs again after its worker has died, 0 (the default) or more. Requests may have their own. */
  readonly retries?: number | undefined;
  /**
   * The grace period in milliseconds, 1000 when left out. A run that was aborted or is out of time may take so long to
   * stop; then its worker is killed. It counts only while the run could have heard of its stop. The initializer of a worker that was dismissed may take so long to end, and so may the thread of a worker that has
   * ended, in which callables have left timers or connections. To kill a thread may abort the process when a native add-on
   * is at work in it; Infinity forbids that.
   */
  readonly graceMs?: number | undefined;
  /**
   * How many asynchronous callables a worker runs at a time, 1 (the default) or more. They share its thread: one that
   * computes holds up the others, and one that was aborted, holds the thread and does not stop dies with the others.
   */
  readonly concurrencyPerWorker?: number | undefined;
  /** A callable that each worker runs once, before its first request. An error that it throws closes the pool. */
  readonly initializer?: Callable | ModuleCallable | undefined;
  /** The initializer's arguments. */
  readonly initargs?: readonly unknown[] | undefined;
  /** A worker ends after so many requests, and a successor replaces it; 1 or more, no limit when left out. */
  readonly maxRequestsPerWorker?: number | undefined;
  /**
   * The largest heap of a worker, in bytes; no limit when left out. A worker whose heap is larger, and stays so after a
   * garbage collection, ends, and a successor replaces it. The heap is measured inside the worker, between requests, every
   * 50 ms at most. Memory that the worker shares with other threads counts too; the pool's own memory does not.
   */
  readonly memoryLimitBytes?: number | undefined;
  /** Fewest workers, 0 to `numWorkers`, which is the default. */
  readonly minWorkers?: number | undefined;
  /** Most workers, `numWorkers` (the default) to 256. The pool starts one more when requests wait and every worker is busy. */
  readonly maxWorkers?: number | undefined;
  /** A worker beyond `minWorkers` ends when it has had no request for so many milliseconds; over 0, 30000 when left out. */
  readonly idleTimeoutMs?: number | undefined;
  /**
   * What becomes of an instance of a class that is not registered, in arguments and results. `"refuse"` (the default): a
   * `PayloadError` names it. `"plain"`: it arrives as structured clone would bring it, as a plain object with its own
   * enumerable properties, without class, methods and private fields; an instance of a subclass of Map, Date or Array
   * arrives as that built-in class. What holds functions is refused all the same.
   */
  readonly foreign?: Foreign | undefined;
  /**
   * The AsyncLocalStorages whose stores callables see too: those of the place that has put the request, copied then. Each must
   * be exported by a module, so that a worker finds the one that callables import. None when left out. Requests may have their own.
   */
  readonly carry?: readonly ContextStorage[] | undefined;
  /**
   * A run that goes on for longer fires the event `"slow"`; milliseconds, over 0; no limit when left out. Nothing is
   * ended by it. All runs are measured then, so a request without any work takes one to two microseconds longer.
   */
  readonly slowMs?: number | undefined;
  /** The environment of the workers, as `process.env`; a copy of this thread's when left out. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** The arguments that workers see in `process.argv` from the third on; those of the program when left out. */
  readonly argv?: readonly string[] | undefined;
  /**
   * Modules that each worker loads before anything else, such as one that registers a loader plugin: paths, URLs or names of
   * packages. A relative path is relative to the current directory. When left out, those that Bun has loaded before the
   * program, because of `--preload` or of `preload` in bunfig.toml; none with `[]`.
   */
  readonly preload?: string | readonly string[] | undefined;
  /** Whether workers keep their heaps small, at the cost of speed. When left out, whether the program was started with `--smol`. */
  readonly smol?: boolean | undefined;
  /**
   * True for a pool of no threads, whose requests run in the thread that has made it, with the same outcome as in a worker. It is for
   * tests: mocks, spies, coverage and breakpoints see the callables. See `docs/testing.md`. When left out, threads, unless the environment
   * has `RINGPOOL_INLINE=1`.
   */
  readonly inline?: boolean | undefined;
  /** The name of the pool's workers in debuggers and process listings. */
  readonly name?: string | undefined;
}

/** Options without a default. */
type Optional = Pick<ThreadPoolOptions, "initializer" | "env" | "argv" | "smol">;

/** Options with every default filled in. */
export type ResolvedOptions = Optional & {
  readonly [
    K in Exclude<keyof ThreadPoolOptions, keyof Optional | "preload" | "carry" | "inline">
  ]-?: NonNullable<ThreadPoolOptions[K]>;
} & {
  readonly preload: readonly string[] | undefined;
  readonly carry: Carry;
  readonly inline: InlineMode;
  /** How many threads the pool starts with. */ readonly workers: number;
};

const DEFAULT_GRACE_MS = 1000;
const KNOWN = {
  qSize: true,
  resqSize: true,
  delivery: true,
  name: true,
  rejectionPolicy: true,
  timeoutMs: true,
  retries: true,
  graceMs: true,
  concurrencyPerWorker: true,
  initializer: true,
  initargs: true,
  maxRequestsPerWorker: true,
  memoryLimitBytes: true,
  minWorkers: true,
  maxWorkers: true,
  idleTimeoutMs: true,
  foreign: true,
  carry: true,
  slowMs: true,
  env: true,
  argv: true,
  preload: true,
  smol: true,
  inline: true,
} satisfies Record<keyof ThreadPoolOptions, true>;
const DEFAULT_IDLE_TIMEOUT_MS = 30_000;
const REJECTION_POLICIES: readonly unknown[] = ["block", "throw", "discardOldest", "callerRuns"];
const MOST_CONCURRENT = 2 ** 16;

/** The number of threads: when the user gives none, as many as there are cores, within `minWorkers` and `maxWorkers`. */
function threadCount(numWorkers: number | undefined, options: ThreadPoolOptions): number {
  if (numWorkers !== undefined) return numWorkers;
  const { minWorkers, maxWorkers } = options;
  const fewest = Number.isInteger(minWorkers) ? (minWorkers as number) : 0;
  const most = Number.isInteger(maxWorkers) ? (maxWorkers as number) : MAX_WORKERS;
  return Math.max(fewest, Math.min(most, CORES));
}

function checkEnv(env: unknown): ThreadPoolOptions["env"] {
  if (env === undefined) return undefined;
  if (isPlainObject(env) && Object.values(env as object).every((it) => typeof it === "string"))
    return env as ThreadPoolOptions["env"];
  throw new TypeError(`env is a plain object of strings: env=${inspect(env)}`);
}

/** Copies the array: what the program changes later does not reach the workers. */
function checkStrings(value: unknown, name: string, what: string): readonly string[] {
  if (Array.isArray(value) && value.every((it) => typeof it === "string")) return [...value];
  throw new TypeError(`${name} is ${what}: ${name}=${inspect(value)}`);
}

/** The modules, as paths that stay right when the program goes to another folder. */
function checkPreload(preload: unknown): readonly string[] {
  const modules =
    typeof preload === "string"
      ? [preload]
      : checkStrings(preload, "preload", "a string or an array of strings");
  return modules.map((module) => {
    try {
      return resolveModuleSync(module, process.cwd());
    } catch {
      throw new TypeError(
        `preload names modules: paths, relative ones from the current directory, URLs, or packages; this one is not found: preload=${inspect(module)} cwd=${process.cwd()}`,
      );
    }
  });
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
  if (typeof initializer !== "function" && !isModuleCallable(initializer)) {
    throw new TypeError(
      `initializer is a function, or what fromModule returns: initializer=${inspect(initializer)}`,
    );
  }
}

/** Fills in the defaults. Throws a RangeError or TypeError that names the option, its range and the value. */
export function resolveOptions(
  numWorkers: number | undefined,
  given: ThreadPoolOptions,
): ResolvedOptions {
  if (numWorkers !== undefined) checkWorkerCount(numWorkers, "numWorkers");
  if (!isPlainObject(given)) {
    throw new TypeError(
      `The options of a ThreadPool are a plain object: options=${inspect(given)}`,
    );
  }
  checkKnownOptions(given, KNOWN, "a ThreadPool");
  const own = ownOptions(given, KNOWN);
  const inline = inlineModeOf(own);
  if (inline === "asked") checkInlineCount(numWorkers);
  const options = inline === "no" ? own : inlineOptions(own, inline);
  const workers = inline === "no" ? threadCount(numWorkers, options) : 0;
  const { qSize = 0, resqSize = 0, delivery = "auto", name = "ringpool" } = options;
  const { rejectionPolicy = "block", timeoutMs = Infinity, retries = 0 } = options;
  const { graceMs = DEFAULT_GRACE_MS, concurrencyPerWorker = 1 } = options;
  if (delivery !== "auto" && delivery !== "manual") {
    throw new TypeError(`delivery is "auto" or "manual": delivery=${inspect(delivery)}`);
  }
  const { initializer, initargs = [], env, idleTimeoutMs = DEFAULT_IDLE_TIMEOUT_MS } = options;
  const { maxRequestsPerWorker = Infinity, memoryLimitBytes = Infinity } = options;
  const { foreign = "refuse", argv, preload, smol } = options;
  const { minWorkers = workers, maxWorkers = workers, slowMs = Infinity } = options;
  checkInitializer(options);
  if (!REJECTION_POLICIES.includes(rejectionPolicy)) {
    throw new TypeError(
      `rejectionPolicy is ${REJECTION_POLICIES.map((policy) => `"${String(policy)}"`).join(" or ")}: rejectionPolicy=${inspect(rejectionPolicy)}`,
    );
  }
  if (smol !== undefined && typeof smol !== "boolean")
    throw new TypeError(`smol is true or false: smol=${inspect(smol)}`);
  if (typeof name !== "string") throw new TypeError(`name is a string: name=${inspect(name)}`);
  return {
    workers,
    inline,
    qSize: checkInteger(qSize, "qSize", 0, 2 ** 31 - 1),
    resqSize: checkInteger(resqSize, "resqSize", 0, 2 ** 31 - 1),
    delivery,
    name,
    initializer,
    initargs,
    env: checkEnv(env),
    argv: argv === undefined ? undefined : checkStrings(argv, "argv", "an array of strings"),
    preload: preload === undefined ? undefined : checkPreload(preload),
    smol,
    maxRequestsPerWorker: checkLimit(maxRequestsPerWorker, "maxRequestsPerWorker"),
    memoryLimitBytes: checkLimit(memoryLimitBytes, "memoryLimitBytes"),
    minWorkers: checkInteger(minWorkers, "minWorkers", 0, workers),
    maxWorkers: checkInteger(maxWorkers, "maxWorkers", workers, MAX_WORKERS),
    idleTimeoutMs: checkDurationMs(idleTimeoutMs, "idleTimeoutMs"),
    rejectionPolicy,
    foreign: checkForeign(foreign),
    carry: checkCarry(options.carry),
    slowMs: checkDurationMs(slowMs, "slowMs"),
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
