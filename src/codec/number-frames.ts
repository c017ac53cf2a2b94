/** More arguments than these go the ordinary way. */
const MOST_NUMBERS = 8;

/** Bytes of a number in a frame of numbers. */
export const NUMBER_BYTES = 8;
/** Longest frame of numbers. */
export const NUMBERS_FRAME_BYTES: number = NUMBER_BYTES * MOST_NUMBERS;

/**
 * Writes the commonest arguments, up to eight numbers, as bare doubles to where they are to lie: no
 * tags, no scratch memory, no bookkeeping, which together cost several times as much as the numbers.
 *
 * @param target has `NUMBERS_FRAME_BYTES` of room from element `start` on
 * @returns the length in bytes, or -1 when the values are anything else; then the target is undefined
 */
export function writeNumbers(
  values: readonly unknown[],
  target: Float64Array,
  start: number,
): number {
  const count = values.length;
  if (count > MOST_NUMBERS) return -1;
  for (let index = 0; index < count; index++) {
    const value = values[index];
    if (typeof value !== "number") return -1;
    target[start + index] = value;
  }
  return count * NUMBER_BYTES;
}

/** Reads what `writeNumbers` has written: `bytes` long, from element `start` on. */
export function readNumbers(source: Float64Array, start: number, bytes: number): number[] {
  const numbers: number[] = [];
  for (let index = 0; index < bytes / NUMBER_BYTES; index++)
    numbers.push(readNumber(source, start + index));
  return numbers;
}

/** Reads one number. An integer comes back as the engine's integer, for code that was compiled for these. */
export function readNumber(source: Float64Array, at: number): number {
  const value = source[at] as number;
  const integer = value | 0;
  // Minus zero equals the integer 0, and is none.
  return integer !== value || (integer === 0 && 1 / value < 0) ? value : integer;
}
