import { performanceNow } from "../runtime/index.ts";

/** A parent that does as much beside its child, in milliseconds, gains by an offer. */
const WORTH_AN_OFFER_MS = 0.1;
/** After 2 to the power of so many puts the next offer is tried. */
const MOST_IN_VAIN = 10;

/**
 * Whether to offer the only child that waits. That pays if its parent has more to do before it waits for the child. When the last such
 * offers did not pay, the next one is most likely in vain: so it is left out, more and more often.
 */
export class FirstOffers {
  #offeredAt = 0;
  #inVain = 0;
  #toSkip = 0;

  /** Whether to make the next one. */
  isDue(): boolean {
    if (this.#toSkip === 0) return true;
    this.#toSkip -= 1;
    return false;
  }

  /** It has been made. */
  made(): void {
    this.#offeredAt = performanceNow();
  }

  /** The parents of this thread wait now. */
  rate(): void {
    if (this.#offeredAt === 0) return;
    const isWorthIt = performanceNow() - this.#offeredAt > WORTH_AN_OFFER_MS;
    this.#offeredAt = 0;
    this.#inVain = isWorthIt ? 0 : Math.min(this.#inVain + 1, MOST_IN_VAIN);
    this.#toSkip = isWorthIt ? 0 : 2 ** this.#inVain;
  }
}
