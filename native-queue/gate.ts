/**
 * One word a worker that says whether it may touch what others see, and whether it does so right now.
 *
 * ```
 * STARTING ──worker: its first act──▶ OPEN ◀──────────worker──────────▶ AT_QUEUE
 *                                      │ parent: dismiss                   │ parent: dismiss, and waits
 *                                      ▼                                   ▼
 *                                  DISMISSED ◀──worker: leaves──────── DISMISSING
 *                                      ▲
 *                                      └──────────────worker──────────▶ DISMISSED_AT_QUEUE
 *
 * OPEN, DISMISSED ──────────────────parent: kill──────────────▶ SHUT
 * AT_QUEUE, DISMISSED_AT_QUEUE ──parent: kill, and waits──▶ KILLING ──worker: leaves──▶ SHUT
 * OPEN, DISMISSED ──────────────worker, its last act──────────▶ ENDED
 * ```
 *
 * From STARTING the parent moves it as from OPEN. All moves but the leaving of DISMISSING and KILLING are CAS.
 *
 * A worker is at the queue while it claims, publishes, moves bits of the sleep sets or wakes others. It is not while
 * a callable runs, while it spins, waits, encodes or copies, so a visit is a few dozen instructions, and the parent
 * that waits for its end waits for one visit: the worker that leaves sees that it is awaited.
 *
 * Why a gate and not a flag: once the parent has shut it, nothing that others see is changed by that worker any
 * more, wherever its thread is stopped. So the parent may clean up after a worker in the moment it kills it,
 * without waiting for the thread's end, of which a blocked parent would never hear.
 */
import { ENDS_ANNOUNCED, exitCodeWord, gateWord } from "./layout.ts";
import type { QueueViews } from "./layout.ts";
import { bumpEpoch, wakeParentForClaim } from "./parker.ts";
import { claim } from "./request-ring.ts";

/** In the order in which they follow one another, but for the visits to the queue. */
const STARTING = 0;
const OPEN = 1;
const AT_QUEUE = 2;
const DISMISSING = 3;
const DISMISSED = 4;
const DISMISSED_AT_QUEUE = 5;
const KILLING = 6;
const SHUT = 7;
const ENDED = 8;

/** The worker is dismissed or killed and claims no more. */
export const STOPPED = -2;

/** A worker's own side of its gate. */
export class WorkerGate {
  /** The queue that the gate belongs to. */
  readonly views: QueueViews;
  /** Index of the worker, 0 to `MAX_WORKERS - 1`. */
  readonly worker: number;
  readonly #wakesForClaims: boolean;
  #isAtQueue = false;
  /** Does it know that it is dismissed? It learns that when it comes or leaves. */
  #isDismissed = false;
  #isGivenUp = false;

  /** @param wakesForClaims somebody may wait for room in the queue: wake the parent after claims too */
  constructor(views: QueueViews, worker: number, wakesForClaims: boolean = false) {
    this.views = views;
    this.worker = worker;
    this.#wakesForClaims = wakesForClaims;
  }

  /**
   * Comes to the queue, if the worker is not there already. Nothing that others see may be changed elsewhere.
   *
   * @returns false when the worker has been killed: its thread is about to be stopped, and must do nothing more
   */
  tryEnter(): boolean {
    if (this.#isAtQueue) return true;
    if (this.#isGivenUp) return false;
    const { words } = this.views;
    const gate = gateWord(this.worker);
    if (this.#isDismissed || Atomics.compareExchange(words, gate, OPEN, AT_QUEUE) !== OPEN) {
      if (Atomics.compareExchange(words, gate, DISMISSED, DISMISSED_AT_QUEUE) !== DISMISSED)
        return false;
      this.#isDismissed = true;
    }
    this.#isAtQueue = true;
    return true;
  }

  /**
   * Leaves the queue, if the worker is there. Do so before anything that may take long.
   *
   * @returns false when the worker has been killed meanwhile: it must not run what it has just claimed
   */
  leave(): boolean {
    if (!this.#isAtQueue) return true;
    this.#isAtQueue = false;
    const { words } = this.views;
    const gate = gateWord(this.worker);
    const inside = this.#isDismissed ? DISMISSED_AT_QUEUE : AT_QUEUE;
    const outside = this.#isDismissed ? DISMISSED : OPEN;
    const seen = Atomics.compareExchange(words, gate, inside, outside);
    if (seen === inside) return true;
    // The parent waits in moveGate, and does nothing else meanwhile.
    this.#isDismissed = true;
    Atomics.store(words, gate, seen === DISMISSING ? DISMISSED : SHUT);
    Atomics.notify(words, gate);
    return seen === DISMISSING;
  }

  /** The worker has heard that it is about to be killed: it comes to the queue no more. Call it away from the queue. */
  giveUp(): void {
    this.#isGivenUp = true;
  }

  /** Comes to the queue for new work. Returns false when there is to be none: the worker is dismissed or killed. */
  tryEnterToClaim(): boolean {
    return this.tryEnter() && !this.#isDismissed;
  }

  /**
   * Claims the oldest request, and stays at the queue.
   *
   * @returns its task, `EMPTY` or `STOPPED`; never blocks
   */
  claim(): number {
    if (!this.tryEnterToClaim()) return STOPPED;
    const task = claim(this.views, this.worker);
    // Also if it has found nothing: it may have passed the entries of cancelled requests, and so made room.
    if (this.#wakesForClaims) wakeParentForClaim(this.views);
    return task;
  }
}

/** Worker: opens its gate, unless the parent has moved it meanwhile. */
export function announceStart(views: QueueViews, worker: number): void {
  Atomics.compareExchange(views.words, gateWord(worker), STARTING, OPEN);
}

/** May a worker claim, were it to come to the queue? Not while it is there. */
export function isGateOpen(views: QueueViews, worker: number): boolean {
  return Atomics.load(views.words, gateWord(worker)) === OPEN;
}

/** Parent: lets the worker claim no more; it may still publish what it has. No claim of it is under way afterwards. */
export function dismissAtGate(views: QueueViews, worker: number): void {
  moveGate(views, worker, DISMISSED, DISMISSING);
}

/** Parent: lets the worker do nothing more. When it returns, nothing that others see is changed by it any more. */
export function shutGate(views: QueueViews, worker: number): void {
  moveGate(views, worker, SHUT, KILLING);
}

/** Moves a gate on to a state; by way of `awaited`, and when the worker has left, if it is at the queue. */
function moveGate({ words }: QueueViews, worker: number, to: number, awaited: number): void {
  const gate = gateWord(worker);
  for (;;) {
    const seen = Atomics.load(words, gate);
    if (seen >= to) return;
    const isAtQueue = seen === AT_QUEUE || seen === DISMISSED_AT_QUEUE;
    if (Atomics.compareExchange(words, gate, seen, isAtQueue ? awaited : to) !== seen) continue;
    if (!isAtQueue) return;
    // Asleep, and not spinning: with a single core the worker needs it to leave. Pairs with the notify in leave.
    while (Atomics.load(words, gate) === awaited) Atomics.wait(words, gate, awaited);
    return;
  }
}

/** Parent: has the worker come as far as its run loop? Ask before `announceEnd` of it is seen. */
export function hasStarted(views: QueueViews, worker: number): boolean {
  return Atomics.load(views.words, gateWord(worker)) !== STARTING;
}

/**
 * The last act of a worker on the queue: nothing of it follows. It wakes the parent, which may be blocked. A killed
 * worker has ended for the parent already, and announces nothing.
 *
 * The worker is not at the queue, and does not come there for this: it may have next to no stack left (process.exit in
 * a callable), and must not fail halfway.
 */
export function announceEnd(views: QueueViews, worker: number, exitCode: number): void {
  const { words } = views;
  const gate = gateWord(worker);
  for (;;) {
    const seen = Atomics.load(words, gate);
    if (seen !== OPEN && seen !== DISMISSED) return;
    // Nobody reads it before the gate says ENDED.
    Atomics.store(words, exitCodeWord(worker), exitCode);
    if (Atomics.compareExchange(words, gate, seen, ENDED) === seen) break;
  }
  Atomics.add(words, ENDS_ANNOUNCED, 1);
  bumpEpoch(views);
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
