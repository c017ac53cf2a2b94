import type { ByteWriter } from "./byte-writer.ts";
import { ObjectNumbers } from "./object-numbers.ts";
import type { HandleTable } from "./handle-table.ts";
import { Refusal } from "./refusal.ts";
import { bulkStart, MOVED, RESERVED_BYTES_MAX, reservedBytes, RESIZABLE, SOLE } from "./tags.ts";
import { ArrayBuffer, Uint8Array } from "../runtime/index.ts";

/** One ArrayBuffer, and the range of it that must travel. */
interface SentBuffer {
  readonly buffer: ArrayBuffer;
  start: number;
  end: number;
  alignment: number;
  /** Whether the value refers to the buffer only once. */
  sole: boolean;
  /**
   * The bytes that travel behind the directory; undefined when a copy of them is moved. Set together with the directory: only
   * then is it known whether the buffer still has them.
   */
  bytes: Uint8Array | undefined;
}

/**
 * The ArrayBuffers of one value, each with the range that must travel.
 *
 * The rule: a buffer that is in the value itself travels whole. Of a buffer that only has views in the value, the bytes
 * travel that lie between the first and the last byte of all these views. So a slice of a gigabyte costs a slice, where
 * structured clone copies the gigabyte; and views that shared memory share it again, at the same distance. Copying each
 * view by itself would break that sharing. The range is known only when the whole value is written, so the bytes stand
 * behind the value and not in it.
 */
export class BufferTable {
  readonly #numbers: ObjectNumbers = new ObjectNumbers();
  #sent: SentBuffer[] = [];

  /** How many buffers have been added. */
  get count(): number {
    return this.#sent.length;
  }

  /**
   * Adds a buffer of which the bytes from `start` to `end` must travel, or extends the range of a known one.
   *
   * @param alignment the size of the view's elements, in bytes: where the value arrives, the offset of the view must be
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

  /** Forgets all buffers after the first `count`. A range that has grown is not made smaller. */
  truncate(count: number): void {
    if (count === this.#sent.length) return;
    this.#numbers.truncate(count);
    this.#sent = this.#sent.slice(0, count);
  }

  /**
   * Writes the directory at the end of what is written. No buffer may be added after this.
   *
   * @param handles gets copies of the buffers that are moved
   * @param movedFrom buffers of so many bytes are moved
   * @returns the offset, in the encoded value, of the end of the bulk bytes that `copyTo` will write behind the
   *   directory
   */
  writeDirectory(writer: ByteWriter, handles: HandleTable, movedFrom: number): number {
    writer.writeCount(this.#sent.length);
    let reserved = 0;
    for (const sent of this.#sent) {
      const { buffer, start, end, alignment } = sent;
      if (buffer.detached || end > buffer.byteLength) {
        throw new Refusal(
          "has lost bytes of an ArrayBuffer while it was read; a getter moved or resized the buffer.",
        );
      }
      sent.start = start - (start % alignment);
      const isMoved = end - sent.start >= movedFrom && !buffer.resizable;
      if (!isMoved) sent.bytes = new Uint8Array(buffer, sent.start, end - sent.start);
      writer.writeByte(buffer.resizable ? RESIZABLE : isMoved ? MOVED : sent.sole ? SOLE : 0);
      writer.writeCount(sent.start);
      writer.writeCount(end - sent.start);
      if (isMoved) writer.writeCount(handles.add(copyOf(buffer, sent.start, end), true));
      if (!buffer.resizable) continue;
      writer.writeCount(buffer.maxByteLength);
      reserved += reservedBytes(buffer.maxByteLength);
      if (reserved > RESERVED_BYTES_MAX) {
        throw new Refusal(
          "holds too many resizable ArrayBuffers, or the sum of their maxByteLengths is too large; pass buffers of a fixed length.",
        );
      }
    }
    let at = writer.writtenBytes;
    for (const { bytes } of this.#sent)
      if (bytes !== undefined) at = bulkStart(at, bytes.length) + bytes.length;
    return at;
  }

  /**
   * Copies the bulk bytes into the encoded value that begins at `target[valueStart]`, behind its directory.
   *
   * @param directoryEnd the offset of the end of the directory, in the encoded value
   * @returns the index in `target` of the byte after the bulk bytes
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

// oxlint-disable-next-line typescript/unbound-method -- called with the buffer, whose own property may hide it
const { slice } = ArrayBuffer.prototype;

function copyOf(buffer: ArrayBuffer, start: number, end: number): ArrayBuffer {
  return slice.call(buffer, start, end);
}
