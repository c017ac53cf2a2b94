/** Checks of what a user passes. Each throws a TypeError or RangeError that names the value, its range and what it was. */
import type { AsyncLocalStorage } from "node:async_hooks";
import { MAX_WORKERS } from "../../native-queue/index.ts";
import type { Foreign } from "../codec/index.ts";
import {
  RangeError,
  TypeError,
  asyncHooks,
  describeValue,
  inspect,
  utilTypes,
} from "../runtime/index.ts";

/** The largest number of retries of a request. */
export const MOST_RETRIES: number = 2 ** 16;

/** Checks a number of workers: a whole number, 0 to 256. */
export function checkWorkerCount(count: unknown, name: string): number {
  if (typeof count === "object" && count !== null) {
    throw new TypeError(
      `${name} is a whole number from 0 to ${MAX_WORKERS}, and options come after it: new ThreadPool(4, { name: "primes" }): ${name}=${inspect(count)}`,
    );
  }
  return checkInteger(count, name, 0, MAX_WORKERS);
}

/** Checks a count that has no upper bound of its own: a whole number, 0 or more. */
export function checkCount(count: unknown, name: string): number {
  return checkInteger(count, name, 0, Number.MAX_SAFE_INTEGER);
}

/** Checks a whole number, `from` to `to`. */
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

/** Checks a duration in milliseconds, 0 or more. Returns Infinity, which means no limit, for undefined. */
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

/** Checks a duration in milliseconds, over 0; Infinity means no limit. */
export function checkDurationMs(value: unknown, name: string): number {
  if (typeof value !== "number") {
    throw new TypeError(`${name} is a number of milliseconds, over 0: ${name}=${inspect(value)}`);
  }
  if (!(value > 0))
    throw new RangeError(`${name} is a number of milliseconds, over 0: ${name}=${value}`);
  return value;
}

/**
 * Checks a boolean. A number in its place is mostly meant for another parameter, so it is not converted.
 *
 * @param call how the call is written, for the message
 */
export function checkFlag(value: unknown, name: string, call?: string): boolean {
  if (typeof value === "boolean") return value;
  const place = call === undefined ? "" : ` of ${call}`;
  throw new TypeError(`${name}${place} is true or false: ${name}=${inspect(value)}`);
}

/** The error for a limit of time that a blocking call was given, and cannot have. */
export function noLimitOfTime(given: unknown): TypeError {
  return new TypeError(
    "wait takes no argument: it blocks until everything is delivered. Give the requests a timeoutMs, " +
      `or write await Promise.race([pool.settled(), Bun.sleep(1000)]): argument=${inspect(given)}`,
  );
}

/** Checks a limit: a whole number, 1 or more; Infinity means no limit. */
export function checkLimit(value: unknown, name: string): number {
  return value === Infinity ? value : checkInteger(value, name, 1, Number.MAX_SAFE_INTEGER);
}

/** Whether a value is an object as `{}` makes it, or one without a prototype; a proxy of one is not. */
export function isPlainObject(value: unknown): boolean {
  if (typeof value !== "object" || value === null || utilTypes().isProxy(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Checks what is to become of instances of unregistered classes. */
export function checkForeign(value: unknown): Foreign {
  if (value === "refuse" || value === "plain") return value;
  throw new TypeError(`foreign is "refuse" or "plain": foreign=${inspect(value)}`);
}

/** AsyncLocalStorages whose stores go to the worker with a request. */
export type Carry = readonly AsyncLocalStorage<unknown>[];

const NOTHING: Carry = [];

/** Checks the option `carry`. Throws a TypeError when it is no array of AsyncLocalStorage. */
export function checkCarry(value: unknown): Carry {
  if (value === undefined) return NOTHING;
  if (Array.isArray(value) && value.every((it) => it instanceof asyncHooks().AsyncLocalStorage))
    return [...value];
  throw new TypeError(
    `carry is an array of AsyncLocalStorage, such as [requestContext]: carry=${describeValue(value)}`,
  );
}
