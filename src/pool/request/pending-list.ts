import type { PendingRequest } from "./pending-request.ts";
import { requestState } from "./work-request.ts";
import type { RequestID, WorkRequest } from "./work-request.ts";

/**
 * The pending requests in the order they were put. Users see a `RequestView` of them.
 *
 * Adding and removing are two pointer changes in a linked list. An index by requestID costs more than
 * everything else that is done for a small request, so there is none until somebody needs one: until
 * a request is put with a requestID of the user's own, which must be compared with the others, or
 * until the user looks a request up. From then on it is kept.
 */
export class PendingList {
  #first: PendingRequest | undefined;
  #last: PendingRequest | undefined;
  #size = 0;
  #index: Map<RequestID, PendingRequest> | undefined;

  get size(): number {
    return this.#size;
  }

  /** Is a request pending with the requestID of this one? */
  hasDuplicate(request: WorkRequest): boolean {
    if (this.#index === undefined && requestState.hasAutomaticID(request)) return false;
    return this.get(request.requestID) !== undefined;
  }

  add(pending: PendingRequest): void {
    pending.previous = this.#last;
    if (this.#last === undefined) this.#first = pending;
    else this.#last.next = pending;
    this.#last = pending;
    this.#size += 1;
    this.#index?.set(pending.request.requestID, pending);
  }

  remove(pending: PendingRequest): void {
    const { previous, next } = pending;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    pending.previous = undefined;
    pending.next = undefined;
    this.#size -= 1;
    this.#index?.delete(pending.request.requestID);
  }

  /** The requests themselves, safe against changes while they are gone through. */
  snapshot(): PendingRequest[] {
    const all: PendingRequest[] = [];
    for (let pending = this.#first; pending !== undefined; pending = pending.next)
      all.push(pending);
    return all;
  }

  /** The first one that `isWanted`. */
  find(isWanted: (pending: PendingRequest) => boolean): PendingRequest | undefined {
    for (let pending = this.#first; pending !== undefined; pending = pending.next)
      if (isWanted(pending)) return pending;
    return undefined;
  }

  get(requestID: RequestID): WorkRequest | undefined {
    this.#index ??= new Map(this.snapshot().map((pending) => [pending.request.requestID, pending]));
    return this.#index.get(requestID)?.request;
  }
}
