import { Int32Array } from "../../runtime/index.ts";

/** Most tasks that are held back. */
const MOST = 32;
/** What all that is held back may take to run, in milliseconds. */
const MOST_MS = 1;
/** After so many short runs, runs are expected to be short. */
const SHORT_RUNS_IN_A_ROW = 8;
/** A second worker that sleeps has not risen before so much work is done, in milliseconds. */
export const BRIEF_MS = 0.25;
/** The weight of the last run in the mean. */
const LAST_WEIGHT = 1 / 8;

/**
 * Tasks that are written and not published yet.
 *
 * Requests that are put in one go are published together, because each atomic store waits until the cache line that it
 * writes has come from the core of a worker. Tasks are held back only where runs are so short that all of them together are
 * a millisecond of work: a program that computes for long right after its puts finds no more than that undone. They are
 * published by the next turn of the event loop at the latest, and before the parent waits or asks about tasks.
 */
export class HeldBackTasks {
  /** Whether tasks may be held back at all. Not where the queue is bounded: then each claim counts. */
  isAllowed = true;
  /** The first `count` elements are the tasks, in the order in which they were put. */
  readonly tasks: Int32Array = new Int32Array(MOST);
  count = 0;
  /** How many tasks are published together; 1 where none is held back. */
  most = 1;
  #shortRuns = 0;
  #meanMs = 0;
  #isTogether = false;

  /** Whether so many wait for the last one of the puts that are published together. */
  waits(count: number): boolean {
    return this.#isTogether && count < MOST;
  }

  /** The next puts are published together, unless each claim counts, or no more of them. */
  setTogether(isTogether: boolean): void {
    this.#isTogether = isTogether && this.isAllowed;
  }

  /** A run has taken so many milliseconds. Some runs are timed: see `Latency`. */
  noteRun(ranMs: number): void {
    // A long run ends the row of short ones. Of those before it, it must not change the mean for long.
    this.#meanMs += (Math.min(ranMs, MOST_MS / MOST) - this.#meanMs) * LAST_WEIGHT;
    this.#shortRuns = ranMs <= MOST_MS / MOST ? this.#shortRuns + 1 : 0;
    this.most = this.isAllowed && this.#shortRuns >= SHORT_RUNS_IN_A_ROW ? MOST : 1;
  }

  /** Whether so many requests are done before a worker that sleeps has risen, if they run like the last ones. */
  areBrief(requests: number): boolean {
    return this.most > 1 && requests * this.#meanMs <= BRIEF_MS;
  }
}
