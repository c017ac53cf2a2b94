/**
 * The request queue: a ring of task indices in the order they were put, claimed by a CAS on the
 * task's own state word, so that claim and ownership are one atomic step and a worker that dies
 * right after it leaves its name on the task.
 *
 * One producer today (the parent). More producers would each own a range of tasks, CAS the ready
 * entry from the previous lap, and help `tail`; nothing here stands in their way.
 *
 * Source: the protocol is that of docs/architecture.md; the owner in the cell is iceoryx2's idea,
 * the helping of `head` that of Michael and Scott's queue.
 */
import { HEAD, TASK_STATE } from "./layout.ts";
import type { QueueViews } from "./layout.ts";
import { distance, next } from "./sequence.ts";
import {
  TAG_CLAIMED,
  generationOf,
  generationOfState,
  ownerOf,
  packClaimed,
  packFree,
  packReady,
  tagOf,
} from "./task-state.ts";

/** Nothing to claim. */
export const EMPTY = -1;
/** No worker. */
export const NOBODY = -1;

/** The parent's end: puts, cancels, releases and recovers tasks. */
export class RequestProducer {
  readonly #views: QueueViews;
  readonly #ringSize: number;
  /** Position each task was last put at; its generation is derived from it. */
  readonly #positions: Int32Array;
  /** 1 from the put of a task to its release: the parent's own knowledge, which costs no cache line. */
  readonly #isInUse: Uint8Array;
  /** Positions of cancelled tasks whose entries have not been passed, as far as is known. */
  #stale: number[] = [];
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

  /** Is there room for one more entry? Never blocks; look before `put`. */
  hasRoom(): boolean {
    return distance(this.#headSeen, this.#tail) < this.#ringSize || this.#hasRoomAfterHelping();
  }

  /** Publishes a task whose fields and payload are written. There must be room. */
  put(task: number): void {
    const { words, ready, readyMask, taskBits, lapShift } = this.#views;
    const tail = this.#tail;
    this.#positions[task] = tail;
    this.#isInUse[task] = 1;
    Atomics.store(words, this.#views.task(task) + TASK_STATE, packReady(tail));
    // Pairs with the load of the entry in claim: whoever sees this lap sees the state and the payload.
    Atomics.store(words, ready + (tail & readyMask), ((tail >>> lapShift) << taskBits) | task);
    this.#tail = next(tail);
  }

  /** Withdraws a task that nobody has claimed. Returns false when a worker was faster. */
  tryCancel(task: number): boolean {
    const position = this.#positions[task] as number;
    const expected = packReady(position);
    const word = this.#views.task(task) + TASK_STATE;
    if (Atomics.compareExchange(this.#views.words, word, expected, packFree(position)) !== expected)
      return false;
    this.#isInUse[task] = 0;
    this.#stale.push(position);
    if (this.#stale.length > this.#ringSize) this.#forgetPassed();
    return true;
  }

  /**
   * Takes back a task whose result has been read, or whose owner is dead. Its state still names the
   * owner until the next put: to say FREE in shared memory would cost a transfer of its cache line
   * for every request, and tell nobody anything.
   */
  release(task: number): void {
    this.#isInUse[task] = 0;
  }

  /** Is the task in use, and is this the generation that it was put with? What a frame says is checked with this. */
  isInUse(task: number, generation: number): boolean {
    return this.#isInUse[task] === 1 && generation === generationOf(this.positionOf(task));
  }

  /**
   * Is the task in use, of this generation and claimed by this worker? A frame that says otherwise
   * is none that the worker may publish.
   */
  isClaimedBy(task: number, generation: number, worker: number): boolean {
    return this.isInUse(task, generation) && this.ownerOf(task) === worker;
  }

  /**
   * The tasks that a worker has claimed and not completed. Meaningful once that worker can claim
   * no more (its gate is shut or it has ended) and its result ring has been drained.
   */
  claimedBy(worker: number): number[] {
    const found: number[] = [];
    for (let task = 0; task < this.#views.tasks; task++) {
      if (this.#isInUse[task] === 0) continue;
      const state = Atomics.load(this.#views.words, this.#views.task(task) + TASK_STATE);
      if (tagOf(state) === TAG_CLAIMED && ownerOf(state) === worker) found.push(task);
    }
    return found;
  }

  /** Requests in the ring that nobody has claimed. */
  get waiting(): number {
    if (this.#stale.length > 0) this.#forgetPassed();
    const head = Atomics.load(this.#views.words, HEAD);
    return Math.max(0, distance(head, this.#tail) - this.#stale.length);
  }

  #forgetPassed(): void {
    const head = Atomics.load(this.#views.words, HEAD);
    this.#stale = this.#stale.filter((position) => distance(head, position) >= 0);
  }

  /** Has nobody claimed this task? */
  isWaiting(task: number): boolean {
    const state = Atomics.load(this.#views.words, this.#views.task(task) + TASK_STATE);
    return this.#isInUse[task] === 1 && state === packReady(this.positionOf(task));
  }

  /** The worker that has claimed this task, or `NOBODY`. */
  ownerOf(task: number): number {
    const state = Atomics.load(this.#views.words, this.#views.task(task) + TASK_STATE);
    return this.#isInUse[task] === 1 && tagOf(state) === TAG_CLAIMED ? ownerOf(state) : NOBODY;
  }

  /**
   * Cancelled tasks leave entries that only a claimer's pass removes. When they fill the ring and
   * every worker is parked or busy nobody would pass them, so the parent does it itself.
   */
  #hasRoomAfterHelping(): boolean {
    const { words, ready, readyMask, taskBits } = this.#views;
    for (;;) {
      const head = Atomics.load(words, HEAD);
      this.#headSeen = head;
      if (head === this.#tail) return true;
      const task = Atomics.load(words, ready + (head & readyMask)) & ((1 << taskBits) - 1);
      if (Atomics.load(words, this.#views.task(task) + TASK_STATE) === packReady(head)) {
        return distance(head, this.#tail) < this.#ringSize;
      }
      Atomics.compareExchange(words, HEAD, head, next(head));
    }
  }
}

/**
 * Claims the oldest published request for this worker.
 *
 * Claim and ownership are one CAS on the task's own state, so a worker that dies right
 * after it leaves its name on the task and the parent can recover it.
 *
 * @param worker index of the claiming worker, 0 to MAX_WORKERS - 1
 * @returns the task's index, or `EMPTY`; never blocks
 */
export function claim(views: QueueViews, worker: number): number {
  const { words, ready, readyMask, taskBits, lapShift } = views;
  for (;;) {
    const head = Atomics.load(words, HEAD);
    // Pairs with the entry's store in tryPut.
    const entry = Atomics.load(words, ready + (head & readyMask));
    if (entry >>> taskBits !== head >>> lapShift) {
      if (Atomics.load(words, HEAD) === head) return EMPTY;
      continue; // others have moved on a whole lap: the slot was already reused
    }
    const task = entry & ((1 << taskBits) - 1);
    const expected = packReady(head);
    const word = views.task(task) + TASK_STATE;
    const won =
      Atomics.compareExchange(words, word, expected, packClaimed(head, worker)) === expected;
    // Win or lose, help the head on: a winner that died before this line does not hold up the others.
    Atomics.compareExchange(words, HEAD, head, next(head));
    if (won) return task;
  }
}

/** Is a request published that nobody has passed yet? */
export function hasWork(views: QueueViews): boolean {
  for (;;) {
    const head = Atomics.load(views.words, HEAD);
    const entry = Atomics.load(views.words, views.ready + (head & views.readyMask));
    if (entry >>> views.taskBits === head >>> views.lapShift) return true;
    if (Atomics.load(views.words, HEAD) === head) return false;
  }
}

/** Worker: the generation of a task that it has claimed; goes into the result's frame. */
export function generationOfTask(views: QueueViews, task: number): number {
  return generationOfState(Atomics.load(views.words, views.task(task) + TASK_STATE));
}

/** Worker: is what was put at that position still to be claimed, or claimed by this worker? */
export function mayBeClaimedBy(
  views: QueueViews,
  task: number,
  position: number,
  worker: number,
): boolean {
  const state = Atomics.load(views.words, views.task(task) + TASK_STATE);
  if (state === packClaimed(position, worker)) return true;
  // Whoever claims it moves the head past it, after the claim.
  return distance(position, Atomics.load(views.words, HEAD)) <= 0;
}
