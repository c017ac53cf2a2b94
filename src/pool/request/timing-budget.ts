import { NOT_TIMED } from "./put-times.ts";
import { TIME_ORIGIN, performanceNow } from "../../runtime/index.ts";

/** So many requests are timed whatever their rate is. */
const FREE = 10_000;
/** While requests are left out, the clock is read once in so many puts. */
const PUTS_PER_LOOK = 64;
const MS_PER_S = 1000;

/**
 * Chooses which requests are timed for an observer that does without some of them when there are very many.
 *
 * To time a request takes longer than all the rest that is done for the smallest ones. So the first ten thousand are timed, and
 * then so many a second: the time that this costs is bounded, whatever the requests are.
 */
export class TimingBudget {
  /** Requests a second. */
  perSecond = 0;
  /** Requests that were put and not timed. */
  skipped = 0;
  /** How many may be timed until the clock is read again. */
  #credit = FREE;
  #refilledAt = 0;

  /** Begins anew, after a time without an observer. */
  begin(): void {
    this.#credit = FREE;
    this.#refilledAt = 0;
  }

  /** The time of a put, in milliseconds on the clock that all threads share; `NOT_TIMED` when the request is not timed. */
  putAt(): number {
    if (this.#credit < 1) {
      this.skipped += 1;
      if (this.skipped % PUTS_PER_LOOK === 0) this.#refill();
      return NOT_TIMED;
    }
    this.#credit -= 1;
    return this.#refill();
  }

  /** Returns the present time. */
  #refill(): number {
    const now = TIME_ORIGIN + performanceNow();
    if (this.#refilledAt > 0) {
      const earned = ((now - this.#refilledAt) * this.perSecond) / MS_PER_S;
      this.#credit = Math.min(FREE, this.#credit + earned);
    }
    this.#refilledAt = now;
    return now;
  }
}
