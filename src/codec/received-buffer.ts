import { ArrayBuffer, Buffer, Uint8Array } from "../runtime/index.ts";

/** An ArrayBuffer that has arrived: all of the sender's buffer, or a part of it. */
export interface SomeBuffer {
  /** The offset of its first byte in the sender's buffer. */
  readonly start: number;
  /** The buffer: the same object each time. */
  readonly buffer: ArrayBuffer;
  /**
   * Returns all bytes for the only view on this buffer, at most once; undefined when the sender does not say
   * that there is only one, or when the view shows a part. The engine makes a small array ten times as fast as an array
   * on a buffer.
   */
  takeSole(start: number, length: number): Uint8Array<ArrayBuffer> | undefined;
}

/** One whose bytes were moved. */
export class MovedBuffer implements SomeBuffer {
  readonly start: number;
  readonly buffer: ArrayBuffer;

  constructor(start: number, buffer: ArrayBuffer) {
    this.start = start;
    this.buffer = buffer;
  }

  takeSole(): undefined {}
}

/**
 * One ArrayBuffer as it lies in an encoded value: all of the sender's buffer, or a part of it. It is copied out when it
 * is asked for.
 */
export class ReceivedBuffer implements SomeBuffer {
  /** The offset of its first byte in the sender's buffer. */
  readonly start: number;
  readonly #bytes: Uint8Array;
  readonly #at: number;
  readonly #length: number;
  readonly #maxByteLength: number | undefined;
  #sole: boolean;
  #buffer: ArrayBuffer | undefined = undefined;

  /**
   * @param bytes holds the encoded value, and the bytes of this buffer from `at` on
   * @param entry what the directory says about this buffer
   */
  constructor(bytes: Uint8Array, at: number, entry: DirectoryEntry) {
    this.start = entry.start;
    this.#bytes = bytes;
    this.#at = at;
    this.#length = entry.length;
    this.#maxByteLength = entry.maxByteLength;
    this.#sole = entry.sole;
  }

  /** A copy of the buffer: the same object each time. */
  get buffer(): ArrayBuffer {
    return (this.#buffer ??= this.#copy());
  }

  /** See `SomeBuffer`. */
  takeSole(start: number, length: number): Uint8Array<ArrayBuffer> | undefined {
    if (!this.#sole || start !== 0 || length !== this.#length) return undefined;
    this.#sole = false;
    return copyOf(this.#bytes, this.#at, length);
  }

  #copy(): ArrayBuffer {
    if (this.#maxByteLength === undefined)
      return copyOf(this.#bytes, this.#at, this.#length).buffer;
    const buffer = new ArrayBuffer(this.#length, { maxByteLength: this.#maxByteLength });
    new Uint8Array(buffer).set(this.#bytes.subarray(this.#at, this.#at + this.#length));
    return buffer;
  }
}

/** An entry of the directory of buffers of an encoded value. */
export interface DirectoryEntry {
  readonly start: number;
  readonly length: number;
  /** Undefined when the buffer is not resizable. */
  readonly maxByteLength: number | undefined;
  /** Whether the value refers to the buffer only once. */
  readonly sole: boolean;
  /** The index of the handle that is the buffer; undefined when the bytes are in the encoded value. */
  readonly handle: number | undefined;
}

/** A copy of a part of bytes that may be shared memory, in memory of its own. */
export function copyOf(bytes: Uint8Array, at: number, length: number): Uint8Array<ArrayBuffer> {
  // slice() makes a Uint8Array with memory of its own, also from shared memory.
  const copy = bytes.slice(at, at + length);
  // The slice of a Buffer is a view on it, not a copy.
  return bytes instanceof Buffer ? new Uint8Array(copy) : copy;
}
