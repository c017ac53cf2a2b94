/**
 * Positions in a ring: 32-bit counters that wrap. A position names a slot (its low bits) and
 * a lap (the rest); two positions are compared by their signed distance, never by `<`.
 */

/** The position after `position`, wrapping from 0x7fffffff to -0x80000000. */
export function next(position: number): number {
  return (position + 1) | 0;
}

/** How far `to` lies after `from`; negative when it lies before. Right while they are less than 2^31 apart. */
export function distance(from: number, to: number): number {
  return (to - from) | 0;
}

/** The power of two at or above `value`. */
export function powerOfTwoAtLeast(value: number): number {
  return value <= 1 ? 1 : 2 ** (32 - Math.clz32(value - 1));
}

/** log2 of a power of two. */
export function log2(powerOfTwo: number): number {
  return 31 - Math.clz32(powerOfTwo);
}
