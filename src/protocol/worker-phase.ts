/**
 * How far a worker has come. It stands in shared memory, so that a parent that blocks sees it too.
 *
 * ```
 * STARTING ──its initializer is done──▶ READY ──it has reached a recycle limit──▶ RECYCLING, about to end
 * ```
 *
 * No exit code can stand for RECYCLING: a callable may end its worker with any exit code, and that is a death.
 */
import { notePhase, phaseOf } from "../../native-queue/index.ts";
import type { QueueViews } from "../../native-queue/index.ts";

const STARTING = 0;
const READY = 1;
const RECYCLING = 2;

/** Worker: it takes requests from now on. */
export function announceReady(views: QueueViews, slot: number): void {
  notePhase(views, slot, READY);
}

/** Worker: it takes no more requests, and a successor is to replace it. */
export function announceRecycling(views: QueueViews, slot: number): void {
  notePhase(views, slot, RECYCLING);
}

/** Parent: whether the worker has come so far that it takes requests. */
export function hasBecomeReady(views: QueueViews, slot: number): boolean {
  return phaseOf(views, slot) !== STARTING;
}

/** Parent: whether the worker has ended because it reached a recycle limit. Call it before the slot goes to another worker. */
export function hasRecycled(views: QueueViews, slot: number): boolean {
  return phaseOf(views, slot) === RECYCLING;
}
