import { ARRAY, FLOAT64, INT32, SMALL_INTEGER } from "./tags.ts";

/** Arguments beyond these go the ordinary way. */
const MOST_NUMBERS = 8;
/** Longest frame: header, array tag, count, and a tag and eight bytes for each number. */
export const NUMBERS_FRAME_BYTES: number = 3 + 9 * MOST_NUMBERS;

const float64 = new Float64Array(1);
const float64Bytes = new Uint8Array(float64.buffer);

/**
 * Writes the frame of an array of a few numbers straight to where it is to lie: what an `Encoder`
 * would write, without its scratch and its bookkeeping, which cost three times as much as the numbers.
 *
 * @param target has `NUMBERS_FRAME_BYTES` of room from `start` on
 * @returns the length in bytes, or 0 when the values are anything else than up to eight numbers
 */
export function writeNumbersFrame(
  values: readonly unknown[],
  target: Uint8Array,
  start: number,
): number {
  const count = values.length;
  if (count > MOST_NUMBERS) return 0;
  target[start] = 0;
  target[start + 1] = ARRAY;
  target[start + 2] = count;
  let at = start + 3;
  for (let index = 0; index < count; index++) {
    const value = values[index];
    if (typeof value !== "number") return 0;
    at = writeNumber(value, target, at);
  }
  return at - start;
}

/** Length of the frame of a single number. */
export function numberFrameBytes(value: number): number {
  const integer = value | 0;
  if (integer !== value || (integer === 0 && 1 / value < 0)) return 10;
  return integer >= 0 && integer < SMALL_INTEGER ? 2 : 6;
}

/** Writes the frame of a single number, as `writeNumbersFrame` does for an array of them. */
export function writeNumberFrame(value: number, target: Uint8Array, start: number): void {
  target[start] = 0;
  writeNumber(value, target, start + 1);
}

function writeNumber(value: number, target: Uint8Array, start: number): number {
  const integer = value | 0;
  // Minus zero equals the integer 0, and is none.
  if (integer !== value || (integer === 0 && 1 / value < 0)) {
    target[start] = FLOAT64;
    float64[0] = value;
    for (let index = 0; index < 8; index++) target[start + 1 + index] = float64Bytes[index]!;
    return start + 9;
  }
  if (integer >= 0 && integer < SMALL_INTEGER) {
    target[start] = SMALL_INTEGER | integer;
    return start + 1;
  }
  target[start] = INT32;
  target[start + 1] = integer;
  target[start + 2] = integer >> 8;
  target[start + 3] = integer >> 16;
  target[start + 4] = integer >> 24;
  return start + 5;
}
