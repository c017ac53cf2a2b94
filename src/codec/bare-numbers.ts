/** More numbers than these are left to an `Encoder`. */
const MOST_NUMBERS = 8;

/** Bytes of one bare number. */
export const NUMBER_BYTES = 8;
/** Most bytes that `writeNumbers` writes. */
export const NUMBERS_BYTES_MAX: number = NUMBER_BYTES * MOST_NUMBERS;

/**
 * Writes up to eight numbers, the most common arguments, as bare doubles directly to the target: without header, tags,
 * scratch memory and tables, which together cost several times as much as the numbers.
 *
 * @param target where to write, from element `start` on; it needs `NUMBERS_BYTES_MAX` bytes of room there
 * @returns the length in bytes, or -1 when the values are not up to eight numbers; what is in the target is undefined
 *   then
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
 * Reads what `writeNumbers` has written: `bytes` bytes, from element `start` on.
 *
 * Integers and other numbers are pushed by two statements. With one statement for both, the engine makes doubles of all
 * of them when it compiles this into the callable that gets the numbers, and loops over integers in that callable take
 * a fifth longer.
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

/** Reads one number. An integer comes back as an integer of the engine, as compiled code may expect it. */
export function readNumber(source: Float64Array, at: number): number {
  const value = source[at] as number;
  const integer = value | 0;
  return integer === value && (integer !== 0 || 1 / value > 0) ? integer : value;
}

/** Whether a number is a 32-bit integer, which the engine handles faster than a double; minus zero is none. */
export function isInteger32(value: number): boolean {
  return (value | 0) === value && (value !== 0 || 1 / value > 0);
}

/** Whether they are the same number; minus zero equals the integer 0 and is not the same. */
function isSame(integer: number, value: number): boolean {
  return integer === value && (integer !== 0 || 1 / value > 0);
}
