import type { TakenChild, WorkerGate } from "../../native-queue/index.ts";
import { forkJoin, onForkJoin } from "../fork-join/index.ts";
import type { ForkJoin } from "../fork-join/index.ts";
import type { WorkerInit } from "../protocol/index.ts";

/** What a worker has to do with children: those of its own runs, and those that it takes of other workers. */
export class Children {
  readonly #gate: WorkerGate;
  #forkJoin: ForkJoin | undefined;
  /** Whether this worker has found a child before, and looks for more before each claim. */
  areExpected = false;

  constructor(gate: WorkerGate, { workerId, cores, channelName, sharedThread }: WorkerInit) {
    this.#gate = gate;
    // A worker without a thread of its own has no core that another one could use.
    if (sharedThread !== undefined) return;
    onForkJoin((made) => {
      this.#forkJoin = made;
      made.share({ gate, workerId, cores, channelName });
    });
  }

  /** Whether the calling code belongs to a child that goes on. */
  get isInChild(): boolean {
    return this.#forkJoin?.isInChild === true;
  }

  /**
   * Takes a child of another worker, and stays at the queue. The first call loads what runs children.
   *
   * @param waiting how many runs wait in the worker's event loop: with them, it takes none
   */
  take(waiting: number): TakenChild | undefined {
    if (waiting > 0) {
      this.#gate.passChildren();
      return undefined;
    }
    if (this.#forkJoin === undefined) {
      // Away from the queue, because to load modules takes long.
      this.#gate.leave();
      forkJoin();
    }
    const taken = this.#forkJoin?.sharing?.taker.take();
    this.areExpected = taken !== undefined;
    return taken;
  }

  /** A worker that has passed by children may take them when none of its runs waits any more. */
  noteWaiting(waiting: number): void {
    if (waiting === 0) this.#gate.lookForChildren();
  }

  /** Runs a child that was taken. Resolves when its outcome is sent; undefined when that is so at once. */
  run(taken: TakenChild): Promise<void> | undefined {
    return this.#forkJoin?.sharing?.taker.run(taken);
  }

  /**
   * Fails the children of others that run here, because an uncaught error ends the worker. Call it where the error is handled: the
   * calling code tells whose error it is.
   *
   * @returns whether there were any
   */
  failAll(error: unknown): boolean {
    return this.#forkJoin?.sharing?.taker.failAll(error) === true;
  }

  /** Fails the children of others that run here, because the worker ends. */
  endAll(exitCode: number, reason: unknown): void {
    this.#forkJoin?.sharing?.taker.endAll(exitCode, reason);
  }
}
