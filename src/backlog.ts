/**
 * Requests that are put while the queue has no room for them, oldest first.
 *
 * Their arguments are encoded when they are put, so that bad ones are refused then and later changes
 * are not seen; the bytes are packed into shared chunks, which the garbage collector takes when the last
 * request in them has moved on.
 */
import { copyBytes } from "./bytes.ts";
import type { Frame } from "./bytes.ts";
import type { PendingRequest } from "./pending-request.ts";

const CHUNK_BYTES = 1 << 16;
/** Spent places at the front of the list that are worth a compaction. */
const COMPACT_AT = 1024;

/** A request and where its encoded arguments lie. */
class Parked implements Frame {
  readonly pending: PendingRequest;
  readonly length: number;
  readonly #bytes: Uint8Array;
  readonly #offset: number;

  constructor(pending: PendingRequest, bytes: Uint8Array, offset: number, length: number) {
    this.pending = pending;
    this.#bytes = bytes;
    this.#offset = offset;
    this.length = length;
  }

  copyTo(target: Uint8Array, start: number): void {
    copyBytes(this.#bytes, this.#offset, target, start, this.length);
  }
}

export class Backlog {
  #parked: (Parked | undefined)[] = [];
  #first = 0;
  #chunk = new Uint8Array(0);
  #used = 0;

  get length(): number {
    return this.#parked.length - this.#first;
  }

  get first(): Parked | undefined {
    return this.#parked[this.#first];
  }

  /** Appends a request whose encoded arguments are a frame of that length; it is copied. */
  push(pending: PendingRequest, frame: Frame, length: number): void {
    if (length > CHUNK_BYTES / 4) {
      const bytes = new Uint8Array(length);
      frame.copyTo(bytes, 0);
      this.#parked.push(new Parked(pending, bytes, 0, length));
      return;
    }
    if (this.#used + length > this.#chunk.length) {
      this.#chunk = new Uint8Array(CHUNK_BYTES);
      this.#used = 0;
    }
    frame.copyTo(this.#chunk, this.#used);
    this.#parked.push(new Parked(pending, this.#chunk, this.#used, length));
    this.#used += length;
  }

  /** Removes the oldest request. */
  shift(): void {
    // The place stays until the compaction; what the request carries must not.
    this.#parked[this.#first] = undefined;
    this.#first += 1;
    if (this.#first >= COMPACT_AT && this.#first * 2 >= this.#parked.length) {
      this.#parked = this.#parked.slice(this.#first);
      this.#first = 0;
    }
  }

  clear(): void {
    this.#parked = [];
    this.#first = 0;
  }
}
