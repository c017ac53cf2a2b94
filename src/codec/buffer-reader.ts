import { utilTypes } from "../runtime/index.ts";
import { ByteReader, corrupt } from "./byte-reader.ts";
import { MovedBuffer, ReceivedBuffer } from "./received-buffer.ts";
import type { DirectoryEntry, SomeBuffer } from "./received-buffer.ts";
import {
  bulkStart,
  FOOTER_BYTES,
  MOVED,
  RESERVED_BYTES_MAX,
  reservedBytes,
  RESIZABLE,
  SOLE,
} from "./tags.ts";

const NONE: readonly never[] = [] as never[];

/** Reads the ArrayBuffers at the end of an encoded value. */
export abstract class BufferReader extends ByteReader {
  #buffers: readonly SomeBuffer[] = NONE;

  /** See `ValueReader`. */
  abstract handleAt(index: number): unknown;

  /** See `ValueReader`. */
  bufferAt(index: number): SomeBuffer {
    const received = this.#buffers[index];
    if (received === undefined) throw corrupt("a buffer that is not in the directory");
    return received;
  }

  /** Finds the bulk bytes, then goes back to the beginning of the value, which ends before the directory. */
  protected readBuffers(start: number): void {
    const valueAt = this.position;
    this.position = Math.max(valueAt, this.limit - FOOTER_BYTES);
    const footerAt = this.position;
    const directoryAt = start + this.readFloat64();
    if (!(directoryAt > start && directoryAt <= footerAt && Number.isInteger(directoryAt))) {
      throw corrupt("a directory of buffers outside of them");
    }
    this.limit = footerAt;
    this.position = directoryAt;
    const entries: DirectoryEntry[] = [];
    let reserved = 0;
    for (let rest = this.readCount(); rest > 0; rest--) {
      const entry = this.#readDirectoryEntry();
      if (entry.maxByteLength !== undefined) reserved += reservedBytes(entry.maxByteLength);
      if (reserved > RESERVED_BYTES_MAX) throw corrupt("buffers that may grow without limit");
      entries.push(entry);
    }
    this.#buffers = entries.map((entry) => {
      if (entry.handle !== undefined) return new MovedBuffer(entry.start, this.#bufferIn(entry));
      this.position = start + bulkStart(this.position - start, entry.length);
      return new ReceivedBuffer(this.bytes, this.take(entry.length), entry);
    });
    if (this.position !== footerAt) throw corrupt("bytes that belong to no buffer");
    this.position = valueAt;
    this.limit = directoryAt;
  }

  #readDirectoryEntry(): DirectoryEntry {
    const flag = this.readByte();
    const start = this.readCount();
    const length = this.readCount();
    const maxByteLength = flag === RESIZABLE ? this.readCount() : undefined;
    const handle = flag === MOVED ? this.readCount() : undefined;
    return { start, length, maxByteLength, sole: flag === SOLE, handle };
  }

  #bufferIn({ handle, length }: DirectoryEntry): ArrayBuffer {
    const buffer = this.handleAt(handle as number);
    if (!utilTypes().isArrayBuffer(buffer) || buffer.byteLength !== length)
      throw corrupt("a moved buffer of another length");
    return buffer;
  }

  protected override forgetBytes(): void {
    super.forgetBytes();
    if (this.#buffers !== NONE) this.#buffers = NONE;
  }
}
