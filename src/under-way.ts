/** Which requests a worker has claimed and not completed: one, or several that wait for something in its event loop. */
import type { AsyncLocalStorage } from "node:async_hooks";
import { asyncHooks } from "./builtins.ts";
import { NO_TASK } from "./worker-protocol.ts";

type LoadedCallable = (...args: unknown[]) => unknown;

export class UnderWay {
  readonly #concurrency: number;
  /** Whose code is running? Needed only where several requests take turns. */
  readonly #tasks: AsyncLocalStorage<number> | undefined;
  /** The request that was claimed last, unless it is done or among the waiting. */
  #held = NO_TASK;
  readonly #waiting = new Set<number>();
  #onEnd: (() => void) | undefined;

  /** @param concurrency how many there may be at a time */
  constructor(concurrency: number) {
    this.#concurrency = concurrency;
    if (concurrency > 1) this.#tasks = new (asyncHooks().AsyncLocalStorage)<number>();
  }

  /** The task whose callable is running or awaited; `NO_TASK` when there is none. */
  get current(): number {
    const task = this.#tasks?.getStore();
    return task !== undefined && this.#waiting.has(task) ? task : this.#held;
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

  call(task: number, callable: LoadedCallable, args: unknown[]): unknown {
    if (this.#tasks === undefined) return callable(...args);
    return this.#tasks.run(task, () => callable(...args));
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
    if (this.#held === task) this.#held = NO_TASK;
    else this.#waiting.delete(task);
    this.#onEnd?.();
  }

  async allDone(): Promise<void> {
    while (this.#waiting.size > 0) await this.#nextEnd();
  }

  #nextEnd(): Promise<void> {
    return new Promise((resolve) => {
      this.#onEnd = resolve;
    });
  }
}
