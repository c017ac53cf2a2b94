import type { Callable, ModuleCallable } from "../../callable/index.ts";
import { describeThrown, Error, Promise } from "../../runtime/index.ts";
import type { ChunkListener } from "../../collections/index.ts";
import type { CallSite } from "./call-site.ts";
import type { RequestControl } from "./request-control.ts";
import type { OutOfBandParts, RequestID } from "../../protocol/index.ts";
import { WorkRequest, nextRequestID, requestState } from "./work-request.ts";
import type { ExcInfo } from "./work-request.ts";

/** How a request stands. `cancelled` is the failure of a request that its signal ended. */
export type Outcome = "pending" | "succeeded" | "failed" | "cancelled";

/** The location of a request that is neither in the backlog nor in a task. */
export const NOWHERE = -1;

/** A request that was put and is not delivered yet. Its subclasses differ in how the outcome is delivered. */
export abstract class PendingRequest {
  readonly callableId: number;
  readonly requestID: RequestID;
  /** The options of the request; undefined for one without any. */
  readonly control: RequestControl | undefined;
  /** Where the request is: the index of its task, its `BacklogEntry`, or `NOWHERE`. */
  location: number | object = NOWHERE;
  /** The place of the put. It is captured after the request was published, because that takes longer than the rest. */
  callSite: CallSite | undefined = undefined;
  outcome: Outcome = "pending";
  /** The result, or the reason of the failure. */
  value: unknown = undefined;
  /** The parts of the arguments that bytes cannot carry. */
  outOfBand: OutOfBandParts | undefined = undefined;
  /** Its neighbours in the `PendingList`. */
  previous: PendingRequest | undefined = undefined;
  next: PendingRequest | undefined = undefined;

  constructor(callableId: number, requestID: RequestID, control: RequestControl | undefined) {
    this.callableId = callableId;
    this.requestID = requestID;
    this.control = control;
  }

  /** Requests of larger priorities leave the backlog first. */
  get priority(): number {
    return this.control === undefined ? 0 : this.control.priority;
  }

  /** The request as users see it. */
  abstract get request(): WorkRequest;

  /** Passes on a value that the callable has reported. */
  deliverReport(value: unknown): void {
    this.control?.onProgress?.(value);
  }

  /** Passes the outcome on, after the request has left the table. */
  abstract deliver(): void;

  /** Called when the request was added to the table. */
  abstract enter(): void;

  /** Called when the request was removed from the table. */
  abstract leave(): void;
}

/** A request of `putRequest`: its callbacks get the outcome. */
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
    // As in the original: without an exception callback the result callback gets the failure.
    (request.excCallback ?? request.callback)?.(request, excInfoOf(value));
  }

  leave(): void {
    requestState.setPending(this.request, false);
  }
}

/** A request of `run` or `runSync`. Its WorkRequest is created only when it is looked up in `workRequests`. */
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

/** A request of `run`: its promise gets the outcome. */
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
export class SyncRequest extends AnonymousRequest {
  /** The reports of the callable that `onProgress` has not been called with yet. */
  readonly reports: unknown[] = [];

  /** Calls `onProgress` with what the callable has reported, and with what it reports meanwhile. */
  deliverReports(): void {
    while (this.reports.length > 0) this.deliverReport(this.reports.shift());
  }

  deliver(): void {}
}

/** A request that stands for several items of a collection, which gets the outcome when the request is delivered. */
export class ChunkRequest extends AnonymousRequest {
  readonly #listener: ChunkListener;

  constructor(
    callable: Callable | ModuleCallable,
    args: readonly unknown[],
    callableId: number,
    control: RequestControl,
    listener: ChunkListener,
  ) {
    super(callable, args, callableId, control);
    this.#listener = listener;
  }

  override deliverReport(report: unknown): void {
    this.#listener.reported(report);
  }

  deliver(): void {
    this.#listener.settled(this.outcome as Exclude<Outcome, "pending">, this.value);
  }
}

/** The report of a failure. The thrown value may be anything, also an error whose properties throw when they are read. */
function excInfoOf(error: unknown): ExcInfo {
  if (!isError(error)) {
    return [error === null ? "null" : typeof error, error, textOf(error)];
  }
  const name = readOr(error, "name");
  const stack = readOr(error, "stack");
  const constructor = readOr(error, "constructor");
  // A subclass that sets no name inherits "Error", so its class name says more.
  const className = typeof constructor === "function" ? readOr(constructor, "name") : "Error";
  const typeName = typeof name === "string" && name !== "Error" ? name : className;
  const traceback = typeof stack === "string" ? stack : textOf(error);
  return [typeof typeName === "string" ? typeName : "Error", error, traceback];
}

function isError(value: unknown): value is Error {
  try {
    return value instanceof Error;
  } catch {
    // A Proxy, whose trap throws.
    return false;
  }
}

/** A property; undefined when reading it throws. */
function readOr(object: object, key: string): unknown {
  try {
    return Reflect.get(object, key);
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return describeThrown(value);
  }
}
