import { describeValue, RangeError, TypeError } from "../runtime/index.ts";

/**
 * Checks an option that is a number.
 *
 * @throws TypeError or RangeError that names the option, its range and the value
 */
export function checkNumber(value: unknown, option: string, least: number, most: number): number {
  const range = `${option} is a number from ${least} to ${most}: ${option}=`;
  if (typeof value !== "number") throw new TypeError(range + describeValue(value));
  if (!(value >= least && value <= most)) throw new RangeError(range + describeValue(value));
  return value;
}

/** As `checkNumber`, for whole numbers. */
export function checkWhole(value: unknown, option: string, least: number, most: number): number {
  const number = checkNumber(value, option, least, most);
  if (Number.isInteger(number)) return number;
  throw new RangeError(`${option} is a whole number: ${option}=${describeValue(value)}`);
}

/** @throws TypeError that names the option and the value */
export function checkFlag(value: unknown, option: string): boolean {
  if (typeof value === "boolean") return value;
  throw new TypeError(`${option} is true or false: ${option}=${describeValue(value)}`);
}

/** @throws TypeError that names the option and the value */
export function checkListener<F>(value: F | undefined, option: string): F | undefined {
  if (value === undefined || typeof value === "function") return value;
  throw new TypeError(`${option} is a function: ${option}=${describeValue(value)}`);
}
