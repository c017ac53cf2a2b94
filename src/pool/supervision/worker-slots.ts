import { MAX_WORKERS, publishSlotsInUse, resetWorker } from "../../../native-queue/index.ts";
import type { QueueViews } from "../../../native-queue/index.ts";
import type { WorkerRecord } from "./worker-record.ts";

/** Who has which place in the queue. A killed worker keeps its own until its thread is gone. */
export class WorkerSlots {
  readonly #views: QueueViews;
  readonly #members: (WorkerRecord | undefined)[] = [];

  constructor(views: QueueViews) {
    this.#views = views;
  }

  /** Throws a RangeError when there are not so many free slots. */
  checkRoom(count: number): void {
    const workers = this.#members.filter((member) => member !== undefined).length + count;
    if (workers <= MAX_WORKERS) return;
    throw new RangeError(
      `A pool has ${MAX_WORKERS} workers at most, those that have not quite ended included: workers=${workers}`,
    );
  }

  get hasFree(): boolean {
    return this.#members.length < MAX_WORKERS || this.#members.includes(undefined);
  }

  /** The worker in a slot, if there is one. */
  at(slot: number): WorkerRecord | undefined {
    return this.#members[slot];
  }

  /** Makes a free slot ready for a new worker, which `set` is to name, and returns it. */
  take(): number {
    const free = this.#members.indexOf(undefined);
    const slot = free === -1 ? this.#members.length : free;
    resetWorker(this.#views, slot);
    publishSlotsInUse(this.#views, Math.max(this.#members.length, slot + 1));
    return slot;
  }

  set(slot: number, member: WorkerRecord): void {
    this.#members[slot] = member;
  }

  free(slot: number): void {
    this.#members[slot] = undefined;
  }
}
