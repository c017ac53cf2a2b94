/** One round of looks: over before a clock would be worth reading. */
const SHORTEST_US = 2;
const WAITS_PER_TRIAL = 16;

/**
 * How long to spin before sleeping. A sleep and its wake-up cost 50 us or more, so what comes sooner is
 * worth spinning for, and where things come later, spinning only burns the core. Whether a longer spin would
 * have been enough cannot be told from a wait that ended in a sleep, so now and then one is tried.
 */
export class SpinBudget {
  readonly #longestUs: number;
  readonly #shortestUs: number;
  /** Microseconds to spin in the next wait; 0 on a single core, where nothing can come while one spins. */
  us: number;
  /** Waits in a row that ended in a sleep. */
  #sleeps = 0;

  /**
   * @param longestUs what takes longer is not worth spinning for
   * @param cores how many the process may use
   */
  constructor(longestUs: number, cores: number) {
    this.#longestUs = cores > 1 ? longestUs : 0;
    this.#shortestUs = Math.min(SHORTEST_US, this.#longestUs);
    this.us = this.#longestUs;
  }

  /** Spinning was enough. */
  sufficed(): void {
    this.#sleeps = 0;
    this.us = this.#longestUs;
  }

  /** A sleep had to follow. */
  failed(): void {
    this.#sleeps += 1;
    const isTrialNext = this.#sleeps % WAITS_PER_TRIAL === 0;
    const shorterUs = this.#longestUs / 2 ** this.#sleeps;
    this.us = isTrialNext ? this.#longestUs : Math.max(this.#shortestUs, shorterUs);
  }
}
