import type { EncodedValue } from "../../protocol/index.ts";
import { Map } from "../../runtime/index.ts";
import { NOWHERE } from "../request/pending-request.ts";
import type { PendingRequest } from "../request/pending-request.ts";
import type { Arrival } from "./arrival.ts";
import type { TaskTable } from "./task-table.ts";

/** What the outcome of a request is cancelled with whose worker was dismissed or recycled before the request had its turn. */
export const LEFT_OUT: unique symbol = Symbol("left out");

/** A request that waits until its worker has run the one before it, and a task is free. */
export class OfferEntry {
  readonly pending: PendingRequest;
  readonly encoded: EncodedValue;
  readonly arrival: Arrival;

  constructor(pending: PendingRequest, encoded: EncodedValue, arrival: Arrival) {
    this.pending = pending;
    this.encoded = encoded;
    this.arrival = arrival;
  }
}

/** The requests for one worker. */
interface Lane {
  /** The one that has a task. */
  current: PendingRequest | undefined;
  /** Those that follow, oldest first. */
  readonly waiting: OfferEntry[];
}

/**
 * Requests that one given worker is to run: the parts of broadcasts.
 *
 * Of each worker one of them has a task at a time, so those for a busy worker leave the tasks to other requests, and each
 * worker runs its own in the order in which they were put.
 */
export class Offers {
  readonly #tasks: TaskTable;
  readonly #lanes = new Map<number, Lane>();

  constructor(tasks: TaskTable) {
    this.#tasks = tasks;
  }

  /** Takes a request for the worker of its `onlySlot`. Call `refill` afterwards. */
  add(pending: PendingRequest, encoded: EncodedValue, arrival: Arrival): void {
    const entry = new OfferEntry(pending, encoded, arrival);
    const slot = pending.control!.onlySlot!;
    const lane = this.#lanes.get(slot) ?? { current: undefined, waiting: [] };
    this.#lanes.set(slot, lane);
    lane.waiting.push(entry);
    pending.location = entry;
  }

  /** Offers the next request to each worker that has none. */
  refill(): void {
    if (this.#lanes.size === 0) return;
    for (const [slot, lane] of this.#lanes) {
      if (lane.current !== undefined && lane.current.location !== NOWHERE) continue;
      lane.current = undefined;
      const next = lane.waiting[0];
      if (next === undefined) this.#lanes.delete(slot);
      else if (this.#tasks.hasRoomForOffer) {
        lane.waiting.shift();
        lane.current = next.pending;
        this.#tasks.publish(next.pending, next.encoded, next.arrival);
      }
    }
  }

  /** Withdraws a request that has no task yet. */
  remove({ pending }: OfferEntry): void {
    const waiting = this.#lanes.get(pending.control!.onlySlot!)?.waiting ?? [];
    const index = waiting.findIndex((entry) => entry.pending === pending);
    if (index !== -1) waiting.splice(index, 1);
    pending.location = NOWHERE;
  }

  /**
   * The worker of a slot claims nothing more. Returns its requests; those that it has claimed are not withdrawn yet.
   */
  takeAll(slot: number): readonly PendingRequest[] {
    const lane = this.#lanes.get(slot);
    if (lane === undefined) return [];
    this.#lanes.delete(slot);
    const waiting = lane.waiting.map(({ pending }) => pending);
    return lane.current === undefined ? waiting : [lane.current, ...waiting];
  }

  /** Forgets every request. */
  clear(): void {
    this.#lanes.clear();
  }
}
