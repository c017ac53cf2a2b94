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

/** How often the loop of `burn` goes around in a microsecond; the plain loop it is compared with takes as long. */
const ROUNDS_PER_US = 890;
