import type { TurnTaker, Turns } from "../event-loop/turns.ts";
import type { RequestQueue } from "../queue/request-queue.ts";
import type { ResultCollector } from "../queue/result-collector.ts";
import type { Runs } from "../queue/task-table.ts";
import type { CallSites } from "../request/call-site.ts";
import type { RequestTable } from "../request/request-table.ts";
import type { WorkerSupervisor } from "../supervision/worker-supervisor.ts";
import type { ResultWaiter } from "./result-waiter.ts";
import type { DeliveryState, StallWatch } from "./stall-watch.ts";
import { noWorkersLeft } from "./stranded-requests.ts";
import type { StrandedRequests } from "./stranded-requests.ts";
import { Promise, reportError } from "../../runtime/index.ts";

/** Outcomes delivered in one turn, before other work of the event loop has its turn. */
const MAX_PER_TURN = 1024;

/** The parts that a delivery is built from. */
export interface DeliveryParts {
  readonly turns: Turns;
  readonly table: RequestTable;
  readonly tasks: Runs;
  readonly queue: Pick<
    RequestQueue,
    "publishHeldBack" | "watchSearch" | "handSearchOn" | "areLeftToOne"
  >;
  readonly collector: ResultCollector;
  readonly supervisor: WorkerSupervisor;
  readonly waiter: ResultWaiter;
  readonly callSites: CallSites;
  readonly stranded: StrandedRequests;
  readonly stalls: StallWatch;
}

/** What a delivery needs of the pool's options. */
export interface DeliveryRules {
  /** Whether the event loop delivers; otherwise only `poll`, `wait` and `until` do. */
  readonly isAuto: boolean;
  /** Whether results may be read before they are delivered. */
  readonly readsAhead: boolean;
}

interface Waiter {
  /** Whether the wait delivers in manual mode too. */
  readonly delivers: boolean;
  readonly isDone: () => boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Brings results to the event loop: the asynchronous half of what `poll` and `wait` do.
 *
 * One turn reads what is published and delivers it, then gives the event loop back, so that timers and servers
 * of the same process go on however many results there are. The next turn comes at once or after a nap while results
 * keep coming, and when a worker wakes the parent otherwise. `Turns` holds the state.
 */
export class EventLoopDelivery implements TurnTaker {
  readonly #parts: DeliveryParts;
  readonly #rules: DeliveryRules;
  #isClosing = false;
  #waiters: Waiter[] = [];
  /** Whether the last turn has read a frame. */
  #hasReadFrames = false;

  constructor(parts: DeliveryParts, rules: DeliveryRules) {
    this.#parts = parts;
    this.#rules = rules;
    parts.turns.takeWith(this);
  }

  /**
   * Delivers, in manual mode too, until `isDone()`.
   *
   * @param delivers false to leave the delivery in manual mode to others
   * @returns a promise that rejects with `NoWorkersAvailable` when no worker is left that could bring that about
   */
  until(isDone: () => boolean, delivers: boolean = true): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ isDone, delivers, resolve, reject });
      this.#parts.turns.request();
    });
  }

  /** Whether a promise of `until` is pending. */
  get isAwaited(): boolean {
    return this.#waiters.length > 0;
  }

  /** Frees the event loop when everything is delivered: no request is put any more. */
  close(): void {
    this.#isClosing = true;
    this.#parts.turns.request();
  }

  plan(): void {
    const { turns, waiter } = this.#parts;
    if (turns.isScheduled) return;
    this.#keepProcessAlive();
    if (!this.#isExpecting) return;
    if (!this.#rules.isAuto) this.#lookForStalls();
    if (this.#isTurnDue) turns.schedule();
    else if (!turns.isAwaiting && this.#mayRead) {
      const isRising = waiter.isWorkerWaking && !this.#parts.queue.areLeftToOne;
      if (isRising && waiter.sleepsWhileWaking()) this.#awaitUnread();
      else turns.schedule();
    }
  }

  takeTurn(): void {
    this.#parts.queue.publishHeldBack();
    if (!this.#isExpecting) return;
    if (this.#mayRead) this.#read();
    if (this.#delivers) this.#deliver();
    this.#releaseWaiters();
    this.#parts.stranded.reject();
  }

  #read(): void {
    const { table, collector, supervisor, callSites, waiter } = this.#parts;
    if (this.#delivers && !table.hasArrived) waiter.spinInEventLoop();
    const framesBefore = collector.framesRead;
    supervisor.reactor.react();
    this.#hasReadFrames = collector.framesRead !== framesBefore;
    callSites.endBurst();
  }

  planNext(): void {
    const { turns, queue } = this.#parts;
    queue.publishHeldBack();
    this.#scheduleNext();
    // No turn may come for long now.
    if (!turns.isScheduled) queue.handSearchOn();
  }

  #scheduleNext(): void {
    const { turns } = this.#parts;
    this.#keepProcessAlive();
    if (!this.#isExpecting || turns.isScheduled) return;
    if (this.#isTurnDue) turns.schedule();
    else {
      if (!turns.isAwaiting && this.#mayRead) this.#scheduleReading();
      this.#lookForStalls();
    }
  }

  /** Results that nothing delivers, and streams that nothing reads, are all that can make a program wait for itself here. */
  #lookForStalls(): void {
    const { stalls, table } = this.#parts;
    if (!this.#rules.isAuto || table.streams.size > 0) stalls.look(this.#state);
  }

  readonly #state = (): DeliveryState => ({ delivers: this.#delivers, isAwaited: this.isAwaited });

  get #delivers(): boolean {
    return this.#rules.isAuto || this.#waiters.some(({ delivers }) => delivers);
  }

  get #isPending(): boolean {
    return this.#parts.table.size > 0 || this.#waiters.length > 0;
  }

  /**
   * Whether anything will come. The result of a run that was stopped counts, although it is not delivered and the process
   * may end without it: until it is read, its worker counts as busy.
   */
  get #isExpecting(): boolean {
    return this.#isPending || this.#parts.tasks.inUse > 0;
  }

  /** Whether results may be read now. With nothing pending there is no result that must wait. */
  get #mayRead(): boolean {
    return this.#delivers || this.#rules.readsAhead || this.#parts.table.size === 0;
  }

  get #canDeliver(): boolean {
    return this.#hasReadyWaiter() || (this.#delivers && this.#parts.table.hasArrived);
  }

  /** Whether the next turn has something to do that is known now. */
  get #isTurnDue(): boolean {
    return this.#canDeliver || this.#parts.stranded.mayBeThere;
  }

  #deliver(): void {
    const { table } = this.#parts;
    const until = table.handedOut + MAX_PER_TURN;
    while (table.handedOut < until && table.hasArrived) {
      try {
        table.deliver(until);
      } catch (error) {
        // No call of the user's can throw it, so it is an uncaught exception with the stack that it has.
        reportError(error);
      }
    }
  }

  /** While frames keep coming, a turn at once or after a nap is cheaper than a wake-up. */
  #scheduleReading(): void {
    const { turns, waiter, queue } = this.#parts;
    if (!this.#hasReadFrames) queue.watchSearch();
    const napMs = this.#hasReadFrames ? waiter.napInEventLoopMs : 0;
    if (napMs > 0) turns.schedule(napMs);
    else if ((this.#hasReadFrames || queue.areLeftToOne) && waiter.hasFreeCore) turns.schedule();
    else this.#awaitUnread();
  }

  #awaitUnread(): void {
    const { turns, waiter, queue } = this.#parts;
    queue.handSearchOn();
    const changed = waiter.askToBeWoken();
    if (changed === undefined) turns.schedule();
    else turns.scheduleAfter(changed);
  }

  #hasReadyWaiter(): boolean {
    return (
      this.#waiters.some((waiter) => waiter.isDone()) ||
      (this.#waiters.length > 0 && !this.#parts.supervisor.mayDeliver(false))
    );
  }

  #releaseWaiters(): void {
    const { table, supervisor } = this.#parts;
    const waiting = this.#waiters;
    if (waiting.length === 0) return;
    this.#waiters = waiting.filter((waiter) => !waiter.isDone());
    for (const waiter of waiting) if (!this.#waiters.includes(waiter)) waiter.resolve();
    if (supervisor.mayDeliver(false) || table.hasArrived) return;
    const stranded = this.#waiters;
    this.#waiters = [];
    for (const waiter of stranded) waiter.reject(noWorkersLeft(table.size));
  }

  #keepProcessAlive(): void {
    this.#parts.turns.keepAlive(this.#parts.table.holdsProcess || this.#waiters.length > 0);
    if (this.#isClosing && !this.#isPending) this.#parts.turns.end();
  }
}
