/**
 * How the parent waits for results. Which way is cheapest depends on who needs the cores:
 *
 * - a core is free: spin, for about as long as it pays;
 * - the workers need every core, and many results are to come: nap. A spinning parent would take a
 *   core from them, and one that asks to be woken would make them pay for a wake-up every few results.
 *   A nap has a timer of its own, so no wake-up is missed; network drivers wait like this under load;
 * - otherwise: ask to be woken, and sleep.
 */
import { availableParallelism } from "node:os";
import {
  ARM_FOR_CLAIMS,
  ARM_FOR_RESULTS,
  awaitWorkers,
  awaitWorkersAsync,
  nap,
  spinUntil,
} from "../../../native-queue/index.ts";
import type { QueueViews } from "../../../native-queue/index.ts";
import type { WorkerSupervisor } from "../supervision/worker-supervisor.ts";
import type { Deadlines } from "../event-loop/deadlines.ts";
import type { Exchange } from "../queue/request-queue.ts";
import { SpinBudget } from "../../runtime/spin-budget.ts";
import type { RequestTable } from "../request/request-table.ts";

const LONGEST_SPIN_US = 100;
/** The event loop has other things to do. */
const LONGEST_SPIN_IN_EVENT_LOOP_US = 50;
/** Short, so that workers do not run dry while requests wait in the backlog. */
const NAP_MS = 0.1;
/** The shortest timer there is. */
const NAP_IN_EVENT_LOOP_MS = 1;
/** A nap pays when so many results come in it, and what is to come lasts for so many naps. */
const LEAST_RESULTS_PER_NAP = 2;
const LEAST_NAPS = 4;
const NOT_LOOKED = -1;
const CORES = availableParallelism();

/** What a news waiter needs from its pool. */
export interface ResultWaiterOptions {
  readonly exchange: Exchange;
  readonly table: RequestTable;
  readonly supervisor: WorkerSupervisor;
  readonly deadlines: Deadlines;
  readonly queue: Fillable;
}

interface Fillable {
  /** Was it full, and has nobody been told yet that it has room again? */
  readonly isFull: boolean;
  hasRoom(): boolean;
}

export class ResultWaiter {
  readonly #exchange: Exchange;
  readonly #views: QueueViews;
  readonly #table: RequestTable;
  readonly #supervisor: WorkerSupervisor;
  readonly #deadlines: Deadlines;
  readonly #queue: Fillable;
  readonly #budget = new SpinBudget(LONGEST_SPIN_US, CORES);
  readonly #eventLoopBudget = new SpinBudget(LONGEST_SPIN_IN_EVENT_LOOP_US, CORES);
  readonly #pace = new Pace();
  readonly #eventLoopPace = new Pace();

  constructor({ exchange, table, supervisor, deadlines, queue }: ResultWaiterOptions) {
    this.#exchange = exchange;
    this.#views = exchange.views;
    this.#table = table;
    this.#supervisor = supervisor;
    this.#deadlines = deadlines;
    this.#queue = queue;
  }

  /** Blocks until a certain request may have its result, or something is due. */
  blockForOne(): void {
    const { hasUnread } = this.#supervisor;
    if (hasUnread()) return;
    if (this.willTakeTime) {
      this.#block(0);
      return;
    }
    const hasSlept = this.#block(this.#budget.us);
    if (hasSlept) this.#budget.failed();
    else this.#budget.sufficed();
  }

  #block(spinUs: number): boolean {
    const { remainingMs } = this.#deadlines;
    return awaitWorkers(
      this.#views,
      ARM_FOR_RESULTS,
      this.#supervisor.hasUnread,
      spinUs,
      remainingMs,
    );
  }

  /** A wait for many results begins. */
  beginMany(): void {
    this.#pace.forget();
  }

  /** Blocks until some of many results may have come, or something is due; `beginMany` first. */
  blockForMany(): void {
    const { hasUnread } = this.#supervisor;
    if (hasUnread()) return;
    if (this.hasFreeCore) {
      this.blockForOne();
      return;
    }
    const msPerResult = this.#pace.msPerResult(this.#table.delivered);
    if (msPerResult * this.#table.size <= NAP_MS) this.blockForOne();
    else if (this.#paysToNap(msPerResult, NAP_MS)) nap(this.#views, hasUnread, NAP_MS);
    else this.#block(0);
  }

  /** How long the event loop should wait before it looks again, in milliseconds; 0 when it should not. */
  get napInEventLoopMs(): number {
    if (this.hasFreeCore) return 0;
    const msPerResult = this.#eventLoopPace.msPerResult(this.#table.delivered);
    return this.#paysToNap(msPerResult, NAP_IN_EVENT_LOOP_MS) ? NAP_IN_EVENT_LOOP_MS : 0;
  }

  #paysToNap(msPerResult: number, napMs: number): boolean {
    return (
      msPerResult * LEAST_RESULTS_PER_NAP <= napMs &&
      msPerResult * this.#table.size >= napMs * LEAST_NAPS
    );
  }

  /** Is the worker that will bring news only just waking up? */
  get willTakeTime(): boolean {
    return this.#exchange.isWorkerWaking;
  }

  /** Will the workers leave a core to a parent that spins? */
  get hasFreeCore(): boolean {
    return Math.min(this.#table.size, this.#supervisor.workers.length) < CORES;
  }

  /**
   * Waits for results without the event loop for some microseconds, where that pays.
   *
   * @returns whether there may be news
   */
  spinInEventLoop(): boolean {
    const { hasUnread } = this.#supervisor;
    if (hasUnread()) return true;
    if (!this.hasFreeCore || this.willTakeTime) return false;
    const hasCome = spinUntil(hasUnread, this.#eventLoopBudget.us);
    if (hasCome) this.#eventLoopBudget.sufficed();
    else this.#eventLoopBudget.failed();
    return hasCome;
  }

  /** Asks to be woken. Returns undefined when there is news already, or a promise of it; keep one at a time. */
  askToBeWoken(): Promise<unknown> | undefined {
    const { hasUnread } = this.#supervisor;
    const queue = this.#queue;
    if (!queue.isFull) return awaitWorkersAsync(this.#views, ARM_FOR_RESULTS, hasUnread);
    const isDone = (): boolean => hasUnread() || queue.hasRoom();
    return awaitWorkersAsync(this.#views, ARM_FOR_CLAIMS, isDone);
  }
}

/** How fast results came in between the last two looks. */
class Pace {
  #lookedAt = 0;
  #settledBefore = NOT_LOOKED;

  forget(): void {
    this.#settledBefore = NOT_LOOKED;
  }

  /** Milliseconds a result: 0 at the first look, Infinity when none has come since the last. */
  msPerResult(settled: number): number {
    const now = performance.now();
    const isFirst = this.#settledBefore === NOT_LOOKED;
    const results = settled - this.#settledBefore;
    const elapsedMs = now - this.#lookedAt;
    this.#lookedAt = now;
    this.#settledBefore = settled;
    return isFirst ? 0 : elapsedMs / results;
  }
}
