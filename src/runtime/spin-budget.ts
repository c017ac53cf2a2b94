/** Shortest spin, in microseconds: one round of looks, shorter than what reading the clock is worth. */
const SHORTEST_US = 2;
/** One in so many waits that end in a sleep is given the longest spin again. */
const WAITS_PER_TRIAL = 16;

/**
 * How long a thread spins before it sleeps, learned from its last waits.
 *
 * A sleep and its wake-up cost 50 us or more. So spinning pays for what comes sooner than that; where things come
 * later, spinning only burns the core. A wait that ended in a sleep does not tell whether a longer spin would have been
 * enough, so a long one is tried now and then.
 */
export class SpinBudget {
  readonly #longestUs: number;
  readonly #shortestUs: number;
  /** Microseconds to spin in the next wait; 0 on a single core, where nothing can come while this thread spins. */
  us: number;
  /** Waits in a row that ended in a sleep. */
  #sleeps = 0;

  /**
   * @param longestUs longest spin, in microseconds; a sleep is cheaper than a longer one
   * @param cores how many cores the process may use
   */
  constructor(longestUs: number, cores: number) {
    this.#longestUs = cores > 1 ? longestUs : 0;
    this.#shortestUs = Math.min(SHORTEST_US, this.#longestUs);
    this.us = this.#longestUs;
  }

  /** To be called after a wait for which spinning was enough. */
  sufficed(): void {
    this.#sleeps = 0;
    this.us = this.#longestUs;
  }

  /** To be called after a wait that ended in a sleep. */
  failed(): void {
    this.#sleeps += 1;
    const isTrialNext = this.#sleeps % WAITS_PER_TRIAL === 0;
    const shorterUs = this.#longestUs / 2 ** this.#sleeps;
    this.us = isTrialNext ? this.#longestUs : Math.max(this.#shortestUs, shorterUs);
  }
}
