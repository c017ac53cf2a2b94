/**
 * What to do about workers that end before they are ready for requests: try again, later each time, and give up when
 * it happens again and again and no worker of the pool is ready. And about those that never become ready.
 */
import type { Deadlines } from "./deadlines.ts";
import type { WorkerChannel } from "./worker-channel.ts";

const FIRST_DELAY_MS = 10;
const LONGEST_DELAY_MS = 1000;
/** So many starts in a row have failed in a worker's place, and no other worker is ready: none will be. */
const MOST_FAILURES = 5;

/** @param failures how many starts in a row have failed in this place, 1 or more */
export function restartDelayMs(failures: number): number {
  return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - 1));
}

/** Is there no hope of a worker? */
export function givesUp(failures: number, readyWorkers: number): boolean {
  return failures >= MOST_FAILURES && readyWorkers === 0;
}

/**
 * Ends a worker that was dismissed before it was ready, unless it ends by itself: its initializer may never do so, and
 * whoever joins the worker would wait with it. Nothing is lost, for it has no request.
 */
export function limitStart(
  { deadlines, graceMs }: { readonly deadlines: Deadlines; readonly graceMs: number },
  channel: WorkerChannel,
  kill: () => void,
): void {
  if (channel.isReady || graceMs === Infinity) return;
  deadlines.add(graceMs, () => {
    if (channel.state === "dismissed" && !channel.isReady) kill();
  });
}

/** A worker ended before it was ready, again and again. */
export interface StartFailure {
  readonly workerId: number;
  readonly exitCode: number;
  /** What the system said of it; empty when it said nothing. */
  readonly errorText: string;
}
