/** More arguments than these go the ordinary way. */
const MOST_NUMBERS = 8;

/** Bytes of a bare number. */
export const NUMBER_BYTES = 8;
/** Most bytes that `writeNumbers` writes. */
export const NUMBERS_BYTES_MAX: number = NUMBER_BYTES * MOST_NUMBERS;

/**
 * Writes the commonest arguments, up to eight numbers, as bare doubles to where they are to lie: no
 * tags, no scratch memory, no bookkeeping, which together cost several times as much as the numbers.
 *
 * @param target has `NUMBERS_BYTES_MAX` of room from element `start` on
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

/**
 * Reads what `writeNumbers` has written: `bytes` long, from element `start` on.
 *
 * Integers and others go in by ways of their own. With one way for both, the engine makes a double of
 * either when it compiles this into the callable that gets the numbers, and loops over integers in
 * that callable then take a fifth longer.
 */
export function readNumbers(source: Float64Array, start: number, bytes: number): number[] {
  const numbers: number[] = [];
  const end = start + bytes / NUMBER_BYTES;
  for (let at = start; at < end; at++) {
    const value = source[at] as number;
    const integer = value | 0;
    if (isSame(integer, value)) numbers.push(integer);
    else numbers.push(value);
  }
  return numbers;
}

/** Reads one number. An integer comes back as the engine's integer, for code that was compiled for these. */
export function readNumber(source: Float64Array, at: number): number {
  const value = source[at] as number;
  const integer = value | 0;
  return isSame(integer, value) ? integer : value;
}

/** Minus zero equals the integer 0, and is not the same. */
function isSame(integer: number, value: number): boolean {
  return integer === value && (integer !== 0 || 1 / value > 0);
}
