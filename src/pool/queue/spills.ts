import { spillOf } from "../../protocol/index.ts";
import type { EncodedValue } from "../../protocol/index.ts";
import { Uint8Array, WeakRef } from "../../runtime/index.ts";

/** So many spills may be kept for later payloads. */
const MOST_KEPT = 4;

/**
 * Shared memory for payloads that are too large for the arenas, each in memory of its own. The system has to clear the pages
 * of new memory, which takes longer than to copy into them, so a spill that was read is used again while the engine has not
 * collected it. Only weak references to it are kept: a program that sends no more large payloads gets the memory back.
 */
export class Spills {
  #kept: WeakRef<SharedArrayBuffer>[] = [];

  /**
   * Copies an encoded value into a spill.
   *
   * @param path names the payload in the error
   * @throws PayloadError when there is no memory of that size
   */
  store(value: EncodedValue, length: number, path: string): SharedArrayBuffer {
    const spill = this.#take(length);
    if (spill === undefined) return spillOf(value, length, path);
    value.copyTo(new Uint8Array(spill), 0);
    return spill;
  }

  /** Keeps a spill for another payload. No thread may read it for the present one any more. */
  keep(spill: SharedArrayBuffer): void {
    if (this.#kept.length === MOST_KEPT) this.#kept.shift();
    this.#kept.push(new WeakRef(spill));
  }

  /** Takes a spill of at least so many bytes, and not of many more. */
  #take(length: number): SharedArrayBuffer | undefined {
    for (let index = this.#kept.length - 1; index >= 0; index--) {
      const spill = this.#kept[index]!.deref();
      const isFit = spill !== undefined && spill.byteLength >= length;
      if (spill !== undefined && !(isFit && spill.byteLength / 2 <= length)) continue;
      this.#kept.splice(index, 1);
      if (spill !== undefined) return spill;
    }
    return undefined;
  }
}
