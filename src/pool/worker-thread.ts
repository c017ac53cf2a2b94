/** `running` until dismissed, `dismissed` while it finishes the request it has, then `ended`. */
export type WorkerThreadState = "running" | "dismissed" | "ended";

/** What a handle asks of the crew that it belongs to. */
export interface WorkerThreadOwner {
  stateOf(worker: WorkerThread): WorkerThreadState;
  dismiss(worker: WorkerThread): void;
  join(worker: WorkerThread): void;
  kill(worker: WorkerThread): void;
}

/** The parent's handle on one worker of a pool. A pool makes these; see `ThreadPool.workers`. */
export class WorkerThread {
  /** Unique among the workers of a pool, in the order they were started, from 1. */
  readonly id: number;
  readonly #owner: WorkerThreadOwner;

  constructor(id: number, owner: WorkerThreadOwner) {
    this.id = id;
    this.#owner = owner;
  }

  get state(): WorkerThreadState {
    return this.#owner.stateOf(this);
  }

  /** Lets the worker end after the request it has. It moves to the pool's `dismissedWorkers`. */
  dismiss(): void {
    this.#owner.dismiss(this);
  }

  /**
   * Blocks until the worker has ended.
   *
   * @throws ThreadPoolError when it has not been dismissed: it would not end
   */
  join(): void {
    this.#owner.join(this);
  }

  /**
   * Ends the worker now, in whatever loop it is. The request it had fails with `WorkerDied`; a
   * successor takes its place unless it had been dismissed.
   */
  terminate(): void {
    this.#owner.kill(this);
  }
}
