/**
 * What parent and worker say to each other about a task while it runs, in one word of it. Each says its part
 * once a use of the task; the parent clears the word before a put.
 *
 * ```
 * bit 31        the run is to stop           parent
 * bit 30        how it ends is decided       worker: it ends of itself; parent: its worker is ended
 * bit 29 … 0    when it began, 0 before      worker, for tasks whose start somebody wants to know
 * ```
 *
 * A time is in milliseconds, cut to what fits, and counted from 1. It comes round after 6 days.
 */
import { TASK_RUN } from "./layout.ts";
import type { QueueViews } from "./layout.ts";

const STOP = 1 << 31;
const DECIDED = 1 << 30;
const START_MASK = DECIDED - 1;
const TIMES = START_MASK;

/** Now, as a time that fits; the clocks of all threads agree on it. */
function stamp(): number {
  return (Math.floor(performance.timeOrigin + performance.now()) % TIMES) + 1;
}

/** Parent, before a put: nothing has happened yet. */
export function clearRun(views: QueueViews, task: number): void {
  views.words[views.task(task) + TASK_RUN] = 0;
}

/** Parent: asks whoever runs the task to stop. */
export function requestStop(views: QueueViews, task: number): void {
  Atomics.or(views.words, views.task(task) + TASK_RUN, STOP);
}

/** Worker: is the task that it runs to stop? */
export function isStopRequested(views: QueueViews, task: number): boolean {
  return (Atomics.load(views.words, views.task(task) + TASK_RUN) & STOP) !== 0;
}

/**
 * Decides how a run ends: of itself, which its worker says before it publishes the outcome, or with its worker, which the
 * parent says before it kills that. Without this a run could end of itself just then, and the request that its worker has
 * claimed next would die in its place.
 *
 * @returns false when the other side was first
 */
export function tryDecideEnd(views: QueueViews, task: number): boolean {
  return (Atomics.or(views.words, views.task(task) + TASK_RUN, DECIDED) & DECIDED) === 0;
}

/** Worker: the run begins. */
export function noteStart(views: QueueViews, task: number): void {
  Atomics.or(views.words, views.task(task) + TASK_RUN, stamp());
}

/** Parent: for how many milliseconds has the task been running? Undefined when its start was not noted (yet). */
export function runningForMs(views: QueueViews, task: number): number | undefined {
  const start = Atomics.load(views.words, views.task(task) + TASK_RUN) & START_MASK;
  return start === 0 ? undefined : (stamp() - start + TIMES) % TIMES;
}
