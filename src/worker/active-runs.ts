import type { AsyncLocalStorage } from "node:async_hooks";
import { NO_TASK } from "../protocol/index.ts";
import { asyncHooks, Error, Map, Promise, Set } from "../runtime/index.ts";
import type { Answer } from "../runtime/index.ts";

interface Run {
  /** `NO_TASK` when the run is over. */
  task: number;
}

/**
 * The requests that a worker has claimed and not completed: one, or several that wait for something in its event loop.
 *
 * ```
 * at hand ──its callable goes on in the event loop, and others may be claimed──▶ waiting
 *    └───────────────────end────────────────▶ over ◀──────────────end───────────────┘
 * ```
 *
 * At most one run is at hand: the one that was claimed last.
 *
 * The class also tells which run the calling code belongs to. What a callable leaves behind runs between the steps of
 * others, under task numbers that are used again. So each run has an object of its own in an AsyncLocalStorage, which
 * its timers, promises and callbacks carry along. That costs more than a short callable does, so runs are marked in
 * this way only from `markRuns` on.
 */
export class ActiveRuns {
  readonly #concurrency: number;
  #storage: AsyncLocalStorage<Run> | undefined;
  /** The runs that are marked, by task. */
  readonly #runs = new Map<number, Run>();
  /** The run that was at hand when marking began. Its code has nothing in the storage. `NO_TASK` once it is over. */
  #unmarked = NO_TASK;
  /** The run at hand, or `NO_TASK`. */
  #atHand = NO_TASK;
  readonly #waiting = new Set<number>();
  #isInitializing = false;
  /** The mark of the initializer's code, if runs were marked when it began. It is the mark of no task. */
  #initializing: Run | undefined;
  #onEnd: (() => void) | undefined;
  /** Whether a callable or the initializer has been called without a mark, and has not returned. */
  isCalling = false;
  /** The task whose callable or arguments are being fetched, or `NO_TASK`: no code of its run runs yet. */
  preparing: number = NO_TASK;

  /** @param concurrency how many runs there may be at a time */
  constructor(concurrency: number) {
    this.#concurrency = concurrency;
    // Were marking to begin in the middle of a run, its code could not be told from that of others that wait.
    if (concurrency > 1) this.markRuns();
  }

  /** Marks runs from now on, because code may ask for `current`. */
  markRuns(): void {
    if (this.#storage !== undefined) return;
    this.#storage = new (asyncHooks().AsyncLocalStorage)<Run>();
    this.#unmarked = this.#atHand;
  }

  /** Whether runs are marked: start them with `mark` then. */
  get isMarking(): boolean {
    return this.#storage !== undefined;
  }

  /** The task whose run the calling code belongs to. `NO_TASK` when that run is over, or when there is none. */
  get current(): number {
    return this.#storage?.getStore()?.task ?? this.#unmarked;
  }

  /** Whether the calling code was started by no run that is marked. */
  get isOutside(): boolean {
    const run = this.#storage?.getStore();
    return run === undefined || run === this.#initializing;
  }

  /**
   * Whether the calling code belongs to a run or to the initializer. Code without a mark does not, except that of a run
   * that had begun before marking did: it is certain only while the callable has not returned.
   */
  isInRun(): Answer {
    const run = this.#storage?.getStore();
    if (run !== undefined) {
      const isGoingOn = run === this.#initializing ? this.#isInitializing : run.task !== NO_TASK;
      return isGoingOn ? "yes" : "no";
    }
    this.markRuns();
    const isUnmarkedInitializer = this.#isInitializing && this.#initializing === undefined;
    const isUnmarkedRun = this.#unmarked !== NO_TASK && this.#unmarked !== this.preparing;
    if (!isUnmarkedInitializer && !isUnmarkedRun) return "no";
    return this.isCalling ? "yes" : "perhaps";
  }

  /** The callable and the arguments of a task are there: its code may run. */
  prepared(task: number): void {
    if (this.preparing === task) this.preparing = NO_TASK;
  }

  /** The task of the run that was claimed last and does not wait; `NO_TASK` when there is none. */
  get atHand(): number {
    return this.#atHand;
  }

  /** The tasks of all runs, the one at hand first. */
  get tasks(): readonly number[] {
    return this.#atHand === NO_TASK ? [...this.#waiting] : [this.#atHand, ...this.#waiting];
  }

  /** How many runs wait in the event loop while others may be claimed. */
  get waitingCount(): number {
    return this.#waiting.size;
  }

  /** Runs the initializer. */
  async initialize(
    initializer: (...args: unknown[]) => unknown,
    args: readonly unknown[],
  ): Promise<void> {
    this.#isInitializing = true;
    try {
      if (this.#storage === undefined) await this.#callUnmarked(initializer, args);
      else {
        this.#initializing = { task: NO_TASK };
        await this.#storage.run(this.#initializing, () => initializer(...args));
      }
    } finally {
      this.#isInitializing = false;
    }
  }

  #callUnmarked(initializer: (...args: unknown[]) => unknown, args: readonly unknown[]): unknown {
    this.isCalling = true;
    try {
      return initializer(...args);
    } finally {
      this.isCalling = false;
    }
  }

  /** A task has been claimed: its run is at hand. */
  begin(task: number): void {
    this.#atHand = task;
  }

  /** Calls `run` as the code of a task. What `run` calls and leaves behind belongs to that task. */
  mark<R>(task: number, run: () => R): R {
    this.#unmarked = NO_TASK;
    this.#runs.set(task, { task });
    return this.within(task, run);
  }

  /** Calls a function as code of a run that has begun, if that run is marked. */
  within<R>(task: number, call: () => R): R {
    const run = this.#runs.get(task);
    return run === undefined || this.#storage === undefined ? call() : this.#storage.run(run, call);
  }

  /**
   * The run at hand goes on in the event loop.
   *
   * @param running resolves when the run is over
   * @returns what to await before the next request is claimed; undefined when it may be claimed at once
   */
  goOn(task: number, running: Promise<void>): Promise<void> | undefined {
    if (this.#concurrency === 1) return running;
    if (this.#atHand !== task) return undefined; // it is over already
    this.#atHand = NO_TASK;
    this.#waiting.add(task);
    return this.#waiting.size < this.#concurrency ? undefined : this.#nextEnd();
  }

  /** A run is over: its outcome is published. */
  end(task: number): void {
    if (this.#storage !== undefined) this.#unmark(task);
    if (this.#atHand === task) this.#atHand = NO_TASK;
    else this.#waiting.delete(task);
    this.#onEnd?.();
  }

  /** Resolves when no run waits any more. */
  async allDone(): Promise<void> {
    while (this.#waiting.size > 0) await this.#nextEnd();
  }

  #unmark(task: number): void {
    this.#unmarked = NO_TASK;
    const run = this.#runs.get(task);
    if (run === undefined) return;
    run.task = NO_TASK;
    this.#runs.delete(task);
  }

  #nextEnd(): Promise<void> {
    return new Promise((resolve) => {
      this.#onEnd = resolve;
    });
  }
}

/** It settles nothing: the parent settled the request when it asked the run to stop. */
export class StoppedBeforeItRan extends Error {}
