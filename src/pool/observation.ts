import { setTracing } from "../../native-queue/index.ts";
import type { QueueViews } from "../../native-queue/index.ts";
import type { ToldChildren } from "../protocol/index.ts";
import type { Latency } from "./request/latency.ts";
import type { PoolObserver } from "./request/observer.ts";
import type { PendingRequest } from "./request/pending-request.ts";
import { TimingBudget } from "./request/timing-budget.ts";
import type { RequestTable } from "./request/request-table.ts";
import type { RequestQueue } from "./queue/request-queue.ts";
import type { WorkerAnnouncements } from "./supervision/worker-announcements.ts";

/** The parts of a pool that tell an observer. */
export interface ObservedParts {
  readonly table: Pick<RequestTable, "observer">;
  readonly announcements: Pick<WorkerAnnouncements, "observer">;
  readonly latency: Pick<Latency, "isTimingAll" | "budget">;
  readonly queue: Pick<RequestQueue, "timeWaiting">;
  readonly tasks: { readonly views: QueueViews };
}

/**
 * The observers of a pool: traces and the like.
 *
 * While there is none, each put and each outcome looks at one field that is undefined, and nothing more is done. While there
 * is one, requests are timed in their workers: all of them, unless every observer does without some when there are very many.
 * Requests that wait when an observer comes are timed too; only of runs that have begun the start is not known.
 */
export class Observation {
  readonly #parts: ObservedParts;
  /** Replaced, never changed: an observer may be added or removed while they are called. */
  #observers: readonly Observer[] = [];
  readonly #budget = new TimingBudget();

  constructor(parts: ObservedParts) {
    this.#parts = parts;
  }

  /**
   * Adds an observer.
   *
   * @param perSecond how many requests a second it wants to hear of at least, when there are more; see `TimingBudget`
   * @returns what removes it
   */
  add(observer: PoolObserver, perSecond: number = Infinity): () => void {
    if (this.#parts.latency.budget === undefined) this.#budget.begin();
    const added = { observer, perSecond };
    this.#set([...this.#observers, added]);
    this.#parts.queue.timeWaiting();
    return () => this.#set(this.#observers.filter((other) => other !== added));
  }

  /** How many requests were put, and not timed, while the pool was observed. */
  get skipped(): number {
    return this.#budget.skipped;
  }

  #set(observers: readonly Observer[]): void {
    this.#observers = observers;
    const { table, announcements, latency, tasks } = this.#parts;
    const all = observers.map(({ observer }) => observer);
    setTracing(
      tasks.views,
      all.some(({ childrenRan }) => childrenRan !== undefined),
    );
    const [first, ...others] = all;
    const observer = first === undefined || others.length === 0 ? first : new Several(all);
    const perSecond = Math.max(0, ...observers.map((each) => each.perSecond));
    this.#budget.perSecond = perSecond;
    table.observer = observer;
    announcements.observer = observer;
    latency.isTimingAll = perSecond === Infinity;
    latency.budget = observers.length > 0 && perSecond < Infinity ? this.#budget : undefined;
  }
}

interface Observer {
  readonly observer: PoolObserver;
  readonly perSecond: number;
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

  childrenRan(pending: PendingRequest, told: ToldChildren): void {
    for (const observer of this.#observers) observer.childrenRan?.(pending, told);
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
