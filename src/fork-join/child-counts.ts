import { noteChildFigures } from "../../native-queue/index.ts";
import type { WorkerGate } from "../../native-queue/index.ts";

/** Counts the children of this thread, and tells the figures. */
export class ChildCounts {
  /** Children that this thread has begun since the figures were told, and those of them that have failed. */
  begun = 0;
  failed = 0;
  #taken = 0;
  /** Where the figures go; undefined in a thread without a pool. */
  gate: WorkerGate | undefined = undefined;

  /**
   * A range of another worker has ended: its items count as taken. The range itself counts as one that was taken, and that may have
   * failed, when its outcome is sent.
   *
   * @param begun how many of its items were begun here
   * @param hasFailed whether one of those has failed
   */
  noteRange(begun: number, hasFailed: boolean): void {
    this.begun -= begun;
    this.#taken += begun - 1;
    if (hasFailed) this.failed -= 1;
  }

  /** A child is lost with the worker that had taken it, and does not run again. */
  noteLost(): void {
    this.#taken += 1;
    this.failed += 1;
  }

  /** Tells the figures that have changed since the last time. */
  tell(): void {
    const { gate, begun, failed } = this;
    if (gate === undefined || (begun === 0 && this.#taken === 0)) return;
    noteChildFigures(gate.views, gate.worker, { inPlace: begun, taken: this.#taken, failed });
    this.begun = 0;
    this.failed = 0;
    this.#taken = 0;
  }
}
