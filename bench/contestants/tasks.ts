/** What the contestants run. */

/** Does nothing, so that only the pool's own work is measured. */
export function echo<T>(value: T): T {
  return value;
}

/** Burns CPU for about that many microseconds, without a look at the clock. Returns a number that depends on it. */
export function burn(microseconds: number): number {
  let state = 1;
  for (let i = microseconds * ROUNDS_PER_US; i > 0; i--) state = Math.imul(state, 48_271) ^ i;
  return state;
}

/** Many burns in one task. */
export function burnTimes(microseconds: number, times: number): number {
  let sum = 0;
  for (let i = 0; i < times; i++) sum ^= burn(microseconds);
  return sum;
}

/** How often the loop of `burn` goes around in a microsecond; the plain loop it is compared with takes as long. */
const ROUNDS_PER_US = 890;

export function lengthOf(buffer: ArrayBuffer): number {
  return buffer.byteLength;
}

/** Looks at the first byte of an array, or at the number itself. */
export function first(value: Uint8Array | number): number {
  return typeof value === "number" ? value : (value[0] ?? 0);
}

/** Burns CPU, and returns the time at which it was done, in milliseconds of the clock that all threads share. */
export function burnAndTellTheTime(microseconds: number): number {
  burn(microseconds);
  return performance.timeOrigin + performance.now();
}

/** Burns CPU, and returns how many milliseconds that has taken. */
export function burnAndTellHowLong(microseconds: number): number {
  const start = performance.now();
  burn(microseconds);
  return performance.now() - start;
}

/** Returns when so many workers are in it. */
export function meet(arrived: Int32Array, workers: number): void {
  Atomics.add(arrived, 0, 1);
  Atomics.notify(arrived, 0);
  for (let seen = Atomics.load(arrived, 0); seen < workers; seen = Atomics.load(arrived, 0))
    Atomics.wait(arrived, 0, seen);
}
