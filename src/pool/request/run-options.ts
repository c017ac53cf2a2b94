import {
  checkKnownOptions,
  describeValue,
  ownOptions,
  isSignal,
  RangeError,
  TypeError,
  inspect,
} from "../../runtime/index.ts";
import type { ContextStorage, GlobalAbortSignal } from "../../runtime/index.ts";
import type { Carry } from "../checks.ts";
import {
  MOST_RETRIES,
  checkCarry,
  checkDurationMs,
  checkForeign,
  checkInteger,
} from "../checks.ts";
import { hintForArgs, hintForOptions } from "./hints.ts";
import { inPresentContext } from "../event-loop/contexts.ts";
import { RequestControl } from "./request-control.ts";
import type { Callable } from "../../callable/index.ts";
import type { Foreign } from "../../codec/index.ts";
import type { ArgumentsOf, ParametersOf } from "./callable-types.ts";
import type { WorkRequest } from "./work-request.ts";

export type { ContextStorage } from "../../runtime/index.ts";

/** Options of one `run` or `runSync`. */
export interface RunOptions {
  /**
   * Ends the request when it is aborted: the promise rejects with the signal's reason at once. A request that waits is
   * withdrawn. A request that runs sees the abort in `taskContext`; when it has not stopped after `graceMs`, its worker is
   * killed and replaced.
   */
  readonly signal?: GlobalAbortSignal | undefined;
  /** Longest run in milliseconds, over 0. After that the run is stopped as by an abort, and the request fails with `RequestTimeout`. */
  readonly timeoutMs?: number | undefined;
  /** Longest wait in the queue in milliseconds, over 0. After that the request fails with `RequestTimeout`. */
  readonly queueTimeoutMs?: number | undefined;
  /**
   * Requests of larger priorities go first, among those that are not handed to the queue yet; any number, 0 when left
   * out. Within one priority, and in a pool that uses none, the order is that of the puts.
   */
  readonly priority?: number | undefined;
  /**
   * How often the request runs again after its worker has died, 0 or more; the pool's `retries` when left out. A request
   * whose arguments were moved does not run again: they are lost with the worker.
   */
  readonly retries?: number | undefined;
  /** Called with each value that the callable reports by `taskContext.progress`, before the result is delivered. */
  readonly onProgress?: ((value: unknown) => void) | undefined;
  /** The ArrayBuffers and MessagePorts among the arguments that are moved to the worker instead of copied. */
  readonly transfer?: readonly object[] | undefined;
  /** As the option of the pool, for this request alone; the pool's `foreign` when left out. */
  readonly foreign?: Foreign | undefined;
  /**
   * The AsyncLocalStorages whose stores the callable sees too, with its timers and promises; the pool's `carry` when left out.
   * Each must be exported by a module, so that a worker finds the one that callables import. Its store is copied when the
   * request is put.
   */
  readonly carry?: readonly ContextStorage[] | undefined;
}

/** The arguments of a callable, then options. The arguments may be left out when the callable needs none. */
export type RunParameters<F extends Callable> = CallParameters<F, RunOptions>;

/** The same with options of another kind. */
export type CallParameters<F extends Callable, Options> =
  [] extends ParametersOf<F>
    ? [args?: ArgumentsOf<F>, options?: Options]
    : [args: ArgumentsOf<F>, options?: Options];

/** The arguments as the callable gets them: keywords, if there are any, come last. */
export function argumentsOf({ args, kwds }: WorkRequest): readonly unknown[] {
  // A program may have given Object.prototype an enumerable property, which every object inherits.
  for (const key in kwds) if (Object.hasOwn(kwds, key)) return [...args, kwds];
  return args;
}

const NO_ARGS: readonly unknown[] = [];
const NO_OPTIONS: RunOptions = Object.freeze(Object.create(null) as RunOptions);

/** Checks the arguments of `run` and `runSync`. Throws a TypeError when they are no array. */
export function checkArgs(args: unknown, callable: unknown): readonly unknown[] {
  if (args === undefined) return NO_ARGS;
  if (Array.isArray(args)) return args;
  throw new TypeError(
    `args is the array of positional arguments; ${hintForArgs(callable, "run")}: args=${inspect(args)}`,
  );
}

/** The pool's own limits, for requests that have none. */
export interface RunDefaults {
  readonly timeoutMs: number;
  readonly retries: number;
  readonly foreign: Foreign;
  readonly carry: Carry;
}

const KNOWN = {
  signal: true,
  timeoutMs: true,
  queueTimeoutMs: true,
  priority: true,
  retries: true,
  transfer: true,
  foreign: true,
  carry: true,
  onProgress: true,
} satisfies Record<keyof RunOptions, true>;

/**
 * Checks the options of a request, and fills in the pool's own limits.
 *
 * @returns undefined for a request without options or limits
 * @throws TypeError or RangeError that names the option, its range and the value
 */
export function controlOf(
  options: RunOptions | undefined,
  defaults: RunDefaults,
): RequestControl | undefined {
  if (options === undefined)
    return hasLimits(defaults) ? makeControl(NO_OPTIONS, defaults) : undefined;
  const hint = hintForOptions(options);
  if (hint !== undefined) {
    throw new TypeError(
      `The options of a request are an object, and ${hint}: options=${describeValue(options)}`,
    );
  }
  checkKnownOptions(options, KNOWN, "a request");
  return makeControl(ownOptions(options, KNOWN), defaults);
}

/** What a request with these options moves. */
export function transferOf(options: RunOptions | undefined): RunOptions["transfer"] {
  return options === undefined ? undefined : ownOptions(options, KNOWN).transfer;
}

/** Whether a request without options has limits all the same. */
export function hasLimits({ timeoutMs, retries, foreign, carry }: RunDefaults): boolean {
  return timeoutMs !== Infinity || retries > 0 || foreign !== "refuse" || carry.length > 0;
}

function makeControl(options: RunOptions, defaults: RunDefaults): RequestControl {
  const { signal, priority = 0, onProgress } = options;
  if (signal !== undefined && !isSignal(signal)) {
    throw new TypeError(`signal is an AbortSignal: signal=${inspect(signal)}`);
  }
  if (typeof priority !== "number") {
    throw new TypeError(`priority is a number: priority=${inspect(priority)}`);
  }
  if (Number.isNaN(priority)) throw new RangeError("priority is a number: priority=NaN");
  if (onProgress !== undefined && typeof onProgress !== "function") {
    throw new TypeError(`onProgress is a function: onProgress=${inspect(onProgress)}`);
  }
  const carry = options.carry === undefined ? defaults.carry : checkCarry(options.carry);
  return new RequestControl({
    signal,
    priority,
    onProgress: onProgress && inPresentContext(onProgress),
    carry: carry.length === 0 ? undefined : carry,
    timeoutMs: checkDurationMs(options.timeoutMs ?? defaults.timeoutMs, "timeoutMs"),
    queueTimeoutMs: checkDurationMs(options.queueTimeoutMs ?? Infinity, "queueTimeoutMs"),
    retries: checkInteger(options.retries ?? defaults.retries, "retries", 0, MOST_RETRIES),
    foreign: checkForeign(options.foreign ?? defaults.foreign),
  });
}
