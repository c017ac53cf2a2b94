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
  #first: PendingRequest | undefined;
  #last: PendingRequest | undefined;
  size = 0;
  /** Whether every requestID has to be compared with the others. */
  isIndexed = false;
  #index: Map<RequestID, PendingRequest> | undefined;

  /** Whether another pending request has the requestID of this one. */
  hasDuplicate(request: WorkRequest): boolean {
    if (this.#index === undefined && requestState.hasAutomaticID(request)) return false;
    return this.get(request.requestID) !== undefined;
  }

  add(pending: PendingRequest): void {
    const last = this.#last;
    pending.previous = last;
    if (last === undefined) this.#first = pending;
    else last.next = pending;
    this.#last = pending;
    this.size += 1;
    this.#index?.set(pending.requestID, pending);
  }

  remove(pending: PendingRequest): void {
    const { previous, next } = pending;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    // It keeps no reference to its neighbours, so it does not keep them alive.
    pending.previous = undefined;
    pending.next = undefined;
    this.size -= 1;
    this.#index?.delete(pending.requestID);
  }

  /** The requests as an array, which does not change while it is iterated. */
  snapshot(): PendingRequest[] {
    const all: PendingRequest[] = [];
    for (let pending = this.#first; pending !== undefined; pending = pending.next)
      all.push(pending);
    return all;
  }

  /** The first request for which `isWanted` returns true. */
  find(isWanted: (pending: PendingRequest) => boolean): PendingRequest | undefined {
    for (let pending = this.#first; pending !== undefined; pending = pending.next)
      if (isWanted(pending)) return pending;
    return undefined;
  }

  get(requestID: RequestID): WorkRequest | undefined {
    this.isIndexed = true;
    this.#index ??= new Map(this.snapshot().map((pending) => [pending.requestID, pending]));
    return this.#index.get(requestID)?.request;
  }
}
