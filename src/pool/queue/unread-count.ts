import type { OutOfBandParts } from "../../protocol/out-of-band.ts";

const MANY_MESSAGES = 64;
const MANY_BYTES = 1 << 25;

/**
 * Counts what is posted to every worker. A worker that stays parked does not read its port, and what
 * lies there keeps memory alive; when it has become much, all are woken to read.
 */
export class UnreadCount {
  #messages = 0;
  #bytes = 0;

  count({ spillBytes, handles }: OutOfBandParts): void {
    this.#messages += 1;
    this.#bytes += spillBytes;
    for (const handle of handles) {
      if (handle instanceof SharedArrayBuffer) this.#bytes += handle.byteLength;
    }
  }

  /** Is it much? Then the count starts anew. */
  takeIfMany(): boolean {
    if (this.#messages < MANY_MESSAGES && this.#bytes < MANY_BYTES) return false;
    this.#messages = 0;
    this.#bytes = 0;
    return true;
  }
}
