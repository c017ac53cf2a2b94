import {
  BigInt64Array,
  BigUint64Array,
  Float16Array,
  Float32Array,
  Float64Array,
  Int16Array,
  Int32Array,
  Int8Array,
  Set,
  Uint16Array,
  Uint32Array,
  Uint8Array,
  Uint8ClampedArray,
} from "../runtime/index.ts";

const OF_BIGINTS: ReadonlySet<unknown> = new Set<unknown>([BigInt64Array, BigUint64Array]);
const OF_NUMBERS: ReadonlySet<unknown> = new Set<unknown>([
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
]);

/** What the elements of a class of typed arrays are; undefined for anything else. */
export function elementType(constructor: unknown): "number" | "bigint" | undefined {
  if (OF_NUMBERS.has(constructor)) return "number";
  return OF_BIGINTS.has(constructor) ? "bigint" : undefined;
}
