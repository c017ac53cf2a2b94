/**
 * Words of a slot that carry figures: how many messages were posted to the worker, how many requests to stop it has
 * heard of, how far it has come, which task holds its thread, and how long it has been busy.
 *
 * Each word has one writer. None of these functions blocks, or wakes a thread.
 */
import {
  busyMsWord,
  busySinceWord,
  holderWord,
  postedWord,
  readyWord,
  stopsHeardWord,
} from "./layout.ts";
import type { QueueViews } from "./layout.ts";
import { Atomics } from "./globals.ts";

/** Parent: counts a message that it has posted to a worker's port. Pairs with the load in `postedCount`. */
export function notePosted(views: QueueViews, worker: number): void {
  Atomics.add(views.words, postedWord(worker), 1);
}

/**
 * Worker: how many messages were posted to its port so far, wrapping. Read the count before the port: otherwise the
 * count could cover a message that was posted in between, and the worker would never look for it.
 *
 * Pairs with the add in `notePosted`: a worker that sees the count finds the message in the port.
 */
export function postedCount(views: QueueViews, worker: number): number {
  return Atomics.load(views.words, postedWord(worker));
}

/** Worker: counts a request to stop that its event loop has handled. Pairs with the load in `stopsHeard`. */
export function noteStopHeard(views: QueueViews, worker: number): void {
  Atomics.add(views.words, stopsHeardWord(worker), 1);
}

/** Parent: how many requests to stop a worker's event loop has handled. Pairs with the add in `noteStopHeard`. */
export function stopsHeard(views: QueueViews, worker: number): number {
  return Atomics.load(views.words, stopsHeardWord(worker));
}

/**
 * Worker: says how far it has come. Pairs with the load in `phaseOf`: a parent that sees the phase sees what the
 * worker did before.
 *
 * @param phase any number but 0, which means that the worker has said nothing yet
 */
export function notePhase(views: QueueViews, worker: number, phase: number): void {
  Atomics.store(views.words, readyWord(worker), phase);
}

/** Parent: how far a worker has come; 0 until it has called `notePhase`. Pairs with the store there. */
export function phaseOf(views: QueueViews, worker: number): number {
  return Atomics.load(views.words, readyWord(worker));
}

/** What `holderOf` returns when no task is known to hold the worker's thread. */
export const NOBODY_HOLDS = -1;

/**
 * Worker: says which task's callable holds its thread from now on. Pairs with the load in `holderOf`.
 *
 * @param task the index of the task, or `NOBODY_HOLDS`: the callable has returned, and what follows may be anyone's
 */
export function noteHolder(views: QueueViews, worker: number, task: number): void {
  Atomics.store(views.words, holderWord(worker), task + 1);
}

/** Parent: the task whose callable holds a worker's thread, or `NOBODY_HOLDS`. Pairs with the store in `noteHolder`. */
export function holderOf(views: QueueViews, worker: number): number {
  return Atomics.load(views.words, holderWord(worker)) - 1;
}

/**
 * Worker: says since when it is busy, or that it is idle. Pairs with the loads in `busyMsAt`.
 *
 * @param sinceMs milliseconds on the clock that all threads share, wrapping; 0 for an idle worker
 */
export function noteBusySince(views: QueueViews, worker: number, sinceMs: number): void {
  Atomics.store(views.words, busySinceWord(worker), sinceMs);
}

/**
 * Worker: says for how long it was busy up to the moment that it has just passed to `noteBusySince`. Pairs with the
 * load in `busyMsAt`.
 *
 * @param busyMs milliseconds, wrapping
 */
export function noteBusyMs(views: QueueViews, worker: number, busyMs: number): void {
  Atomics.store(views.words, busyMsWord(worker), busyMs);
}

/**
 * Parent: for how long a worker has been busy, in milliseconds, including what it does at `nowMs`.
 *
 * Pairs with the stores of `noteBusySince` and `noteBusyMs`. The race that the second load of the moment closes: the
 * worker may end a stretch of work between the first two loads, and the stretch would be counted twice, once as
 * finished and once as going on. A parent that reads between the worker's two stores misses the stretch that has just
 * ended, until it reads again.
 *
 * @param nowMs called after the words were read; milliseconds on the clock that all threads share, wrapping
 */
export function busyMsAt(views: QueueViews, worker: number, nowMs: () => number): number {
  const { words } = views;
  for (;;) {
    const sinceMs = Atomics.load(words, busySinceWord(worker));
    const busyMs = Atomics.load(words, busyMsWord(worker));
    if (Atomics.load(words, busySinceWord(worker)) !== sinceMs) continue;
    return sinceMs === 0 ? busyMs : busyMs + Math.max(0, (nowMs() - sinceMs) | 0);
  }
}
