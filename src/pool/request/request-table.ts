import { DuplicateRequest } from "../../errors.ts";
import type { RequestID } from "../../protocol/index.ts";
import type { PoolEvents } from "../events.ts";
import type { Turns } from "../event-loop/turns.ts";
import { Set } from "../../runtime/index.ts";
import { SyncRequest } from "./pending-request.ts";
import type { Outcome, PendingRequest } from "./pending-request.ts";
import { NOT_TIMED } from "./put-times.ts";
import type { PoolObserver } from "./observer.ts";
import type { StreamRequest } from "./chunk-request.ts";
import { PendingList } from "./pending-list.ts";
import { RequestView } from "./request-view.ts";
import { requestState } from "./work-request.ts";
import type { WorkRequest } from "./work-request.ts";

/** The array of arrived outcomes is cut to this length when it is empty. */
const MOST_ELEMENTS_KEPT = 4096;

/** A value that a callable has reported, on its way to `onProgress`. */
class Report {
  readonly #pending: PendingRequest;
  readonly #value: unknown;

  constructor(pending: PendingRequest, value: unknown) {
    this.#pending = pending;
    this.#value = value;
  }

  deliver(): void {
    this.#pending.deliverReport(this.#value);
  }
}

/**
 * The pending requests, and the one place where each of them is settled.
 *
 * ```
 * pending ──settle()──▶ succeeded | failed | cancelled ──deliver()────▶ delivered, and removed from the table
 * ```
 *
 * A request is settled when the parent has read its result, or when it fails before that. It is delivered when `poll`, `wait` or the
 * event loop comes to it. In between it waits in the list of arrived outcomes. The table asks for a turn of
 * the event loop when the first outcome arrives and when the last request is removed.
 */
export class RequestTable {
  readonly #pending = new PendingList();
  readonly #turns: Turns;
  readonly #events: PoolEvents;
  /** The arrived outcomes are those from `#nextArrived` to `#arrivedEnd`; the elements before and after are undefined. */
  readonly #arrived: (PendingRequest | Report | undefined)[] = [];
  #nextArrived = 0;
  #arrivedEnd = 0;
  /** Requests added so far. */
  put = 0;
  /** Requests delivered so far, by outcome. */
  succeeded = 0;
  failed = 0;
  cancelled = 0;
  /** Outcomes and reports that `deliver` has taken from those that have arrived. */
  handedOut = 0;
  /** Runs beyond the first of each request, after the death of a worker. */
  retried = 0;
  /** The ThreadPool while requests are pending: it must not be collected before their delivery. */
  pool: object | undefined = undefined;
  /** Hears of each put and each outcome; undefined while nothing observes the pool: see `Observation`. */
  observer: PoolObserver | undefined = undefined;
  /** The pending requests as users see them. */
  readonly requests: ReadonlyMap<RequestID, WorkRequest> = new RequestView(this.#pending);

  constructor(turns: Turns, events: PoolEvents) {
    this.#turns = turns;
    this.#events = events;
  }

  /** The pending streams. */
  readonly streams: Set<StreamRequest> = new Set();

  /** Whether anything pending keeps the process alive. A stream does only while its consumer waits for a value. */
  get holdsProcess(): boolean {
    if (this.#pending.size > this.streams.size) return true;
    for (const { isAwaited } of this.streams) if (isAwaited) return true;
    return false;
  }

  /** Requests not delivered yet. */
  get size(): number {
    return this.#pending.size;
  }

  /** Requests delivered so far. */
  get delivered(): number {
    return this.succeeded + this.failed + this.cancelled;
  }

  /** Whether an outcome or a report waits to be delivered. */
  get hasArrived(): boolean {
    return this.#nextArrived < this.#arrivedEnd;
  }

  /** Throws `DuplicateRequest` when this request, or another one with its requestID, is pending. */
  checkUnique(request: WorkRequest): void {
    if (!this.#pending.isIndexed && requestState.isNew(request)) return;
    if (!requestState.isPending(request) && !this.#pending.hasDuplicate(request)) return;
    throw new DuplicateRequest(
      `A request with this requestID is pending: wait for it, or give this one another requestID: requestID=${String(request.requestID)}`,
    );
  }

  add(pending: PendingRequest): void {
    this.#pending.add(pending);
    this.put += 1;
    pending.enter();
    if (this.observer !== undefined && pending.putAt !== NOT_TIMED) this.observer.put(pending);
  }

  /** Gives a request its outcome, to be delivered later. Does nothing when the request has an outcome. */
  settle(pending: PendingRequest, outcome: Exclude<Outcome, "pending">, value: unknown): void {
    if (pending.outcome !== "pending") return;
    pending.outcome = outcome;
    pending.value = value;
    if (this.observer !== undefined && pending.putAt !== NOT_TIMED) this.observer.settled(pending);
    if (outcome === "failed") pending.callSite?.appendTo(value);
    pending.control?.endWatches();
    if (pending instanceof SyncRequest) this.#removeSync(pending);
    else this.#arrive(pending);
  }

  /**
   * Gives a request of `run` or `putRequest` without options its result, to be delivered later: `settle` on the shortest
   * way. The request must have no outcome yet.
   */
  succeed(pending: PendingRequest, value: unknown): void {
    pending.outcome = "succeeded";
    pending.value = value;
    if (this.observer !== undefined && pending.putAt !== NOT_TIMED) this.observer.settled(pending);
    const end = this.#arrivedEnd;
    this.#arrived[end] = pending;
    this.#arrivedEnd = end + 1;
    if (this.#nextArrived === end) this.#turns.request();
  }

  /**
   * Fails a request that a promise waits for and that has no outcome yet, and rejects the promise at once, in manual mode too: no
   * callback comes out of its order.
   */
  rejectNow(pending: PendingRequest, reason: Error): void {
    pending.outcome = "failed";
    pending.value = reason;
    if (this.observer !== undefined && pending.putAt !== NOT_TIMED) this.observer.settled(pending);
    pending.callSite?.appendTo(reason);
    pending.control?.endWatches();
    this.#remove(pending);
    pending.deliver();
    if (this.#pending.size === 0) this.#becomeEmpty();
  }

  /** The pending requests, in the order they were put, as an array that does not change. */
  snapshot(): readonly PendingRequest[] {
    return this.#pending.snapshot();
  }

  /** Takes a value that a callable has reported, to be delivered in its order among the outcomes. */
  report(pending: PendingRequest, value: unknown): void {
    if (pending instanceof SyncRequest) {
      pending.reports.push(value);
      return;
    }
    pending.noteReport();
    this.#arrive(new Report(pending, value));
  }

  /** The request that was put first among those for which `isWanted` returns true. */
  oldest(isWanted: (pending: PendingRequest) => boolean): PendingRequest | undefined {
    return this.#pending.find(isWanted);
  }

  /** Fails every request that has no outcome yet. */
  failAll(reason: (pending: PendingRequest) => Error): void {
    for (const pending of this.#pending.snapshot()) {
      if (pending.outcome === "pending") this.settle(pending, "failed", reason(pending));
    }
  }

  /**
   * Delivers the outcomes and reports that have arrived, oldest first. An error that a callback throws passes through; its
   * request is removed before, and what is left stays at hand.
   *
   * @param until stop when `handedOut` has reached this
   */
  deliver(until: number): void {
    while (this.handedOut < until && this.#nextArrived < this.#arrivedEnd) {
      const arrived = this.#arrived[this.#nextArrived] as PendingRequest | Report;
      this.#arrived[this.#nextArrived] = undefined;
      this.#nextArrived += 1;
      if (this.#nextArrived === this.#arrivedEnd) this.#reuseArrived();
      this.handedOut += 1;
      if (!(arrived instanceof Report)) this.#remove(arrived);
      if (this.#pending.size > 0) arrived.deliver();
      else this.#deliverLast(arrived);
    }
  }

  /** Delivers all that has arrived, unless a callback throws. */
  deliverAll(): void {
    this.deliver(Infinity);
  }

  #arrive(arrived: PendingRequest | Report): void {
    const isFirst = !this.hasArrived;
    this.#arrived[this.#arrivedEnd++] = arrived;
    if (isFirst) this.#turns.request();
  }

  #removeSync(pending: SyncRequest): void {
    this.#remove(pending);
    if (this.#pending.size === 0) this.#becomeEmpty();
  }

  #deliverLast(arrived: PendingRequest | Report): void {
    try {
      arrived.deliver();
    } finally {
      // A callback may have put another request.
      if (this.#pending.size === 0) this.#becomeEmpty();
    }
  }

  /** Nothing is pending any more, so the process need not be kept alive. */
  #becomeEmpty(): void {
    this.#turns.request();
    this.#events.emit("idle");
    // A listener may have put another request.
    if (this.#pending.size === 0) this.pool = undefined;
  }

  /** Fills the array from its start again: a new array for each delivery would be most of the garbage. */
  #reuseArrived(): void {
    if (this.#arrivedEnd > MOST_ELEMENTS_KEPT) this.#arrived.length = MOST_ELEMENTS_KEPT;
    this.#nextArrived = 0;
    this.#arrivedEnd = 0;
  }

  #remove(pending: PendingRequest): void {
    if (pending.outcome === "succeeded") this.succeeded += 1;
    else if (pending.outcome === "cancelled") this.cancelled += 1;
    else this.failed += 1;
    this.#pending.remove(pending);
    if (this.streams.size > 0) this.streams.delete(pending as StreamRequest);
    pending.leave();
  }
}
