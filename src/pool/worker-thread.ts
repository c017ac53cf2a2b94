/** `running` until it is dismissed, `dismissed` while it completes the request it has, then `ended`. */
export type WorkerThreadState = "running" | "dismissed" | "ended";

/** What stands behind a handle: the record of the worker. */
export interface WorkerThreadControl {
  readonly state: WorkerThreadState;
  dismiss(): void;
  join(): void;
  terminate(): void;
}

/** The parent's handle on one worker of a pool. A pool makes these; see `ThreadPool.workers`. */
export class WorkerThread {
  /** Unique among the workers of a pool, in the order they were started, from 1. */
  readonly id: number;
  readonly #control: WorkerThreadControl;

  /** Called by a pool alone. */
  constructor(id: number, control: WorkerThreadControl) {
    this.id = id;
    this.#control = control;
  }

  /** Where the worker stands in its life; see `WorkerThreadState`. */
  get state(): WorkerThreadState {
    return this.#control.state;
  }

  /** Lets the worker end after the request it has. It moves to the pool's `dismissedWorkers`. */
  dismiss(): void {
    this.#control.dismiss();
  }

  /**
   * Blocks until the worker has ended.
   *
   * @throws ThreadPoolError when the worker was not dismissed, because it would not end
   */
  join(): void {
    this.#control.join();
  }

  /**
   * Ends the worker now, whatever it does. The request that it runs fails with `WorkerDied`. A successor
   * replaces the worker unless it was dismissed before.
   */
  terminate(): void {
    this.#control.terminate();
  }
}
