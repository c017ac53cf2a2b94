/** Below this length a loop is faster than making a view for `set`. */
const LOOP_BYTES = 48;

/** Copies `length` bytes. */
export function copyBytes(
  from: Uint8Array,
  fromOffset: number,
  to: Uint8Array,
  toOffset: number,
  length: number,
): void {
  if (length <= LOOP_BYTES) {
    for (let i = 0; i < length; i++) to[toOffset + i] = from[fromOffset + i] as number;
  } else {
    to.set(from.subarray(fromOffset, fromOffset + length), toOffset);
  }
}

/** Copies a payload that is too big for the queue into shared memory of its own. */
export function spillOf(bytes: Uint8Array, offset: number, length: number): SharedArrayBuffer {
  const spill = new SharedArrayBuffer(length);
  new Uint8Array(spill).set(bytes.subarray(offset, offset + length));
  return spill;
}
