import type { PendingList } from "./pending-list.ts";
import type { RequestID } from "../../protocol/index.ts";
import type { WorkRequest } from "./work-request.ts";
import { Map, TypeError } from "../../runtime/index.ts";

/** The pending requests as users see them: a read-only Map that is always up to date. */
export class RequestView extends Map<RequestID, WorkRequest> {
  readonly #pending: PendingList;

  constructor(pending: PendingList) {
    super();
    this.#pending = pending;
  }

  override get size(): number {
    return this.#pending.size;
  }

  override get(requestID: RequestID): WorkRequest | undefined {
    return this.#pending.get(requestID);
  }

  override has(requestID: RequestID): boolean {
    return this.#pending.get(requestID) !== undefined;
  }

  override forEach(
    callback: (
      request: WorkRequest,
      requestID: RequestID,
      map: Map<RequestID, WorkRequest>,
    ) => void,
    thisArg?: unknown,
  ): void {
    for (const [requestID, request] of this) callback.call(thisArg, request, requestID, this);
  }

  override *entries(): MapIterator<[RequestID, WorkRequest]> {
    for (const { request } of this.#pending.snapshot()) yield [request.requestID, request];
  }

  override *keys(): MapIterator<RequestID> {
    for (const { request } of this.#pending.snapshot()) yield request.requestID;
  }

  override *values(): MapIterator<WorkRequest> {
    for (const { request } of this.#pending.snapshot()) yield request;
  }

  override [Symbol.iterator](): MapIterator<[RequestID, WorkRequest]> {
    return this.entries();
  }

  override set(): never {
    throw readOnly();
  }

  override delete(): never {
    throw readOnly();
  }

  override clear(): never {
    throw readOnly();
  }

  static {
    // The Map that this class extends is empty, so what is printed is a copy with the entries.
    const printed = function printed(this: RequestView): unknown {
      return new Map(this.entries());
    };
    Object.defineProperty(RequestView.prototype, Symbol.for("nodejs.util.inspect.custom"), {
      value: printed,
    });
  }
}

function readOnly(): TypeError {
  return new TypeError(
    "workRequests is read-only: putRequest adds requests, and delivery removes them.",
  );
}
