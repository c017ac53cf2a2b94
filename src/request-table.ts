/**
 * The pending requests, and the one place where each of them is settled.
 *
 * ```
 * PENDING ──outcome()──▶ SUCCEEDED | FAILED ──settle()──▶ delivered, and out of the table
 * ```
 *
 * A result arrives when the parent reads it, and is delivered when `poll`, `wait` or the event loop
 * comes to it; in between it waits in the list of arrived requests.
 */
import { DuplicateRequest } from "./errors.ts";
import { PutSite } from "./put-site.ts";
import type { ExcInfo, RequestID, WorkRequest } from "./work-request.ts";

export type Outcome = "pending" | "succeeded" | "failed";

/** How a request's outcome reaches whoever put it. */
export type Recipient =
  | { readonly kind: "callbacks" }
  | {
      readonly kind: "promise";
      readonly resolve: (value: never) => void;
      readonly reject: (reason: unknown) => void;
    }
  /** Somebody blocks until `outcome` is no longer pending, and takes the value himself. */
  | { readonly kind: "caller" };

export const TO_CALLBACKS: Recipient = { kind: "callbacks" };
export const TO_CALLER: Recipient = { kind: "caller" };

/** What cannot travel as bytes, kept by the parent until the worker that claims the request asks for it. */
export interface SideParts {
  readonly handles: readonly unknown[];
  readonly transferList: readonly Bun.Transferable[];
}

/** A request that has been put and not yet settled. */
export class PendingRequest {
  readonly request: WorkRequest;
  readonly recipient: Recipient;
  readonly site: PutSite;
  outcome: Outcome = "pending";
  value: unknown = undefined;
  /** Encoded arguments, while the request waits outside the queue. */
  bytes: Uint8Array | undefined = undefined;
  offset = 0;
  length = 0;
  callableId = -1;
  side: SideParts | undefined = undefined;
  spill: SharedArrayBuffer | undefined = undefined;

  constructor(request: WorkRequest, recipient: Recipient, site: PutSite) {
    this.request = request;
    this.recipient = recipient;
    this.site = site;
  }
}

/** Pending requests by requestID, and those among them whose outcome has arrived. */
export class RequestTable {
  readonly #pending = new Map<RequestID, PendingRequest>();
  /** The same requests as the public, read-only view. */
  readonly #requests = new Map<RequestID, WorkRequest>();
  #arrived: PendingRequest[] = [];
  #nextArrived = 0;
  succeeded = 0;
  failed = 0;

  get requests(): ReadonlyMap<RequestID, WorkRequest> {
    return this.#requests;
  }

  /** Requests not yet delivered. */
  get size(): number {
    return this.#pending.size;
  }

  /** Is an outcome waiting to be delivered? */
  get hasArrived(): boolean {
    return this.#nextArrived < this.#arrived.length;
  }

  /** Throws `DuplicateRequest` when a request with that ID is pending. */
  checkUnique(requestID: RequestID): void {
    if (!this.#pending.has(requestID)) return;
    throw new DuplicateRequest(
      `A request with this requestID is pending: wait for it, or give this one another requestID: requestID=${String(requestID)}`,
    );
  }

  add(pending: PendingRequest): void {
    this.#pending.set(pending.request.requestID, pending);
    this.#requests.set(pending.request.requestID, pending.request);
  }

  /** Notes how a request ended; delivery follows. The first outcome counts, there is no second. */
  outcome(pending: PendingRequest, outcome: "succeeded" | "failed", value: unknown): void {
    if (pending.outcome !== "pending") return;
    pending.outcome = outcome;
    pending.value = value;
    if (outcome === "failed") pending.site.appendTo(value);
    if (pending.recipient.kind === "caller") this.#remove(pending);
    else this.#arrived.push(pending);
  }

  /** Fails every request that has no outcome yet. */
  failAll(reason: (pending: PendingRequest) => Error): void {
    for (const pending of [...this.#pending.values()]) {
      if (pending.outcome === "pending") this.outcome(pending, "failed", reason(pending));
    }
  }

  /**
   * Delivers the oldest outcome that has arrived. What a callback throws passes through, after its
   * request is settled.
   *
   * @returns false when none has arrived
   */
  settleNext(): boolean {
    const pending = this.#arrived[this.#nextArrived];
    if (pending === undefined) return false;
    this.#nextArrived += 1;
    if (this.#nextArrived === this.#arrived.length) {
      this.#arrived = [];
      this.#nextArrived = 0;
    }
    this.#remove(pending);
    deliver(pending);
    return true;
  }

  #remove(pending: PendingRequest): void {
    if (pending.outcome === "succeeded") this.succeeded += 1;
    else this.failed += 1;
    this.#pending.delete(pending.request.requestID);
    this.#requests.delete(pending.request.requestID);
  }
}

function deliver(pending: PendingRequest): void {
  const { request, recipient, value } = pending;
  const hasFailed = pending.outcome === "failed";
  request.exception = hasFailed;
  if (recipient.kind === "promise") {
    if (hasFailed) recipient.reject(value);
    else recipient.resolve(value as never);
  } else if (!hasFailed) {
    request.callback?.(request, value);
  } else if (request.excCallback !== undefined) {
    request.excCallback(request, excInfoOf(value));
  } else {
    // As in the original: without an exception callback the result callback is told.
    (request.callback as ((request: WorkRequest, excInfo: ExcInfo) => void) | undefined)?.(
      request,
      excInfoOf(value),
    );
  }
}

function excInfoOf(error: unknown): ExcInfo {
  if (error instanceof Error) return [error.name, error, error.stack ?? String(error)];
  return [error === null ? "null" : typeof error, error, String(error)];
}
