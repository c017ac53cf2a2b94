import type { Deadline, Deadlines } from "../event-loop/deadlines.ts";
import type { Runs } from "../queue/task-table.ts";
import type { WorkerRecord } from "./worker-record.ts";
import { Map, performanceNow } from "../../runtime/index.ts";

/** Requests that wait for a shorter time are no reason for another worker: its start takes longer. */
const GROW_AFTER_MS = 5;
/** How often the workers are looked at during one `idleTimeoutMs`. */
const LOOKS = 4;

/** The workers as an autoscaler sees them. */
export interface ScaledWorkers {
  /** Those that are not dismissed, oldest first. */
  readonly running: readonly WorkerRecord[];
  /** Those of them that take requests. */
  readonly ready: readonly WorkerRecord[];
  /** Whether a slot is free for one more worker. */
  readonly mayStart: boolean;
  /** Starts one worker. Does not throw: a start that fails is tried again later. */
  grow(): void;
  /** Dismisses a worker that nobody will join. */
  dismissUnjoined(record: WorkerRecord): void;
}

/** The queue as an autoscaler sees it. */
export interface ScaledQueue {
  /** Requests put and not claimed. */
  readonly waiting: number;
}

/** The bounds of the number of workers. */
export interface ScalingBounds {
  readonly minWorkers: number;
  readonly maxWorkers: number;
  /** How long a worker beyond `minWorkers` may be idle, in milliseconds. */
  readonly idleTimeoutMs: number;
}

interface IdleSince {
  readonly requests: number;
  readonly sinceMs: number;
}

/**
 * Keeps the number of workers between two bounds: one more when a request has waited for some time and every worker is busy, one
 * less when one has been idle for long. A pool without workers starts one as soon as a request waits.
 */
export class Autoscaler {
  readonly #workers: ScaledWorkers;
  readonly #queue: ScaledQueue;
  readonly #runs: Pick<Runs, "busySlots">;
  readonly #deadlines: Pick<Deadlines, "add">;
  readonly #bounds: ScalingBounds;
  #growing: Deadline | undefined;
  #shrinking: Deadline | undefined;
  /** Requests put in the queue so far. */
  #put = 0;
  /** `#put` at the start of the present wait of `GROW_AFTER_MS`. */
  #putBefore = 0;
  /** Since when each idle worker has been idle. */
  #idleSince = new Map<WorkerRecord, IdleSince>();

  constructor(
    workers: ScaledWorkers,
    queue: ScaledQueue,
    runs: Pick<Runs, "busySlots">,
    deadlines: Pick<Deadlines, "add">,
    bounds: ScalingBounds,
  ) {
    this.#workers = workers;
    this.#queue = queue;
    this.#runs = runs;
    this.#deadlines = deadlines;
    this.#bounds = bounds;
  }

  /** Call it after a request was put. */
  notePut(): void {
    this.#put += 1;
    this.startFirst();
    this.#watchQueue();
  }

  /** Starts a worker when there is none and a request waits. Call it when workers may have ended. */
  startFirst(): void {
    const { running, mayStart } = this.#workers;
    if (running.length === 0 && mayStart && this.#queue.waiting > 0) this.#workers.grow();
  }

  /** Watches for idle workers while there are more than `minWorkers`. Call it when workers were started. */
  watchIdle(): void {
    const { minWorkers, idleTimeoutMs } = this.#bounds;
    if (this.#shrinking !== undefined || idleTimeoutMs === Infinity) return;
    if (this.#workers.running.length <= minWorkers) return;
    this.#shrinking = this.#deadlines.add(idleTimeoutMs / LOOKS, this.#shrink);
  }

  #watchQueue(): void {
    if (this.#growing !== undefined || !this.#mayGrow || this.#queue.waiting === 0) return;
    this.#putBefore = this.#put;
    this.#growing = this.#deadlines.add(GROW_AFTER_MS, this.#grow);
  }

  get #mayGrow(): boolean {
    return this.#workers.running.length < this.#bounds.maxWorkers;
  }

  readonly #grow = (): void => {
    this.#growing = undefined;
    const { running, ready, mayStart } = this.#workers;
    // Requests are claimed in the order of the puts, so this tells whether one still waits that waited when the wait began.
    const claimed = this.#put - this.#queue.waiting;
    // A worker that is being started will help too.
    const areAllReady = ready.length === running.length;
    if (claimed < this.#putBefore && this.#mayGrow && mayStart && areAllReady) {
      if (this.#idleOf(ready).length === 0) this.#workers.grow();
    }
    this.#watchQueue();
  };

  #idleOf(records: readonly WorkerRecord[]): WorkerRecord[] {
    const busy = this.#runs.busySlots();
    return records.filter(({ channel }) => !busy.has(channel.slot));
  }

  /** Dismisses as many workers as have been idle for too long: the newest of those that are idle now. */
  readonly #shrink = (): void => {
    this.#shrinking = undefined;
    const { minWorkers, idleTimeoutMs } = this.#bounds;
    const now = performanceNow();
    const idle = this.#idleOf(this.#workers.ready);
    const before = this.#idleSince;
    this.#idleSince = new Map();
    for (const record of idle) {
      const { results: requests } = record.channel;
      const known = before.get(record);
      const sinceMs = known?.requests === requests ? known.sinceMs : now;
      this.#idleSince.set(record, { requests, sinceMs });
    }
    const overdue = [...this.#idleSince.values()].filter(
      ({ sinceMs }) => now - sinceMs >= idleTimeoutMs,
    );
    const leaving = Math.min(overdue.length, this.#workers.running.length - minWorkers);
    // While a request waits, a worker that is about to claim it does not look busy yet.
    if (leaving > 0 && this.#queue.waiting === 0)
      for (const record of idle.slice(-leaving).reverse()) this.#workers.dismissUnjoined(record);
    this.watchIdle();
  };
}
