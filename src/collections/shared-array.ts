import { RangeError, SharedArrayBuffer, TypeError, describeValue } from "../runtime/index.ts";
import { elementType } from "./typed-array-classes.ts";

/** The class of a typed array, such as `Float64Array`. */
export interface SharedArrayClass {
  /** What instances inherit from. */
  readonly prototype: ArrayBufferView;
  /** How many bytes one element takes. */
  readonly BYTES_PER_ELEMENT: number;
  /** Makes an array on all of a buffer. */
  new (buffer: SharedArrayBuffer): ArrayBufferView;
}

/** The typed array of that class, in shared memory. */
export type SharedArrayOf<C extends SharedArrayClass> = C["prototype"] & {
  /** The memory, which every thread that has the array shares. */
  readonly buffer: SharedArrayBuffer;
};

/**
 * Makes a typed array in shared memory, full of zeros. As an argument it is shared with the workers and never copied, so they
 * can fill it in place, each a part of it (`parallelFor`).
 *
 * @param constructor the class of the array, such as `Float64Array`
 * @param length how many elements it has, 0 or more
 * @throws TypeError for anything but the class of a typed array and a number; RangeError for a length that is out of range, or
 *   for which there is no memory
 * @example
 * ```ts
 * const squares = sharedArray(Float64Array, 1e6);
 * await pool.parallelFor(fillSquares, squares.length, { args: [squares] });
 * ```
 */
export function sharedArray<C extends SharedArrayClass>(
  constructor: C,
  length: number,
): SharedArrayOf<C> {
  if (elementType(constructor) === undefined) {
    throw new TypeError(
      `sharedArray takes the class of a typed array, such as Float64Array: constructor=${describeValue(constructor)}`,
    );
  }
  const range = "The length of a shared array is a whole number, 0 or more: length=";
  if (typeof length !== "number") throw new TypeError(range + describeValue(length));
  if (!Number.isSafeInteger(length) || length < 0) throw new RangeError(range + length);
  const bytes = length * constructor.BYTES_PER_ELEMENT;
  return new constructor(memoryOf(bytes, length)) as SharedArrayOf<C>;
}

function memoryOf(bytes: number, length: number): SharedArrayBuffer {
  try {
    return new SharedArrayBuffer(bytes);
  } catch (cause) {
    throw new RangeError(
      `There is no memory for a shared array of this length; make a smaller one, or several: length=${length} bytes=${bytes}`,
      { cause },
    );
  }
}
