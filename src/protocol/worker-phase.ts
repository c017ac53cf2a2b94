/**
 * How far a worker has come, told in shared memory so that a parent that blocks sees it too.
 *
 * ```
 * 0 ──its initializer is done──▶ 1, takes requests ──its share of requests or memory is over──▶ 2, about to end
 * ```
 *
 * No exit code stands for the last: a callable may end its worker with any of them, and that is a death.
 */
import { notePhase, phaseOf } from "../../native-queue/index.ts";
import type { QueueViews } from "../../native-queue/index.ts";

const IS_READY = 1;
const HAS_DONE_ITS_SHARE = 2;

/** Worker: takes requests from now on. */
export function announceReady(views: QueueViews, slot: number): void {
  notePhase(views, slot, IS_READY);
}

/** Worker: takes none any more, and another is to take its place. */
export function announceRecycling(views: QueueViews, slot: number): void {
  notePhase(views, slot, HAS_DONE_ITS_SHARE);
}

/** Parent: has the worker come so far that it takes requests? */
export function hasBecomeReady(views: QueueViews, slot: number): boolean {
  return phaseOf(views, slot) !== 0;
}

/** Parent: has it ended because it had done its share? Ask before its slot goes to another. */
export function hasRecycled(views: QueueViews, slot: number): boolean {
  return phaseOf(views, slot) === HAS_DONE_ITS_SHARE;
}
