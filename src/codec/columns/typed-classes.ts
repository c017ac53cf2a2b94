import {
  ArrayBuffer,
  BigInt64Array,
  BigUint64Array,
  Float16Array,
  Float32Array,
  Float64Array,
  Int16Array,
  Int32Array,
  Int8Array,
  Uint16Array,
  Uint32Array,
  Uint8Array,
  Uint8ClampedArray,
} from "../../runtime/index.ts";

/** An array of numbers in memory of its own class. */
export interface TypedList extends ArrayBufferView, ArrayLike<unknown> {
  subarray(start: number, end: number): TypedList;
  slice(start: number, end?: number): TypedList;
}

interface TypedClass {
  readonly name: string;
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer): TypedList;
}

/** The classes of typed arrays. An encoded list has the index of its class in this table. */
export const TYPED_CLASSES: readonly TypedClass[] = [
  Float64Array,
  Int32Array,
  Uint8Array,
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Uint32Array,
  Float16Array,
  Float32Array,
  BigInt64Array,
  BigUint64Array,
];
const NAMES: readonly string[] = TYPED_CLASSES.map(({ name }) => name);

// oxlint-disable-next-line typescript/unbound-method -- called with the array
const nameOf = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype) as object,
  Symbol.toStringTag,
)!.get as (this: unknown) => string | undefined;

/** The class of a typed array, of any realm, as an index in `TYPED_CLASSES`; -1 for every other object. */
export function typedClassOf(list: object): number {
  const name = ArrayBuffer.isView(list) ? nameOf.call(list) : undefined;
  return name === undefined ? -1 : NAMES.indexOf(name);
}

const { slice } = Object.getPrototypeOf(Uint8Array.prototype) as {
  slice: (this: TypedList, start: number, end: number) => TypedList;
};

/** A copy of a part of a typed array. The own `slice` of a Buffer makes a view on the same memory. */
export function copyOfTyped(list: TypedList, start: number, end: number): TypedList {
  return slice.call(list, start, end);
}
