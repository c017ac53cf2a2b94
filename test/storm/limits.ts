/** What the storm asks of single requests: to be stopped, to be in time, to be tried again, to go first. */
import type { RunOptions } from "../../src/index.ts";
import type { Random } from "./random.ts";

/** Why the storm's signals are aborted. */
export const STOPPED: Error = new Error("stopped by the storm");

const SHORTEST_MS = 1;
const LONGEST_MS = 30;

export class Limits {
  readonly #random: Random;
  readonly #usesPriorities: boolean;
  /** Whose signal the requests of the moment share. */
  #controller = new AbortController();

  constructor(random: Random, usesPriorities: boolean) {
    this.#random = random;
    this.#usesPriorities = usesPriorities;
  }

  /** Stops every request that has the signal of the moment. */
  abort(): void {
    this.#controller.abort(STOPPED);
    this.#controller = new AbortController();
  }

  /** For a request that ends by itself. */
  some(): RunOptions {
    const random = this.#random;
    return {
      signal: random.chance(0.2) ? this.#controller.signal : undefined,
      timeoutMs: random.chance(0.03) ? this.#duration() : undefined,
      queueTimeoutMs: random.chance(0.03) ? this.#duration() : undefined,
      retries: random.chance(0.2) ? random.between(1, 3) : undefined,
      priority: this.#usesPriorities && random.chance(0.3) ? random.between(-2, 2) : undefined,
    };
  }

  /** For one that does not. */
  needed(): RunOptions {
    return { signal: this.#controller.signal, timeoutMs: this.#duration() };
  }

  #duration(): number {
    return this.#random.between(SHORTEST_MS, LONGEST_MS);
  }
}
