import { ThreadPoolError } from "../errors.ts";
import { RangeError, Set, TypeError, inspect, process } from "../runtime/index.ts";

/**
 * Whether a pool runs its requests in the thread that has made it: `"asked"` by its option `inline`, `"forced"` by the environment, for
 * a program whose tests do not reach the place where its pool is made.
 */
export type InlineMode = "no" | "asked" | "forced";

/** When this is "1", every pool is an inline one that has no option `inline` of its own. */
const ENVIRONMENT = "RINGPOOL_INLINE";

/** Options that say something of threads, and nothing of requests. */
const OF_THREADS: ReadonlySet<string> = new Set([
  "minWorkers",
  "maxWorkers",
  "idleTimeoutMs",
  "maxRequestsPerWorker",
  "memoryLimitBytes",
  "env",
  "argv",
  "preload",
  "smol",
]);

/** How a pool of these options is to run. */
export function inlineModeOf({ inline }: { readonly inline?: unknown }): InlineMode {
  if (inline === undefined) return process.env[ENVIRONMENT] === "1" ? "forced" : "no";
  if (typeof inline !== "boolean")
    throw new TypeError(`inline is true or false: inline=${inspect(inline)}`);
  return inline ? "asked" : "no";
}

/** Throws unless a pool that was asked to be inline has no workers of its own. */
export function checkInlineCount(numWorkers: number | undefined): void {
  if (numWorkers === undefined || numWorkers === 0) return;
  throw new RangeError(
    `A pool with inline: true has no threads, so numWorkers is 0: new ThreadPool(0, { inline: true }): numWorkers=${inspect(numWorkers)}`,
  );
}

/**
 * The options of an inline pool: without those of threads, which the program has for its other runs.
 *
 * @throws TypeError for an option of threads when the program itself has asked for the inline pool
 */
export function inlineOptions<Options extends object>(options: Options, mode: InlineMode): Options {
  const others = Object.entries(options).filter(([name, value]) => {
    if (value === undefined || !OF_THREADS.has(name)) return true;
    if (mode === "forced") return false;
    throw new TypeError(
      `A pool with inline: true has no threads, and ${name} is an option of threads: leave out one of the two: ${name}=${inspect(value)}`,
    );
  });
  // Without a prototype, to which a program may have added options.
  return Object.assign(Object.create(null) as Options, Object.fromEntries(others));
}

/** The error for workers that an inline pool is to have. */
export function noWorkersInline(numWorkers: number): ThreadPoolError {
  return new ThreadPoolError(
    `A pool with inline: true runs its requests in the thread that has made it, and has no other workers; make a pool without it: numWorkers=${numWorkers}`,
  );
}
