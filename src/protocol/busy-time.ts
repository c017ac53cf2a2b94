import { busyMsAt, noteBusyMs, noteBusySince } from "../../native-queue/index.ts";
import type { QueueViews } from "../../native-queue/index.ts";
import { performanceNow, TIME_ORIGIN } from "../runtime/index.ts";

/** `noteBusySince` of a worker that is not busy. */
const IDLE = 0;

/**
 * A worker's own count of the time that it has been busy: from the moment it finds work to the moment it finds none.
 *
 * It keeps two words in shared memory up to date, from which `busyMsOf` computes the figure. The run that goes on at
 * that moment counts too.
 */
export class BusyTime {
  readonly #views: QueueViews;
  readonly #slot: number;
  #busyMs = 0;
  /** When the worker last found work, or found none, or told the figures. */
  #changedAt = 0;

  constructor(views: QueueViews, slot: number) {
    this.#views = views;
    this.#slot = slot;
  }

  /** The worker has found work. Returns how long it had none, in milliseconds. */
  begin(): number {
    const now = performanceNow();
    const idleMs = now - this.#changedAt;
    this.#changedAt = now;
    noteBusySince(this.#views, this.#slot, sharedMs());
    return idleMs;
  }

  /**
   * Brings the figures in shared memory up to date. The worker must be busy.
   *
   * @param goesOn whether the worker has more work
   */
  count(goesOn: boolean): void {
    const now = performanceNow();
    this.#busyMs += now - this.#changedAt;
    this.#changedAt = now;
    noteBusySince(this.#views, this.#slot, goesOn ? sharedMs() : IDLE);
    noteBusyMs(this.#views, this.#slot, Math.trunc(this.#busyMs) | 0);
  }
}

/** Milliseconds on the clock that all threads share, wrapping; never 0, which stands for an idle worker. */
function sharedMs(): number {
  return Math.trunc(TIME_ORIGIN + performanceNow()) | 0 || 1;
}

/** Parent: how long a worker has been busy, in milliseconds. */
export function busyMsOf(views: QueueViews, slot: number): number {
  return busyMsAt(views, slot, sharedMs);
}
