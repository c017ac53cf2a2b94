/**
 * The run word of a task: what parent and worker tell each other while the task runs. Each bit is set at most once in
 * a use of the task. The parent clears the word before each put.
 *
 * ```
 * bit 31        the run is to stop           set by the parent
 * bit 30        how the run ends is decided  set by the worker: the run ends by itself
 *                                            or by the parent: the run ends with its worker
 * bit 29 … 0    when it began; 0 before      written by the worker, for tasks whose running time is asked for
 * ```
 *
 * A time is in milliseconds, cut to what fits, and counted from 1. It repeats after 12 days.
 */
import { TASK_RUN, TASK_WORDS } from "./layout.ts";
import type { QueueViews } from "./layout.ts";
import { Atomics, TIME_ORIGIN, performanceNow } from "./globals.ts";

const STOP = 1 << 31;
const DECIDED = 1 << 30;
const START_MASK = DECIDED - 1;
const TIMES = START_MASK;

/** A moment as a time that fits. The clocks of all threads agree on it. */
function stamp(at: number): number {
  return (Math.floor(at) % TIMES) + 1;
}

/**
 * Parent, before a put: clears the run word. A plain store is enough, because no worker reads the word of a task that it has not
 * claimed, and the put publishes it. The one exception, a worker that runs a child of a request that is just over, stops the child or
 * does not, and finds out at its next look.
 */
export function clearRun(views: QueueViews, task: number): void {
  views.words[views.firstTask + task * TASK_WORDS + TASK_RUN] = 0;
}

/** Parent: asks the worker that runs a task to stop. Pairs with the load in `isStopRequested`. */
export function requestStop(views: QueueViews, task: number): void {
  Atomics.or(views.words, views.task(task) + TASK_RUN, STOP);
}

/** Worker: whether the task that it runs is to stop. Pairs with the bit that `requestStop` sets. */
export function isStopRequested(views: QueueViews, task: number): boolean {
  return (Atomics.load(views.words, views.task(task) + TASK_RUN) & STOP) !== 0;
}

/**
 * Decides how a run ends. The worker calls it before it publishes the outcome: then the run ends by itself. The parent
 * calls it before it kills the worker: then the run ends with its worker. The two calls pair with each other.
 *
 * The race that this closes: the run could end by itself just before the kill, and the request that the worker has
 * claimed next would die in its place.
 *
 * @returns false when the other side has decided before
 */
export function tryDecideEnd(views: QueueViews, task: number): boolean {
  return (Atomics.or(views.words, views.task(task) + TASK_RUN, DECIDED) & DECIDED) === 0;
}

/**
 * Worker: writes down when a run has begun. Pairs with the load in `runningForMs`.
 *
 * @param at in milliseconds, on the clock that all threads share
 */
export function noteStart(views: QueueViews, task: number, at: number): void {
  Atomics.or(views.words, views.task(task) + TASK_RUN, stamp(at));
}

/**
 * Parent: for how many milliseconds a task has been running. Pairs with `noteStart`.
 *
 * @returns undefined while its start is not written down
 */
export function runningForMs(views: QueueViews, task: number): number | undefined {
  const start = Atomics.load(views.words, views.task(task) + TASK_RUN) & START_MASK;
  if (start === 0) return undefined;
  return (stamp(TIME_ORIGIN + performanceNow()) - start + TIMES) % TIMES;
}
