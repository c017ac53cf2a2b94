import { awaitWorkersAsync, nap, spinUntil } from "../../../native-queue/index.ts";
import type { QueueViews } from "../../../native-queue/index.ts";
import { SpinBudget, performanceNow, CORES } from "../../runtime/index.ts";
import type { Deadlines } from "../event-loop/deadlines.ts";
import type { ChannelSet } from "../queue/channel-set.ts";
import type { RequestQueue } from "../queue/request-queue.ts";
import type { StreamHolds } from "../queue/stream-holds.ts";
import type { RequestTable } from "../request/request-table.ts";
import type { WorkerSupervisor } from "../supervision/worker-supervisor.ts";

const LONGEST_SPIN_US = 100;
/** Shorter, because the event loop has other work. */
const LONGEST_SPIN_IN_EVENT_LOOP_US = 50;
/**
 * A worker that sleeps takes some 80 us to begin. A parent that sleeps meanwhile takes as long again, after the result has
 * come, and the worker pays for its wake-up.
 */
const LONGEST_SPIN_FOR_WAKING_US = 100;
/** A shorter spin than this is not worth it. */
const NO_SPIN_US = 20;
/** Short, so that workers do not run dry while requests wait in the backlog. */
const NAP_MS = 0.1;
/** The shortest delay of a timer. */
const NAP_IN_EVENT_LOOP_MS = 1;
/** A nap pays when so many results come during it, and the pending results last for so many naps. */
const LEAST_RESULTS_PER_NAP = 2;
const LEAST_NAPS = 4;
const NOT_LOOKED = -1;

/** The parts that a result waiter is built from. */
export interface WaiterParts {
  readonly channels: ChannelSet;
  readonly queue: RequestQueue;
  readonly table: RequestTable;
  readonly supervisor: WorkerSupervisor;
  readonly deadlines: Deadlines;
  readonly holds: StreamHolds;
}

/**
 * How the parent waits for results. The cheapest way depends on the cores that the workers need:
 *
 * - a core is free: spin, for about as long as it pays;
 * - the workers need every core, and many results are to come: nap. A parent that spins would take a core from them, and
 *   one that asks to be woken would make them pay for a wake-up every few results. A nap has a timer of its own, so no
 *   wake-up is missed; network drivers wait like this under load;
 * - otherwise: ask to be woken, and sleep.
 */
export class ResultWaiter {
  readonly #views: QueueViews;
  readonly #channels: ChannelSet;
  readonly #queue: RequestQueue;
  readonly #table: RequestTable;
  readonly #supervisor: WorkerSupervisor;
  readonly #deadlines: Deadlines;
  readonly #holds: StreamHolds;
  readonly #hasUnread: () => boolean;
  readonly #budget = new SpinBudget(LONGEST_SPIN_US, CORES);
  readonly #eventLoopBudget = new SpinBudget(LONGEST_SPIN_IN_EVENT_LOOP_US, CORES);
  /** For the first result of a worker that had to be woken. */
  readonly #wakingBudget = new SpinBudget(LONGEST_SPIN_FOR_WAKING_US, CORES);
  readonly #pace = new Pace();
  readonly #eventLoopPace = new Pace();

  constructor({ channels, queue, table, supervisor, deadlines, holds }: WaiterParts) {
    this.#views = channels.views;
    this.#channels = channels;
    this.#queue = queue;
    this.#table = table;
    this.#supervisor = supervisor;
    this.#deadlines = deadlines;
    this.#holds = holds;
    this.#hasUnread = supervisor.reactor.hasUnread;
  }

  /** Blocks until one request may have its result, or a deadline is due. */
  blockForOne(): void {
    this.#queue.publishHeldBack();
    if (this.#hasUnread()) return;
    if (this.#channels.inline !== undefined) {
      this.#block(0);
      return;
    }
    if (!this.#channels.keepsSearch && this.isWorkerWaking && this.sleepsWhileWaking()) {
      this.#block(0);
      return;
    }
    const budget = this.isWorkerWaking ? this.#wakingBudget : this.#budget;
    const hasSlept = this.#block(budget.us);
    if (hasSlept) budget.failed();
    else budget.sufficed();
  }

  #block(spinUs: number): boolean {
    if (this.#channels.keepsSearch) {
      if (spinUntil(this.#isDone, spinUs)) return false;
      this.#queue.handSearchOn();
      return this.#block(0);
    }
    const { remainingMs } = this.#deadlines;
    return this.#channels.block(this.#queue.wish, this.#isDone, spinUs, remainingMs);
  }

  /** What ends a wait: see `RequestQueue.wish`. */
  get #isDone(): () => boolean {
    return this.#queue.isFull ? this.#hasUnreadOrRoom : this.#hasUnread;
  }

  readonly #hasUnreadOrRoom = (): boolean => this.#hasUnread() || this.#queue.isDrainDue();

  /** Begins a wait for many results. */
  beginMany(): void {
    this.#pace.forget();
  }

  /**
   * Blocks until some of many results may have come, or a deadline is due. Call `beginMany` before the first time.
   *
   * @throws ThreadPoolError when nothing can come, because streams hold the workers; see `StreamHolds.checkWait`
   */
  blockForMany(): void {
    this.#queue.publishHeldBack();
    if (this.#hasUnread()) return;
    this.#holds.checkWait(this.#supervisor.running);
    if (this.hasFreeCore || this.#channels.inline !== undefined) {
      this.blockForOne();
      return;
    }
    const msPerResult = this.#pace.msPerResult(this.#table.delivered);
    if (msPerResult * this.#table.size <= NAP_MS) this.blockForOne();
    else {
      this.#queue.handSearchOn();
      if (this.#paysToNap(msPerResult, NAP_MS)) nap(this.#views, this.#hasUnread, NAP_MS);
      else this.#block(0);
    }
  }

  /** How long the event loop should nap before it looks again, in milliseconds; 0 when a nap does not pay. */
  get napInEventLoopMs(): number {
    if (this.hasFreeCore || this.#channels.inline !== undefined) return 0;
    const msPerResult = this.#eventLoopPace.msPerResult(this.#table.delivered);
    return this.#paysToNap(msPerResult, NAP_IN_EVENT_LOOP_MS) ? NAP_IN_EVENT_LOOP_MS : 0;
  }

  #paysToNap(msPerResult: number, napMs: number): boolean {
    return (
      msPerResult * LEAST_RESULTS_PER_NAP <= napMs &&
      msPerResult * this.#table.size >= napMs * LEAST_NAPS
    );
  }

  /** Whether a worker was woken and has published nothing since, so that spinning does not pay. */
  get isWorkerWaking(): boolean {
    return this.#channels.isWorkerWaking;
  }

  /**
   * Whether to sleep at once while a worker is waking. Spinning has not paid the last times: where other programs use the
   * cores, the worker gets one only when the parent sleeps. Ask once a wait, because it counts towards the next trial.
   */
  sleepsWhileWaking(): boolean {
    if (this.#wakingBudget.us > NO_SPIN_US) return false;
    this.#wakingBudget.failed();
    return true;
  }

  /** Whether the workers leave a core to a parent that spins. */
  get hasFreeCore(): boolean {
    if (this.#channels.inline !== undefined) return false;
    if (this.#channels.keepsSearch) return CORES > 1;
    return Math.min(this.#table.size, this.#supervisor.running.length) < CORES;
  }

  /**
   * Waits for results for some microseconds, while the event loop stands still, where that pays.
   *
   * @returns whether there is something to read
   */
  spinInEventLoop(): boolean {
    if (this.#hasUnread()) return true;
    if (!this.hasFreeCore) return false;
    const budget = this.isWorkerWaking ? this.#wakingBudget : this.#eventLoopBudget;
    const hasCome = spinUntil(this.#hasUnread, budget.us);
    if (hasCome) budget.sufficed();
    else budget.failed();
    return hasCome;
  }

  /** Asks to be woken. Returns undefined when there is something to read already, or a promise of it. Keep one promise at a time. */
  askToBeWoken(): Promise<unknown> | undefined {
    return awaitWorkersAsync(this.#views, this.#queue.wish, this.#isDone);
  }
}

/** How fast results came between the last two looks. */
class Pace {
  #lookedAt = 0;
  #settledBefore = NOT_LOOKED;

  forget(): void {
    this.#settledBefore = NOT_LOOKED;
  }

  /** Milliseconds a result: 0 at the first look, Infinity when none has come since the last. */
  msPerResult(settled: number): number {
    const now = performanceNow();
    const isFirst = this.#settledBefore === NOT_LOOKED;
    const results = settled - this.#settledBefore;
    const elapsedMs = now - this.#lookedAt;
    this.#lookedAt = now;
    this.#settledBefore = settled;
    return isFirst ? 0 : elapsedMs / results;
  }
}
