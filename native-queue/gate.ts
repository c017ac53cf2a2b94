import { BOARD_VERSION, ENDS_ANNOUNCED, exitCodeWord, gateWord } from "./layout.ts";
import type { QueueViews } from "./layout.ts";
import { claimOffered, offersMade } from "./offers.ts";
import { bumpEpoch, wakeParentForClaim } from "./parker.ts";
import { EMPTY, claim } from "./request-ring.ts";
import { Atomics } from "./globals.ts";

// States of a gate, in the order in which they follow one another; a visit to the queue goes back and forth.
const STARTING = 0;
const OPEN = 1;
const AT_QUEUE = 2;
const DISMISSING = 3;
const DISMISSED = 4;
const DISMISSED_AT_QUEUE = 5;
const KILLING = 6;
const SHUT = 7;
const ENDED = 8;

/** The worker is dismissed or killed, and claims nothing more. */
export const STOPPED = -2;

/**
 * A worker's own side of its gate: one word a worker that says whether the worker may touch what others read, and
 * whether it does so right now.
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
 * From STARTING the parent moves it as from OPEN. Every move is a CAS, except when the worker leaves DISMISSING or
 * KILLING: then it stores.
 *
 * A worker is at the queue while it claims, publishes, moves bits of the sleep sets, or wakes others. It is not at the
 * queue while a callable runs, or while it spins, waits, encodes or copies. So a visit is a few dozen instructions, and
 * a parent that waits waits for one visit only: the worker that leaves sees that the parent waits.
 *
 * Why a gate and not a flag: after the parent has shut the gate, the worker changes nothing more that others read,
 * wherever its thread is stopped. So the parent cleans up after a worker at the moment of the kill. It does not wait
 * for the end of the thread, of which a blocked parent would never hear.
 */
export class WorkerGate {
  /** The queue's memory, as this worker sees it. */
  readonly views: QueueViews;
  /** The worker's slot. */
  readonly worker: number;
  /** The word of the gate. */
  readonly #gate: number;
  readonly #wakesForClaims: boolean;
  #isAtQueue = false;
  /** Whether the worker knows that it is dismissed. It learns that when it comes or leaves. */
  #isDismissed = false;
  #isGivenUp = false;
  /** The count of offers, as of the last time that no offered request was left. */
  #offersSeen = 0;
  /** The changes of the board, as of the last time that no child was found there. */
  #boardSeen = 0;
  /** Whether the worker takes no children; see `passChildren`. */
  passesChildren = false;

  /**
   * @param worker the worker's slot
   * @param wakesForClaims whether the parent may wait for room in the queue, and is to be woken after claims too
   */
  constructor(views: QueueViews, worker: number, wakesForClaims: boolean = false) {
    this.views = views;
    this.worker = worker;
    this.#gate = gateWord(worker);
    this.#wakesForClaims = wakesForClaims;
  }

  /**
   * Comes to the queue, unless the worker is there already. What others read may be changed only there.
   *
   * The CAS pairs with the one in `moveGate`: either the parent sees that the worker is at the queue and waits, or the
   * worker sees that its gate was moved.
   *
   * @returns false when the worker has been killed: its thread is about to be stopped, and must do nothing more
   */
  tryEnter(): boolean {
    if (this.#isAtQueue) return true;
    if (this.#isGivenUp) return false;
    const { words } = this.views;
    const gate = this.#gate;
    if (this.#isDismissed || Atomics.compareExchange(words, gate, OPEN, AT_QUEUE) !== OPEN) {
      if (Atomics.compareExchange(words, gate, DISMISSED, DISMISSED_AT_QUEUE) !== DISMISSED)
        return false;
      this.#isDismissed = true;
    }
    this.#isAtQueue = true;
    return true;
  }

  /**
   * Leaves the queue, if the worker is there. Call it before anything that may take long.
   *
   * @returns false when the worker has been killed meanwhile: it must not run what it has just claimed
   */
  leave(): boolean {
    if (!this.#isAtQueue) return true;
    this.#isAtQueue = false;
    const { words } = this.views;
    const gate = this.#gate;
    const inside = this.#isDismissed ? DISMISSED_AT_QUEUE : AT_QUEUE;
    const outside = this.#isDismissed ? DISMISSED : OPEN;
    const seen = Atomics.compareExchange(words, gate, inside, outside);
    if (seen === inside) return true;
    // The parent waits in moveGate and does nothing else meanwhile, so a store is enough.
    this.#isDismissed = true;
    Atomics.store(words, gate, seen === DISMISSING ? DISMISSED : SHUT);
    Atomics.notify(words, gate);
    return seen === DISMISSING;
  }

  /**
   * Comes to the queue no more, because the worker has learned that it is about to be killed. Call it away from the
   * queue.
   */
  giveUp(): void {
    this.#isGivenUp = true;
  }

  /** Comes to the queue for new work. Returns false when the worker is dismissed or killed and gets none. */
  tryEnterToClaim(): boolean {
    return this.tryEnter() && !this.#isDismissed;
  }

  /**
   * Claims the oldest request, and stays at the queue.
   *
   * @returns its task, `EMPTY` or `STOPPED`; never blocks
   */
  claim(): number {
    // Most claims follow the publishing of a result, so the worker is at the queue.
    const isWelcome = this.#isAtQueue ? !this.#isDismissed : this.tryEnterToClaim();
    if (!isWelcome) return STOPPED;
    const task = claim(this.views, this.worker);
    // Also when it has found nothing: it may have passed the entries of cancelled requests, which makes room.
    if (this.#wakesForClaims) wakeParentForClaim(this.views);
    return task;
  }

  /** Whether a request may be offered to this worker that it has not claimed. Cheap enough to ask before each wait. */
  get hasOffers(): boolean {
    return offersMade(this.views, this.worker) !== this.#offersSeen;
  }

  /** Whether a child may be offered that this worker has not looked at. Cheap enough to ask before each wait. */
  get hasChildren(): boolean {
    return Atomics.load(this.views.words, BOARD_VERSION) !== this.#boardSeen;
  }

  /** Takes no child now, whatever is offered: otherwise a worker that cannot would look again and again. */
  passChildren(): void {
    this.#boardSeen = Atomics.load(this.views.words, BOARD_VERSION);
    this.passesChildren = true;
  }

  /** Takes children again: what was offered since `passChildren` may still be there. */
  lookForChildren(): void {
    if (!this.passesChildren) return;
    this.passesChildren = false;
    this.#boardSeen = (this.#boardSeen - 1) | 0;
  }

  /**
   * Looks for a child, and stays at the queue.
   *
   * @param take looks at the board; returns undefined when nothing is there for this worker
   */
  takeChild<T>(take: () => T | undefined): T | undefined {
    if (!this.tryEnterToClaim()) return undefined;
    // The count before the board: an offer that is made while it is looked at changes the count.
    const version = Atomics.load(this.views.words, BOARD_VERSION);
    const taken = take();
    if (taken === undefined) this.#boardSeen = version;
    return taken;
  }

  /**
   * Claims the oldest request that is offered to this worker, or else the oldest of the ring, and stays at the queue.
   *
   * @returns its task, `EMPTY` or `STOPPED`; never blocks
   */
  claimOfferedFirst(): number {
    if (!this.tryEnterToClaim()) return STOPPED;
    // The count before the tasks: an offer that is made while they are looked at changes it.
    const made = offersMade(this.views, this.worker);
    const task = claimOffered(this.views, this.worker);
    if (task !== EMPTY) return task;
    this.#offersSeen = made;
    return this.claim();
  }
}

/**
 * Worker, as its first act: opens its gate, unless the parent has moved it meanwhile. Pairs with the CAS in
 * `moveGate`.
 */
export function announceStart(views: QueueViews, worker: number): void {
  Atomics.compareExchange(views.words, gateWord(worker), STARTING, OPEN);
}

/** Whether the gate of a worker is open. It is not while the worker is at the queue. */
export function isGateOpen(views: QueueViews, worker: number): boolean {
  return Atomics.load(views.words, gateWord(worker)) === OPEN;
}

/**
 * Parent: lets a worker claim no more. It may still publish what it has. When this returns, no claim of it is under
 * way.
 */
export function dismissAtGate(views: QueueViews, worker: number): void {
  moveGate(views, worker, DISMISSED, DISMISSING);
}

/**
 * Parent: lets a worker do nothing more. When this returns, the worker changes nothing more that others read. Only a
 * worker that has announced its end before may still count it and wake the parent.
 */
export function shutGate(views: QueueViews, worker: number): void {
  moveGate(views, worker, SHUT, KILLING);
}

/** Moves a gate on to a state. While the worker is at the queue, the gate goes by way of `awaited`, and this waits. */
function moveGate({ words }: QueueViews, worker: number, to: number, awaited: number): void {
  const gate = gateWord(worker);
  for (;;) {
    const seen = Atomics.load(words, gate);
    if (seen >= to) return;
    const isAtQueue = seen === AT_QUEUE || seen === DISMISSED_AT_QUEUE;
    if (Atomics.compareExchange(words, gate, seen, isAtQueue ? awaited : to) !== seen) continue;
    if (!isAtQueue) return;
    // The parent sleeps and does not spin, because on a single core the worker needs the core to leave. Pairs with the
    // store and the notify in leave; the wait compares, so a store in between is not missed.
    while (Atomics.load(words, gate) === awaited) Atomics.wait(words, gate, awaited);
    return;
  }
}

/** Parent: whether a worker has called `announceStart`, or its gate was moved before. */
export function hasStarted(views: QueueViews, worker: number): boolean {
  return Atomics.load(views.words, gateWord(worker)) !== STARTING;
}

/**
 * Worker, as its last act: announces its end and wakes the parent, which may be blocked. A killed worker has ended for
 * the parent already, and announces nothing.
 *
 * Pairs with the loads in `endsAnnounced`, `hasEnded` and `exitCodeOf`. The gate is moved before the end is counted, so
 * a parent that sees the count finds the gate.
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
    // The parent does not read it before the gate says ENDED.
    Atomics.store(words, exitCodeWord(worker), exitCode);
    if (Atomics.compareExchange(words, gate, seen, ENDED) === seen) break;
  }
  Atomics.add(words, ENDS_ANNOUNCED, 1);
  bumpEpoch(views);
}

/**
 * Parent: how many ends have been announced, wrapping. While it stays the same there is no need to look at any gate,
 * so a parent that spins leaves the cache lines of the gates to the workers. Pairs with the add in `announceEnd`.
 */
export function endsAnnounced(views: QueueViews): number {
  return Atomics.load(views.words, ENDS_ANNOUNCED);
}

/**
 * Parent: whether a worker has announced its end. Then all that it has published is there. Pairs with the CAS in
 * `announceEnd`.
 */
export function hasEnded(views: QueueViews, worker: number): boolean {
  return Atomics.load(views.words, gateWord(worker)) === ENDED;
}

/** Parent: the exit code of a worker that has announced its end. */
export function exitCodeOf(views: QueueViews, worker: number): number {
  return Atomics.load(views.words, exitCodeWord(worker));
}
