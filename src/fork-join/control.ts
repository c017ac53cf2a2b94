import {
  AbortSignal,
  RangeError,
  TypeError,
  checkKnownOptions,
  describeValue,
  inspect,
} from "../runtime/index.ts";
import type { GlobalAbortSignal } from "../runtime/index.ts";

/** Options of one child. */
export interface ChildOptions {
  /** Ends the child: its promise rejects with `signal.reason` at once, and its `taskContext` says that it is to stop. */
  readonly signal?: GlobalAbortSignal | undefined;
  /** The longest time that it may run, in milliseconds from its start. Over that it fails with `RequestTimeout`. */
  readonly timeoutMs?: number | undefined;
  /** How many times it runs again after the death of the worker that had taken it; 0 by default. */
  readonly retries?: number | undefined;
  /** Called with each value that the child reports. Such a child is not given to another worker. */
  readonly onProgress?: ((value: unknown) => void) | undefined;
}

/** Options of `map` and `mapSync`. */
export interface ChildMapOptions {
  /** Ends all items: the call fails with `signal.reason`. */
  readonly signal?: GlobalAbortSignal | undefined;
}

/** Options of `parallelFor`. */
export interface ChildRangeOptions<Args extends readonly unknown[]> extends ChildMapOptions {
  /** How many numbers a call of the callable gets at most. */
  readonly grain?: number | undefined;
  /** What the callable gets behind `start` and `end`. */
  readonly args?: Args | undefined;
}

const CHILD_OPTIONS = {
  signal: true,
  timeoutMs: true,
  retries: true,
  onProgress: true,
} satisfies Record<keyof ChildOptions, true>;
const MAP_OPTIONS = { signal: true } satisfies Record<keyof ChildMapOptions, true>;
const RANGE_OPTIONS = { signal: true, grain: true, args: true } satisfies Record<
  keyof ChildRangeOptions<readonly unknown[]>,
  true
>;

/** The limits of a child, and the listeners that they need. */
export class ChildControl {
  readonly timeoutMs: number;
  readonly retries: number;
  readonly onProgress: ((value: unknown) => void) | undefined;
  readonly signal: AbortSignal | undefined;
  #onAbort: (() => void) | undefined;

  constructor({ signal, timeoutMs, retries = 0, onProgress }: ChildOptions) {
    this.signal = checkSignal(signal);
    this.timeoutMs = checkTimeoutMs(timeoutMs);
    if (!(Number.isInteger(retries) && retries >= 0))
      throw new RangeError(`retries is a whole number, 0 or more: retries=${inspect(retries)}`);
    this.retries = retries;
    if (onProgress !== undefined && typeof onProgress !== "function")
      throw new TypeError(`onProgress is a function: onProgress=${inspect(onProgress)}`);
    this.onProgress = onProgress;
  }

  /** Calls `stop` when the signal is aborted. */
  watch(stop: (reason: unknown) => void): void {
    const { signal } = this;
    if (signal === undefined) return;
    this.#onAbort = () => stop(signal.reason);
    signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Watches no more. */
  end(): void {
    if (this.#onAbort === undefined) return;
    this.signal?.removeEventListener("abort", this.#onAbort);
    this.#onAbort = undefined;
  }
}

/** The control of a child with these options; undefined for one without any. */
export function controlOf(options: ChildOptions | undefined): ChildControl | undefined {
  if (options === undefined) return undefined;
  checkKnownOptions(options, CHILD_OPTIONS, "a child");
  return new ChildControl(options);
}

/** Checks the options of `map` and `mapSync`. */
export function checkMapOptions(options: ChildMapOptions = {}): AbortSignal | undefined {
  checkKnownOptions(options, MAP_OPTIONS, "map");
  return checkSignal(options.signal);
}

/** The options of `parallelFor`, checked. */
export interface RangeSettings {
  readonly signal: AbortSignal | undefined;
  readonly grain: number | undefined;
  readonly args: readonly unknown[];
}

/** Checks the length and the options of `parallelFor`. */
export function checkRange(
  length: unknown,
  options: ChildRangeOptions<readonly unknown[]> = {},
): RangeSettings {
  const range =
    "parallelFor calls the callable for the numbers from 0 to length - 1; length is a whole number, 0 or more: length=";
  if (typeof length !== "number") throw new TypeError(range + describeValue(length));
  if (!Number.isSafeInteger(length) || length < 0) throw new RangeError(range + length);
  checkKnownOptions(options, RANGE_OPTIONS, "parallelFor");
  const { grain, args = [] } = options;
  if (grain !== undefined && !(Number.isSafeInteger(grain) && grain >= 1))
    throw new RangeError(`grain is a whole number, 1 or more: grain=${inspect(grain)}`);
  return { signal: checkSignal(options.signal), grain, args: checkArgs(args) };
}

/** Checks the arguments of a child. */
export function checkArgs(args: unknown): readonly unknown[] {
  if (args === undefined) return [];
  if (Array.isArray(args)) return args;
  throw new TypeError(
    `The arguments of a child are an array, as in pool.run(add, [1, 2]): args=${describeValue(args)}`,
  );
}

function checkSignal(signal: unknown): AbortSignal | undefined {
  if (signal === undefined || signal instanceof AbortSignal) return signal;
  throw new TypeError(`signal is an AbortSignal: signal=${inspect(signal)}`);
}

function checkTimeoutMs(value: unknown): number {
  if (value === undefined) return Infinity;
  if (typeof value !== "number")
    throw new TypeError(
      `timeoutMs is a number of milliseconds, 0 or more: timeoutMs=${inspect(value)}`,
    );
  if (!(value >= 0))
    throw new RangeError(`timeoutMs is a number of milliseconds, 0 or more: timeoutMs=${value}`);
  return value;
}
