/**
 * What a worker and the parent tell each other in the worker's own line of words: messages posted, requests to
 * stop, how far the worker has come, and how long it has been busy.
 *
 * Each word has one writer. None of these functions blocks or wakes a thread.
 */
import { busyMsWord, busySinceWord, postedWord, readyWord, stopsHeardWord } from "./layout.ts";
import type { QueueViews } from "./layout.ts";

/** Parent, after a message was posted to a worker's port: counts it. Pairs with the load in `postedCount`. */
export function notePosted(views: QueueViews, worker: number): void {
  Atomics.add(views.words, postedWord(worker), 1);
}

/**
 * Worker: how many messages were posted to its port so far, wrapping. Read the count before the port, so that a
 * message that is posted in between is not taken for one that was read.
 *
 * Pairs with the add in `notePosted`: a worker that sees the count finds the message in the port.
 */
export function postedCount(views: QueueViews, worker: number): number {
  return Atomics.load(views.words, postedWord(worker));
}

/** Worker: its event loop has come to a request to stop. Pairs with the load in `stopsHeard`. */
export function noteStopHeard(views: QueueViews, worker: number): void {
  Atomics.add(views.words, stopsHeardWord(worker), 1);
}

/** Parent: how many requests to stop a worker's event loop has come to. Pairs with the add in `noteStopHeard`. */
export function stopsHeard(views: QueueViews, worker: number): number {
  return Atomics.load(views.words, stopsHeardWord(worker));
}

/**
 * Worker: says how far it has come. Pairs with the load in `phaseOf`: a parent that sees the phase sees what the
 * worker did before.
 *
 * @param phase any number but 0, which stands for a worker that has said nothing yet
 */
export function notePhase(views: QueueViews, worker: number, phase: number): void {
  Atomics.store(views.words, readyWord(worker), phase);
}

/** Parent: how far a worker has come; 0 until it has called `notePhase`. Pairs with the store there. */
export function phaseOf(views: QueueViews, worker: number): number {
  return Atomics.load(views.words, readyWord(worker));
}

/**
 * Worker: it is busy since that moment, or idle. Pairs with the loads in `busyMsAt`.
 *
 * @param sinceMs milliseconds on the clock that all threads share, wrapping; 0 for an idle worker
 */
export function noteBusySince(views: QueueViews, worker: number, sinceMs: number): void {
  Atomics.store(views.words, busySinceWord(worker), sinceMs);
}

/**
 * Worker: for how long it was busy up to the moment that it passes to `noteBusySince`, which it calls first. Pairs
 * with the load in `busyMsAt`.
 *
 * @param busyMs milliseconds, wrapping
 */
export function noteBusyMs(views: QueueViews, worker: number, busyMs: number): void {
  Atomics.store(views.words, busyMsWord(worker), busyMs);
}

/**
 * Parent: for how long a worker has been busy, in milliseconds, what it does at `nowMs` included.
 *
 * Pairs with the stores of `noteBusySince` and `noteBusyMs`, which belong together. A second look at the first word
 * shows that the worker has begun to store another pair meanwhile, and the loads start over.
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
