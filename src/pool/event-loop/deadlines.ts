/**
 * What has to be done at a certain time: time limits, grace periods, checks of the crew.
 *
 * The event loop's timer does what is due, and so does a parent that blocks: it waits no longer than
 * `remainingMs` and calls `doDue` afterwards. Neither keeps the process alive.
 *
 * A binary heap, earliest first, in which each deadline knows its place, so that one that is not needed any
 * more is taken out at once: a million requests with a limit of a minute leave nothing behind.
 */
import { outsideContexts } from "./outside-contexts.ts";

/** Longest timer there is. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const NOWHERE = -1;

/** Something to be done at a time; see `Deadlines.add`. */
export class Deadline {
  /** On the clock of `performance.now()`. */
  readonly atMs: number;
  readonly action: () => void;
  /** Where it is in the heap. */
  index: number = NOWHERE;

  constructor(atMs: number, action: () => void) {
    this.atMs = atMs;
    this.action = action;
  }
}

export class Deadlines {
  readonly #heap: Deadline[] = [];
  readonly #onDone: () => void;
  #timer: NodeJS.Timeout | undefined;
  #timerAtMs = Infinity;

  /** @param onDone called by the event loop's timer when it has done what was due */
  constructor(onDone: () => void) {
    this.#onDone = onDone;
  }

  get size(): number {
    return this.#heap.length;
  }

  /** Milliseconds until the next deadline: 0 when it is past, Infinity when there is none. */
  get remainingMs(): number {
    const next = this.#heap[0];
    return next === undefined ? Infinity : Math.max(0, next.atMs - performance.now());
  }

  /** Has `action` called in `delayMs` milliseconds, or at the first opportunity after. */
  add(delayMs: number, action: () => void): Deadline {
    const deadline = new Deadline(performance.now() + delayMs, action);
    this.#rise(deadline, this.#heap.length);
    this.#setTimer();
    return deadline;
  }

  /** Takes a deadline out; one that is past or was taken out before is not there any more. */
  remove(deadline: Deadline): void {
    const { index } = deadline;
    if (index === NOWHERE) return;
    deadline.index = NOWHERE;
    const last = this.#heap.pop() as Deadline;
    if (last !== deadline) {
      this.#sink(last, index);
      this.#rise(last, last.index);
    }
    if (this.#heap.length === 0) this.clear();
  }

  /** Does what is due. An action may add and remove deadlines. */
  doDue(): void {
    if (this.#heap.length === 0) return;
    const now = performance.now();
    for (let next = this.#heap[0]; next !== undefined && next.atMs <= now; next = this.#heap[0]) {
      this.remove(next);
      next.action();
    }
  }

  /** Takes all of them out. */
  clear(): void {
    for (const deadline of this.#heap) deadline.index = NOWHERE;
    this.#heap.length = 0;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#timerAtMs = Infinity;
  }

  /** Sets the timer for the next deadline. One that is too early does no harm: it is set again when it rings. */
  #setTimer(): void {
    const next = this.#heap[0];
    if (next === undefined || next.atMs >= this.#timerAtMs) return;
    clearTimeout(this.#timer);
    this.#timerAtMs = next.atMs;
    const remainingMs = Math.ceil(next.atMs - performance.now());
    const delayMs = Math.min(LONGEST_TIMER_MS, Math.max(1, remainingMs));
    this.#timer = outsideContexts(() => setTimeout(this.#ring, delayMs));
    this.#timer.unref();
  }

  readonly #ring = (): void => {
    this.#timer = undefined;
    this.#timerAtMs = Infinity;
    this.doDue();
    this.#setTimer();
    this.#onDone();
  };

  /** Puts a deadline at a place, or above it where it is earlier than those there. */
  #rise(deadline: Deadline, from: number): void {
    let index = from;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = this.#heap[parentIndex] as Deadline;
      if (parent.atMs <= deadline.atMs) break;
      this.#place(parent, index);
      index = parentIndex;
    }
    this.#place(deadline, index);
  }

  /** Puts a deadline at a place, or below it where it is later than those there. */
  #sink(deadline: Deadline, from: number): void {
    let index = from;
    for (;;) {
      const left = 2 * index + 1;
      if (left >= this.#heap.length) break;
      const isRightFirst =
        left + 1 < this.#heap.length &&
        (this.#heap[left + 1] as Deadline).atMs < (this.#heap[left] as Deadline).atMs;
      const childIndex = isRightFirst ? left + 1 : left;
      const child = this.#heap[childIndex] as Deadline;
      if (child.atMs >= deadline.atMs) break;
      this.#place(child, index);
      index = childIndex;
    }
    this.#place(deadline, index);
  }

  #place(deadline: Deadline, index: number): void {
    this.#heap[index] = deadline;
    deadline.index = index;
  }
}
