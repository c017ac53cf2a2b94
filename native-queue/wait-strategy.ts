/**
 * How a thread waits: it spins for about as long as a park would cost, then announces that it sleeps, looks again, and
 * parks.
 */
import { PARENT_EPOCH, parkWord } from "./layout.ts";
import type { QueueViews } from "./layout.ts";
import { isAnyOffered } from "./board-taker.ts";
import { isGateOpen } from "./gate.ts";
import type { WorkerGate } from "./gate.ts";
import { arm, enterIdleSet, enterSpinSet, isSearchKept, leaveSets, wakeOne } from "./parker.ts";
import { hasWork } from "./request-ring.ts";
import { Atomics, performanceNow } from "./globals.ts";

/** A reading of the clock costs as much as a pause, so there is one in so many spins. */
const SPINS_PER_CLOCK_READ = 64;

/** More rounds than any processor makes. They end a spin where the clock stands still, as with the fake timers of a test runner. */
const MOST_ROUNDS_PER_US = 20;

/**
 * Spins until `isDone()` returns true, `budgetUs` microseconds at most.
 *
 * @returns what `isDone()` has returned last
 */
export function spinUntil(isDone: () => boolean, budgetUs: number): boolean {
  if (budgetUs <= 0) return isDone();
  // The first round reads no clock: most waits end in it.
  if (spinRound(isDone)) return true;
  const deadline = performanceNow() + budgetUs / 1000;
  let roundsLeft = MOST_ROUNDS_PER_US * budgetUs;
  do {
    if (spinRound(isDone)) return true;
    roundsLeft -= 1;
  } while (performanceNow() < deadline && roundsLeft > 0);
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
 * Worker: waits until there may be something to claim, or the worker is to stop. It leaves the worker in the spin or
 * the idle set: call `endSearch` after the next claim.
 *
 * One worker spins at a time: a second spinner would only take a core from those that work. The worker spins away from
 * the queue: it changes nothing meanwhile, so a parent that kills or dismisses it does not have to wait for it. To take
 * what it finds, the worker comes to the queue anyway.
 *
 * @param spinUs how many microseconds to spin before parking, 0 on a single core
 * @param blockMs how many milliseconds to block before the wait goes on as a promise
 * @returns undefined when it is time to claim again, or a promise that resolves then; with a promise the worker is not
 *   at the queue
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
  const mayBeDone = (): boolean =>
    hasWork(views) || gate.hasOffers || gate.hasChildren || !isGateOpen(views, worker);
  if (spinUntil(mayBeDone, isOnlySpinner ? spinUs : 0)) return undefined;
  if (!gate.tryEnterToClaim()) return undefined;
  // Read at the queue: a dismissal waits until the worker has left, and unparks it after that.
  const epoch = parkEpoch(views, worker);
  enterIdleSet(views, worker);
  // The second look. A put before it is seen here; a put after it sees the idle bit and unparks. An offer before it is
  // counted; an offer after it unparks the worker, whose park counter was read before. A child that is offered before it has
  // changed the board; one that is offered after it sees the idle bit and unparks.
  if (hasWork(views) || gate.hasOffers || gate.hasChildren) return undefined;
  gate.leave();
  return waitUnparked(views, worker, epoch, blockMs);
}

/**
 * Worker, at the queue after a claim: leaves the sets. The last spinner hands the search on, because puts that saw it
 * spin have woken no other worker. While the parent keeps the search, it does that.
 */
export function endSearch(gate: WorkerGate): void {
  const { views, worker } = gate;
  if (!leaveSets(views, worker)) return;
  // After the sets were left: see `handSearchOn`.
  if (gate.hasChildren || (!isSearchKept(views) && hasWork(views))) wakeOne(views);
}

/** The same, for a worker that has found a child. */
export function endSearchWithChild({ views, worker }: WorkerGate): void {
  if (leaveSets(views, worker) && (hasWork(views) || isAnyOffered(views))) wakeOne(views);
}

/**
 * Worker that is dismissed: leaves the sets. A put may have unparked it, so it wakes another worker if work remains.
 *
 * @returns false when it has been killed: then it must do nothing more
 */
export function stopSearch(gate: WorkerGate): boolean {
  const { views, worker } = gate;
  if (!gate.tryEnter()) return false;
  leaveSets(views, worker);
  if (hasWork(views) || gate.hasChildren) wakeOne(views);
  return true;
}

/**
 * Worker: its park counter. Read it, look, then wait for it to change. Pairs with `unpark`: none in between is missed.
 */
export function parkEpoch(views: QueueViews, worker: number): number {
  return Atomics.load(views.words, parkWord(worker));
}

/**
 * Worker: blocks until it is unparked, `blockMs` at most. After that the returned promise goes on waiting while the
 * worker's event loop turns, for what callables have left behind there.
 *
 * The limit on blocking hides no lost wake-up: the promise waits on the same word and value, without a limit.
 *
 * @param epoch what `parkEpoch` has returned before the last look
 * @returns undefined when it was unparked while it blocked, otherwise a promise that resolves when it is unparked
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
 * Parent: blocks until `isDone()` may have become true, `timeoutMs` milliseconds at most.
 *
 * @param wish `ARM_FOR_RESULTS` or `ARM_FOR_CLAIMS`: the events that can make it true
 * @param isDone cheap and free of side effects
 * @param spinUs how many microseconds to spin first
 * @returns whether the parent has slept; false when spinning was enough
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
 * Parent: sleeps for `ms` milliseconds, or less when something rare happens (`bumpEpoch`). It is not armed, so no
 * worker wakes it or pays for that.
 *
 * @param isDone when it returns true, there is no sleep
 */
export function nap(views: QueueViews, isDone: () => boolean, ms: number): void {
  const epoch = Atomics.load(views.words, PARENT_EPOCH);
  if (!isDone()) Atomics.wait(views.words, PARENT_EPOCH, epoch, ms);
}

/**
 * Parent: the same as `awaitWorkers` for the event loop.
 *
 * @param wish `ARM_FOR_RESULTS` or `ARM_FOR_CLAIMS`: the events that can make `isDone()` true
 * @param isDone cheap and free of side effects
 * @returns undefined when it is time to look, or a promise that resolves then; keep one such promise at a time
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
