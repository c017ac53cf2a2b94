/**
 * Brings results to the event loop: the asynchronous half of what `poll` and `wait` do.
 *
 * ```
 * asleep ──a request is put──▶ turn ──results come──▶ turn, at once or after a nap
 *    ▲─────nothing is pending────┘ └──none has come──▶ armed ──a worker publishes, the epoch changes──▶ turn
 * ```
 *
 * One turn reads what is published and delivers it, then gives the event loop back before the next, so that
 * timers and servers of the same process go on however many results there are.
 */
import type { WorkerSupervisor } from "../supervision/worker-supervisor.ts";
import { NoWorkersAvailable } from "../../errors.ts";
import type { Exchange } from "../queue/request-queue.ts";
import type { ResultWaiter } from "./result-waiter.ts";
import { outsideContexts } from "../event-loop/outside-contexts.ts";
import type { CallSites } from "../request/call-site.ts";
import type { RequestTable } from "../request/request-table.ts";

/** Results delivered before other work of the event loop gets its turn. */
const MAX_PER_TURN = 1024;
/** Longest timer there is. */
const KEEP_ALIVE_MS = 2 ** 31 - 1;

export interface EventLoopDeliveryOptions {
  readonly news: ResultWaiter;
  readonly table: RequestTable;
  readonly supervisor: WorkerSupervisor;
  readonly sites: CallSites;
  readonly exchange: Exchange;
  /** Does the event loop deliver, or only `poll` and `wait`? */
  readonly isAuto: boolean;
  /** May results be read before somebody collects them? */
  readonly readsAhead: boolean;
}

interface Waiter {
  readonly isDone: () => boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class EventLoopDelivery {
  readonly #options: EventLoopDeliveryOptions;
  /** Keeps the process alive while requests are pending: workers are unref'd, and a waitAsync holds nothing. */
  readonly #keepAlive: NodeJS.Timeout;
  #isKeepingAlive = false;
  #isClosing = false;
  /** A promise of the epoch's change is out; there is never more than one. */
  #isWaiting = false;
  /** An immediate or a timer is out. */
  #isTurnDue = false;
  #waiters: Waiter[] = [];

  constructor(options: EventLoopDeliveryOptions) {
    this.#options = options;
    this.#keepAlive = setInterval(() => {}, KEEP_ALIVE_MS);
    this.#keepAlive.unref();
  }

  /** Sees to it that the event loop comes to what is pending. Call it after anything that may have changed that. */
  expect(): void {
    this.#keepProcessAlive();
    if (!this.#isExpecting || this.#isTurnDue) return;
    if (this.#canDeliver) this.#scheduleTurn();
    else if (!this.#isWaiting && this.#reads) {
      if (this.#options.news.willTakeTime) this.#askToBeWoken();
      else this.#scheduleTurn();
    }
  }

  /**
   * Delivers, in manual mode too, until `isDone()`.
   *
   * @returns a promise that rejects with `NoWorkersAvailable` when no worker is left that could bring that about
   */
  until(isDone: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ isDone, resolve, reject });
      this.expect();
    });
  }

  /** Nothing is put any more: lets go of the event loop once everything is delivered. */
  close(): void {
    this.#isClosing = true;
    this.expect();
  }

  get #delivers(): boolean {
    return this.#options.isAuto || this.#waiters.length > 0;
  }

  /**
   * Will anything come? The result of a run that was stopped, too, although nobody waits for it, and the process may
   * end without it: until it is read, its worker counts as busy.
   */
  get #isExpecting(): boolean {
    return this.#isKeepingAlive || this.#options.exchange.runs.inUse > 0;
  }

  /** Is anything to be read before somebody asks for it? With nothing pending there are no results to hold back. */
  get #reads(): boolean {
    const { readsAhead, table } = this.#options;
    return this.#delivers || readsAhead || table.size === 0;
  }

  get #canDeliver(): boolean {
    return this.#delivers && (this.#options.table.hasArrived || this.#hasReadyWaiter());
  }

  #turn(): void {
    const { table, supervisor, sites, news, exchange } = this.#options;
    const framesBefore = exchange.framesRead;
    if (this.#delivers && !table.hasArrived) news.spinInEventLoop();
    supervisor.collect();
    sites.endBurst();
    if (this.#delivers) this.#deliver();
    this.#releaseWaiters();
    this.#keepProcessAlive();
    if (!this.#isExpecting || this.#isTurnDue) return;
    if (this.#canDeliver) this.#scheduleTurn();
    else if (!this.#isWaiting && this.#reads) this.#awaitNews(exchange.framesRead !== framesBefore);
  }

  #deliver(): void {
    const { table } = this.#options;
    for (let left = MAX_PER_TURN; left > 0 && table.hasArrived; left--) {
      try {
        table.deliverNext();
      } catch (error) {
        // Nobody's call can throw it: an uncaught exception, with the stack that it has.
        reportError(error);
      }
    }
  }

  /** While frames keep coming it is cheaper to come back for them than to be woken. */
  #awaitNews(areComing: boolean): void {
    const { news } = this.#options;
    const napMs = areComing ? news.napInEventLoopMs : 0;
    if (napMs > 0) this.#scheduleTurn(napMs);
    else if (areComing && news.hasFreeCore) this.#scheduleTurn();
    else this.#askToBeWoken();
  }

  #scheduleTurn(napMs: number = 0): void {
    this.#isTurnDue = true;
    const turn = (): void => {
      this.#isTurnDue = false;
      this.#turn();
    };
    outsideContexts(() => (napMs === 0 ? setImmediate(turn) : setTimeout(turn, napMs)));
  }

  #askToBeWoken(): void {
    const changed = this.#options.news.askToBeWoken();
    if (changed === undefined) this.#scheduleTurn();
    else outsideContexts(() => void this.#turnAfter(changed));
  }

  async #turnAfter(changed: Promise<unknown>): Promise<void> {
    this.#isWaiting = true;
    await changed;
    this.#isWaiting = false;
    this.#turn();
  }

  #hasReadyWaiter(): boolean {
    return (
      this.#waiters.some((waiter) => waiter.isDone()) ||
      (this.#waiters.length > 0 && !this.#options.supervisor.canDeliver)
    );
  }

  #releaseWaiters(): void {
    const { table, supervisor } = this.#options;
    const waiting = this.#waiters;
    if (waiting.length === 0) return;
    this.#waiters = waiting.filter((waiter) => !waiter.isDone());
    for (const waiter of waiting) if (!this.#waiters.includes(waiter)) waiter.resolve();
    if (supervisor.canDeliver || table.hasArrived) return;
    const stranded = this.#waiters;
    this.#waiters = [];
    for (const waiter of stranded) waiter.reject(noWorkersLeft(table.size));
  }

  #keepProcessAlive(): void {
    const isWanted = this.#options.table.size > 0 || this.#waiters.length > 0;
    if (isWanted !== this.#isKeepingAlive) {
      this.#isKeepingAlive = isWanted;
      if (isWanted) this.#keepAlive.ref();
      else this.#keepAlive.unref();
    }
    if (this.#isClosing && !isWanted) clearInterval(this.#keepAlive);
  }
}

/** What to throw when requests are pending and nobody is left to run them. */
export function noWorkersLeft(pending: number): NoWorkersAvailable {
  return new NoWorkersAvailable(
    `No worker is left that could deliver a result; add some with createWorkers: pending=${pending}`,
  );
}

/** Delivers, goes on after what callbacks throw until nothing is left that can be delivered, and returns it all. */
export function errorsOf(deliver: () => void): unknown[] {
  const errors: unknown[] = [];
  for (;;) {
    try {
      deliver();
      return errors;
    } catch (error) {
      errors.push(error);
      if (error instanceof NoWorkersAvailable) return errors;
    }
  }
}
