/*
 * What the queue needs of the runtime, taken once, when it loads: programs replace the clock and other globals, and the
 * queue goes on as if nothing had happened. The names are read as they are, not from `globalThis`, so that the exploration
 * of the shipped queue can give others.
 */

const atomics: typeof Atomics = Atomics;
const { timeOrigin } = performance;
const sharedMemory: typeof SharedArrayBuffer = SharedArrayBuffer;
const words: typeof Int32Array = Int32Array;
const bytes: typeof Uint8Array = Uint8Array;
const floats: typeof Float64Array = Float64Array;
const error: typeof Error = Error;
const rangeError: typeof RangeError = RangeError;

export {
  atomics as Atomics,
  bytes as Uint8Array,
  error as Error,
  floats as Float64Array,
  rangeError as RangeError,
  sharedMemory as SharedArrayBuffer,
  words as Int32Array,
};

/** `performance.now()`, bound: see `src/runtime/globals.ts`. */
export const performanceNow: () => number = performance.now.bind(performance);
/** `performance.timeOrigin`. */
export const TIME_ORIGIN: number = timeOrigin;
