import {
  LOOP_MAX,
  TAGGED_NUMBER_BYTES_MAX,
  constantTag,
  isConstant,
  putNumber,
  putShortText,
} from "./primitives.ts";
import { ARRAY, NO_HEADER } from "./tags.ts";

/** More values than these are left to an `Encoder`. Below 128, so that the count is one byte. */
const MOST_PRIMITIVES = 8;
const HEADER_BYTES = 1;

/**
 * Writes an array of primitives, such as the arguments of most small requests, directly to the target. The bytes are
 * those that an `Encoder` would write, without its scratch memory and tables, which cost several times as much.
 *
 * @param room how many bytes of `target` may be written, from `start` on
 * @returns the length in bytes, or -1 when the values are not up to eight small primitives or need more room; what is
 *   in that room is undefined then
 */
export function writePrimitives(
  values: readonly unknown[],
  target: Uint8Array,
  start: number,
  room: number,
): number {
  const count = values.length;
  if (count > MOST_PRIMITIVES) return -1;
  const end = start + room;
  target[start] = NO_HEADER;
  target[start + 1] = ARRAY;
  target[start + 2] = count;
  let at = start + 3;
  for (let index = 0; index < count && at !== -1; index++)
    at = putPrimitive(values[index], target, at, end);
  return at === -1 ? -1 : at - start;
}

/** The length of what `writePrimitive` writes for a value, or -1 when the value must be left to an `Encoder`. */
export function primitiveBytes(value: unknown): number {
  if (typeof value === "string")
    return value.length > LOOP_MAX ? -1 : HEADER_BYTES + 1 + value.length;
  return isConstant(value) ? HEADER_BYTES + 1 : -1;
}

/**
 * Writes one value for which `primitiveBytes` has returned a length directly to the target, which must have that room.
 *
 * @returns false for a text that is not Latin-1, which must be left to an `Encoder`
 */
export function writePrimitive(value: unknown, target: Uint8Array, start: number): boolean {
  target[start] = NO_HEADER;
  return putPrimitive(value, target, start + HEADER_BYTES, Infinity) !== -1;
}

/** Writes a value before `end`. Returns the index after it, or -1 when it is not written. */
function putPrimitive(value: unknown, target: Uint8Array, at: number, end: number): number {
  if (typeof value === "string") {
    if (value.length > LOOP_MAX || at + 1 + value.length > end) return -1;
    return putShortText(target, at, value);
  }
  if (at + TAGGED_NUMBER_BYTES_MAX > end) return -1;
  if (typeof value === "number") return putNumber(target, at, value);
  if (!isConstant(value)) return -1;
  target[at] = constantTag(value);
  return at + 1;
}
