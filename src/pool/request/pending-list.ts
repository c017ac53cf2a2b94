import { LinkedList } from "../linked-list.ts";
import type { RequestID } from "../../protocol/index.ts";
import type { PendingRequest } from "./pending-request.ts";
import { requestState } from "./work-request.ts";
import type { WorkRequest } from "./work-request.ts";
import { Map } from "../../runtime/index.ts";

/**
 * The pending requests in the order they were put. Users see a `RequestView` of them.
 *
 * They form a linked list. An index by requestID costs more than everything else that is done for a small
 * request, so it is built when it is needed first: when a request is put with a requestID that the user has chosen
 * and that must be compared with the others, or when the user looks a request up. From then on it is kept.
 */
export class PendingList {
  readonly #list = new LinkedList<PendingRequest>();
  #size = 0;
  #index: Map<RequestID, PendingRequest> | undefined;

  get size(): number {
    return this.#size;
  }

  /** Whether another pending request has the requestID of this one. */
  hasDuplicate(request: WorkRequest): boolean {
    if (this.#index === undefined && requestState.hasAutomaticID(request)) return false;
    return this.get(request.requestID) !== undefined;
  }

  add(pending: PendingRequest): void {
    this.#list.append(pending);
    this.#size += 1;
    this.#index?.set(pending.requestID, pending);
  }

  remove(pending: PendingRequest): void {
    this.#list.remove(pending);
    this.#size -= 1;
    this.#index?.delete(pending.requestID);
  }

  /** The requests as an array, which does not change while it is iterated. */
  snapshot(): PendingRequest[] {
    const all: PendingRequest[] = [];
    for (let pending = this.#list.first; pending !== undefined; pending = pending.next)
      all.push(pending);
    return all;
  }

  /** The first request for which `isWanted` returns true. */
  find(isWanted: (pending: PendingRequest) => boolean): PendingRequest | undefined {
    for (let pending = this.#list.first; pending !== undefined; pending = pending.next)
      if (isWanted(pending)) return pending;
    return undefined;
  }

  get(requestID: RequestID): WorkRequest | undefined {
    this.#index ??= new Map(this.snapshot().map((pending) => [pending.requestID, pending]));
    return this.#index.get(requestID)?.request;
  }
}
