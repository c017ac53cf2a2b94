/**
 * The result ring of one worker: a byte ring with one writer and one reader.
 *
 * ```
 * byte 0     tail      bytes published, wrapping         worker
 *      4     wanted    1: the worker waits for space     set by the worker, cleared by the parent
 *    128     head      bytes taken, wrapping             parent
 *    256     frames    a power of two of bytes, each frame on an 8-byte boundary
 *
 * frame      length | task | generation | status, flags | payload, padded to 8 bytes
 * padding    -1, then nothing up to the end of the ring: a frame never wraps
 * ```
 *
 * Each worker has a ring of its own, so a worker that dies leaves no hole that others would have to pass: what it had
 * not published is not there. Source: the framing is Agrona's (RecordDescriptor).
 */
import { distance, powerOfTwoAtLeast } from "./sequence.ts";
import {
  Atomics,
  Float64Array,
  Int32Array,
  RangeError,
  SharedArrayBuffer,
  Uint8Array,
} from "./globals.ts";

const TAIL = 0;
const WANTED = 1;
const HEAD = 32;
const FRAMES_BYTE = 256;
const HEADER_BYTES = 16;
const ALIGNMENT = 8;
const PADDING = -1;

/** There is no space in the ring now. */
export const FULL = -1;

/**
 * Creates the memory of a result ring.
 *
 * @param bytes how many bytes of frames it has at least, 0 to 2^30; 128 and a power of two in any case
 * @throws RangeError for anything else
 */
export function createResultRing(bytes: number): SharedArrayBuffer {
  if (!(Number.isInteger(bytes) && bytes >= 0 && bytes <= 2 ** 30)) {
    throw new RangeError(`A result ring has 0 to 2^30 bytes of frames: bytes=${bytes}`);
  }
  return new SharedArrayBuffer(FRAMES_BYTE + powerOfTwoAtLeast(Math.max(bytes, 128)));
}

/** How many bytes of frames a ring has. Throws a RangeError when this is not the memory of a ring. */
function capacityOf(memory: SharedArrayBuffer): number {
  const capacity = memory.byteLength - FRAMES_BYTE;
  if (capacity >= 128 && powerOfTwoAtLeast(capacity) === capacity) return capacity;
  throw new RangeError(
    `This is not the memory of a result ring; make one with createResultRing: bytes=${memory.byteLength}`,
  );
}

/** The worker's end of its result ring: `tryReserve`, write the payload, `publish`. */
export class ResultWriter {
  /** The ring's memory. A reserved payload begins at the offset that `tryReserve` has returned. */
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  /** The same memory as doubles; every payload starts on one. */
  readonly floats: Float64Array<SharedArrayBuffer>;
  /** The same memory as words of four bytes; every payload is padded to two of them. */
  readonly words: Int32Array<SharedArrayBuffer>;
  /**
   * The longest payload that may go through the ring: an eighth of it, so that no result holds up the others for long.
   */
  readonly maxPayloadBytes: number;
  readonly #capacity: number;
  #tail: number;
  #headSeen: number;
  /** Where the reserved frame begins, and where the tail will be when it is published. */
  #frame = 0;
  #tailAfter = 0;

  /**
   * @param memory what `createResultRing` has returned
   * @throws RangeError for anything else
   */
  constructor(memory: SharedArrayBuffer) {
    this.#capacity = capacityOf(memory);
    this.bytes = new Uint8Array(memory);
    this.floats = new Float64Array(memory);
    this.words = new Int32Array(memory);
    this.maxPayloadBytes = this.#capacity / 8 - HEADER_BYTES;
    this.#tail = Atomics.load(this.words, TAIL);
    this.#headSeen = Atomics.load(this.words, HEAD);
  }

  /**
   * Reserves the space of one frame. A reserved frame that is not published is forgotten by the next call.
   *
   * @param payloadBytes 0 to `maxPayloadBytes`
   * @returns the offset in `bytes` to write the payload at, or `FULL`; never blocks
   */
  tryReserve(payloadBytes: number): number {
    const capacity = this.#capacity;
    const frameBytes = HEADER_BYTES + ((payloadBytes + ALIGNMENT - 1) & -ALIGNMENT);
    const at = this.#tail & (capacity - 1);
    const toEnd = capacity - at;
    const padding = frameBytes > toEnd ? toEnd : 0;
    const after = (this.#tail + padding + frameBytes) | 0;
    if (((after - this.#headSeen) | 0) > capacity) {
      this.#headSeen = Atomics.load(this.words, HEAD); // pairs with commit
      if (distance(this.#headSeen, after) > this.#capacity) return FULL;
    }
    if (padding > 0) this.words[(FRAMES_BYTE + at) >> 2] = PADDING;
    this.#frame = FRAMES_BYTE + (padding > 0 ? 0 : at);
    this.#tailAfter = after;
    return this.#frame + HEADER_BYTES;
  }

  /**
   * Publishes the reserved frame. Its one store of the tail is the linearization point of the result.
   *
   * @param task the task whose result it is
   * @param generation of that task, as `generationOfTask` says
   * @param status any 32 bits that reader and writer agree on
   * @param payloadBytes what `tryReserve` was called with
   */
  publish(task: number, generation: number, status: number, payloadBytes: number): void {
    const header = this.#frame >> 2;
    this.words[header] = payloadBytes;
    this.words[header + 1] = task;
    this.words[header + 2] = generation;
    this.words[header + 3] = status;
    this.#tail = this.#tailAfter;
    // Pairs with the load in ResultReader.hasNext: a parent that sees this tail sees the frame.
    Atomics.store(this.words, TAIL, this.#tail);
  }

  /** Says that the worker wants space. Try again after this and before waiting: pairs with `ResultReader.commit`. */
  wantSpace(): void {
    Atomics.store(this.words, WANTED, 1);
  }
}

/** The parent's end of a result ring: `next`, read the fields of the frame, and `commit` once for many frames. */
export class ResultReader {
  /** The ring's memory. The payload of the frame at hand is `bytes[start, end)`. */
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  /** The same memory as doubles; every payload starts on one. */
  readonly floats: Float64Array<SharedArrayBuffer>;
  /** The task that the frame at hand names. */
  task = 0;
  /** The generation that the frame at hand names. */
  generation = 0;
  /** The status of the frame at hand. */
  status = 0;
  /** Where the payload of the frame at hand begins in `bytes`. */
  start = 0;
  /** Where it ends. */
  end = 0;
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #capacity: number;
  #head: number;
  /** The head that the worker can see: it may not have published more than the capacity beyond this. */
  #committed: number;
  #tailSeen: number;

  /**
   * @param memory what `createResultRing` has returned
   * @throws RangeError for anything else
   */
  constructor(memory: SharedArrayBuffer) {
    this.#capacity = capacityOf(memory);
    this.bytes = new Uint8Array(memory);
    this.floats = new Float64Array(memory);
    this.#words = new Int32Array(memory);
    this.#head = Atomics.load(this.#words, HEAD);
    this.#committed = this.#head;
    this.#tailSeen = this.#head;
  }

  /**
   * Whether a frame is published that `next` has not gone to. Pairs with the store of the tail in
   * `ResultWriter.publish`.
   */
  get hasNext(): boolean {
    if (this.#head !== this.#tailSeen) return true;
    this.#tailSeen = Atomics.load(this.#words, TAIL);
    return this.#head !== this.#tailSeen;
  }

  /**
   * Goes to the next frame. The fields stay valid until `commit`.
   *
   * It trusts nothing that it finds: whatever the memory holds, a frame lies within what is published and within the
   * ring, and without a `commit` it finds no more frames than a ring can hold.
   *
   * @returns false when nothing more is published
   * @throws RangeError when the bytes cannot be a frame: memory was overwritten, so read no more of this ring
   */
  next(): boolean {
    const capacity = this.#capacity;
    while (this.#head !== this.#tailSeen || this.hasNext) {
      const tail = this.#tailSeen;
      const published = (tail - this.#head) | 0;
      // The tail may lie where no worker can have published.
      if (
        published <= 0 ||
        ((tail - this.#committed) | 0) > capacity ||
        published % ALIGNMENT !== 0
      )
        throw badTail(published);
      const at = this.#head & (capacity - 1);
      const toEnd = capacity - at;
      const header = (FRAMES_BYTE + at) >> 2;
      const payloadBytes = this.#words[header] as number;
      if (payloadBytes === PADDING && toEnd <= published) {
        this.#head = (this.#head + toEnd) | 0;
        continue;
      }
      const room = (toEnd < published ? toEnd : published) - HEADER_BYTES;
      if (payloadBytes < 0 || payloadBytes > room) {
        throw new RangeError(`A result frame does not fit its ring: length=${payloadBytes}`);
      }
      this.task = this.#words[header + 1] as number;
      this.generation = this.#words[header + 2] as number;
      this.status = this.#words[header + 3] as number;
      this.start = FRAMES_BYTE + at + HEADER_BYTES;
      this.end = this.start + payloadBytes;
      const frameBytes = HEADER_BYTES + ((payloadBytes + ALIGNMENT - 1) & -ALIGNMENT);
      this.#head = (this.#head + frameBytes) | 0;
      return true;
    }
    return false;
  }

  /**
   * Gives the space of all frames that were read back to the worker. Pairs with `ResultWriter.wantSpace`: this stores
   * the head first and then reads whether the worker wants space; the worker says so first and then reads the head.
   *
   * @returns true when the worker waits for space: unpark it
   */
  commit(): boolean {
    this.#committed = this.#head;
    Atomics.store(this.#words, HEAD, this.#head);
    return (
      Atomics.load(this.#words, WANTED) === 1 && Atomics.exchange(this.#words, WANTED, 0) === 1
    );
  }
}

function badTail(bytes: number): RangeError {
  return new RangeError(
    `The tail of a result ring lies where nothing can be published: bytes ahead of the head=${bytes}`,
  );
}
