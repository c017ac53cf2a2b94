import type { Latency } from "./request/latency.ts";
import type { PoolObserver } from "./request/observer.ts";
import type { RequestTable } from "./request/request-table.ts";
import type { RequestQueue } from "./queue/request-queue.ts";
import type { WorkerAnnouncements } from "./supervision/worker-announcements.ts";

/** The parts of a pool that tell an observer. */
export interface ObservedParts {
  readonly table: Pick<RequestTable, "observer">;
  readonly announcements: Pick<WorkerAnnouncements, "observer">;
  readonly latency: Pick<Latency, "isTimingAll">;
  readonly queue: Pick<RequestQueue, "timeWaiting">;
}

/**
 * The observers of a pool: traces and the like.
 *
 * While there is none, each put and each outcome looks at one field that is undefined, and nothing more is done. While there
 * is one, every request is timed in its worker. Requests that wait when the first observer comes are timed too; only of runs
 * that have begun the start is not known.
 */
export class Observation {
  readonly #parts: ObservedParts;
  /** Replaced, never changed: an observer may be added or removed while they are called. */
  #observers: readonly PoolObserver[] = [];

  constructor(parts: ObservedParts) {
    this.#parts = parts;
  }

  /** Adds an observer. Returns what removes it. */
  add(observer: PoolObserver): () => void {
    const isFirst = this.#observers.length === 0;
    this.#set([...this.#observers, observer]);
    if (isFirst) this.#parts.queue.timeWaiting();
    return () => this.#set(this.#observers.filter((other) => other !== observer));
  }

  #set(observers: readonly PoolObserver[]): void {
    this.#observers = observers;
    const { table, announcements, latency } = this.#parts;
    const [first, ...others] = observers;
    const observer = first === undefined || others.length === 0 ? first : new Several(observers);
    table.observer = observer;
    announcements.observer = observer;
    latency.isTimingAll = observer !== undefined;
  }
}

/** Several observers as one. */
class Several implements PoolObserver {
  readonly #observers: readonly PoolObserver[];

  constructor(observers: readonly PoolObserver[]) {
    this.#observers = observers;
  }

  put(...args: Parameters<PoolObserver["put"]>): void {
    for (const observer of this.#observers) observer.put(...args);
  }

  ran(...args: Parameters<PoolObserver["ran"]>): void {
    for (const observer of this.#observers) observer.ran(...args);
  }

  settled(...args: Parameters<PoolObserver["settled"]>): void {
    for (const observer of this.#observers) observer.settled(...args);
  }

  workerStarted(...args: Parameters<PoolObserver["workerStarted"]>): void {
    for (const observer of this.#observers) observer.workerStarted(...args);
  }

  workerReady(...args: Parameters<PoolObserver["workerReady"]>): void {
    for (const observer of this.#observers) observer.workerReady(...args);
  }

  workerEnded(...args: Parameters<PoolObserver["workerEnded"]>): void {
    for (const observer of this.#observers) observer.workerEnded(...args);
  }
}
