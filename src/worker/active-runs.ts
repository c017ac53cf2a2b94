/**
 * Which requests a worker has claimed and not completed: one, or several that wait for something in its event loop.
 *
 * And whose code is it that runs? What a callable left behind runs between the steps of others, under task numbers
 * that are used again. So each run has an object of its own in an AsyncLocalStorage, which its timers, promises and
 * callbacks carry along. That costs more than a short callable does: it is done only from `markRuns` on.
 */
import type { AsyncLocalStorage } from "node:async_hooks";
import { asyncHooks } from "../runtime/lazy-builtins.ts";
import { NO_TASK } from "../protocol/index.ts";

interface Run {
  /** `NO_TASK` when the run is over. */
  task: number;
}

export class ActiveRuns {
  readonly #concurrency: number;
  #storage: AsyncLocalStorage<Run> | undefined;
  /** By task: the runs that are marked. */
  readonly #runs = new Map<number, Run>();
  /** The request that was at hand when marking began: its code has nothing in the storage. */
  #unmarked = NO_TASK;
  /** The request that was claimed last, unless it is done or among the waiting. */
  #held = NO_TASK;
  readonly #waiting = new Set<number>();
  #onEnd: (() => void) | undefined;

  /** @param concurrency how many there may be at a time */
  constructor(concurrency: number) {
    this.#concurrency = concurrency;
    // Who asks for the first time, in the middle of a run, could not be told apart from others that wait.
    if (concurrency > 1) this.markRuns();
  }

  /** Somebody may ask for `current` from now on. */
  markRuns(): void {
    if (this.#storage !== undefined) return;
    this.#storage = new (asyncHooks().AsyncLocalStorage)<Run>();
    this.#unmarked = this.#held;
  }

  get isMarking(): boolean {
    return this.#storage !== undefined;
  }

  /** The task to whose run the calling code belongs; `NO_TASK` when that is over, or there is none. */
  get current(): number {
    return this.#storage?.getStore()?.task ?? this.#unmarked;
  }

  get tasks(): readonly number[] {
    return this.#held === NO_TASK ? [...this.#waiting] : [this.#held, ...this.#waiting];
  }

  /** How many wait in the event loop while others may be claimed. */
  get count(): number {
    return this.#waiting.size;
  }

  begin(task: number): void {
    this.#held = task;
  }

  /** Runs a task: what `run` calls and leaves behind belongs to it. */
  mark<R>(task: number, run: () => R): R {
    this.#unmarked = NO_TASK;
    this.#runs.set(task, { task });
    return this.within(task, run);
  }

  /** Calls what belongs to a task that is under way. */
  within<R>(task: number, call: () => R): R {
    const run = this.#runs.get(task);
    return run === undefined || this.#storage === undefined ? call() : this.#storage.run(run, call);
  }

  /**
   * A request goes on in the event loop.
   *
   * @param running resolves when it is done
   * @returns what to await before another one is claimed; undefined when that may be at once
   */
  goOn(task: number, running: Promise<void>): Promise<void> | undefined {
    if (this.#concurrency === 1) return running;
    if (this.#held !== task) return undefined; // done meanwhile
    this.#held = NO_TASK;
    this.#waiting.add(task);
    return this.#waiting.size < this.#concurrency ? undefined : this.#nextEnd();
  }

  end(task: number): void {
    if (this.#storage !== undefined) this.#unmark(task);
    if (this.#held === task) this.#held = NO_TASK;
    else this.#waiting.delete(task);
    this.#onEnd?.();
  }

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
