import { performanceNow, Promise, setImmediate } from "../runtime/index.ts";

/** The longest that a worker blocks while it waits, in milliseconds. After that it waits while its event loop turns. */
export const BLOCK_MS = 2;
/** The longest that a worker's event loop has to wait while synchronous requests follow each other. */
const TURN_MS = 10;
/** Requests are short when the clock moves less than this between two reads. */
const SHORT_MS = 0.1;
const MOST_PER_READ = 16;

/**
 * Says when a worker owes its event loop a turn.
 *
 * To read the clock costs as much as a small request. So after short requests the clock is read less often, and after
 * one long request it is read each time again.
 */
export class YieldBudget {
  #turnedAt: number = performanceNow();
  #readAt = 0;
  #requestsPerRead = 1;
  #untilRead = 1;

  /** Whether the event loop is owed a turn. Ask once a request. */
  isTurnDue(): boolean {
    this.#untilRead -= 1;
    if (this.#untilRead > 0) return false;
    const now = performanceNow();
    const areShort = now - this.#readAt < SHORT_MS;
    this.#requestsPerRead = areShort ? Math.min(2 * this.#requestsPerRead, MOST_PER_READ) : 1;
    this.#untilRead = this.#requestsPerRead;
    this.#readAt = now;
    return now - this.#turnedAt >= TURN_MS;
  }

  /** The event loop has turned. To await a promise that is resolved, or to park for a short time, is no turn. */
  turned(): void {
    this.#turnedAt = performanceNow();
  }
}

/** Resolves when the event loop has turned. */
export function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
