/**
 * Keeps the number of workers between two bounds: one more when requests wait and every worker is busy, one less when
 * one has had nothing to do for long. A pool that has none left starts one as soon as a request waits.
 */
import type { Crew } from "./crew.ts";
import type { Member } from "./crew-member.ts";
import type { Deadline, Deadlines } from "./deadlines.ts";
import type { Exchange } from "./exchange.ts";
import type { WorkerThread } from "./worker-thread.ts";

/** Requests that wait for less are no reason for another worker: its start takes longer. */
const GROW_AFTER_MS = 5;
/** How often in an `idleTimeoutMs` the workers are looked at. */
const LOOKS = 4;

/** What scaling needs from its pool. */
export interface ScalingOptions {
  readonly crew: Crew;
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

export class Scaling {
  readonly #options: ScalingOptions;
  #growing: Deadline | undefined;
  #shrinking: Deadline | undefined;
  #put = 0;
  /** What `#put` was when the present wait of `GROW_AFTER_MS` began. */
  #putThen = 0;
  /** When each worker was last seen at work. */
  #seen = new Map<WorkerThread, Seen>();

  constructor(options: ScalingOptions) {
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
    const { crew, exchange } = this.#options;
    if (crew.workers.length === 0 && crew.mayStart && exchange.waiting > 0) crew.create(1);
  }

  #watchQueue(): void {
    const { deadlines, exchange } = this.#options;
    if (this.#growing !== undefined || !this.#mayGrow || exchange.waiting === 0) return;
    this.#putThen = this.#put;
    this.#growing = deadlines.add(GROW_AFTER_MS, this.#grow);
  }

  get #mayGrow(): boolean {
    return this.#options.crew.workers.length < this.#options.maxWorkers;
  }

  readonly #grow = (): void => {
    this.#growing = undefined;
    const { crew, exchange } = this.#options;
    // Those that were put first are claimed first: does one still wait that waited when this wait began?
    const claimed = this.#put - exchange.waiting;
    if (claimed < this.#putThen && this.#mayGrow && crew.mayStart) {
      const { ready } = crew;
      // One that is just being started will help, too.
      const areAllThere = ready.length === crew.workers.length;
      if (areAllThere && this.#idle(ready).length === 0) crew.create(1);
    }
    this.#watchQueue();
  };

  #idle(members: readonly Member[]): Member[] {
    const busy = this.#options.exchange.runs.busySlots();
    return members.filter(({ channel }) => !busy.has(channel.slot));
  }

  /** Call it when there may be more workers than before. */
  watchIdle(): void {
    const { crew, deadlines, minWorkers, idleTimeoutMs } = this.#options;
    if (this.#shrinking !== undefined || idleTimeoutMs === Infinity) return;
    if (crew.workers.length <= minWorkers) return;
    this.#shrinking = deadlines.add(idleTimeoutMs / LOOKS, this.#shrink);
  }

  /** As many go as have been idle for too long; the newest of the idle ones, whichever these are. */
  readonly #shrink = (): void => {
    this.#shrinking = undefined;
    const { crew, exchange, minWorkers, idleTimeoutMs } = this.#options;
    const now = performance.now();
    const idle = this.#idle(crew.ready);
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
    const going = Math.min(overdue.length, crew.workers.length - minWorkers);
    // While a request waits, one that is about to claim it does not look busy yet.
    if (going > 0 && exchange.waiting === 0)
      for (const { thread } of idle.slice(-going).reverse()) crew.release(thread);
    this.watchIdle();
  };
}
