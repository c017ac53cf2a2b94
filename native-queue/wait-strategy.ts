/**
 * How a thread waits: it spins for about what a park would cost, then announces that it sleeps,
 * looks again, and parks.
 */
import { PARENT_EPOCH, parkWord } from "./layout.ts";
import type { QueueViews } from "./layout.ts";
import { isGateOpen } from "./gate.ts";
import type { WorkerGate } from "./gate.ts";
import { arm, enterIdleSet, enterSpinSet, leaveSets, wakeOne } from "./parker.ts";
import { hasWork } from "./request-ring.ts";

/** A clock read costs as much as a pause, so it is read once in so many spins. */
const SPINS_PER_CLOCK_READ = 64;

/** Spins until `isDone()` or for `budgetUs` microseconds. Returns what `isDone()` said last. */
export function spinUntil(isDone: () => boolean, budgetUs: number): boolean {
  if (budgetUs <= 0) return isDone();
  // The first round needs no clock: most waits are over in it.
  if (spinRound(isDone)) return true;
  const deadline = performance.now() + budgetUs / 1000;
  do {
    if (spinRound(isDone)) return true;
  } while (performance.now() < deadline);
  return isDone();
}

function spinRound(isDone: () => boolean): boolean {
  for (let i = 0; i < SPINS_PER_CLOCK_READ; i++) {
    if (isDone()) return true;
    Atomics.pause();
  }
  return false;
}

/**
 * Worker: waits until there may be something to claim, or it is to stop. Leaves the worker in the
 * spin or the idle set: `leaveSets` after the next claim.
 *
 * One worker spins at a time: a second one would only take the core from those that work. It spins away from
 * the queue: it changes nothing meanwhile, and a parent that kills or dismisses it need not wait for it. What it
 * finds it has to come to the queue for anyway.
 *
 * @param spinUs microseconds to spin before parking, 0 on a single core
 * @param blockMs milliseconds to block before the wait goes on as a promise
 * @returns undefined when it is time to look, or a promise of it; then the worker is not at the queue
 */
export function awaitWork(
  gate: WorkerGate,
  spinUs: number,
  blockMs: number,
): Promise<unknown> | undefined {
  const { views, worker } = gate;
  if (!gate.tryEnterToClaim()) return undefined;
  const isOnlySpinner = enterSpinSet(views, worker);
  gate.leave();
  const mayBeDone = (): boolean => hasWork(views) || !isGateOpen(views, worker);
  if (spinUntil(mayBeDone, isOnlySpinner ? spinUs : 0)) return undefined;
  if (!gate.tryEnterToClaim()) return undefined;
  // Read at the queue: a dismissal comes after the worker has left, and unparks it after that.
  const epoch = parkEpoch(views, worker);
  enterIdleSet(views, worker);
  // The second look. A put before it is seen here; a put after it sees the idle bit and unparks.
  if (hasWork(views)) return undefined;
  gate.leave();
  return waitUnparked(views, worker, epoch, blockMs);
}

/** Worker, at the queue after a claim: leaves the sets. The last spinner hands the search on: puts that saw it woke nobody. */
export function endSearch({ views, worker }: WorkerGate): void {
  if (leaveSets(views, worker) && hasWork(views)) wakeOne(views);
}

/**
 * Worker that is dismissed: leaves the sets. An unpark may have been meant for it: it is handed on if work remains.
 *
 * @returns false when it has been killed: then it must do nothing more
 */
export function stopSearch(gate: WorkerGate): boolean {
  const { views, worker } = gate;
  if (!gate.tryEnter()) return false;
  leaveSets(views, worker);
  if (hasWork(views)) wakeOne(views);
  return true;
}

/** Worker: its park counter. Read it, look, then wait for it to change: no unpark in between is missed. */
export function parkEpoch(views: QueueViews, worker: number): number {
  return Atomics.load(views.words, parkWord(worker));
}

/**
 * Worker: blocks until unparked, `blockMs` at most; after that the returned promise goes on waiting
 * while the worker's event loop turns, for what callables left behind there.
 *
 * The limit on blocking hides nothing: the promise waits on the same word and value, without a limit.
 *
 * @param epoch what `parkEpoch` returned before the last look
 * @returns undefined when it was unparked while blocking, else a promise of being unparked
 */
export function waitUnparked(
  views: QueueViews,
  worker: number,
  epoch: number,
  blockMs: number,
): Promise<unknown> | undefined {
  const word = parkWord(worker);
  if (blockMs > 0 && Atomics.wait(views.words, word, epoch, blockMs) !== "timed-out")
    return undefined;
  const waiter = Atomics.waitAsync(views.words, word, epoch);
  return waiter.async ? waiter.value : undefined;
}

/**
 * Parent: blocks until `isDone()` may have become true, `timeoutMs` at most.
 *
 * @param wish `ARM_FOR_RESULTS` or `ARM_FOR_CLAIMS`: the events that can make it true
 * @param isDone cheap and free of side effects
 * @returns whether it has slept; false when spinning was enough
 */
export function awaitWorkers(
  views: QueueViews,
  wish: number,
  isDone: () => boolean,
  spinUs: number,
  timeoutMs: number,
): boolean {
  if (spinUntil(isDone, spinUs)) return false;
  const epoch = arm(views, wish);
  // The second look. What was published before it is seen here; what comes after it finds the parent armed.
  if (isDone()) return false;
  Atomics.wait(views.words, PARENT_EPOCH, epoch, timeoutMs);
  return true;
}

/**
 * Parent: sleeps for `ms` milliseconds, less only when something rare happens (`bumpEpoch`). Workers are
 * not asked for a wake-up, and pay for none.
 */
export function nap(views: QueueViews, isDone: () => boolean, ms: number): void {
  const epoch = Atomics.load(views.words, PARENT_EPOCH);
  if (!isDone()) Atomics.wait(views.words, PARENT_EPOCH, epoch, ms);
}

/**
 * Parent: the same for the event loop.
 *
 * @returns undefined when it is time to look, or a promise of it; keep one of these at a time
 */
export function awaitWorkersAsync(
  views: QueueViews,
  wish: number,
  isDone: () => boolean,
): Promise<unknown> | undefined {
  const epoch = arm(views, wish);
  if (isDone()) return undefined;
  const waiter = Atomics.waitAsync(views.words, PARENT_EPOCH, epoch);
  return waiter.async ? waiter.value : undefined;
}
