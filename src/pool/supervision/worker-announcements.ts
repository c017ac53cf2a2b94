import type { PoolEvents } from "../events.ts";
import type { PoolObserver } from "../request/observer.ts";
import type { DebugLog } from "../request/debug-log.ts";
import { describeThrown, performanceNow } from "../../runtime/index.ts";
import { deathOf } from "./worker-record.ts";
import type { WorkerRecord } from "./worker-record.ts";

/** Tells listeners of the pool's events, and the pool's observer, what becomes of workers. */
export class WorkerAnnouncements {
  /** Undefined while nothing observes the pool: see `Observation`. */
  observer: PoolObserver | undefined = undefined;
  readonly #events: PoolEvents;
  readonly #log: DebugLog | undefined;

  /** @param log undefined unless `RINGPOOL_DEBUG` is set */
  constructor(events: PoolEvents, log?: DebugLog) {
    this.#events = events;
    this.#log = log;
  }

  started({ channel, history }: WorkerRecord): void {
    this.observer?.workerStarted(channel.workerId);
    const { deaths, failedStarts } = history;
    const before = deaths === 0 ? "" : `: deaths before it=${deaths} failed starts=${failedStarts}`;
    this.#log?.say(`worker ${channel.workerId} starts${before}`);
  }

  ready({ channel, thread }: WorkerRecord): void {
    this.observer?.workerReady(channel.workerId);
    this.#log?.say(`worker ${channel.workerId} is ready${afterItsStart(channel)}`);
    this.#events.emit("workerStarted", thread);
  }

  dismissed({ thread }: WorkerRecord): void {
    this.#log?.say(`worker ${thread.id} is dismissed`);
    this.#events.emit("workerDismissed", thread);
  }

  /** A worker takes no more requests, because a run in it has not stopped that was asked to. */
  retired({ thread }: WorkerRecord): void {
    this.#log?.say(`worker ${thread.id} retires: a run in it does not stop`);
  }

  /** A worker has ended because it has reached `maxRequestsPerWorker` or `memoryLimitBytes`; `ended` follows. */
  recycled({ thread }: WorkerRecord): void {
    this.#log?.say(`worker ${thread.id} is recycled: it has reached a limit`);
  }

  /**
   * A worker has ended. Unless that was expected, it has died.
   *
   * @param exitCode null when the worker was terminated, or could not be started
   */
  ended(record: WorkerRecord, exitCode: number | null, wasExpected = false): void {
    this.observer?.workerEnded({ workerId: record.channel.workerId, exitCode, wasExpected });
    if (this.#log !== undefined) sayEnd(this.#log, record, exitCode, wasExpected);
    if (wasExpected || !this.#events.hasListeners("workerDied")) return;
    this.#events.emit("workerDied", record.thread, deathOf(record, exitCode));
  }
}

function sayEnd(
  log: DebugLog,
  record: WorkerRecord,
  exitCode: number | null,
  wasExpected: boolean,
): void {
  const { channel } = record;
  const after = `${afterItsStart(channel)}, requests=${channel.results}`;
  if (wasExpected) {
    log.say(`worker ${channel.workerId} has ended${after}`);
    return;
  }
  const { message, cause } = deathOf(record, exitCode);
  const why = cause === undefined ? "" : `: ${describeThrown(cause)}`;
  log.say(`worker ${channel.workerId} died${after}: ${message}${why}`);
}

function afterItsStart({ startedAt }: WorkerRecord["channel"]): string {
  return ` ${(performanceNow() - startedAt).toFixed(1)} ms after its start`;
}
