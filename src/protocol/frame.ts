import { PayloadError } from "../errors.ts";

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

/** An encoded value that waits to be copied to where it is to lie. */
export interface Frame {
  /** @param words the same memory, where `start` is a multiple of four and the next one may be written to: saves time */
  copyTo(target: Uint8Array, start: number, words?: Int32Array): void;
}

/** Of a payload that lies in memory of its own. */
export const NO_BYTES: Frame = { copyTo: () => {} };

/**
 * Copies a payload that is too big for the queue into shared memory of its own.
 *
 * @param path what the payload is, for the error
 * @throws PayloadError when there is no memory of that size
 */
export function spillOf(frame: Frame, length: number, path: string): SharedArrayBuffer {
  const spill = sharedMemory(length, path);
  frame.copyTo(new Uint8Array(spill), 0);
  return spill;
}

function sharedMemory(length: number, path: string): SharedArrayBuffer {
  try {
    return new SharedArrayBuffer(length);
  } catch (cause) {
    throw new PayloadError(
      `There is no memory for so much at once; share it, move it with transfer, or pass it in parts: path=${path} bytes=${length}`,
      { path, cause },
    );
  }
}
