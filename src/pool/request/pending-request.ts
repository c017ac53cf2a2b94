import type { Callable, ModuleCallable } from "../../callable/index.ts";
import { Promise } from "../../runtime/index.ts";
import { captureContext } from "../event-loop/contexts.ts";
import type { InContext } from "../event-loop/contexts.ts";
import type { CallSite } from "./call-site.ts";
import { NOT_TIMED } from "./put-times.ts";
import type { RequestControl } from "./request-control.ts";
import type { OutOfBandParts, RequestID } from "../../protocol/index.ts";
import { WorkRequest, nextRequestID, requestState } from "./work-request.ts";
import { excInfoOf } from "./exc-info.ts";

/** How a request stands. `cancelled` is the failure of a request that its signal ended. */
export type Outcome = "pending" | "succeeded" | "failed" | "cancelled";

/** The location of a request that is neither in the backlog nor in a task. */
export const NOWHERE = -1;

/**
 * A request that was put and is not delivered yet. Its classes differ in how the outcome is delivered.
 *
 * Each class is flat, without a base class and without field initializers: those are functions that the engine enters,
 * and has to compile, for every request.
 */
export interface PendingRequest {
  readonly callableId: number;
  readonly requestID: RequestID;
  /** The options of the request; undefined for one without any. */
  readonly control: RequestControl | undefined;
  /** Where the request is: the index of its task, its `BacklogEntry`, or `NOWHERE`. */
  location: number | object;
  /** The place of the put. It is captured after the request was published, because that takes longer than the rest. */
  callSite: CallSite | undefined;
  /**
   * When it was put, in milliseconds on the clock that all threads share; `NOT_TIMED` for a request whose times are not taken, and
   * `PUT_BEFORE` for one whose times are taken since its put only.
   */
  putAt: number;
  outcome: Outcome;
  /** The result, or the reason of the failure. */
  value: unknown;
  /** The parts of the arguments that bytes cannot carry. */
  outOfBand: OutOfBandParts | undefined;
  /** Its neighbours in the `PendingList`. */
  previous: PendingRequest | undefined;
  next: PendingRequest | undefined;
  /** Requests of larger priorities leave the backlog first. */
  readonly priority: number;
  /** The request as users see it. */
  readonly request: WorkRequest;

  /** Whether only one worker may run the request. */
  readonly isOffer: boolean;

  /** A value that the callable has reported was read, and is delivered later. */
  noteReport(): void;

  /** Passes on a value that the callable has reported. */
  deliverReport(value: unknown): void;

  /** Passes the outcome on, after the request has left the table. */
  deliver(): void;

  /** Called when the request was added to the table. */
  enter(): void;

  /** Called when the request was removed from the table. */
  leave(): void;
}

/** Whether only one worker may run a request. */
export function isOffered(control: RequestControl | undefined): boolean {
  return control !== undefined && control.onlySlot !== undefined;
}

function priorityOf(control: RequestControl | undefined): number {
  return control === undefined ? 0 : control.priority;
}

/** A request of `putRequest`: its callbacks get the outcome. */
export class CallbackRequest implements PendingRequest {
  declare readonly callableId: number;
  declare readonly requestID: RequestID;
  declare readonly control: RequestControl | undefined;
  declare location: number | object;
  declare callSite: CallSite | undefined;
  declare putAt: number;
  declare outcome: Outcome;
  declare value: unknown;
  declare outOfBand: OutOfBandParts | undefined;
  declare previous: PendingRequest | undefined;
  declare next: PendingRequest | undefined;
  declare readonly request: WorkRequest;
  /** The AsyncLocalStorage context of the put. Promises need none: their reactions have the context of `await` and `then`. */
  declare readonly enterContext: InContext;

  constructor(request: WorkRequest, callableId: number, control?: RequestControl) {
    this.callableId = callableId;
    this.requestID = request.requestID;
    this.control = control;
    this.location = NOWHERE;
    this.callSite = undefined;
    this.putAt = NOT_TIMED;
    this.outcome = "pending";
    this.value = undefined;
    this.outOfBand = undefined;
    this.previous = undefined;
    this.next = undefined;
    this.request = request;
    this.enterContext = captureContext();
  }

  get priority(): number {
    return priorityOf(this.control);
  }

  get isOffer(): boolean {
    return isOffered(this.control);
  }

  noteReport(): void {}

  deliverReport(value: unknown): void {
    this.control?.onProgress?.(value);
  }

  enter(): void {
    requestState.setPending(this.request, true);
  }

  deliver(): void {
    this.enterContext(callBack, this);
  }

  leave(): void {
    requestState.setPending(this.request, false);
  }
}

function callBack({ request, outcome, value }: CallbackRequest): void {
  if (outcome === "succeeded") {
    request.callback?.(request, value);
    return;
  }
  request.exception = true;
  // As in the original: without an exception callback the result callback gets the failure.
  (request.excCallback ?? request.callback)?.(request, excInfoOf(value));
}

/** A request of `run`: its promise gets the outcome. Its WorkRequest is created only when it is looked up in `workRequests`. */
export class PromiseRequest implements PendingRequest {
  declare readonly callableId: number;
  declare readonly requestID: RequestID;
  declare readonly control: RequestControl | undefined;
  declare location: number | object;
  declare callSite: CallSite | undefined;
  declare putAt: number;
  declare outcome: Outcome;
  declare value: unknown;
  declare outOfBand: OutOfBandParts | undefined;
  declare previous: PendingRequest | undefined;
  declare next: PendingRequest | undefined;
  declare readonly callable: Callable | ModuleCallable;
  declare readonly args: readonly unknown[];
  declare lookedUp: WorkRequest | undefined;
  declare readonly promise: Promise<never>;
  declare readonly resolve: (value: never) => void;
  declare readonly reject: (reason: unknown) => void;

  constructor(
    callable: Callable | ModuleCallable,
    args: readonly unknown[],
    callableId: number,
    control: RequestControl | undefined,
  ) {
    this.callableId = callableId;
    this.requestID = nextRequestID();
    this.control = control;
    this.location = NOWHERE;
    this.callSite = undefined;
    this.putAt = NOT_TIMED;
    this.outcome = "pending";
    this.value = undefined;
    this.outOfBand = undefined;
    this.previous = undefined;
    this.next = undefined;
    this.callable = callable;
    this.args = args;
    this.lookedUp = undefined;
    this.promise = new Promise(keepSettlers);
    this.resolve = kept.resolve;
    this.reject = kept.reject;
    kept.resolve = kept.reject = nothingKept;
  }

  get request(): WorkRequest {
    this.lookedUp ??= anonymousRequest(this.callable, this.args, this.requestID);
    return this.lookedUp;
  }

  get priority(): number {
    return priorityOf(this.control);
  }

  get isOffer(): boolean {
    return isOffered(this.control);
  }

  noteReport(): void {}

  deliverReport(value: unknown): void {
    this.control?.onProgress?.(value);
  }

  enter(): void {}

  leave(): void {
    if (this.lookedUp !== undefined) leaveAnonymous(this.lookedUp, this.outcome);
  }

  deliver(): void {
    if (this.outcome === "succeeded") this.resolve(this.value as never);
    else this.reject(this.value);
  }
}

/** The WorkRequest of a request that the program has put without one. */
export function anonymousRequest(
  callable: Callable | ModuleCallable,
  args: readonly unknown[],
  requestID: RequestID,
): WorkRequest {
  const request = new WorkRequest(callable, args as never[], {}, { requestID });
  requestState.setPending(request, true);
  return request;
}

/** The request is pending no more. */
export function leaveAnonymous(request: WorkRequest, outcome: Outcome): void {
  requestState.setPending(request, false);
  request.exception = outcome !== "succeeded";
}

/** Where `keepSettlers` stores the functions of a promise. A closure for each promise would cost a function and three scopes more. */
const kept = {
  resolve: nothingKept as (value: never) => void,
  reject: nothingKept as (reason: unknown) => void,
};

function keepSettlers(resolve: (value: never) => void, reject: (reason: unknown) => void): void {
  kept.resolve = resolve;
  kept.reject = reject;
}

function nothingKept(): void {}

/** A request of `runSync`: the caller blocks until it has an outcome, and reads that from the request. */
export class SyncRequest implements PendingRequest {
  declare readonly callableId: number;
  declare readonly requestID: RequestID;
  declare readonly control: RequestControl | undefined;
  declare location: number | object;
  declare callSite: CallSite | undefined;
  declare putAt: number;
  declare outcome: Outcome;
  declare value: unknown;
  declare outOfBand: OutOfBandParts | undefined;
  declare previous: PendingRequest | undefined;
  declare next: PendingRequest | undefined;
  declare readonly callable: Callable | ModuleCallable;
  declare readonly args: readonly unknown[];
  declare lookedUp: WorkRequest | undefined;
  /** The reports of the callable that `onProgress` has not been called with yet. */
  declare readonly reports: unknown[];

  constructor(
    callable: Callable | ModuleCallable,
    args: readonly unknown[],
    callableId: number,
    control: RequestControl | undefined,
  ) {
    this.callableId = callableId;
    this.requestID = nextRequestID();
    this.control = control;
    this.location = NOWHERE;
    this.callSite = undefined;
    this.putAt = NOT_TIMED;
    this.outcome = "pending";
    this.value = undefined;
    this.outOfBand = undefined;
    this.previous = undefined;
    this.next = undefined;
    this.callable = callable;
    this.args = args;
    this.lookedUp = undefined;
    this.reports = [];
  }

  get request(): WorkRequest {
    this.lookedUp ??= anonymousRequest(this.callable, this.args, this.requestID);
    return this.lookedUp;
  }

  get priority(): number {
    return priorityOf(this.control);
  }

  get isOffer(): boolean {
    return isOffered(this.control);
  }

  noteReport(): void {}

  deliverReport(value: unknown): void {
    this.control?.onProgress?.(value);
  }

  enter(): void {}

  leave(): void {
    if (this.lookedUp !== undefined) leaveAnonymous(this.lookedUp, this.outcome);
  }

  /** Calls `onProgress` with what the callable has reported, and with what it reports meanwhile. */
  deliverReports(): void {
    while (this.reports.length > 0) this.deliverReport(this.reports.shift());
  }

  deliver(): void {}
}
