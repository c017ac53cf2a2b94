import {
  FALSE,
  FLOAT64,
  INT32,
  NULL,
  SHORT_STRING,
  SMALL_INTEGER,
  TRUE,
  UNDEFINED,
} from "./tags.ts";
import { BigInt64Array, Float64Array, Int32Array } from "../runtime/index.ts";

/** Longest text, in characters, that a loop writes faster than one call into native code. */
export const LOOP_MAX = 24;
/** Most bytes that `putNumber` writes: a tag and a double. */
export const TAGGED_NUMBER_BYTES_MAX = 9;

/** The memory of one number, in three views. */
const float64 = new Float64Array(1);
const bigint64 = new BigInt64Array(float64.buffer);
const words = new Int32Array(float64.buffer);

/** Writes a number, tag first, from `bytes[at]` on, where there must be room. Returns the index after it. */
export function putNumber(bytes: Uint8Array, at: number, value: number): number {
  const integer = value | 0;
  // 1 / -0 is -Infinity: minus zero is written as a float64.
  if (integer !== value || (integer === 0 && 1 / value < 0)) {
    bytes[at] = FLOAT64;
    return putFloat64(bytes, at + 1, value);
  }
  if (integer >= 0 && integer < SMALL_INTEGER) {
    bytes[at] = SMALL_INTEGER | integer;
    return at + 1;
  }
  bytes[at] = INT32;
  return putInt32(bytes, at + 1, integer);
}

/** Writes eight bytes, without a tag. Returns the index after them. */
export function putFloat64(bytes: Uint8Array, at: number, value: number): number {
  float64[0] = value;
  return putInt32(bytes, putInt32(bytes, at, words[0]!), words[1]!);
}

/** Writes eight bytes, without a tag. Returns the index after them. */
export function putBigint64(bytes: Uint8Array, at: number, value: bigint): number {
  bigint64[0] = value;
  return putInt32(bytes, putInt32(bytes, at, words[0]!), words[1]!);
}

function putInt32(bytes: Uint8Array, at: number, value: number): number {
  bytes[at] = value;
  bytes[at + 1] = value >> 8;
  bytes[at + 2] = value >> 16;
  bytes[at + 3] = value >> 24;
  return at + 4;
}

/**
 * Writes a text of at most `LOOP_MAX` characters, tag first; there must be room for it.
 *
 * @returns the index after it, or -1 when the text is not Latin-1; what was written is undefined then
 */
export function putShortText(bytes: Uint8Array, at: number, text: string): number {
  const { length } = text;
  bytes[at] = SHORT_STRING | length;
  const start = at + 1;
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0xff) return -1;
    bytes[start + index] = code;
  }
  return start + length;
}

/** A value that its tag describes completely. */
type Constant = boolean | null | undefined;

/** Whether the tag of a value describes it completely. */
export function isConstant(value: unknown): value is Constant {
  return typeof value === "boolean" || value === undefined || value === null;
}

/** The tag of a constant. */
export function constantTag(value: Constant): number {
  if (value === undefined) return UNDEFINED;
  if (value === null) return NULL;
  return value ? TRUE : FALSE;
}
