import { MAX_WORKERS, publishSlotsInUse, resetWorker } from "../../../native-queue/index.ts";
import type { QueueViews } from "../../../native-queue/index.ts";
import type { WorkerChannel } from "../queue/worker-channel.ts";
import type { WorkerRecord } from "./worker-record.ts";
import { RangeError } from "../../runtime/index.ts";

/** Which worker has which slot of the queue. A killed worker keeps its slot until its thread is gone. */
export class WorkerSlots {
  readonly #views: QueueViews;
  readonly #records: (WorkerRecord | undefined)[] = [];

  constructor(views: QueueViews) {
    this.#views = views;
  }

  /** Throws a RangeError when fewer than `count` slots are free. */
  checkRoom(count: number): void {
    const workers = this.#records.filter((record) => record !== undefined).length + count;
    if (workers <= MAX_WORKERS) return;
    throw new RangeError(
      `A pool has ${MAX_WORKERS} workers at most, including those whose threads have not ended yet: workers=${workers}`,
    );
  }

  get hasFree(): boolean {
    return this.#records.length < MAX_WORKERS || this.#records.includes(undefined);
  }

  /** The worker in a slot; undefined when the slot is free. */
  at(slot: number): WorkerRecord | undefined {
    return this.#records[slot];
  }

  /** The worker with an id; undefined when it has ended and its slot is free. */
  withId(workerId: number): WorkerRecord | undefined {
    return this.#records.find((record) => record?.channel.workerId === workerId);
  }

  /** The workers of some channels. */
  recordsOf(channels: readonly WorkerChannel[]): WorkerRecord[] {
    return channels.flatMap(({ slot }) => this.#records[slot] ?? []);
  }

  /** Makes a free slot ready for a new worker, and returns it. Name the worker with `set`. */
  take(): number {
    const free = this.#records.indexOf(undefined);
    const slot = free === -1 ? this.#records.length : free;
    resetWorker(this.#views, slot);
    publishSlotsInUse(this.#views, Math.max(this.#records.length, slot + 1));
    return slot;
  }

  set(slot: number, record: WorkerRecord): void {
    this.#records[slot] = record;
  }

  free(slot: number): void {
    this.#records[slot] = undefined;
  }
}
