/**
 * Keeps the number of workers between two bounds: one more when requests wait and every worker is busy, one less when
 * one has had nothing to do for long. A pool that has none left starts one as soon as a request waits.
 */
import type { WorkerSupervisor } from "./worker-supervisor.ts";
import type { WorkerRecord } from "./worker-record.ts";
import type { Deadline, Deadlines } from "../event-loop/deadlines.ts";
import type { Exchange } from "../queue/request-queue.ts";
import type { WorkerThread } from "../worker-thread.ts";

/** Requests that wait for less are no reason for another worker: its start takes longer. */
const GROW_AFTER_MS = 5;
/** How often in an `idleTimeoutMs` the workers are looked at. */
const LOOKS = 4;

/** What scaling needs from its pool. */
export interface AutoscalerOptions {
  readonly supervisor: WorkerSupervisor;
  readonly exchange: Exchange;
  readonly deadlines: Deadlines;
  readonly minWorkers: number;
  readonly maxWorkers: number;
  /** How long a worker may have nothing to do, in milliseconds. */
  readonly idleTimeoutMs: number;
}

interface Seen {
  readonly requests: number;
  readonly sinceMs: number;
}

export class Autoscaler {
  readonly #options: AutoscalerOptions;
  #growing: Deadline | undefined;
  #shrinking: Deadline | undefined;
  #put = 0;
  /** What `#put` was when the present wait of `GROW_AFTER_MS` began. */
  #putThen = 0;
  /** When each worker was last seen at work. */
  #seen = new Map<WorkerThread, Seen>();

  constructor(options: AutoscalerOptions) {
    this.#options = options;
  }

  /** Call it after a put. */
  requestPut(): void {
    this.#put += 1;
    this.startFirst();
    this.#watchQueue();
  }

  /** Call it when workers may have ended, before somebody asks whether any are left. */
  startFirst(): void {
    const { supervisor, exchange } = this.#options;
    if (supervisor.workers.length === 0 && supervisor.mayStart && exchange.waiting > 0)
      supervisor.create(1);
  }

  #watchQueue(): void {
    const { deadlines, exchange } = this.#options;
    if (this.#growing !== undefined || !this.#mayGrow || exchange.waiting === 0) return;
    this.#putThen = this.#put;
    this.#growing = deadlines.add(GROW_AFTER_MS, this.#grow);
  }

  get #mayGrow(): boolean {
    return this.#options.supervisor.workers.length < this.#options.maxWorkers;
  }

  readonly #grow = (): void => {
    this.#growing = undefined;
    const { supervisor, exchange } = this.#options;
    // Those that were put first are claimed first: does one still wait that waited when this wait began?
    const claimed = this.#put - exchange.waiting;
    if (claimed < this.#putThen && this.#mayGrow && supervisor.mayStart) {
      const { ready } = supervisor;
      // One that is just being started will help, too.
      const areAllThere = ready.length === supervisor.workers.length;
      if (areAllThere && this.#idle(ready).length === 0) supervisor.create(1);
    }
    this.#watchQueue();
  };

  #idle(members: readonly WorkerRecord[]): WorkerRecord[] {
    const busy = this.#options.exchange.runs.busySlots();
    return members.filter(({ channel }) => !busy.has(channel.slot));
  }

  /** Call it when there may be more workers than before. */
  watchIdle(): void {
    const { supervisor, deadlines, minWorkers, idleTimeoutMs } = this.#options;
    if (this.#shrinking !== undefined || idleTimeoutMs === Infinity) return;
    if (supervisor.workers.length <= minWorkers) return;
    this.#shrinking = deadlines.add(idleTimeoutMs / LOOKS, this.#shrink);
  }

  /** As many go as have been idle for too long; the newest of the idle ones, whichever these are. */
  readonly #shrink = (): void => {
    this.#shrinking = undefined;
    const { supervisor, exchange, minWorkers, idleTimeoutMs } = this.#options;
    const now = performance.now();
    const idle = this.#idle(supervisor.ready);
    const before = this.#seen;
    this.#seen = new Map();
    for (const { thread, channel } of idle) {
      const seen = before.get(thread);
      const isIdleStill = seen?.requests === channel.results;
      const sinceMs = isIdleStill ? seen.sinceMs : now;
      this.#seen.set(thread, { requests: channel.results, sinceMs });
    }
    const overdue = [...this.#seen.values()].filter(
      ({ sinceMs }) => now - sinceMs >= idleTimeoutMs,
    );
    const going = Math.min(overdue.length, supervisor.workers.length - minWorkers);
    // While a request waits, one that is about to claim it does not look busy yet.
    if (going > 0 && exchange.waiting === 0)
      for (const { thread } of idle.slice(-going).reverse()) supervisor.release(thread);
    this.watchIdle();
  };
}
