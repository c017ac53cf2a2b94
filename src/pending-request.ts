import type { Callable, ModuleCallable } from "./callable.ts";
import { describeThrown } from "./codec/refusal.ts";
import type { PutSite } from "./put-site.ts";
import type { SideParts } from "./side-parts.ts";
import { WorkRequest, requestState } from "./work-request.ts";
import type { ExcInfo } from "./work-request.ts";

export type Outcome = "pending" | "succeeded" | "failed";

/** A request that has been put and not yet settled; its classes differ in who is told the outcome. */
export abstract class PendingRequest {
  readonly callableId: number;
  /** Where it was put; captured when it is on its way already, because that takes longer than the rest. */
  site: PutSite | undefined = undefined;
  outcome: Outcome = "pending";
  value: unknown = undefined;
  side: SideParts | undefined = undefined;
  /** Neighbours in the list of pending requests, kept by `PendingRequests`. */
  previous: PendingRequest | undefined = undefined;
  next: PendingRequest | undefined = undefined;

  constructor(callableId: number) {
    this.callableId = callableId;
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

  constructor(request: WorkRequest, callableId: number) {
    super(callableId);
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

  constructor(callable: Callable | ModuleCallable, args: readonly unknown[], callableId: number) {
    super(callableId);
    this.#callable = callable;
    this.#args = args;
  }

  get request(): WorkRequest {
    if (this.#request === undefined) {
      this.#request = new WorkRequest(this.#callable, this.#args as never[]);
      requestState.setPending(this.#request, true);
    }
    return this.#request;
  }

  enter(): void {}

  leave(): void {
    if (this.#request === undefined) return;
    requestState.setPending(this.#request, false);
    this.#request.exception = this.outcome === "failed";
  }
}

/** Put by `run`: its promise is settled. */
export class PromiseRequest extends AnonymousRequest {
  readonly #resolve: (value: never) => void;
  readonly #reject: (reason: unknown) => void;

  constructor(
    callable: Callable | ModuleCallable,
    args: readonly unknown[],
    callableId: number,
    resolve: (value: never) => void,
    reject: (reason: unknown) => void,
  ) {
    super(callable, args, callableId);
    this.#resolve = resolve;
    this.#reject = reject;
  }

  deliver(): void {
    if (this.outcome === "succeeded") this.#resolve(this.value as never);
    else this.#reject(this.value);
  }
}

/** Put by `runSync`: the caller blocks until there is an outcome, and takes the value himself. */
export class SyncRequest extends AnonymousRequest {
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
