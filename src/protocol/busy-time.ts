/** How long a worker has been busy, told in shared memory: the run that goes on included. */
import { busyMsAt, noteBusyMs, noteBusySince } from "../../native-queue/index.ts";
import type { QueueViews } from "../../native-queue/index.ts";

/** `noteBusySince` of a worker that is not busy. */
const IDLE = 0;

/**
 * A worker's own count of the time that it has been busy: from finding work to running out of it. It keeps the words
 * in shared memory up to date that `busyMsOf` reads.
 */
export class BusyTime {
  readonly #views: QueueViews;
  readonly #slot: number;
  #busyMs = 0;
  /** When it last found work, or ran out of it. */
  #changedAt = 0;

  constructor(views: QueueViews, slot: number) {
    this.#views = views;
    this.#slot = slot;
  }

  /** The worker has found work. Returns for how long it had none, in milliseconds. */
  begin(): number {
    const now = performance.now();
    const idleMs = now - this.#changedAt;
    this.#changedAt = now;
    noteBusySince(this.#views, this.#slot, sharedMs());
    return idleMs;
  }

  /**
   * Brings the figures in shared memory up to date.
   *
   * @param goesOn whether the worker has more work
   */
  count(goesOn: boolean): void {
    const now = performance.now();
    this.#busyMs += now - this.#changedAt;
    this.#changedAt = now;
    noteBusySince(this.#views, this.#slot, goesOn ? sharedMs() : IDLE);
    noteBusyMs(this.#views, this.#slot, Math.trunc(this.#busyMs) | 0);
  }
}

/** Milliseconds on the clock that all threads share, wrapping; never 0. */
function sharedMs(): number {
  return Math.trunc(performance.timeOrigin + performance.now()) | 0 || 1;
}

/** Parent: how long a worker has been busy, in milliseconds. */
export function busyMsOf(views: QueueViews, slot: number): number {
  return busyMsAt(views, slot, sharedMs);
}
