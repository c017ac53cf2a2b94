import type { ByteWriter } from "./byte-writer.ts";
import { ObjectNumbers } from "./object-numbers.ts";
import { Refusal } from "./refusal.ts";
import { bulkStart, RESERVED_BYTES_MAX, reservedBytes, RESIZABLE, SOLE } from "./tags.ts";

/** One ArrayBuffer, and what of it must travel. */
interface SentBuffer {
  readonly buffer: ArrayBuffer;
  start: number;
  end: number;
  alignment: number;
  /** whether it was asked for once only */
  sole: boolean;
  /** What travels; made with the directory, as whether it can be made is known only then. */
  bytes: Uint8Array | undefined;
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
  readonly #numbers: ObjectNumbers = new ObjectNumbers();
  #sent: SentBuffer[] = [];

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
    const known = this.#numbers.meet(buffer);
    if (known < 0) {
      // A resizable buffer can only be rebuilt whole.
      const whole = buffer.resizable;
      this.#sent.push({
        buffer,
        start: whole ? 0 : start,
        end: whole ? buffer.byteLength : end,
        alignment,
        sole: true,
        bytes: undefined,
      });
      return this.#sent.length - 1;
    }
    const sent = this.#sent[known]!;
    sent.sole = false;
    sent.start = Math.min(sent.start, start);
    sent.end = Math.max(sent.end, end);
    sent.alignment = Math.max(sent.alignment, alignment);
    return known;
  }

  /** Forgets all buffers but the first `count`; ranges that have grown stay so. */
  truncate(count: number): void {
    if (count === this.#sent.length) return;
    this.#numbers.truncate(count);
    this.#sent = this.#sent.slice(0, count);
  }

  /**
   * Writes the directory, at the end of what is written; from now on no buffer is added.
   *
   * @returns the offset, in the encoded value, of the end of the bulk bytes that `copyTo` will put behind it
   */
  writeDirectory(writer: ByteWriter): number {
    writer.writeCount(this.#sent.length);
    let reserved = 0;
    for (const sent of this.#sent) {
      const { buffer, start, end, alignment } = sent;
      if (buffer.detached || end > buffer.byteLength) {
        throw new Refusal(
          "has lost an ArrayBuffer while it was read; a getter moved or resized it.",
        );
      }
      sent.start = start - (start % alignment);
      sent.bytes = new Uint8Array(buffer, sent.start, end - sent.start);
      writer.writeByte(buffer.resizable ? RESIZABLE : sent.sole ? SOLE : 0);
      writer.writeCount(sent.start);
      writer.writeCount(end - sent.start);
      if (!buffer.resizable) continue;
      writer.writeCount(buffer.maxByteLength);
      reserved += reservedBytes(buffer.maxByteLength);
      if (reserved > RESERVED_BYTES_MAX) {
        throw new Refusal(
          "holds too many resizable ArrayBuffers, or their maxByteLengths are too much together; pass ones of a fixed length.",
        );
      }
    }
    let at = writer.writtenBytes;
    for (const { start, end } of this.#sent) at = bulkStart(at, end - start) + end - start;
    return at;
  }

  /**
   * Copies the bulk bytes to their places in the encoded value that begins at `target[valueStart]`.
   *
   * @returns the index in `target` of the byte after them
   */
  copyTo(target: Uint8Array, valueStart: number, directoryEnd: number): number {
    let at = directoryEnd;
    for (const { bytes } of this.#sent) {
      if (bytes === undefined) continue;
      const { length } = bytes;
      const partAt = bulkStart(at, length);
      target.fill(0, valueStart + at, valueStart + partAt);
      target.set(bytes, valueStart + partAt);
      at = partAt + length;
    }
    return valueStart + at;
  }
}
