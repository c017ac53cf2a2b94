/**
 * Sleeping and waking of workers and parent. No wake-up is lost, and no notify is spent on a thread that is awake.
 *
 * A worker is in one of three states. They are two bits of one word, so every move is one atomic step:
 *
 * ```
 * awake (no bit) ──finds nothing──▶ spinning ──gives up──▶ idle
 *       ▲──────────claims───────────┘   ▲────unparked───────┘   (by itself, or by a waker's CAS)
 * ```
 *
 * The races of a worker are closed by a second look after it has entered the idle set (`awaitWork`), those of the
 * parent by a second look after it has armed itself (`arm`). These are sets and not counters, so a dead worker's bit
 * can be cleared twice without harm. The whole argument is in README.md, "No wake-up is lost".
 */
import {
  PARENT_ARM,
  PARENT_EPOCH,
  SEARCH_KEPT,
  SLEEP,
  SLEEP_WORDS_IN_USE,
  WORKERS_PER_SLEEP_WORD,
  parkWord,
} from "./layout.ts";
import type { QueueViews } from "./layout.ts";
import { Atomics } from "./globals.ts";

const SPIN_SHIFT = 16;
const IDLE_BITS = 0xffff;
const NOT_ARMED = 0;

/** The parent wants to be woken when a result is published. */
export const ARM_FOR_RESULTS = 1;
/** The parent wants to be woken when a result is published or a request is claimed. */
export const ARM_FOR_CLAIMS = 2;

function sleepWord(worker: number): number {
  return SLEEP + Math.floor(worker / WORKERS_PER_SLEEP_WORD);
}
function idleBit(worker: number): number {
  return 1 << (worker % WORKERS_PER_SLEEP_WORD);
}

/** The two bits of a worker in a word of the sleep sets; 0 in the words of others. */
export function bitsOf(worker: number, word: number): number {
  if (Math.floor(worker / WORKERS_PER_SLEEP_WORD) !== word) return 0;
  return idleBit(worker) | (idleBit(worker) << SPIN_SHIFT);
}

/** Gives a worker exactly these bits, in one step. Returns the word before. */
function move(views: QueueViews, worker: number, bits: number): number {
  const word = sleepWord(worker);
  const own = idleBit(worker) | (idleBit(worker) << SPIN_SHIFT);
  for (;;) {
    const before = Atomics.load(views.words, word);
    const after = (before & ~own) | bits;
    if (Atomics.compareExchange(views.words, word, before, after) === before) return before;
  }
}

/**
 * Worker: enters the idle set. Look at the ring again after this and before waiting: pairs with the CAS in `wakeOne`.
 */
export function enterIdleSet(views: QueueViews, worker: number): void {
  move(views, worker, idleBit(worker));
}

/**
 * Worker, or the parent for a dead one: leaves both sets.
 *
 * @returns true when the worker was in one of them and no worker spins now. Then it must look at the ring and wake one
 *   more if work remains: puts that saw it spin have woken no other worker, and it may have gone on to the idle set
 *   before it found the work in its second look
 */
export function leaveSets(views: QueueViews, worker: number): boolean {
  const before = move(views, worker, 0);
  const own = idleBit(worker) | (idleBit(worker) << SPIN_SHIFT);
  return (before & own) !== 0 && !isAnybodySpinning(views);
}

/** Whether any worker is in the spin set. */
function isAnybodySpinning(views: QueueViews): boolean {
  const used = Atomics.load(views.words, SLEEP_WORDS_IN_USE);
  for (let i = 0; i < used; i++) {
    if (Atomics.load(views.words, SLEEP + i) >>> SPIN_SHIFT !== 0) return true;
  }
  return false;
}

/** Worker: enters the spin set. Returns whether it is the only one there; only that one may spend time on spinning. */
export function enterSpinSet(views: QueueViews, worker: number): boolean {
  const own = idleBit(worker) << SPIN_SHIFT;
  move(views, worker, own);
  const used = Atomics.load(views.words, SLEEP_WORDS_IN_USE);
  for (let i = 0; i < used; i++) {
    const others = SLEEP + i === sleepWord(worker) ? ~own : -1;
    if ((Atomics.load(views.words, SLEEP + i) & others) >>> SPIN_SHIFT !== 0) return false;
  }
  return true;
}

/**
 * Wakes one idle worker, unless a worker spins, which will find the work. Call it after publishing: pairs with the
 * second look in `awaitWork`.
 *
 * The waker itself moves the worker from the idle to the spin set. So a burst of puts wakes one worker, and not all of
 * them before the first is awake.
 *
 * @returns whether a worker had to be woken
 */
export function wakeOne(views: QueueViews): boolean {
  const { words } = views;
  const used = Atomics.load(words, SLEEP_WORDS_IN_USE);
  let withIdle = -1;
  for (let i = 0; i < used; i++) {
    const word = Atomics.load(words, SLEEP + i);
    if (word >>> SPIN_SHIFT !== 0) return false;
    if (word !== 0 && withIdle === -1) withIdle = i;
  }
  return withIdle !== -1 && wakeFirstIdle(views, withIdle, used);
}

/**
 * The same for a worker that has published what it will not take itself. It may be in the sets, when its runs wait in its event
 * loop.
 */
export function wakeOther(views: QueueViews, self: number): boolean {
  const { words } = views;
  const own = idleBit(self) | (idleBit(self) << SPIN_SHIFT);
  const before = Atomics.load(words, sleepWord(self)) & own;
  if (before === 0) return wakeOne(views);
  // Out of the sets for the moment: this worker looks for requests again when its event loop turns.
  move(views, self, 0);
  const isWoken = wakeOne(views);
  unpark(views, self);
  return isWoken;
}

/**
 * Parent: from now on no worker hands the search on (`endSearch`): the parent does, by `handSearchOn`, before it sleeps. For
 * work that is done sooner than a second worker rises.
 */
export function keepSearch({ words }: QueueViews): void {
  Atomics.store(words, SEARCH_KEPT, 1);
}

/**
 * Parent: ends `keepSearch`. Workers hand the search on again, and one is woken if work remains and none spins.
 *
 * The store comes before the look at the sleep sets. It pairs with the load in `endSearch`, which comes after a worker has
 * left them: either this sees the worker gone, or the worker sees that it is to hand the search on.
 *
 * @param remains whether work may remain; asked after the store
 * @returns whether a worker had to be woken
 */
export function handSearchOn(views: QueueViews, remains: (views: QueueViews) => boolean): boolean {
  Atomics.store(views.words, SEARCH_KEPT, 0);
  return remains(views) && wakeOne(views);
}

/** Worker, after it has left the sets: whether the parent hands the search on. Pairs with the store in `handSearchOn`. */
export function isSearchKept({ words }: QueueViews): boolean {
  return Atomics.load(words, SEARCH_KEPT) === 1;
}

/** Whether so many workers sleep, at about this moment. A hint only: pairs with nothing, and no wake-up may depend on it. */
export function doAllSleep({ words }: QueueViews, workers: number): boolean {
  const used = Atomics.load(words, SLEEP_WORDS_IN_USE);
  let asleep = 0;
  for (let i = 0; i < used; i++) {
    const idle = Atomics.load(words, SLEEP + i) & IDLE_BITS;
    for (let bits = idle; bits !== 0; bits &= bits - 1) asleep += 1;
  }
  return asleep >= workers;
}

function wakeFirstIdle(views: QueueViews, from: number, used: number): boolean {
  const { words } = views;
  for (let i = from; i < used; i++) {
    for (;;) {
      const before = Atomics.load(words, SLEEP + i);
      const bit = before & -before & IDLE_BITS;
      if (bit === 0) break;
      const after = (before & ~bit) | (bit << SPIN_SHIFT);
      if (Atomics.compareExchange(words, SLEEP + i, before, after) === before) {
        unpark(views, i * WORKERS_PER_SLEEP_WORD + (31 - Math.clz32(bit)));
        return true;
      }
    }
  }
  return false;
}

/**
 * Makes a parked worker look again, whatever it waits for. The add comes before the notify: a worker that is about to
 * wait finds its park counter changed and does not wait. Pairs with the load in `parkEpoch`.
 */
export function unpark(views: QueueViews, worker: number): void {
  Atomics.add(views.words, parkWord(worker), 1);
  Atomics.notify(views.words, parkWord(worker));
}

/** Parent: says how many slots are in use. Wakers look at the words of the sleep sets that these slots need. */
export function publishSlotsInUse(views: QueueViews, slots: number): void {
  Atomics.store(views.words, SLEEP_WORDS_IN_USE, Math.ceil(slots / WORKERS_PER_SLEEP_WORD));
}

/**
 * Worker, after publishing: wakes the parent if it is armed. One notify covers everything published by then. Pairs
 * with `arm`.
 */
export function wakeParent(views: QueueViews): void {
  const { words } = views;
  const armed = Atomics.load(words, PARENT_ARM);
  // With the CAS one of many workers pays for the notify. With a store all of them would.
  if (
    armed !== NOT_ARMED &&
    Atomics.compareExchange(words, PARENT_ARM, armed, NOT_ARMED) === armed
  ) {
    bumpEpoch(views);
  }
}

/** Worker, after a claim: wakes a parent that waits for room in the queue. */
export function wakeParentForClaim(views: QueueViews): void {
  if (Atomics.load(views.words, PARENT_ARM) === ARM_FOR_CLAIMS) wakeParent(views);
}

/** Wakes the parent, whether it is armed or not: for rare events that must not be missed, such as a worker's end. */
export function bumpEpoch(views: QueueViews): void {
  Atomics.add(views.words, PARENT_EPOCH, 1);
  Atomics.notify(views.words, PARENT_EPOCH);
}

/**
 * Parent: asks to be woken. Look again after this and before waiting for the epoch to change. Pairs with
 * `wakeParent`, which workers call after they have published a result.
 *
 * @param wish `ARM_FOR_RESULTS` or `ARM_FOR_CLAIMS`
 * @returns the epoch to wait on; it was read before arming, so a wake-up right after that is not missed
 */
export function arm(views: QueueViews, wish: number): number {
  const epoch = Atomics.load(views.words, PARENT_EPOCH);
  Atomics.store(views.words, PARENT_ARM, wish);
  return epoch;
}
