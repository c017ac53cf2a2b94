/**
 * Requests that are put while the queue has no room for them: larger priorities first, oldest first within one.
 *
 * What waits is not passed over for ever: after `MOST_OVERTAKINGS` requests of larger priorities, a level of a
 * smaller one has its turn.
 *
 * The arguments are encoded when they are put, so that bad ones are refused then and later changes
 * are not seen; the bytes are packed into shared chunks, which the garbage collector takes when the last
 * request in them has moved on.
 */
import { copyBytes } from "../../protocol/frame.ts";
import type { Frame } from "../../protocol/frame.ts";
import { NOWHERE } from "../request/pending-request.ts";
import type { PendingRequest } from "../request/pending-request.ts";
import type { Arrival } from "./task-table.ts";

const CHUNK_BYTES = 1 << 16;
/** So many requests may go before one that has waited longer and has a smaller priority. */
export const MOST_OVERTAKINGS = 256;

/** A request and where its encoded arguments lie; a node in the list of its level. */
export class BacklogEntry implements Frame, Arrival {
  readonly pending: PendingRequest;
  readonly length: number;
  readonly areNumbers: boolean;
  readonly putAt: number;
  readonly level: Level;
  previous: BacklogEntry | undefined = undefined;
  next: BacklogEntry | undefined = undefined;
  readonly #bytes: Uint8Array;
  readonly #offset: number;

  constructor(
    pending: PendingRequest,
    level: Level,
    bytes: Uint8Array,
    offset: number,
    { length, areNumbers, putAt }: Arrival,
  ) {
    this.pending = pending;
    this.level = level;
    this.#bytes = bytes;
    this.#offset = offset;
    this.length = length;
    this.areNumbers = areNumbers;
    this.putAt = putAt;
  }

  copyTo(target: Uint8Array, start: number): void {
    copyBytes(this.#bytes, this.#offset, target, start, this.length);
  }
}

/** The requests of one priority. */
class Level {
  readonly priority: number;
  first: BacklogEntry | undefined = undefined;
  last: BacklogEntry | undefined = undefined;
  /** Requests of larger priorities that have gone since one of this level did. */
  overtakings = 0;

  constructor(priority: number) {
    this.priority = priority;
  }

  append(parked: BacklogEntry): void {
    parked.previous = this.last;
    if (this.last === undefined) this.first = parked;
    else this.last.next = parked;
    this.last = parked;
  }

  prepend(parked: BacklogEntry): void {
    parked.next = this.first;
    if (this.first === undefined) this.last = parked;
    else this.first.previous = parked;
    this.first = parked;
  }

  remove(parked: BacklogEntry): void {
    const { previous, next } = parked;
    // What keeps one that has left alive must not keep the rest.
    parked.previous = undefined;
    parked.next = undefined;
    if (previous === undefined) this.first = next;
    else previous.next = next;
    if (next === undefined) this.last = previous;
    else next.previous = previous;
  }
}

export class Backlog {
  /** Largest priority first; only those that have requests. */
  readonly #levels: Level[] = [];
  #length = 0;
  #chunk = new Uint8Array(0);
  #used = 0;

  get length(): number {
    return this.#length;
  }

  /** The request whose turn it is. */
  get first(): BacklogEntry | undefined {
    const starving = this.#levels.find(({ overtakings }) => overtakings >= MOST_OVERTAKINGS);
    return (starving ?? this.#levels[0])?.first;
  }

  /** Adds a request whose encoded arguments are a frame, after those of its priority; it is copied. */
  push(pending: PendingRequest, frame: Frame, arrival: Arrival): void {
    const level = this.#level(pending.priority);
    level.append(this.#park(pending, level, frame, arrival));
  }

  /** Adds a request that was on its way already, before those of its priority. */
  pushBack(pending: PendingRequest, frame: Frame, arrival: Arrival): void {
    const level = this.#level(pending.priority);
    level.prepend(this.#park(pending, level, frame, arrival));
  }

  /** Removes the request whose turn it is. */
  shift(): void {
    const { first } = this;
    if (first === undefined) return;
    for (const level of this.#levels) {
      if (level.priority < first.level.priority) level.overtakings += 1;
    }
    first.level.overtakings = 0;
    this.remove(first);
  }

  /** Removes a request, wherever it is. */
  remove(parked: BacklogEntry): void {
    const { level, pending } = parked;
    level.remove(parked);
    pending.place = NOWHERE;
    this.#length -= 1;
    if (level.first === undefined) this.#levels.splice(this.#levels.indexOf(level), 1);
  }

  clear(): void {
    this.#levels.length = 0;
    this.#length = 0;
  }

  #level(priority: number): Level {
    const index = this.#levels.findIndex((level) => level.priority <= priority);
    const found = this.#levels[index];
    if (found?.priority === priority) return found;
    const level = new Level(priority);
    this.#levels.splice(index === -1 ? this.#levels.length : index, 0, level);
    return level;
  }

  #park(pending: PendingRequest, level: Level, frame: Frame, arrival: Arrival): BacklogEntry {
    const parked = this.#copy(pending, level, frame, arrival);
    pending.place = parked;
    this.#length += 1;
    return parked;
  }

  #copy(pending: PendingRequest, level: Level, frame: Frame, arrival: Arrival): BacklogEntry {
    const { length } = arrival;
    if (length > CHUNK_BYTES / 4) {
      const bytes = new Uint8Array(length);
      frame.copyTo(bytes, 0);
      return new BacklogEntry(pending, level, bytes, 0, arrival);
    }
    if (this.#used + length > this.#chunk.length) {
      this.#chunk = new Uint8Array(CHUNK_BYTES);
      this.#used = 0;
    }
    const offset = this.#used;
    frame.copyTo(this.#chunk, offset);
    this.#used += length;
    return new BacklogEntry(pending, level, this.#chunk, offset, arrival);
  }
}
