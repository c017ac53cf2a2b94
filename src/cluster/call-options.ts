import type { GlobalAbortSignal } from "../runtime/index.ts";
import {
  checkKnownOptions,
  describeValue,
  isSignal,
  ownOptions,
  RangeError,
  TypeError,
} from "../runtime/index.ts";
import { LONGEST_MS } from "./machine-options.ts";
import { checkListener, checkNumber, checkWhole } from "./option-checks.ts";
import { PRIORITY_MAX } from "./messages.ts";
import type { RequestLimits } from "./pending.ts";

/** Options of `ClusterPool.run`. */
export interface ClusterRunOptions {
  /** Ends the request when it is aborted: the promise rejects with the signal's reason at once, and a machine that runs it stops. */
  readonly signal?: GlobalAbortSignal | undefined;
  /** Longest run in milliseconds, over 0, on the machine. After that the request fails with `RequestTimeout`. */
  readonly timeoutMs?: number | undefined;
  /** Larger first, among the requests that no machine has taken; a whole number, 0 when left out. */
  readonly priority?: number | undefined;
  /** How often the request runs again after a thread of its machine has died. The death of a machine does not count. */
  readonly retries?: number | undefined;
  /** Called with what the callable reports by `taskContext.progress`. */
  readonly onProgress?: ((value: unknown) => void) | undefined;
}

/** How far a collection has come. `total` is undefined while it is unknown. */
export interface ClusterProgress {
  /** Items that have their outcome. */
  readonly done: number;
  /** Items in all. */
  readonly total: number | undefined;
}

/** Options of `ClusterPool.map` and `starmap`. */
export interface ClusterMapOptions<Settle extends boolean = boolean> extends Omit<
  ClusterRunOptions,
  "onProgress"
> {
  /** How many items travel together at most, 1 or more. When left out, it follows the run times that the machines report. */
  readonly chunkSize?: number | undefined;
  /** With `true` every item has an outcome, as with `Promise.allSettled`, and no failure ends the collection. */
  readonly settle?: Settle | undefined;
  /** Called with `{ done, total }` when an item has its outcome. */
  readonly onProgress?: ((progress: ClusterProgress) => void) | undefined;
}

/** Options of `ClusterPool.imap`. */
export interface ClusterImapOptions<
  Settle extends boolean = boolean,
> extends ClusterMapOptions<Settle> {
  /** How many items are taken, at most, whose outcome the program has not received; 1000 when left out. */
  readonly buffer?: number | undefined;
}

/** Options of `ClusterPool.imapUnordered`. */
export interface ClusterImapUnorderedOptions<
  Settle extends boolean = boolean,
  Entries extends boolean = boolean,
> extends ClusterImapOptions<Settle> {
  /** With `true` the outcomes come as `[index, outcome]`. */
  readonly entries?: Entries | undefined;
}

const OF_RUN = {
  signal: true,
  timeoutMs: true,
  priority: true,
  retries: true,
  onProgress: true,
} satisfies Record<keyof ClusterRunOptions, true>;

const OF_MAP = { ...OF_RUN, chunkSize: true, settle: true } satisfies Record<
  keyof ClusterMapOptions,
  true
>;

const OF_IMAP = { ...OF_MAP, buffer: true } satisfies Record<keyof ClusterImapOptions, true>;

const OF_UNORDERED = { ...OF_IMAP, entries: true } satisfies Record<
  keyof ClusterImapUnorderedOptions,
  true
>;

/** The methods that take such options. */
export type ClusterCall = "run" | "map" | "starmap" | "imap" | "imapUnordered";

const KNOWN: Readonly<Record<ClusterCall, Readonly<Record<string, true>>>> = {
  run: OF_RUN,
  map: OF_MAP,
  starmap: OF_MAP,
  imap: OF_IMAP,
  imapUnordered: OF_UNORDERED,
};

/** The options of a call, checked. */
export interface CheckedCallOptions {
  readonly limits: RequestLimits;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((value: never) => void) | undefined;
  readonly settles: boolean;
  readonly entries: boolean;
  readonly buffer: number;
}

/**
 * Checks the options of a call.
 *
 * @throws TypeError or RangeError that names the option, its range and the value
 */
export function checkCallOptions(given: unknown, call: ClusterCall): CheckedCallOptions {
  const options = given ?? {};
  checkKnownOptions(options, KNOWN[call], call);
  const own: ClusterImapUnorderedOptions = ownOptions(options, KNOWN[call]);
  const { signal, priority = 0, timeoutMs, retries, chunkSize, buffer = 1000 } = own;
  if (signal !== undefined && !isSignal(signal))
    throw new TypeError(`signal is an AbortSignal: signal=${describeValue(signal)}`);
  if (timeoutMs !== undefined && checkNumber(timeoutMs, "timeoutMs", 0, LONGEST_MS) === 0)
    throw new RangeError("timeoutMs is over 0: timeoutMs=0");
  return {
    limits: {
      priority: checkWhole(priority, "priority", -PRIORITY_MAX, PRIORITY_MAX),
      timeoutMs,
      retries: retries === undefined ? undefined : checkWhole(retries, "retries", 0, 2 ** 31 - 1),
      chunkSize: chunkSize === undefined ? undefined : checkWhole(chunkSize, "chunkSize", 1, 1e6),
    },
    signal,
    onProgress: checkListener(own.onProgress as never, "onProgress"),
    settles: checkFlag(own.settle, "settle"),
    entries: checkFlag(own.entries, "entries"),
    buffer: checkWhole(buffer, "buffer", 1, 1e9),
  };
}

function checkFlag(value: unknown, name: string): boolean {
  if (value === undefined) return false;
  if (typeof value === "boolean") return value;
  throw new TypeError(`${name} is true or false: ${name}=${describeValue(value)}`);
}
