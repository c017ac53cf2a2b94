/** The callables that the contestants run. */

/** Returns its argument, so that only the pool's own work is measured. */
export function echo<T>(value: T): T {
  return value;
}

/** Burns CPU for about that many microseconds, without reading the clock. Returns a number that depends on all rounds. */
export function burn(microseconds: number): number {
  let state = 1;
  for (let i = microseconds * ROUNDS_PER_US; i > 0; i--) state = Math.imul(state, 48_271) ^ i;
  return state;
}

/** Burns CPU many times in one task. */
export function burnTimes(microseconds: number, times: number): number {
  let sum = 0;
  for (let i = 0; i < times; i++) sum ^= burn(microseconds);
  return sum;
}

/** The rounds of the loop in `burn` for a microsecond. The plain loop that it is compared with has the same rounds. */
const ROUNDS_PER_US = 890;

export function lengthOf(buffer: ArrayBuffer): number {
  return buffer.byteLength;
}

/** Reads the first byte of an array, or returns the number itself. */
export function first(value: Uint8Array | number): number {
  return typeof value === "number" ? value : (value[0] ?? 0);
}

/** Burns CPU. Returns the time of its end, in milliseconds of the clock that all threads share. */
export function burnAndTellTheTime(microseconds: number): number {
  burn(microseconds);
  return performance.timeOrigin + performance.now();
}

/** Burns CPU. Returns how many milliseconds that took. */
export function burnAndTellHowLong(microseconds: number): number {
  const start = performance.now();
  burn(microseconds);
  return performance.now() - start;
}

/** Blocks until that many workers have called it. */
export function meet(arrived: Int32Array, workers: number): void {
  Atomics.add(arrived, 0, 1);
  Atomics.notify(arrived, 0);
  for (let seen = Atomics.load(arrived, 0); seen < workers; seen = Atomics.load(arrived, 0))
    Atomics.wait(arrived, 0, seen);
}
