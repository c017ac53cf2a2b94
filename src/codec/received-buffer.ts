/**
 * One ArrayBuffer as it lies in an encoded value, maybe only a part of the sender's; copied out when it is asked for.
 */
export class ReceivedBuffer {
  /** The offset that its first byte had in the sender's buffer. */
  readonly start: number;
  readonly #bytes: Uint8Array;
  readonly #at: number;
  readonly #length: number;
  readonly #maxByteLength: number | undefined;
  #sole: boolean;
  #buffer: ArrayBuffer | undefined = undefined;

  /**
   * @param bytes holds the encoded value, and the bytes of this buffer from `at` on
   * @param entry what the directory says of them
   */
  constructor(bytes: Uint8Array, at: number, entry: DirectoryEntry) {
    this.start = entry.start;
    this.#bytes = bytes;
    this.#at = at;
    this.#length = entry.length;
    this.#maxByteLength = entry.maxByteLength;
    this.#sole = entry.sole;
  }

  /** The buffer, the same at each call. */
  get buffer(): ArrayBuffer {
    return (this.#buffer ??= this.#copy());
  }

  /**
   * All bytes for the only view on them, at most once, and only if the sender says that
   * there is no other: a small array without a buffer of its own is made ten times as fast.
   */
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
  /** undefined when it is not resizable */
  readonly maxByteLength: number | undefined;
  /** whether the value refers to it once only */
  readonly sole: boolean;
}

function copyOf(bytes: Uint8Array, at: number, length: number): Uint8Array<ArrayBuffer> {
  // slice makes a plain Uint8Array of its own memory, from a shared one too.
  const copy = bytes.slice(at, at + length);
  // The slice of a Buffer is a view on it, not a copy.
  return bytes instanceof Buffer ? new Uint8Array(copy) : copy;
}
