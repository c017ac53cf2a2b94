/**
 * Requests that are put while the queue has no room for them, oldest first.
 *
 * Their arguments are encoded when they are put, so that bad ones are refused then and later changes
 * are not seen; the bytes are packed into shared chunks, which the garbage collector takes when the last
 * request in them has moved on.
 */
import type { PendingRequest } from "./request-table.ts";

const CHUNK_BYTES = 1 << 16;
/** Spent places at the front of the list that are worth a compaction. */
const COMPACT_AT = 1024;

export class Backlog {
  #requests: PendingRequest[] = [];
  #first = 0;
  #chunk = new Uint8Array(0);
  #used = 0;

  get length(): number {
    return this.#requests.length - this.#first;
  }

  get first(): PendingRequest | undefined {
    return this.#requests[this.#first];
  }

  /** Appends a request whose encoded arguments are `bytes[0, length)`; they are copied. */
  push(pending: PendingRequest, bytes: Uint8Array, length: number): void {
    if (length > CHUNK_BYTES / 4) {
      pending.bytes = bytes.slice(0, length);
      pending.offset = 0;
    } else {
      if (this.#used + length > this.#chunk.length) {
        this.#chunk = new Uint8Array(CHUNK_BYTES);
        this.#used = 0;
      }
      this.#chunk.set(bytes.subarray(0, length), this.#used);
      pending.bytes = this.#chunk;
      pending.offset = this.#used;
      this.#used += length;
    }
    pending.length = length;
    this.#requests.push(pending);
  }

  /** Removes the oldest request. */
  shift(): void {
    const pending = this.#requests[this.#first];
    if (pending === undefined) return;
    pending.bytes = undefined;
    this.#first += 1;
    if (this.#first >= COMPACT_AT && this.#first * 2 >= this.#requests.length) {
      this.#requests = this.#requests.slice(this.#first);
      this.#first = 0;
    }
  }

  clear(): void {
    this.#requests = [];
    this.#first = 0;
  }
}
