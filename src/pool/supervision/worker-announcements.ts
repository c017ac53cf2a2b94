import type { PoolEvents } from "../events.ts";
import type { PoolObserver } from "../request/observer.ts";
import { deathOf } from "./worker-record.ts";
import type { WorkerRecord } from "./worker-record.ts";

/** Tells listeners of the pool's events, and the pool's observer, what becomes of workers. */
export class WorkerAnnouncements {
  /** Undefined while nothing observes the pool: see `Observation`. */
  observer: PoolObserver | undefined = undefined;
  readonly #events: PoolEvents;

  constructor(events: PoolEvents) {
    this.#events = events;
  }

  started({ channel }: WorkerRecord): void {
    this.observer?.workerStarted(channel.workerId);
  }

  ready({ channel, thread }: WorkerRecord): void {
    this.observer?.workerReady(channel.workerId);
    this.#events.emit("workerStarted", thread);
  }

  dismissed({ thread }: WorkerRecord): void {
    this.#events.emit("workerDismissed", thread);
  }

  /**
   * A worker has ended. Unless that was expected, it has died.
   *
   * @param exitCode null when the worker was terminated, or could not be started
   */
  ended(record: WorkerRecord, exitCode: number | null, wasExpected = false): void {
    this.observer?.workerEnded({ workerId: record.channel.workerId, exitCode, wasExpected });
    if (wasExpected || !this.#events.hasListeners("workerDied")) return;
    this.#events.emit("workerDied", record.thread, deathOf(record, exitCode));
  }
}
