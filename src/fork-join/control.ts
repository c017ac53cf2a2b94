import {
  RangeError,
  TypeError,
  asyncHooks,
  checkKnownOptions,
  describeValue,
  inspect,
  isSignal,
  ownOptions,
} from "../runtime/index.ts";
import { describeStorage } from "../callable/index.ts";
import type { CarriedStorage } from "../callable/load.ts";
import { callAt } from "./call-at.ts";
import type { AsyncLocalStorage } from "node:async_hooks";
import type { ContextStorage, GlobalAbortSignal } from "../runtime/index.ts";

/** The largest number of retries, and of numbers of a range that a call gets; as in the pool of the program. */
const MOST_RETRIES = 2 ** 16;
const MOST_GRAIN = 2 ** 30;

/** Options of one child. */
export interface ChildOptions {
  /** Ends the child: its promise rejects with `signal.reason` at once, and its `taskContext` says that it is to stop. */
  readonly signal?: GlobalAbortSignal | undefined;
  /**
   * The longest time that it may run, in milliseconds from its start, over 0. Over that it fails with `RequestTimeout`: at once when it waits, and
   * when it has returned where it holds the thread.
   */
  readonly timeoutMs?: number | undefined;
  /** How many times it runs again after the death of the worker that had taken it; 0 by default. */
  readonly retries?: number | undefined;
  /** Called with each value that the child reports. Such a child is not given to another worker. */
  readonly onProgress?: ((value: unknown) => void) | undefined;
  /**
   * The AsyncLocalStorages whose stores the child gets, as they are where it is put; those that were carried to its parent when left out.
   * A module must export each of them.
   */
  readonly carry?: readonly ContextStorage[] | undefined;
}

/** Options of `map` and `mapSync`. */
export interface ChildMapOptions {
  /** Ends all items: the call fails with `signal.reason`. */
  readonly signal?: GlobalAbortSignal | undefined;
  /** As for a single child. */
  readonly carry?: readonly ContextStorage[] | undefined;
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
  carry: true,
} satisfies Record<keyof ChildOptions, true>;
const MAP_OPTIONS = { signal: true, carry: true } satisfies Record<keyof ChildMapOptions, true>;
const RANGE_OPTIONS = {
  signal: true,
  carry: true,
  grain: true,
  args: true,
} satisfies Record<keyof ChildRangeOptions<readonly unknown[]>, true>;

/** The limits of a child, and the listeners that they need. */
export class ChildControl {
  readonly timeoutMs: number;
  readonly retries: number;
  readonly onProgress: ((value: unknown) => void) | undefined;
  readonly signal: GlobalAbortSignal | undefined;
  readonly carry: readonly CarriedStorage[] | undefined;
  #onAbort: (() => void) | undefined;
  #stopClock: (() => void) | undefined;

  constructor({ signal, timeoutMs, retries = 0, onProgress, carry }: ChildOptions) {
    this.carry = checkCarry(carry);
    this.signal = checkSignal(signal);
    this.timeoutMs = checkTimeoutMs(timeoutMs);
    this.retries = checkInteger(retries, "retries", 0, MOST_RETRIES);
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

  /** Calls `stop` at a point in time, unless the child has ended before. It needs turns of the event loop. */
  watchClock(timeOutAt: number, stop: () => void): void {
    if (timeOutAt !== Infinity) this.#stopClock = callAt(timeOutAt, stop);
  }

  /** Watches no more. */
  end(): void {
    this.#stopClock?.();
    this.#stopClock = undefined;
    if (this.#onAbort === undefined) return;
    this.signal?.removeEventListener("abort", this.#onAbort);
    this.#onAbort = undefined;
  }
}

/*
 * The checks and their words are those of the pool of the program. What differs are the options that there are, and that items
 * cannot come from an async iterable.
 */

/** The control of a child with these options; undefined for one without any. */
export function controlOf(options: ChildOptions | undefined): ChildControl | undefined {
  if (options === undefined) return undefined;
  const hint = hintForOptions(options);
  if (hint !== undefined)
    throw new TypeError(
      `The options of a child are an object, and ${hint}: options=${describeValue(options)}`,
    );
  checkKnownOptions(options, CHILD_OPTIONS, "a child");
  return new ChildControl(ownOptions(options, CHILD_OPTIONS));
}

function hintForOptions(options: unknown): string | undefined {
  if (typeof options === "function") return "run and runSync return the result";
  if (typeof options === "number")
    return "a limit in milliseconds is one of them: { timeoutMs: 1000 }";
  return undefined;
}

/** The methods that take the items of a list. */
type ListCall = "map" | "mapSync";

/** Checks the options of `map` and `mapSync`. */
export function checkMapOptions(options: unknown, call: ListCall): MapSettings {
  if (options === undefined || options === null) return NO_SETTINGS;
  checkKnownOptions(options, MAP_OPTIONS, call);
  const { signal, carry } = ownOptions<ChildMapOptions>(options, MAP_OPTIONS);
  return { signal: checkSignal(signal), carry: checkCarry(carry) };
}

/** The options of a collection, checked. */
export interface MapSettings {
  readonly signal: GlobalAbortSignal | undefined;
  readonly carry: readonly CarriedStorage[] | undefined;
}

const NO_SETTINGS: MapSettings = { signal: undefined, carry: undefined };

/** The items of `map` and `mapSync`, as a list. */
export function checkItems(items: unknown, call: ListCall): readonly unknown[] {
  if (Array.isArray(items)) return items as readonly unknown[];
  if (isIterable(items, Symbol.iterator)) return [...(items as Iterable<unknown>)];
  if (isIterable(items, Symbol.asyncIterator))
    throw new TypeError(
      `${call} in a callable needs all items at once, so it cannot wait for an async iterable; collect the items first, as in await Array.fromAsync(items): items=${describeValue(items)}`,
    );
  throw new TypeError(
    `${call} takes its items from an array or another iterable; for one call with these arguments write run(callable, [argument]): items=${describeValue(items)}`,
  );
}

function isIterable(items: unknown, key: symbol): boolean {
  if (items === undefined || items === null) return false;
  return typeof Reflect.get(Object(items) as object, key) === "function";
}

/** The length and the options of `parallelFor`, checked. */
export interface RangeSettings extends MapSettings {
  readonly length: number;
  readonly grain: number | undefined;
  readonly args: readonly unknown[];
}

/** Checks the length and the options of `parallelFor`. */
export function checkRange(length: unknown, options: unknown): RangeSettings {
  const given = options ?? {};
  checkKnownOptions(given, RANGE_OPTIONS, "parallelFor");
  const own = ownOptions<ChildRangeOptions<readonly unknown[]>>(given, RANGE_OPTIONS);
  const { grain, args = [], signal, carry } = own;
  if (!Array.isArray(args))
    throw new TypeError(
      `args is an array of what the callable gets after start and end: args=${inspect(args)}`,
    );
  return {
    grain: checkGrain(grain),
    args: [...(args as readonly unknown[])],
    signal: checkSignal(signal),
    carry: checkCarry(carry),
    length: checkLength(length),
  };
}

function checkGrain(grain: unknown): number | undefined {
  if (grain === undefined) return undefined;
  const range = "grain is a whole number, 1 or more: grain=";
  if (typeof grain !== "number") throw new TypeError(range + inspect(grain));
  if (!Number.isSafeInteger(grain) || grain < 1) throw new RangeError(range + grain);
  if (grain > MOST_GRAIN)
    throw new RangeError(`grain is a whole number from 1 to ${MOST_GRAIN}: grain=${grain}`);
  return grain;
}

function checkLength(length: unknown): number {
  const range =
    "parallelFor calls the callable for the numbers from 0 to length - 1; length is a whole number, 0 or more: length=";
  if (typeof length !== "number") throw new TypeError(range + describeValue(length));
  if (!Number.isSafeInteger(length) || length < 0) throw new RangeError(range + length);
  return length;
}

/** Checks the arguments of a child. */
export function checkArgs(args: unknown, callable: unknown): readonly unknown[] {
  if (args === undefined) return [];
  if (Array.isArray(args)) return args as readonly unknown[];
  const text = typeof callable === "function" ? describeValue(callable) : "";
  throw new TypeError(
    `args is the array of positional arguments; write run(${/^[\w$]+$/.test(text) ? text : "add"}, [1, 2]): args=${inspect(args)}`,
  );
}

function checkSignal(signal: unknown): GlobalAbortSignal | undefined {
  if (signal === undefined || isSignal(signal)) return signal;
  throw new TypeError(`signal is an AbortSignal: signal=${inspect(signal)}`);
}

/** The storages of `carry`, and where another worker finds its own ones; undefined when the option is left out. */
function checkCarry(carry: unknown): readonly CarriedStorage[] | undefined {
  if (carry === undefined) return undefined;
  if (!Array.isArray(carry) || !carry.every((it) => it instanceof asyncHooks().AsyncLocalStorage))
    throw new TypeError(
      `carry is an array of AsyncLocalStorage, such as [requestContext]: carry=${describeValue(carry)}`,
    );
  return (carry as AsyncLocalStorage<unknown>[]).map((storage) => ({
    place: describeStorage(storage),
    storage,
  }));
}

function checkTimeoutMs(value: unknown): number {
  if (value === undefined) return Infinity;
  const range = "timeoutMs is a number of milliseconds, over 0: timeoutMs=";
  if (typeof value !== "number") throw new TypeError(range + inspect(value));
  if (!(value > 0)) throw new RangeError(range + value);
  return value;
}

/** Checks a whole number, `from` to `to`. */
function checkInteger(value: unknown, name: string, from: number, to: number): number {
  const range = `${name} is a whole number from ${from} to ${to}: ${name}=`;
  if (typeof value !== "number") throw new TypeError(range + inspect(value));
  if (!Number.isInteger(value) || value < from || value > to) throw new RangeError(range + value);
  return value;
}
