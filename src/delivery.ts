/**
 * Brings results to the event loop: the asynchronous half of what `poll` and `wait` do.
 *
 * ```
 * asleep ──a request is put──▶ armed ──a worker publishes, the epoch changes──▶ turn ──▶ armed or asleep
 * ```
 *
 * One turn reads what is published and delivers it, then gives the event loop back before the next, so that
 * timers and servers of the same process go on however many results there are.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { ARM_FOR_RESULTS, awaitWorkersAsync } from "../native-queue/index.ts";
import type { QueueViews } from "../native-queue/index.ts";
import type { Crew } from "./crew.ts";
import { NoWorkersAvailable } from "./errors.ts";
import type { PutSites } from "./put-site.ts";
import type { RequestTable } from "./request-table.ts";

/** Results delivered before other work of the event loop gets its turn. */
const MAX_PER_TURN = 1024;
/** Longest timer there is. */
const KEEP_ALIVE_MS = 2 ** 31 - 1;

export interface DeliveryOptions {
  readonly views: QueueViews;
  readonly table: RequestTable;
  readonly crew: Crew;
  readonly sites: PutSites;
  /** Does the event loop deliver, or only `poll` and `wait`? */
  readonly isAuto: boolean;
  /** May results be read before somebody collects them? */
  readonly readsAhead: boolean;
}

/**
 * Runs a function outside every AsyncLocalStorage context: a turn that somebody's put has set off
 * delivers the results of others too, and their callbacks must not see his context.
 */
const outsideContexts = AsyncLocalStorage.snapshot();

interface Waiter {
  readonly isDone: () => boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class Delivery {
  readonly #options: DeliveryOptions;
  /** Keeps the process alive while requests are pending: workers are unref'd, and a waitAsync holds nothing. */
  readonly #keepAlive: NodeJS.Timeout;
  #isKeepingAlive = false;
  #isClosing = false;
  /** A promise of the epoch's change is out; there is never more than one. */
  #isWaiting = false;
  /** An immediate is out, because something can be delivered without waiting. */
  #isTurnDue = false;
  #waiters: Waiter[] = [];

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#keepAlive = setInterval(() => {}, KEEP_ALIVE_MS);
    this.#keepAlive.unref();
  }

  /** Sees to it that the event loop comes to what is pending. Call it after anything that may have changed that. */
  expect(): void {
    const { table, views, crew } = this.#options;
    this.#keepProcessAlive(table.size > 0 || this.#waiters.length > 0);
    if (this.#isClosing && !this.#isKeepingAlive) clearInterval(this.#keepAlive);
    if (!this.#isKeepingAlive || this.#isTurnDue) return;
    if (this.#delivers && (table.hasArrived || this.#hasReadyWaiter())) {
      this.#scheduleTurn();
      return;
    }
    if (this.#isWaiting || !(this.#delivers || this.#options.readsAhead)) return;
    const changed = awaitWorkersAsync(views, ARM_FOR_RESULTS, crew.hasNews);
    if (changed === undefined) {
      this.#scheduleTurn();
      return;
    }
    outsideContexts(() => void this.#turnAfter(changed));
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

  async #turnAfter(changed: Promise<unknown>): Promise<void> {
    this.#isWaiting = true;
    await changed;
    this.#isWaiting = false;
    this.#turn();
  }

  #scheduleTurn(): void {
    this.#isTurnDue = true;
    outsideContexts(() =>
      setImmediate(() => {
        this.#isTurnDue = false;
        this.#turn();
      }),
    );
  }

  #turn(): void {
    const { table, crew, sites } = this.#options;
    crew.collect();
    sites.endBurst();
    if (this.#delivers) {
      for (let left = MAX_PER_TURN; left > 0 && table.hasArrived; left--) {
        try {
          table.settleNext();
        } catch (error) {
          // Nobody's call can throw it: an uncaught exception, with the stack that it has.
          reportError(error);
        }
      }
    }
    this.#releaseWaiters();
    this.expect();
  }

  #hasReadyWaiter(): boolean {
    return (
      this.#waiters.some((waiter) => waiter.isDone()) ||
      (this.#waiters.length > 0 && !this.#options.crew.canDeliver)
    );
  }

  #releaseWaiters(): void {
    const { table, crew } = this.#options;
    const waiting = this.#waiters;
    if (waiting.length === 0) return;
    this.#waiters = waiting.filter((waiter) => !waiter.isDone());
    for (const waiter of waiting) if (!this.#waiters.includes(waiter)) waiter.resolve();
    if (crew.canDeliver || table.hasArrived) return;
    const stranded = this.#waiters;
    this.#waiters = [];
    for (const waiter of stranded) waiter.reject(noWorkersLeft(table.size));
  }

  #keepProcessAlive(isWanted: boolean): void {
    if (isWanted === this.#isKeepingAlive) return;
    this.#isKeepingAlive = isWanted;
    if (isWanted) this.#keepAlive.ref();
    else this.#keepAlive.unref();
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
