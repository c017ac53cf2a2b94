/**
 * One ArrayBuffer as it lies in a frame, maybe only a part of the sender's; copied out when
 * it is asked for.
 */
export class ReceivedBuffer {
  /** The offset that its first byte had in the sender's buffer. */
  readonly start: number;
  readonly #frame: Uint8Array;
  readonly #at: number;
  readonly #length: number;
  readonly #maxByteLength: number | undefined;
  #sole: boolean;
  #buffer: ArrayBuffer | undefined = undefined;

  /**
   * @param frame holds the bytes, from `at` on
   * @param entry what the directory says of them
   */
  constructor(frame: Uint8Array, at: number, entry: DirectoryEntry) {
    this.start = entry.start;
    this.#frame = frame;
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
    return copyOf(this.#frame, this.#at, length);
  }

  #copy(): ArrayBuffer {
    if (this.#maxByteLength === undefined)
      return copyOf(this.#frame, this.#at, this.#length).buffer;
    const buffer = new ArrayBuffer(this.#length, { maxByteLength: this.#maxByteLength });
    new Uint8Array(buffer).set(this.#frame.subarray(this.#at, this.#at + this.#length));
    return buffer;
  }
}

/** An entry of a frame's directory of buffers. */
export interface DirectoryEntry {
  readonly start: number;
  readonly length: number;
  /** undefined when it is not resizable */
  readonly maxByteLength: number | undefined;
  /** whether the value refers to it once only */
  readonly sole: boolean;
}

function copyOf(frame: Uint8Array, at: number, length: number): Uint8Array<ArrayBuffer> {
  // slice makes a plain Uint8Array of its own memory, from a shared one too.
  const copy = frame.slice(at, at + length);
  // Where the frame is in a Buffer, slice would be a view on it.
  return frame instanceof Buffer ? new Uint8Array(copy) : copy;
}
