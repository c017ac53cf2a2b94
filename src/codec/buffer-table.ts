import { Refusal } from "./refusal.ts";

/** One ArrayBuffer, and what of it must travel. */
interface SentBuffer {
  readonly buffer: ArrayBuffer;
  start: number;
  end: number;
  alignment: number;
}

/**
 * The ArrayBuffers of one value, each with the range that must travel.
 *
 * Rule: a buffer that is in the value itself travels whole; of one that is only seen
 * through views, what lies between the first and the last byte that they show. So a
 * slice of a gigabyte costs a slice, and views that shared memory share it again, at
 * the same distance. (Structured clone copies the gigabyte.) The other way, copying each
 * view by itself, would break sharing; and which of the two applies is only known at
 * the end, hence the bytes stand behind the value and not in it.
 */
export class BufferTable {
  readonly #sent: SentBuffer[] = [];
  readonly #indexes: Map<ArrayBuffer, number> = new Map();

  get count(): number {
    return this.#sent.length;
  }

  /**
   * Asks for the bytes from `start` to `end`.
   *
   * @param alignment the size of the view's elements: on the other side its offset must be
   *   a multiple of it again
   * @returns the buffer's index in the directory
   */
  add(buffer: ArrayBuffer, start: number, end: number, alignment: number): number {
    const known = this.#indexes.get(buffer);
    // A resizable buffer can only be rebuilt whole.
    const entry = buffer.resizable
      ? { buffer, start: 0, end: buffer.byteLength, alignment: 1 }
      : { buffer, start, end, alignment };
    if (known === undefined) {
      this.#indexes.set(buffer, this.#sent.length);
      return this.#sent.push(entry) - 1;
    }
    const sent = this.#sent[known]!;
    sent.start = Math.min(sent.start, entry.start);
    sent.end = Math.max(sent.end, entry.end);
    sent.alignment = Math.max(sent.alignment, entry.alignment);
    return known;
  }

  /** Forgets all buffers but the first `count`; ranges that have grown stay so. */
  truncate(count: number): void {
    for (const { buffer } of this.#sent.splice(count)) this.#indexes.delete(buffer);
  }

  /** What travels of each buffer, in the order of the directory. */
  *parts(): Generator<Uint8Array<ArrayBuffer>> {
    for (const { buffer, start, end, alignment } of this.#sent) {
      if (buffer.detached) throw new Refusal("has lost an ArrayBuffer while it was read; a getter moved it.");
      const aligned = start - (start % alignment);
      yield new Uint8Array(buffer, aligned, end - aligned);
    }
  }
}
