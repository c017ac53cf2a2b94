import { asOutside, outsideContexts } from "./contexts.ts";
import type { Turns } from "./turns.ts";
import { clearTimeout, performanceNow, setTimeout } from "../../runtime/index.ts";

/** The longest delay of a timer, in milliseconds. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const NOWHERE = -1;

/** An action and its time; see `Deadlines.add`. */
export class Deadline {
  /** On the clock of `performance.now()`. */
  readonly atMs: number;
  readonly action: () => void;
  /** Its index in the heap, or `NOWHERE`. */
  index: number = NOWHERE;

  constructor(atMs: number, action: () => void) {
    this.atMs = atMs;
    this.action = action;
  }
}

/**
 * Actions that are due at a certain time: time limits, grace periods, checks of the workers.
 *
 * The event loop's timer runs what is due, and so does a parent that blocks: it waits no longer than
 * `remainingMs` and calls `runDue` afterwards. Neither keeps the process alive.
 *
 * The deadlines form a binary heap, earliest first. Each deadline knows its index, so that one that is not needed
 * any more is taken out at once: a million requests with a limit of a minute leave nothing behind.
 */
export class Deadlines {
  readonly #heap: Deadline[] = [];
  readonly #turns: Pick<Turns, "request">;
  #timer: NodeJS.Timeout | undefined;
  #timerAtMs = Infinity;

  /** @param turns asked for a turn after the timer has run what was due: an action may have settled a request */
  constructor(turns: Pick<Turns, "request">) {
    this.#turns = turns;
  }

  /** How many deadlines are set. */
  get size(): number {
    return this.#heap.length;
  }

  /** Milliseconds until the next deadline: 0 when it is past, Infinity when there is none. */
  get remainingMs(): number {
    const next = this.#heap[0];
    return next === undefined ? Infinity : Math.max(0, next.atMs - performanceNow());
  }

  /** Calls `action` in `delayMs` milliseconds, or at the first opportunity after that. */
  add(delayMs: number, action: () => void): Deadline {
    const deadline = new Deadline(performanceNow() + delayMs, action);
    this.#rise(deadline, this.#heap.length);
    this.#setTimer();
    return deadline;
  }

  /** Takes a deadline out. Does nothing when it has run or was taken out before. */
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

  /** Runs what is due. An action may add and remove deadlines. */
  runDue(): void {
    if (this.#heap.length === 0) return;
    const now = performanceNow();
    for (let next = this.#heap[0]; next !== undefined && next.atMs <= now; next = this.#heap[0]) {
      this.remove(next);
      next.action();
    }
  }

  /** Takes out all deadlines. */
  clear(): void {
    for (const deadline of this.#heap) deadline.index = NOWHERE;
    this.#heap.length = 0;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#timerAtMs = Infinity;
  }

  /** Sets the timer for the next deadline. A timer that fires too early does no harm: it is set again then. */
  #setTimer(): void {
    const next = this.#heap[0];
    if (next === undefined || next.atMs >= this.#timerAtMs) return;
    clearTimeout(this.#timer);
    this.#timerAtMs = next.atMs;
    const remainingMs = Math.ceil(next.atMs - performanceNow());
    const delayMs = Math.min(LONGEST_TIMER_MS, Math.max(1, remainingMs));
    this.#timer = outsideContexts(() => setTimeout(asOutside(this.#onTimer), delayMs));
    this.#timer.unref();
  }

  readonly #onTimer = (): void => {
    this.#timer = undefined;
    this.#timerAtMs = Infinity;
    this.runDue();
    this.#setTimer();
    this.#turns.request();
  };

  /** Puts a deadline at an index, or above it while it is earlier than its parent. */
  #rise(deadline: Deadline, from: number): void {
    let index = from;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = this.#heap[parentIndex] as Deadline;
      if (parent.atMs <= deadline.atMs) break;
      this.#set(parent, index);
      index = parentIndex;
    }
    this.#set(deadline, index);
  }

  /** Puts a deadline at an index, or below it while it is later than a child. */
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
      this.#set(child, index);
      index = childIndex;
    }
    this.#set(deadline, index);
  }

  #set(deadline: Deadline, index: number): void {
    this.#heap[index] = deadline;
    deadline.index = index;
  }
}
