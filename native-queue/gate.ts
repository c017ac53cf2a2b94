/**
 * One word a worker that says whether it may claim.
 *
 * ```
 * OPEN ◀──worker, around each claim──▶ CLAIMING
 *   │ parent: dismiss or kill (CAS from OPEN only; waits out CLAIMING, a few dozen instructions)
 *   ▼
 * SHUT ──worker, its last act──▶ ENDED ◀──worker, its last act── OPEN
 *                                  (or the parent, when it hears from the system that the thread is gone)
 * ```
 *
 * Why a gate and not a flag: once the parent has shut it, the set of tasks that the worker owns can
 * only shrink. So the parent may settle what a worker held in the moment it kills it, without
 * waiting for the thread's end, of which a blocked parent would never hear.
 */
import { exitCodeWord, gateWord } from "./layout.ts";
import type { QueueViews } from "./layout.ts";
import { claim } from "./request-ring.ts";

const OPEN = 0;
const CLAIMING = 1;
const SHUT = 2;
const ENDED = 3;

/** The gate is shut: the worker is dismissed or killed and claims no more. */
export const STOPPED = -2;

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
  for (;;) {
    const seen = Atomics.compareExchange(views.words, gateWord(worker), OPEN, SHUT);
    if (seen !== CLAIMING) return;
    Atomics.pause();
  }
}

/** The last act of a worker on the queue (or the parent's, once the thread is gone): nothing of it follows. */
export function announceEnd(views: QueueViews, worker: number, exitCode: number): void {
  Atomics.store(views.words, exitCodeWord(worker), exitCode);
  Atomics.store(views.words, gateWord(worker), ENDED);
}

/** Has the worker announced its end? */
export function hasEnded(views: QueueViews, worker: number): boolean {
  return Atomics.load(views.words, gateWord(worker)) === ENDED;
}

/** The exit code of a worker that has ended. */
export function exitCodeOf(views: QueueViews, worker: number): number {
  return Atomics.load(views.words, exitCodeWord(worker));
}
