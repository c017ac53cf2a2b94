import { buryWorker, killWorker } from "../../../native-queue/index.ts";
import type { Burial } from "../../../native-queue/index.ts";
import type { SupervisorParts } from "./supervisor-parts.ts";
import type { WorkerRecord } from "./worker-record.ts";

/**
 * Cleans up after workers in the order that the queue prescribes: see `buryWorker` and `killWorker`. What becomes of a
 * worker's successor is the supervisor's matter.
 */
export class Burials {
  readonly #parts: SupervisorParts;

  constructor(parts: SupervisorParts) {
    this.#parts = parts;
  }

  /**
   * Cleans up after a worker that has ended; its tasks are free at once.
   *
   * @param exitCode null for a worker that could not be started
   */
  bury(record: WorkerRecord, exitCode: number | null): void {
    const { tasks, announcements } = this.#parts;
    if (record.channel.isRecycled) announcements.recycled(record);
    record.workerState = "ended";
    const burial = this.#burialOf(record, exitCode);
    tasks.freeAll(buryWorker(tasks.views, tasks.producer, record.channel.slot, burial));
    this.#leave(record);
  }

  /** Ends a worker that has a thread, and cleans up after it. Its tasks are free when its thread is gone. */
  kill(record: WorkerRecord): void {
    const { tasks } = this.#parts;
    record.heldTasks = killWorker(tasks.views, tasks.producer, record.channel.slot, {
      ...this.#burialOf(record, null),
      endThread: () => {
        record.workerState = "killed";
        record.channel.terminate();
      },
    });
    this.#leave(record);
  }

  #burialOf(record: WorkerRecord, exitCode: number | null): Burial {
    const { channels, collector } = this.#parts;
    const { channel } = record;
    return {
      readResults: () => void collector.readResults(channel),
      settle: (tasks) => {
        record.hasLostRequests = tasks.length > 0;
        for (const task of tasks) collector.settleLost(channel, task, exitCode);
      },
      live: () => channels.all.filter((other) => other !== channel).map(({ slot }) => slot),
    };
  }

  #leave(record: WorkerRecord): void {
    record.endStartLimit();
    record.noteLastPhase();
    record.channel.closePort();
    this.#parts.channels.remove(record.channel);
  }
}
