import { copyBytes } from "../../codec/index.ts";
import type { EncodedValue } from "../../protocol/index.ts";
import { LinkedList } from "../linked-list.ts";
import type { Linked } from "../linked-list.ts";
import { NOWHERE } from "../request/pending-request.ts";
import type { PendingRequest } from "../request/pending-request.ts";
import type { Arrival } from "./arrival.ts";
import { Uint8Array } from "../../runtime/index.ts";

const CHUNK_BYTES = 1 << 16;
/** How many requests of larger priorities may overtake a level before it has its turn. */
export const MOST_OVERTAKINGS = 256;

/** A request with its encoded arguments; an element in the list of its level. */
export class BacklogEntry implements EncodedValue, Arrival, Linked<BacklogEntry> {
  readonly pending: PendingRequest;
  readonly length: number;
  readonly areNumbers: boolean;
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
    { length, areNumbers }: Arrival,
  ) {
    this.pending = pending;
    this.level = level;
    this.#bytes = bytes;
    this.#offset = offset;
    this.length = length;
    this.areNumbers = areNumbers;
  }

  copyTo(target: Uint8Array, start: number): void {
    copyBytes(this.#bytes, this.#offset, target, start, this.length);
  }
}

/** The requests of one priority, oldest first. */
class Level extends LinkedList<BacklogEntry> {
  readonly priority: number;
  /** Requests of larger priorities that have left since a request of this level did. */
  overtakings = 0;

  constructor(priority: number) {
    super();
    this.priority = priority;
  }
}

/**
 * Requests that were put while the queue had no room for them: larger priorities first, oldest first within one.
 *
 * No request is overtaken for ever: after `MOST_OVERTAKINGS` requests of larger priorities, a level of a smaller one
 * has its turn.
 *
 * The arguments are encoded when they are put, so that bad ones are refused then and later changes are not seen. The bytes are
 * packed into shared chunks; the garbage collector frees a chunk when its last request has left.
 */
export class Backlog {
  /** The levels that have requests, largest priority first. */
  readonly #levels: Level[] = [];
  /** How many requests wait. Only this class changes it. */
  length = 0;
  #chunk = new Uint8Array(0);
  #used = 0;

  /** The request whose turn it is. */
  get first(): BacklogEntry | undefined {
    const starving = this.#levels.find(({ overtakings }) => overtakings >= MOST_OVERTAKINGS);
    return (starving ?? this.#levels[0])?.first;
  }

  /** Adds a request after those of its priority. Its encoded arguments are copied. */
  push(pending: PendingRequest, encoded: EncodedValue, arrival: Arrival): void {
    const level = this.#level(pending.priority);
    level.append(this.#add(pending, level, encoded, arrival));
  }

  /** Adds a request that had left the backlog before, in front of those of its priority. */
  pushBack(pending: PendingRequest, encoded: EncodedValue, arrival: Arrival): void {
    const level = this.#level(pending.priority);
    level.prepend(this.#add(pending, level, encoded, arrival));
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

  /** Removes a request, also from the middle. */
  remove(entry: BacklogEntry): void {
    const { level, pending } = entry;
    level.remove(entry);
    pending.location = NOWHERE;
    this.length -= 1;
    if (level.first === undefined) this.#levels.splice(this.#levels.indexOf(level), 1);
  }

  /** Removes all requests. */
  clear(): void {
    this.#levels.length = 0;
    this.length = 0;
  }

  #level(priority: number): Level {
    const index = this.#levels.findIndex((level) => level.priority <= priority);
    const found = this.#levels[index];
    if (found?.priority === priority) return found;
    const level = new Level(priority);
    this.#levels.splice(index === -1 ? this.#levels.length : index, 0, level);
    return level;
  }

  #add(
    pending: PendingRequest,
    level: Level,
    encoded: EncodedValue,
    arrival: Arrival,
  ): BacklogEntry {
    const entry = this.#copy(pending, level, encoded, arrival);
    pending.location = entry;
    this.length += 1;
    return entry;
  }

  #copy(
    pending: PendingRequest,
    level: Level,
    encoded: EncodedValue,
    arrival: Arrival,
  ): BacklogEntry {
    const { length } = arrival;
    if (length > CHUNK_BYTES / 4) {
      const bytes = new Uint8Array(length);
      encoded.copyTo(bytes, 0);
      return new BacklogEntry(pending, level, bytes, 0, arrival);
    }
    if (this.#used + length > this.#chunk.length) {
      this.#chunk = new Uint8Array(CHUNK_BYTES);
      this.#used = 0;
    }
    const offset = this.#used;
    encoded.copyTo(this.#chunk, offset);
    this.#used += length;
    return new BacklogEntry(pending, level, this.#chunk, offset, arrival);
  }
}
