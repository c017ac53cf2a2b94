/** The callables that the contestants run. */

/** Returns its argument, so that only the pool's own work is measured. */
export function echo<T>(value: T): T {
  return value;
}

/** Returns its argument, unless it is a negative number. Returns a function, which cannot cross, for that word. */
export function fail(value: unknown): unknown {
  if (typeof value === "number" && value < 0) throw new RangeError(`negative: value=${value}`);
  return value === "a function" ? () => {} : value;
}

/** Burns CPU for about that many microseconds, without reading the clock. Returns a number that depends on all rounds. */
export function burn(microseconds: number): number {
  let state = 1;
  for (let i = microseconds * ROUNDS_PER_US; i > 0; i--) state = Math.imul(state, 48_271) ^ i;
  return state;
}

/** What a worker does with a chunk of a collection that the user has cut. */
export function echoEach(values: readonly unknown[]): unknown[] {
  return values.map(echo);
}

/** Burns CPU for each item of a chunk. */
export function burnEach(microseconds: readonly number[]): number[] {
  return microseconds.map(burn);
}

/** Burns CPU many times in one task. */
export function burnTimes([microseconds, times]: readonly [number, number]): number {
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

/** Returns the number, or 0 for anything else: what is sent costs nothing on the way back. */
export function numberOrZero(value: unknown): number {
  return typeof value === "number" ? value : 0;
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

/** Returns a number. Given memory, ends its worker, and writes the time of that on the clock that all threads share. */
export function dieOr(value: Float64Array | number): number {
  if (typeof value === "number") return value;
  value[0] = performance.timeOrigin + performance.now();
  process.exit(1);
}

/** Loops for ever once it has written that it has begun. Given a number, returns it. */
export function loopOr(begun: Int32Array | number): number {
  if (typeof begun === "number") return begun;
  Atomics.store(begun, 0, 1);
  for (;;);
}

/** Loops until the second number is set. Then writes the time to `endedAt`, and that it has ended to the first one. */
export function loopUntilTold([flags, endedAt]: readonly [Int32Array, Float64Array]): void {
  Atomics.store(flags, 0, 1);
  while (Atomics.load(flags, 1) === 0);
  endedAt[0] = performance.timeOrigin + performance.now();
  Atomics.store(flags, 0, 0);
}

/** Blocks until that many workers have called it. */
export function meet(arrived: Int32Array, workers: number): void {
  Atomics.add(arrived, 0, 1);
  Atomics.notify(arrived, 0);
  for (let seen = Atomics.load(arrived, 0); seen < workers; seen = Atomics.load(arrived, 0))
    Atomics.wait(arrived, 0, seen);
}

/** Multiplies each value of a range: so little that the memory decides how long it takes. */
export function scale(from: number, to: number, values: Float64Array): void {
  for (let i = from; i < to; i++) values[i] = (values[i] as number) * 1.000_001;
}

/** Takes a square root of each value of a range. */
export function root(from: number, to: number, values: Float64Array): void {
  for (let i = from; i < to; i++) {
    const value = values[i] as number;
    values[i] = Math.sqrt(value * value + 1);
  }
}

/** Takes the sine of each value of a range. */
export function sine(from: number, to: number, values: Float64Array): void {
  for (let i = from; i < to; i++) values[i] = Math.sin(values[i] as number);
}

/** The arguments of such a loop as one value, for pools whose tasks have one. */
type Range = readonly [from: number, to: number, values: Float64Array];

export function scaleRange(range: Range): void {
  scale(...range);
}

export function rootRange(range: Range): void {
  root(...range);
}

export function sineRange(range: Range): void {
  sine(...range);
}

/** Makes an array of so many bytes, which is the result. */
export function bytesOf(length: number): Uint8Array {
  return new Uint8Array(length).fill(1);
}

/** The times of a worker: when it began, and when it has come to this call; and the CPU that its thread has used by then. In ms. */
export interface WorkerTimes {
  readonly begunAt: number;
  readonly calledAt: number;
  readonly cpu: number;
}

export function tellTimes(): WorkerTimes {
  const { user, system } = process.threadCpuUsage();
  const { timeOrigin } = performance;
  const cpu = (user + system) / 1000;
  return { begunAt: timeOrigin, calledAt: timeOrigin + performance.now(), cpu };
}
