/**
 * The request queue: a ring of task indices in the order in which they were put. A worker claims a request by a CAS on
 * the task's own state word, so claim and ownership are one atomic step, and a worker that dies right after it leaves
 * its name on the task.
 *
 * The parent is the only producer today. More producers would each own a range of tasks, CAS the ready entry from the
 * previous lap, and help `tail`; nothing here stands in their way.
 *
 * Source: the protocol is that of docs/architecture.md. The owner in the task comes from iceoryx2, the helping of
 * `head` from Michael and Scott's queue.
 */
import { HEAD } from "./layout.ts";
import type { QueueViews } from "./layout.ts";
import { noteOffer } from "./offers.ts";
import { unpark } from "./parker.ts";
import { distance, next } from "./sequence.ts";
import {
  TAG_CLAIMED,
  TAG_OFFERED,
  generationOf,
  generationOfState,
  ownerOf,
  packClaimed,
  packFree,
  packOffered,
  packReady,
  tagOf,
} from "./task-state.ts";
import { Atomics, Int32Array, Uint8Array } from "./globals.ts";

/** There is nothing to claim. */
export const EMPTY = -1;
/** No worker. */
export const NOBODY = -1;

/**
 * The parent's end of the request queue: puts and cancels requests, releases tasks, and finds the tasks of the dead.
 */
export class RequestProducer {
  readonly #views: QueueViews;
  readonly #ringSize: number;
  /** By task: the position that it was last put at. Its generation is derived from that. */
  readonly #positions: Int32Array;
  /** By task: 1 from its put to its release. The parent alone knows this, so it costs no transfer of a cache line. */
  readonly #isInUse: Uint8Array;
  /** Positions of cancelled requests whose entries no claimer has passed, as far as the parent knows. */
  #stale: number[] = [];
  readonly #single = new Int32Array(1);
  #tail: number;
  #headSeen: number;

  /** @param views of a queue that has one producer only */
  constructor(views: QueueViews) {
    this.#views = views;
    this.#ringSize = views.readyMask + 1;
    this.#positions = new Int32Array(views.tasks);
    this.#isInUse = new Uint8Array(views.tasks);
    this.#tail = Atomics.load(views.words, HEAD);
    this.#headSeen = this.#tail;
  }

  /** The position of the next put. */
  get nextPosition(): number {
    return this.#tail;
  }

  /** The position that a task in use was put at. */
  positionOf(task: number): number {
    return this.#positions[task] as number;
  }

  /**
   * Whether there is room for so many entries. Never blocks. Ask before `put`, and before requests are gathered for
   * `putAll`.
   */
  hasRoom(entries: number = 1): boolean {
    const most = this.#ringSize - entries;
    return ((this.#tail - this.#headSeen) | 0) <= most || this.#hasRoomAfterHelping(most);
  }

  /** Puts a request: publishes a task whose fields and payload are written. There must be room. */
  put(task: number): void {
    this.#single[0] = task;
    this.putAll(this.#single, 1);
  }

  /**
   * Puts several requests, in this order, and publishes all of them with one atomic store. There must be room. One wake after
   * that is enough: see README.md, "Put" and "The put".
   *
   * @param tasks their fields and payloads are written
   * @param count how many of them are put, from the first on; 1 at least
   */
  putAll(tasks: Int32Array, count: number): void {
    const { words, states, ready, readyMask, taskBits, lapShift } = this.#views;
    const first = this.#tail;
    // Plain stores: the first entry, which is stored last, publishes them. No claimer looks at a later entry before the head has
    // passed the first. A claimer that is late, and still has the head of an earlier lap, fails with the old value and the new.
    for (let index = 0; index < count; index++) {
      const task = tasks[index] as number;
      const position = (first + index) | 0;
      this.#positions[task] = position;
      this.#isInUse[task] = 1;
      words[states + task] = packReady(position);
    }
    for (let index = 1; index < count; index++) {
      const position = (first + index) | 0;
      words[ready + (position & readyMask)] =
        ((position >>> lapShift) << taskBits) | (tasks[index] as number);
    }
    // Pairs with the load of the entry in claim: a worker that sees this lap sees all states, later entries, and payloads.
    Atomics.store(
      words,
      ready + (first & readyMask),
      ((first >>> lapShift) << taskBits) | (tasks[0] as number),
    );
    this.#tail = (first + count) | 0;
  }

  /**
   * Offers a request to one worker: publishes a task, whose fields and payload are written, that no other worker can claim.
   * There must be room.
   *
   * The offer takes a position, so that its generation is its own. The entry at that position is stale from the start,
   * because a claim expects READY: claimers pass it like that of a cancelled request.
   */
  offer(task: number, worker: number): void {
    const { words, ready, readyMask, taskBits, lapShift } = this.#views;
    const tail = this.#tail;
    this.#positions[task] = tail;
    this.#isInUse[task] = 1;
    Atomics.store(words, this.#views.state(task), packOffered(tail, worker));
    const lap = tail >>> lapShift;
    Atomics.store(words, ready + (tail & readyMask), (lap << taskBits) | task);
    this.#noteStale(tail);
    this.#tail = next(tail);
    // The count after the state: a worker that sees the count finds the task.
    noteOffer(this.#views, worker);
    unpark(this.#views, worker);
  }

  /**
   * Cancels the request in a task. Returns false when a worker has claimed it. The CAS pairs with the ones in `claim` and
   * `claimOffered`.
   */
  tryCancel(task: number): boolean {
    const position = this.#positions[task] as number;
    const word = this.#views.state(task);
    const seen = Atomics.load(this.#views.words, word);
    const isOffered = tagOf(seen) === TAG_OFFERED;
    const expected = isOffered ? seen : packReady(position);
    if (Atomics.compareExchange(this.#views.words, word, expected, packFree(position)) !== expected)
      return false;
    this.#isInUse[task] = 0;
    if (!isOffered) this.#noteStale(position);
    return true;
  }

  #noteStale(position: number): void {
    this.#stale.push(position);
    if (this.#stale.length > this.#ringSize) this.#forgetPassed();
  }

  /**
   * Takes back a task whose result has been read, or whose owner is dead. Its state still names the owner until the
   * next put: to write FREE would cost a transfer of the cache line for every request, and no thread would read it.
   */
  release(task: number): void {
    this.#isInUse[task] = 0;
  }

  /**
   * The same for a task whose result is at hand, if the task is in use and was put with this generation.
   *
   * @param worker that may publish its result: the one that has claimed it; `NOBODY` where no other worker can have
   * @returns false when the result is not that of such a task; then nothing is done
   */
  tryRelease(task: number, generation: number, worker: number): boolean {
    if (this.#isInUse[task] !== 1) return false;
    if (generationOf(this.#positions[task] as number) !== generation) return false;
    if (worker !== NOBODY && this.ownerOf(task) !== worker) return false;
    this.#isInUse[task] = 0;
    return true;
  }

  /** Whether a task is in use, and was put with this generation. What a frame says is checked with this. */
  isInUse(task: number, generation: number): boolean {
    const position = this.#positions[task] as number;
    return this.#isInUse[task] === 1 && generation === generationOf(position);
  }

  /**
   * Whether a task is in use, was put with this generation, and is claimed by this worker. A worker may publish no
   * other frame.
   */
  isClaimedBy(task: number, generation: number, worker: number): boolean {
    return this.isInUse(task, generation) && this.ownerOf(task) === worker;
  }

  /**
   * The tasks that a worker has claimed and not completed. Ask when the worker can claim no more (its gate is shut, or
   * it has ended) and its results are read: before that, the answer may be wrong at once.
   */
  claimedBy(worker: number): number[] {
    const found: number[] = [];
    for (let task = 0; task < this.#views.tasks; task++) {
      if (this.#isInUse[task] === 0) continue;
      const state = Atomics.load(this.#views.words, this.#views.state(task));
      if (tagOf(state) === TAG_CLAIMED && ownerOf(state) === worker) found.push(task);
    }
    return found;
  }

  /** How many requests in the ring no worker has claimed, at about this moment. Cancelled and offered ones are left out. */
  get waiting(): number {
    if (this.#stale.length > 0) this.#forgetPassed();
    const head = Atomics.load(this.#views.words, HEAD);
    return Math.max(0, distance(head, this.#tail) - this.#stale.length);
  }

  #forgetPassed(): void {
    const head = Atomics.load(this.#views.words, HEAD);
    this.#stale = this.#stale.filter((position) => distance(head, position) >= 0);
  }

  /** Whether the task is put and no worker has claimed it. */
  isWaiting(task: number): boolean {
    const state = Atomics.load(this.#views.words, this.#views.state(task));
    if (this.#isInUse[task] !== 1) return false;
    return state === packReady(this.positionOf(task)) || tagOf(state) === TAG_OFFERED;
  }

  /** The worker that has claimed this task, or `NOBODY`. */
  ownerOf(task: number): number {
    const state = Atomics.load(this.#views.words, this.#views.state(task));
    return this.#isInUse[task] === 1 && tagOf(state) === TAG_CLAIMED ? ownerOf(state) : NOBODY;
  }

  /**
   * Cancelled requests leave entries behind, which claimers pass. When they fill the ring while every worker is parked
   * or busy, no claimer comes, so the parent passes them itself.
   */
  #hasRoomAfterHelping(most: number): boolean {
    const { words, ready, readyMask, taskBits } = this.#views;
    for (;;) {
      const head = Atomics.load(words, HEAD);
      this.#headSeen = head;
      if (head === this.#tail) return true;
      const task = Atomics.load(words, ready + (head & readyMask)) & ((1 << taskBits) - 1);
      if (Atomics.load(words, this.#views.state(task)) === packReady(head)) {
        return distance(head, this.#tail) <= most;
      }
      Atomics.compareExchange(words, HEAD, head, next(head));
    }
  }
}

/**
 * Worker: claims the oldest published request.
 *
 * Claim and ownership are one CAS on the task's own state, so a worker that dies right after it leaves its name on the
 * task, and the parent finds it by that. The CAS pairs with the one in `tryCancel`, and with those of other claimers.
 *
 * @param worker the slot of the claiming worker, 0 to MAX_WORKERS - 1
 * @returns the task's index, or `EMPTY`; never blocks
 */
export function claim(views: QueueViews, worker: number): number {
  const { words, states, ready, readyMask, taskBits, lapShift } = views;
  for (;;) {
    const head = Atomics.load(words, HEAD);
    // Pairs with the store of the first entry in putAll. Where this entry is a later one of those that were put together, the load
    // of the head pairs with the CAS of the claimer that has passed the entry before.
    const entry = Atomics.load(words, ready + (head & readyMask));
    if (entry >>> taskBits !== head >>> lapShift) {
      if (Atomics.load(words, HEAD) === head) return EMPTY;
      continue; // other claimers have gone a whole lap on, and the entry was put again
    }
    const task = entry & ((1 << taskBits) - 1);
    const expected = packReady(head);
    const word = states + task;
    const won =
      Atomics.compareExchange(words, word, expected, packClaimed(head, worker)) === expected;
    // Won or lost, move the head on: so a winner that dies before this line does not hold up the others.
    Atomics.compareExchange(words, HEAD, head, next(head));
    if (won) return task;
  }
}

/**
 * Whether an entry is published that no claimer has passed; its request may be cancelled. Pairs with the
 * atomic store in `putAll`, as `claim` does.
 */
export function hasWork(views: QueueViews): boolean {
  for (;;) {
    const head = Atomics.load(views.words, HEAD);
    const entry = Atomics.load(views.words, views.ready + (head & views.readyMask));
    if (entry >>> views.taskBits === head >>> views.lapShift) return true;
    if (Atomics.load(views.words, HEAD) === head) return false;
  }
}

/** Worker: the generation of a task that it has claimed. It goes into the frame of the result. */
export function generationOfTask(views: QueueViews, task: number): number {
  return generationOfState(Atomics.load(views.words, views.states + task));
}

/**
 * Worker: whether the request that was put at a position can still be claimed, or this worker has claimed it. A message
 * that was posted to all workers is of no more use to it otherwise.
 */
export function mayBeClaimedBy(
  views: QueueViews,
  task: number,
  position: number,
  worker: number,
): boolean {
  const state = Atomics.load(views.words, views.state(task));
  if (state === packClaimed(position, worker)) return true;
  // A claimer moves the head past the entry, after the claim.
  return distance(position, Atomics.load(views.words, HEAD)) <= 0;
}
