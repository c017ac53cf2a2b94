import type { WorkerThread } from "../worker-thread.ts";
import type { WorkerRecord } from "./worker-record.ts";

/**
 * The two lists of workers that users see. Each change makes a new array, so that a loop over the old one goes on.
 *
 * A worker that has died stays in `running` until its successor replaces it there.
 */
export class WorkerLists {
  /** Started and not dismissed, oldest first. */
  running: readonly WorkerRecord[] = [];
  /** Dismissed and not joined, in the order of the dismissals. */
  dismissed: readonly WorkerRecord[] = [];
  /** Successors that wait for a slot: every slot belongs to a killed worker whose thread is not gone yet. */
  owed = 0;

  add(record: WorkerRecord): void {
    this.running = [...this.running, record];
  }

  /** Puts a successor in the position of a worker. */
  replace(record: WorkerRecord, successor: WorkerRecord): void {
    this.running = this.running.map((other) => (other === record ? successor : other));
  }

  /** A worker has a successor as soon as a slot is free. */
  owe(record: WorkerRecord): void {
    this.removeRunning(record);
    this.owed += 1;
  }

  /** A slot is free. Returns false when no successor waits for one. */
  tryPayOwed(): boolean {
    if (this.owed === 0) return false;
    this.owed -= 1;
    return true;
  }

  /** Takes back successors that wait for a slot. @param count how many; all when there are fewer */
  takeBackOwed(count: number): void {
    this.owed = Math.max(0, this.owed - count);
  }

  removeRunning(record: WorkerRecord): void {
    this.running = this.running.filter((other) => other !== record);
  }

  addDismissed(record: WorkerRecord): void {
    this.dismissed = [...this.dismissed, record];
  }

  removeDismissed(records: readonly WorkerRecord[]): void {
    this.dismissed = this.dismissed.filter((record) => !records.includes(record));
  }

  /** Moves all running workers to the dismissed ones. */
  dismissAll(): void {
    this.dismissed = [...this.dismissed, ...this.running];
    this.running = [];
  }
}

/** The handles of workers, for users. */
export function threadsOf(records: readonly WorkerRecord[]): readonly WorkerThread[] {
  return Object.freeze(records.map(({ thread }) => thread));
}

/** The slots of workers that take requests, or will when they have started. One whose successor is planned has no slot. */
export function slotsOf(records: readonly WorkerRecord[]): number[] {
  const present = records.filter(({ workerState }) => workerState === "running");
  return present.map(({ channel }) => channel.slot);
}
