import { SharedArrayBuffer, Uint8Array, loadedErrors } from "../runtime/index.ts";

/** An encoded value that waits to be copied to its location. */
export interface EncodedValue {
  /**
   * Copies the bytes of the value.
   *
   * @param words the memory of `target` as words. Pass it to save time, but only where `start` is a multiple of four
   *   and the bytes up to the next multiple of four behind the value may be written to.
   */
  copyTo(target: Uint8Array, start: number, words?: Int32Array): void;
}

/** The encoded value of a spilled payload: all of its bytes lie in the spill. */
export const NO_BYTES: EncodedValue = { copyTo: () => {} };

/**
 * Copies a payload that is too large for the queue into shared memory of its own.
 *
 * @param path names the payload in the error
 * @throws PayloadError when there is no memory of that size
 */
export function spillOf(value: EncodedValue, length: number, path: string): SharedArrayBuffer {
  const spill = sharedMemory(length, path);
  value.copyTo(new Uint8Array(spill), 0);
  return spill;
}

function sharedMemory(length: number, path: string): SharedArrayBuffer {
  try {
    return new SharedArrayBuffer(length);
  } catch (cause) {
    throw new (loadedErrors().PayloadError)(
      `There is no memory for so much at once; share it, move it with transfer, or pass it in parts: path=${path} bytes=${length}`,
      { path, cause },
    );
  }
}
