/**
 * Positions in a ring: 32-bit counters that wrap. The low bits of a position name an entry of the ring, the rest names
 * the lap. Two positions are compared by their signed distance, never by `<`.
 */

/** The position after `position`, wrapping from 0x7fffffff to -0x80000000. */
export function next(position: number): number {
  return (position + 1) | 0;
}

/** How far `to` lies after `from`; negative when it lies before. Correct while they are less than 2^31 apart. */
export function distance(from: number, to: number): number {
  return (to - from) | 0;
}

/** The least power of two that is not below `value`. */
export function powerOfTwoAtLeast(value: number): number {
  return value <= 1 ? 1 : 2 ** (32 - Math.clz32(value - 1));
}

/** The logarithm of a power of two, to the base 2. */
export function log2(powerOfTwo: number): number {
  return 31 - Math.clz32(powerOfTwo);
}
