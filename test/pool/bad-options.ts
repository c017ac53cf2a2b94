/** Options that are refused, and values that no option of their kind takes. */
import type { ErrorClass } from "../misuse.ts";

export type BadOption = readonly [
  option: string,
  value: unknown,
  errorClass: ErrorClass,
  message: RegExp,
];

type WrongValue = readonly [value: unknown, errorClass: ErrorClass, message: RegExp];

export const WRONG_DURATIONS: readonly WrongValue[] = [
  ["5", TypeError, /milliseconds, over 0: \w+='5'$/],
  [0, RangeError, /milliseconds, over 0: \w+=0$/],
  [-1, RangeError, /milliseconds, over 0: \w+=-1$/],
  [NaN, RangeError, /milliseconds, over 0: \w+=NaN$/],
];

export const WRONG_COUNTS: readonly WrongValue[] = [
  ["1", TypeError, /whole number from \d+ to \d+: \w+='1'$/],
  [1.5, RangeError, /whole number from \d+ to \d+: \w+=1\.5$/],
  [-1, RangeError, /whole number from \d+ to \d+: \w+=-1$/],
  [NaN, RangeError, /whole number from \d+ to \d+: \w+=NaN$/],
];

export function badValues(options: readonly string[], wrong: readonly WrongValue[]): BadOption[] {
  return options.flatMap((option) => wrong.map((rest): BadOption => [option, ...rest]));
}
