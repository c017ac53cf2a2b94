import { PayloadError } from "../errors.ts";
import { defineValue, Error, TypeError } from "../runtime/index.ts";
import { isIndex } from "./array-writer.ts";
import { BufferReader } from "./buffer-reader.ts";
import { corrupt, NO_BYTES } from "./byte-reader.ts";
import { decodingError } from "./decoding-error.ts";
import { loadedClasses } from "./loaded-classes.ts";
import { DecodeRefusal, propertySegment, unwoundDecoding } from "./refusal.ts";
import {
  ARRAY,
  BIGINT64,
  BIGINT_HEX,
  DEFERRED,
  END,
  FALSE,
  FLOAT64,
  HAS_BUFFERS,
  HAS_REFERENCES,
  HOLE,
  HOLES,
  INT32,
  isBare,
  NAMED_ARRAY,
  NULL,
  OBJECT,
  REFERENCE,
  SHORT_STRING,
  SMALL_INTEGER,
  STRING16,
  STRING8,
  TRUE,
  UNDEFINED,
} from "./tags.ts";
import type { ValueReader } from "./value-reader.ts";

const NONE: readonly never[] = [] as never[];
const ARRAY_LENGTH_MAX = 0xffff_ffff;

/**
 * Turns encoded values back into values.
 *
 * Every value is a copy: the bytes may be overwritten as soon as `decode` returns. Nothing in the bytes is trusted. For
 * bytes that no encoder has written, `decode` throws a PayloadError or returns some value; it never reads outside the
 * given range, runs for ever, or takes far more memory than the bytes.
 */
export class Decoder extends BufferReader implements ValueReader {
  #handles: readonly unknown[] = NONE;
  readonly #sharedBuffer: (id: number) => SharedArrayBuffer | undefined;
  /** The objects read so far, by number. Kept only when the header says that the value holds a REFERENCE. */
  #objects: (object | undefined)[] = [];
  #tracking: boolean = false;
  readonly #root: string;
  /** The objects whose contents follow the value. */
  #deferred: object[] = [];
  /** Whether to read in the way that takes longer: properties are defined and not assigned, and paths are collected. */
  #isCareful: boolean = false;

  /**
   * @param sharedBuffer finds a shared buffer by the number that the encoder has for it
   * @param root what the path in a PayloadError starts with, such as `args` or `result`
   */
  constructor(
    sharedBuffer: (id: number) => SharedArrayBuffer | undefined = noBuffer,
    root: string = "result",
  ) {
    super();
    this.#sharedBuffer = sharedBuffer;
    this.#root = root;
  }

  /** Whether a decode function that this decoder has called is running. It must not make the decoder decode. */
  get isBusy(): boolean {
    return this.bytes !== NO_BYTES;
  }

  /**
   * Decodes the encoded value that lies in `bytes` from `start` to exactly `end`.
   *
   * @param handles what was posted together with the bytes, as it arrived
   * @throws PayloadError when the bytes are corrupt, or the class of an instance is not registered in this thread
   */
  decode(
    bytes: Uint8Array,
    start: number,
    end: number,
    handles: readonly unknown[] = NONE,
  ): unknown {
    if (!(start >= 0 && start < end && end <= bytes.length))
      throw corrupt("no encoded value in the given range");
    if (this.isBusy) throw new PayloadError(DECODING);
    const header = bytes[start]!;
    if (isBare(header)) return loadedClasses().readBare(bytes, start, end, header);
    try {
      return this.#decodeOnce(bytes, start, end, handles);
    } catch (thrown) {
      const mayHelp = isTypeError(thrown) || thrown instanceof DecodeRefusal;
      if (this.#isCareful || !mayHelp) throw decodingError(thrown, this.#root);
    }
    // Perhaps an assignment has failed because Object.prototype is frozen, or the failure of a decode function needs a path.
    this.#isCareful = true;
    try {
      return this.#decodeOnce(bytes, start, end, handles);
    } catch (thrown) {
      this.#isCareful = false;
      throw decodingError(thrown, this.#root);
    }
  }

  #decodeOnce(bytes: Uint8Array, start: number, end: number, handles: readonly unknown[]): unknown {
    this.bytes = bytes;
    this.position = start + 1;
    this.limit = end;
    this.#handles = handles;
    try {
      const header = bytes[start]!;
      if (header !== 0) this.#readHeader(header, start);
      const value = this.readValue();
      if (this.#deferred.length > 0) this.#readDeferred();
      if (this.position !== this.limit) throw corrupt("more than one value");
      return value;
    } finally {
      this.#forget();
    }
  }

  /** See `ValueReader`. */
  readValue(): unknown {
    return this.#readTagged(this.readByte());
  }

  /** See `ValueReader`. */
  readProperties<T extends object>(object: T): T {
    if (this.#isCareful) return this.#readPropertiesCarefully(object);
    for (let rest = this.readCount(); rest > 0; rest--) {
      const key = this.readKey();
      const value = this.readValue();
      // An assignment would run a setter of the class, or fail where the class has a read-only property.
      if (key in object) defineValue(object, key, value, true);
      else (object as Record<string, unknown>)[key] = value;
    }
    return object;
  }

  /** See `ValueReader`. */
  readEnd(): boolean {
    if (this.position >= this.limit || this.bytes[this.position] !== END) return false;
    this.position++;
    return true;
  }

  /** See `ValueReader`. */
  track<T extends object>(object: T): T {
    if (this.#tracking) this.#objects.push(object);
    return object;
  }

  /** See `ValueReader`. */
  reserve(): number {
    return this.#tracking ? this.#objects.push(undefined) - 1 : -1;
  }

  /** See `ValueReader`. */
  assign(number: number, object: object): void {
    if (number >= 0) this.#objects[number] = object;
  }

  /** See `ValueReader`. */
  sharedBufferNamed(id: number): SharedArrayBuffer {
    const buffer = this.#sharedBuffer(id);
    if (buffer === undefined) throw corrupt("the number of a shared buffer that is not known");
    return buffer;
  }

  /** See `ValueReader`. */
  handleAt(index: number): unknown {
    if (index >= this.#handles.length) {
      throw new PayloadError(
        "These bytes refer to a handle that did not come with them; pass decode the posted handles.",
      );
    }
    return this.#handles[index];
  }

  #readTagged(tag: number): unknown {
    if (tag >= SMALL_INTEGER) return tag - SMALL_INTEGER;
    if (tag >= SHORT_STRING) return this.latin1(tag - SHORT_STRING);
    if (tag === OBJECT) return this.#readPlainObject();
    if (tag === ARRAY) return this.#readArray();
    if (tag === FLOAT64) return this.readFloat64();
    if (tag === INT32) return this.readInt32();
    if (tag === STRING8 || tag === STRING16) return this.readStringTagged(tag);
    if (tag === TRUE) return true;
    if (tag === FALSE) return false;
    if (tag === NULL) return null;
    if (tag === UNDEFINED) return undefined;
    if (tag === REFERENCE) return this.#readReference();
    return this.#readUncommon(tag);
  }

  #readUncommon(tag: number): unknown {
    if (tag === DEFERRED) return this.#readDeferredObject();
    if (tag === BIGINT64) return this.readBigint64();
    if (tag === BIGINT_HEX) {
      const digits = this.readString();
      return digits.startsWith("-") ? -BigInt(`0x${digits.slice(1)}`) : BigInt(`0x${digits}`);
    }
    if (tag === NAMED_ARRAY) return this.#readNamedArray();
    const read = loadedClasses().objectReader(tag);
    if (read === undefined) throw corrupt(`an unknown tag (${tag})`);
    return read(this);
  }

  #readPlainObject(): object {
    const object: Record<string, unknown> = {};
    if (this.#tracking) this.#objects.push(object);
    if (this.#isCareful) return this.#readPropertiesCarefully(object);
    for (let rest = this.readCount(); rest > 0; rest--) {
      const key = this.readKey();
      const value = this.readValue();
      // An assignment would set the prototype.
      if (key === "__proto__") defineValue(object, key, value, true);
      else object[key] = value;
    }
    return object;
  }

  #readArray(): unknown[] {
    const array: unknown[] = [];
    if (this.#tracking) this.#objects.push(array);
    return this.#isCareful ? this.#fillCarefully(array) : this.#fillArray(array);
  }

  #readAt(segment: string): unknown {
    try {
      return this.readValue();
    } catch (thrown) {
      throw unwoundDecoding(thrown, segment);
    }
  }

  #readNamedArray(): unknown[] {
    const array: unknown[] = [];
    if (this.#tracking) this.#objects.push(array);
    for (let rest = this.readCount(); rest > 0; rest--) {
      const name = this.readKey();
      if (name === "length" || isIndex(name))
        throw corrupt("an element among the names of an array");
      defineValue(array, name, this.#readAt(propertySegment(name)), true);
    }
    return this.#isCareful ? this.#fillCarefully(array) : this.#fillArray(array);
  }

  #fillArray(array: unknown[]): unknown[] {
    const length = this.readCount();
    if (length > ARRAY_LENGTH_MAX) throw corrupt("an array longer than arrays can be");
    // Do not allocate by the length: corrupt bytes may claim any length.
    for (let index = 0; index < length; index++) {
      const tag = this.readByte();
      if (tag === HOLE) array.length = index + 1;
      else if (tag === HOLES) return this.#readSparse(array, index, length);
      else array.push(this.#readTagged(tag));
    }
    return array;
  }

  /** As `readProperties`. Works where Object.prototype is frozen, and collects the path of a failure. */
  #readPropertiesCarefully<T extends object>(object: T): T {
    for (let rest = this.readCount(); rest > 0; rest--) {
      const key = this.readKey();
      defineValue(object, key, this.#readAt(propertySegment(key)), true);
    }
    return object;
  }

  /** As `#fillArray`, and collects the path of a failure. */
  #fillCarefully(array: unknown[]): unknown[] {
    const length = this.readCount();
    if (length > ARRAY_LENGTH_MAX) throw corrupt("an array longer than arrays can be");
    try {
      for (let index = 0; index < length; index++) {
        const tag = this.readByte();
        if (tag === HOLE) array.length = index + 1;
        else if (tag === HOLES) return this.#readSparse(array, index, length);
        else array.push(this.#readTagged(tag));
      }
      return array;
    } catch (thrown) {
      throw unwoundDecoding(thrown, `[${array.length}]`);
    }
  }

  /** Reads the rest of an array, from its first long run of holes on. */
  #readSparse(array: unknown[], start: number, length: number): unknown[] {
    // After the greatest length the engine uses sparse storage, where no length takes memory.
    array.length = ARRAY_LENGTH_MAX;
    array.length = start;
    this.position--;
    for (let index = start; index < length;) {
      const tag = this.readByte();
      if (tag === HOLE) index++;
      else if (tag === HOLES) index += Math.max(1, this.readCount());
      else array[index++] = this.#readTagged(tag);
      if (index > length) throw corrupt("more holes than the array is long");
    }
    array.length = length;
    return array;
  }

  #readDeferredObject(): object {
    const tag = this.readByte();
    const object =
      tag === ARRAY ? [] : tag === OBJECT ? {} : loadedClasses().emptyObject(this, tag);
    this.#deferred.push(object);
    return this.track(object);
  }

  #readDeferred(): void {
    for (const object of this.#deferred) {
      if (Array.isArray(object)) this.#fillArray(object);
      else this.readProperties(object);
    }
  }

  #readReference(): object {
    const object = this.#objects[this.readCount()];
    if (object === undefined) throw corrupt("a reference to nothing");
    return object;
  }

  #readHeader(header: number, start: number): void {
    if (header > (HAS_REFERENCES | HAS_BUFFERS)) throw corrupt("an unknown header");
    this.#tracking = (header & HAS_REFERENCES) !== 0;
    if ((header & HAS_BUFFERS) !== 0) this.readBuffers(start);
  }

  #forget(): void {
    this.forgetBytes();
    this.#handles = NONE;
    if (this.#deferred.length > 0) this.#deferred = [];
    if (this.#tracking) {
      this.#objects = [];
      this.#tracking = false;
    }
  }
}

const DECODING =
  "A decode function of registerClass made the pool read another result; do that after the value has arrived.";

function noBuffer(): undefined {
  return undefined;
}

function isTypeError(thrown: unknown): boolean {
  return Error.isError(thrown) && thrown instanceof TypeError;
}
