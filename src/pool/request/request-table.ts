/**
 * The pending requests, and the one place where each of them is settled.
 *
 * ```
 * PENDING ──outcome()──▶ SUCCEEDED | FAILED | CANCELLED ──settle()──▶ delivered, and out of the table
 * ```
 *
 * A result arrives when the parent reads it, and is delivered when `poll`, `wait` or the event loop
 * comes to it; in between it waits in the list of arrived requests.
 */
import { DuplicateRequest } from "../../errors.ts";
import { SyncRequest } from "./pending-request.ts";
import type { Outcome, PendingRequest } from "./pending-request.ts";
import { PendingList } from "./pending-list.ts";
import { RequestView } from "./request-view.ts";
import { requestState } from "./work-request.ts";
import type { RequestID, WorkRequest } from "./work-request.ts";

const MOST_PLACES_KEPT = 4096;

/** Something that a callable has reported, on its way to whoever wants to hear of it. */
class Report {
  readonly #pending: PendingRequest;
  readonly #value: unknown;

  constructor(pending: PendingRequest, value: unknown) {
    this.#pending = pending;
    this.#value = value;
  }

  deliver(): void {
    this.#pending.control?.onProgress?.(this.#value);
  }
}

/** Pending requests, and those among them whose outcome has arrived. */
export class RequestTable {
  readonly #pending = new PendingList();
  readonly #onEmpty: () => void;
  /** Between `nextArrived` and `arrivedEnd`; the places before and after are kept for the next ones. */
  readonly #arrived: (PendingRequest | Report | undefined)[] = [];
  #nextArrived = 0;
  #arrivedEnd = 0;
  succeeded = 0;
  failed = 0;
  cancelled = 0;
  /** Runs after the first. */
  retried = 0;

  /** @param onEmpty called when a request was delivered, and no other is pending */
  constructor(onEmpty: () => void) {
    this.#onEmpty = onEmpty;
  }

  readonly requests: ReadonlyMap<RequestID, WorkRequest> = new RequestView(this.#pending);

  /** Requests not yet delivered. */
  get size(): number {
    return this.#pending.size;
  }

  /** Requests delivered so far. */
  get delivered(): number {
    return this.succeeded + this.failed + this.cancelled;
  }

  /** Is an outcome or a report waiting to be delivered? */
  get hasArrived(): boolean {
    return this.#nextArrived < this.#arrivedEnd;
  }

  /** Throws `DuplicateRequest` when this request, or another one with its requestID, is pending. */
  checkUnique(request: WorkRequest): void {
    if (!requestState.isPending(request) && !this.#pending.hasDuplicate(request)) return;
    throw new DuplicateRequest(
      `A request with this requestID is pending: wait for it, or give this one another requestID: requestID=${String(request.requestID)}`,
    );
  }

  add(pending: PendingRequest): void {
    this.#pending.add(pending);
    pending.enter();
  }

  /** Notes how a request ended; delivery follows. The first outcome counts, there is no second. */
  settle(pending: PendingRequest, outcome: Exclude<Outcome, "pending">, value: unknown): void {
    if (pending.outcome !== "pending") return;
    pending.outcome = outcome;
    pending.value = value;
    if (outcome === "failed") pending.site?.appendTo(value);
    pending.control?.endWatches();
    if (pending instanceof SyncRequest) this.#settleSync(pending);
    else this.#arrived[this.#arrivedEnd++] = pending;
  }

  #settleSync(pending: SyncRequest): void {
    this.#remove(pending);
    if (this.#pending.size === 0) this.#onEmpty();
  }

  /** Notes what a callable has reported; delivered in its place among the outcomes. */
  report(pending: PendingRequest, value: unknown): void {
    if (pending instanceof SyncRequest) pending.reports.push(value);
    else this.#arrived[this.#arrivedEnd++] = new Report(pending, value);
  }

  /** The request that was put first among those that `isWanted`. */
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
   * Delivers the oldest outcome or report that has arrived. What a callback throws passes through, after its
   * request is settled.
   *
   * @returns false when none has arrived
   */
  deliverNext(): boolean {
    if (!this.hasArrived) return false;
    const arrived = this.#arrived[this.#nextArrived] as PendingRequest | Report;
    this.#arrived[this.#nextArrived] = undefined;
    this.#nextArrived += 1;
    if (this.#nextArrived === this.#arrivedEnd) this.#reuseArrived();
    if (!(arrived instanceof Report)) this.#remove(arrived);
    if (this.#pending.size > 0) arrived.deliver();
    else this.#deliverLast(arrived);
    return true;
  }

  #deliverLast(arrived: PendingRequest | Report): void {
    try {
      arrived.deliver();
    } finally {
      // A callback may have put another one.
      if (this.#pending.size === 0) this.#onEmpty();
    }
  }

  /** Starts at the front again: a new array for each delivery would be most of the garbage. */
  #reuseArrived(): void {
    if (this.#arrivedEnd > MOST_PLACES_KEPT) this.#arrived.length = MOST_PLACES_KEPT;
    this.#nextArrived = 0;
    this.#arrivedEnd = 0;
  }

  /** Delivers all that has arrived, unless a callback throws. */
  deliverAll(): void {
    while (this.deliverNext());
  }

  #remove(pending: PendingRequest): void {
    if (pending.outcome === "succeeded") this.succeeded += 1;
    else if (pending.outcome === "cancelled") this.cancelled += 1;
    else this.failed += 1;
    this.#pending.remove(pending);
    pending.leave();
  }
}
