import type { Callable, ModuleCallable } from "../../callable/describe.ts";
import { describeThrown } from "../../codec/refusal.ts";
import type { CallSite } from "./call-site.ts";
import type { RequestControl } from "./request-control.ts";
import type { OutOfBandParts } from "../../protocol/out-of-band.ts";
import { WorkRequest, nextRequestID, requestState } from "./work-request.ts";
import type { ExcInfo, RequestID } from "./work-request.ts";

/** Cancelled is a failure that somebody has asked for. */
export type Outcome = "pending" | "succeeded" | "failed" | "cancelled";

/** Neither in the backlog nor in a task. */
export const NOWHERE = -1;

/** A request that has been put and not yet settled; its classes differ in who is told the outcome. */
export abstract class PendingRequest {
  readonly callableId: number;
  readonly requestID: RequestID;
  /** Limits and wishes, for requests that have any. */
  readonly control: RequestControl | undefined;
  /** Where it waits or runs: in the task of that index, in the backlog (a `BacklogEntry`), or `NOWHERE`. */
  place: number | object = NOWHERE;
  /** Where it was put; captured when it is on its way already, because that takes longer than the rest. */
  site: CallSite | undefined = undefined;
  outcome: Outcome = "pending";
  value: unknown = undefined;
  side: OutOfBandParts | undefined = undefined;
  /** Neighbours in the list of pending requests, kept by `PendingList`. */
  previous: PendingRequest | undefined = undefined;
  next: PendingRequest | undefined = undefined;

  constructor(callableId: number, requestID: RequestID, control: RequestControl | undefined) {
    this.callableId = callableId;
    this.requestID = requestID;
    this.control = control;
  }

  /** Larger ones leave the backlog first. */
  get priority(): number {
    return this.control === undefined ? 0 : this.control.priority;
  }

  /** The request as users see it. */
  abstract get request(): WorkRequest;

  /** Tells the outcome; the request is settled by then. */
  abstract deliver(): void;

  /** The request has come into the table. */
  abstract enter(): void;

  /** The request is out of the table again. */
  abstract leave(): void;
}

/** Put by `putRequest`: its callbacks are told. */
export class CallbackRequest extends PendingRequest {
  readonly request: WorkRequest;

  constructor(request: WorkRequest, callableId: number, control?: RequestControl) {
    super(callableId, request.requestID, control);
    this.request = request;
  }

  enter(): void {
    requestState.setPending(this.request, true);
  }

  deliver(): void {
    const { request, value } = this;
    if (this.outcome === "succeeded") {
      request.callback?.(request, value);
      return;
    }
    request.exception = true;
    // As in the original: without an exception callback the result callback is told.
    (request.excCallback ?? request.callback)?.(request, excInfoOf(value));
  }

  leave(): void {
    requestState.setPending(this.request, false);
  }
}

/** What `run` and `runSync` have in common: nobody sees a WorkRequest unless he looks for it in `workRequests`. */
abstract class AnonymousRequest extends PendingRequest {
  readonly #callable: Callable | ModuleCallable;
  readonly #args: readonly unknown[];
  #request: WorkRequest | undefined;

  constructor(
    callable: Callable | ModuleCallable,
    args: readonly unknown[],
    callableId: number,
    control: RequestControl | undefined,
  ) {
    super(callableId, nextRequestID(), control);
    this.#callable = callable;
    this.#args = args;
  }

  get request(): WorkRequest {
    if (this.#request === undefined) {
      const { requestID } = this;
      this.#request = new WorkRequest(this.#callable, this.#args as never[], {}, { requestID });
      requestState.setPending(this.#request, true);
    }
    return this.#request;
  }

  enter(): void {}

  leave(): void {
    if (this.#request === undefined) return;
    requestState.setPending(this.#request, false);
    this.#request.exception = this.outcome !== "succeeded";
  }
}

/** Put by `run`: its promise is settled. */
export class PromiseRequest extends AnonymousRequest {
  readonly promise: Promise<never>;
  readonly #resolve: (value: never) => void;
  readonly #reject: (reason: unknown) => void;

  constructor(
    callable: Callable | ModuleCallable,
    args: readonly unknown[],
    callableId: number,
    control: RequestControl | undefined,
  ) {
    super(callable, args, callableId, control);
    this.promise = new Promise(keepSettlers);
    this.#resolve = kept.resolve;
    this.#reject = kept.reject;
    kept.resolve = kept.reject = nothingKept;
  }

  deliver(): void {
    if (this.outcome === "succeeded") this.#resolve(this.value as never);
    else this.#reject(this.value);
  }
}

/** Where `keepSettlers` leaves a promise's functions: a closure a promise would cost a function and three scopes more. */
const kept = {
  resolve: nothingKept as (value: never) => void,
  reject: nothingKept as (reason: unknown) => void,
};

function keepSettlers(resolve: (value: never) => void, reject: (reason: unknown) => void): void {
  kept.resolve = resolve;
  kept.reject = reject;
}

function nothingKept(): void {}

/** Put by `runSync`: the caller blocks until there is an outcome, and takes the value himself. */
export class SyncRequest extends AnonymousRequest {
  /** What the callable has reported and the caller has not been told yet. */
  readonly reports: unknown[] = [];

  /** Tells the caller what the callable has reported. */
  tellReports(): void {
    for (let left = this.reports.length; left > 0; left--)
      this.control?.onProgress?.(this.reports.shift());
  }

  deliver(): void {}
}

/** Whatever was thrown: its own properties may hide `name`, `stack`, `constructor` and `toString`. */
function excInfoOf(error: unknown): ExcInfo {
  if (!(error instanceof Error)) {
    return [error === null ? "null" : typeof error, error, textOf(error)];
  }
  const { name, stack, constructor } = error as {
    name: unknown;
    stack: unknown;
    constructor: unknown;
  };
  // A subclass that sets no name of its own has that of Error.
  const className = typeof constructor === "function" ? constructor.name : "Error";
  const typeName = typeof name === "string" && name !== "Error" ? name : className;
  return [typeName, error, typeof stack === "string" ? stack : textOf(error)];
}

function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return describeThrown(value);
  }
}
