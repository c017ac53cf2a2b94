import {
  BigInt64Array,
  BigUint64Array,
  Float16Array,
  Float32Array,
  Float64Array,
  Int16Array,
  Int32Array,
  Int8Array,
  RangeError,
  Set,
  SharedArrayBuffer,
  TypeError,
  Uint16Array,
  Uint32Array,
  Uint8Array,
  Uint8ClampedArray,
  describeValue,
} from "../runtime/index.ts";

/** The typed arrays that `sharedArray` can make, by the name of their class. */
interface SharedArrays {
  Int8Array: globalThis.Int8Array<globalThis.SharedArrayBuffer>;
  Uint8Array: globalThis.Uint8Array<globalThis.SharedArrayBuffer>;
  Uint8ClampedArray: globalThis.Uint8ClampedArray<globalThis.SharedArrayBuffer>;
  Int16Array: globalThis.Int16Array<globalThis.SharedArrayBuffer>;
  Uint16Array: globalThis.Uint16Array<globalThis.SharedArrayBuffer>;
  Int32Array: globalThis.Int32Array<globalThis.SharedArrayBuffer>;
  Uint32Array: globalThis.Uint32Array<globalThis.SharedArrayBuffer>;
  Float16Array: globalThis.Float16Array<globalThis.SharedArrayBuffer>;
  Float32Array: globalThis.Float32Array<globalThis.SharedArrayBuffer>;
  Float64Array: globalThis.Float64Array<globalThis.SharedArrayBuffer>;
  BigInt64Array: globalThis.BigInt64Array<globalThis.SharedArrayBuffer>;
  BigUint64Array: globalThis.BigUint64Array<globalThis.SharedArrayBuffer>;
}

/** The class of a typed array that `sharedArray` can make. */
export type SharedArrayClass = {
  [N in keyof SharedArrays]: (typeof globalThis)[N];
}[keyof SharedArrays];

/** The typed array of that class, in shared memory. */
export type SharedArrayOf<C extends SharedArrayClass> = {
  [N in keyof SharedArrays]: C extends (typeof globalThis)[N] ? SharedArrays[N] : never;
}[keyof SharedArrays];

interface TypedClass {
  readonly name: string;
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: globalThis.SharedArrayBuffer): ArrayBufferView;
}

const CLASSES: ReadonlySet<unknown> = new Set<unknown>([
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float16Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
]);

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
  if (!CLASSES.has(constructor)) {
    throw new TypeError(
      `sharedArray takes the class of a typed array, such as Float64Array: constructor=${describeValue(constructor)}`,
    );
  }
  const typedClass = constructor as unknown as TypedClass;
  const range = "The length of a shared array is a whole number, 0 or more: length=";
  if (typeof length !== "number") throw new TypeError(range + describeValue(length));
  if (!Number.isSafeInteger(length) || length < 0) throw new RangeError(range + length);
  const bytes = length * typedClass.BYTES_PER_ELEMENT;
  return new typedClass(memoryOf(bytes, length)) as SharedArrayOf<C>;
}

function memoryOf(bytes: number, length: number): globalThis.SharedArrayBuffer {
  try {
    return new SharedArrayBuffer(bytes);
  } catch (cause) {
    throw new RangeError(
      `There is no memory for a shared array of this length; make a smaller one, or several: length=${length} bytes=${bytes}`,
      { cause },
    );
  }
}
