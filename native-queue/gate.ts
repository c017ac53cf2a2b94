/**
 * One word a worker that says whether it may claim.
 *
 * ```
 * STARTING
 *   │ worker: its first act
 *   ▼
 * OPEN ◀──worker, around each claim──▶ CLAIMING
 *   │ parent: dismiss or kill (CAS, from STARTING too; waits out CLAIMING, a few dozen instructions)
 *   ▼
 * SHUT ──worker, its last act──▶ ENDED ◀──worker, its last act── OPEN
 *                                  (or the parent, when it hears from the system that the thread is gone)
 * ```
 *
 * Why a gate and not a flag: once the parent has shut it, the set of tasks that the worker owns can
 * only shrink. So the parent may settle what a worker held in the moment it kills it, without
 * waiting for the thread's end, of which a blocked parent would never hear.
 */
import { ENDS_ANNOUNCED, exitCodeWord, gateWord } from "./layout.ts";
import type { QueueViews } from "./layout.ts";
import { claim } from "./request-ring.ts";

const STARTING = 0;
const OPEN = 1;
const CLAIMING = 2;
const SHUT = 3;
const ENDED = 4;

/** The gate is shut: the worker is dismissed or killed and claims no more. */
export const STOPPED = -2;

/** Worker: opens its gate, unless the parent has shut it meanwhile. */
export function announceStart(views: QueueViews, worker: number): void {
  Atomics.compareExchange(views.words, gateWord(worker), STARTING, OPEN);
}

/** Worker: claims the oldest request if the gate is open. Returns its task, `EMPTY` or `STOPPED`; never blocks. */
export function claimThroughGate(views: QueueViews, worker: number): number {
  const gate = gateWord(worker);
  if (Atomics.compareExchange(views.words, gate, OPEN, CLAIMING) !== OPEN) return STOPPED;
  const task = claim(views, worker);
  // Only the worker itself leaves CLAIMING, so a plain store cannot overwrite the parent's SHUT.
  Atomics.store(views.words, gate, OPEN);
  return task;
}

/** Worker: may it still claim? */
export function isGateOpen(views: QueueViews, worker: number): boolean {
  return Atomics.load(views.words, gateWord(worker)) === OPEN;
}

/** Parent: lets the worker claim no more. When it returns, no claim of it is under way. */
export function shutGate(views: QueueViews, worker: number): void {
  const gate = gateWord(worker);
  for (;;) {
    const seen = Atomics.load(views.words, gate);
    if (seen === SHUT || seen === ENDED) return;
    if (seen === CLAIMING) Atomics.pause();
    else if (Atomics.compareExchange(views.words, gate, seen, SHUT) === seen) return;
  }
}

/** Parent: has the worker come as far as its run loop? Ask before `announceEnd` of it is seen. */
export function hasStarted(views: QueueViews, worker: number): boolean {
  return Atomics.load(views.words, gateWord(worker)) !== STARTING;
}

/** The last act of a worker on the queue (or the parent's, once the thread is gone): nothing of it follows. */
export function announceEnd(views: QueueViews, worker: number, exitCode: number): void {
  Atomics.store(views.words, exitCodeWord(worker), exitCode);
  Atomics.store(views.words, gateWord(worker), ENDED);
  Atomics.add(views.words, ENDS_ANNOUNCED, 1);
}

/**
 * Parent: how many ends have been announced, wrapping. While this stays the same there is no need to
 * look at any gate, and a parent that spins leaves those cache lines to the workers.
 */
export function endsAnnounced(views: QueueViews): number {
  return Atomics.load(views.words, ENDS_ANNOUNCED);
}

/** Has the worker announced its end? */
export function hasEnded(views: QueueViews, worker: number): boolean {
  return Atomics.load(views.words, gateWord(worker)) === ENDED;
}

/** The exit code of a worker that has ended. */
export function exitCodeOf(views: QueueViews, worker: number): number {
  return Atomics.load(views.words, exitCodeWord(worker));
}
