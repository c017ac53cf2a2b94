/**
 * One word a worker that says whether it may touch what others see, and whether it does so right now.
 *
 * ```
 * STARTING
 *   │ worker: its first act
 *   ▼
 * OPEN ◀──worker──▶ AT_QUEUE ◀──worker──▶ DISMISSED ──parent: kill──▶ SHUT
 *   │ └──────────────parent: dismiss──────────▲                        ▲
 *   └────────────────parent: kill──────────────────────────────────────┘
 *
 * OPEN, DISMISSED ──worker, its last act──▶ ENDED
 * ```
 *
 * A worker is AT_QUEUE while it claims, publishes, moves bits of the sleep sets or wakes others. It is not while a
 * callable runs, while it spins, waits, encodes or copies, so that is a few dozen instructions. The parent moves
 * the gate from any other state (from STARTING as from OPEN) by CAS, and waits AT_QUEUE out.
 *
 * Why a gate and not a flag: once the parent has shut it, nothing that others see is changed by that worker any
 * more, wherever its thread is stopped. So the parent may clean up after a worker in the moment it kills it,
 * without waiting for the thread's end, of which a blocked parent would never hear.
 */
import { ENDS_ANNOUNCED, exitCodeWord, gateWord } from "./layout.ts";
import type { QueueViews } from "./layout.ts";
import { bumpEpoch, wakeParentForClaim } from "./parker.ts";
import { claim } from "./request-ring.ts";

const STARTING = 0;
const OPEN = 1;
const AT_QUEUE = 2;
const DISMISSED = 3;
const SHUT = 4;
const ENDED = 5;

/** The worker is dismissed or killed and claims no more. */
export const STOPPED = -2;

/** How often the parent looks for a worker to leave the queue before it gives its core away: some 50 us. */
const MOST_PAUSES = 1000;
/** How long it then sleeps between two looks. Nobody wakes it: this only bounds how much it looks. */
const SLEEP_MS = 1;

/** A worker's own side of its gate. */
export class WorkerGate {
  readonly views: QueueViews;
  readonly worker: number;
  readonly #wakesForClaims: boolean;
  #isAtQueue = false;
  /** The state to leave to: `OPEN`, or `DISMISSED` once the worker has found itself dismissed. */
  #outside = OPEN;

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
    const { words } = this.views;
    const gate = gateWord(this.worker);
    if (Atomics.compareExchange(words, gate, this.#outside, AT_QUEUE) !== this.#outside) {
      if (Atomics.compareExchange(words, gate, DISMISSED, AT_QUEUE) !== DISMISSED) return false;
      this.#outside = DISMISSED;
    }
    this.#isAtQueue = true;
    return true;
  }

  /** Leaves the queue, if the worker is there. Do so before anything that may take long. */
  leave(): void {
    if (!this.#isAtQueue) return;
    this.#isAtQueue = false;
    // Only the worker itself leaves AT_QUEUE, so a store cannot overwrite what the parent wants.
    Atomics.store(this.views.words, gateWord(this.worker), this.#outside);
  }

  /** Comes to the queue for new work. Returns false when there is to be none: the worker is dismissed or killed. */
  tryEnterToClaim(): boolean {
    return this.tryEnter() && this.#outside === OPEN;
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
  moveGate(views, worker, DISMISSED);
}

/** Parent: lets the worker do nothing more. When it returns, nothing that others see is changed by it any more. */
export function shutGate(views: QueueViews, worker: number): void {
  moveGate(views, worker, SHUT);
}

function moveGate({ words }: QueueViews, worker: number, to: number): void {
  const gate = gateWord(worker);
  for (let pauses = 0; ;) {
    const seen = Atomics.load(words, gate);
    // The states are numbered in the order in which they follow one another.
    if (seen >= to) return;
    if (seen !== AT_QUEUE) {
      if (Atomics.compareExchange(words, gate, seen, to) === seen) return;
    } else if (pauses < MOST_PAUSES) {
      pauses += 1;
      Atomics.pause();
    } else {
      // The worker may have lost its core in there, to this very thread if there is but one.
      Atomics.wait(words, gate, AT_QUEUE, SLEEP_MS);
    }
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
 * It does not come to the queue for this: it may be called with next to no stack left (process.exit in a callable),
 * and must not fail halfway.
 */
export function announceEnd(views: QueueViews, worker: number, exitCode: number): void {
  const { words } = views;
  const gate = gateWord(worker);
  for (;;) {
    const seen = Atomics.load(words, gate);
    if (seen >= SHUT) return;
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
