import { writeLatin1, writeUcs2, writeUtf8 } from "./native-strings.ts";
import {
  BIGINT64,
  BIGINT_HEX,
  FLOAT64,
  INT32,
  SHORT_STRING,
  SHORT_STRING_MAX,
  SMALL_INTEGER,
  STRING16,
  STRING8,
} from "./tags.ts";

const INITIAL_CAPACITY = 4096;
/** Scratch above this is given back once it is no longer needed. */
export const KEPT_CAPACITY: number = 1 << 20;
/** Up to here, a loop over the characters beats one call into native code. */
const LOOP_MAX = 24;
/** Up to here, room for the worst case of UTF-8 is taken without counting first. */
const UTF8_ROOM_MAX = 16_384;

/**
 * Primitive values as tagged bytes in a scratch buffer that grows.
 *
 * The scratch is never shared memory: what is half written is seen by no one.
 */
export abstract class ByteWriter {
  /** The scratch; its first `position` bytes are written. */
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(INITIAL_CAPACITY);
  protected position: number = 0;
  #view: DataView<ArrayBuffer> = new DataView(this.bytes.buffer);

  /** How much of the scratch is written. */
  get writtenBytes(): number {
    return this.position;
  }

  writeByte(byte: number): void {
    this.reserve(1);
    this.bytes[this.position++] = byte;
  }

  /** Unsigned LEB128. @param count 0 to 2^53 - 1 */
  writeCount(count: number): void {
    this.reserve(8);
    let rest = count;
    while (rest >= 0x80) {
      // Arithmetic, not shifts: byte counts may exceed 32 bits.
      this.bytes[this.position++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.bytes[this.position++] = rest;
  }

  writeNumber(value: number): void {
    this.reserve(9);
    const integer = value | 0;
    // 1 / -0 is -Infinity: minus zero is left to float64.
    if (integer !== value || (integer === 0 && 1 / value < 0)) {
      this.bytes[this.position] = FLOAT64;
      this.#view.setFloat64(this.position + 1, value, true);
      this.position += 9;
    } else if (integer >= 0 && integer < SMALL_INTEGER) {
      this.bytes[this.position++] = SMALL_INTEGER | integer;
    } else {
      this.bytes[this.position] = INT32;
      this.#view.setInt32(this.position + 1, integer, true);
      this.position += 5;
    }
  }

  /** Eight bytes without a tag. */
  writeFloat64(value: number): void {
    this.reserve(8);
    this.#view.setFloat64(this.position, value, true);
    this.position += 8;
  }

  writeBigint(value: bigint): void {
    if (BigInt.asIntN(64, value) === value) {
      this.reserve(9);
      this.bytes[this.position] = BIGINT64;
      this.#view.setBigInt64(this.position + 1, value, true);
      this.position += 9;
    } else {
      this.writeByte(BIGINT_HEX);
      this.writeString(value.toString(16));
    }
  }

  writeString(text: string): void {
    const { length } = text;
    if (length > LOOP_MAX) {
      this.#writeLongString(text);
      return;
    }
    this.reserve(length + 1);
    const { bytes } = this;
    const start = this.position + 1;
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code > 0xff) {
        this.#writeWideString(text);
        return;
      }
      bytes[start + index] = code;
    }
    bytes[start - 1] = SHORT_STRING | length;
    this.position = start + length;
  }

  #writeLongString(text: string): void {
    const { length } = text;
    const roomy = length <= UTF8_ROOM_MAX;
    if (!roomy && Buffer.byteLength(text) !== length) {
      this.#writeWideString(text);
      return;
    }
    this.reserve(9 + (roomy ? length * 3 : length));
    const start = this.position;
    if (length <= SHORT_STRING_MAX) {
      this.bytes[this.position++] = SHORT_STRING | length;
    } else {
      this.bytes[this.position++] = STRING8;
      this.writeCount(length);
    }
    const write = roomy ? writeUtf8 : writeLatin1;
    if (write(this.bytes, text, this.position) === length) {
      this.position += length;
    } else {
      this.position = start;
      this.#writeWideString(text);
    }
  }

  #writeWideString(text: string): void {
    const byteLength = text.length * 2;
    this.reserve(9 + byteLength);
    this.bytes[this.position++] = STRING16;
    this.writeCount(text.length);
    if (writeUcs2(this.bytes, text, this.position) !== byteLength) {
      throw new RangeError(`a string of ${text.length} characters is too long`);
    }
    this.position += byteLength;
  }

  /** Makes room for so many more bytes. */
  protected reserve(count: number): void {
    if (this.position + count > this.bytes.length) this.#grow(this.position + count);
  }

  /** Gives a scratch back that one large value has left behind. */
  protected shrink(): void {
    if (this.bytes.length > KEPT_CAPACITY) this.#replace(new Uint8Array(INITIAL_CAPACITY));
  }

  #grow(needed: number): void {
    const { length } = this.bytes;
    // Doubling amortises the copies; past 64 MB a quarter is kept in hand instead.
    const ample = length < 1 << 26 ? length * 2 : length * 1.25;
    const grown = new Uint8Array(Math.max(needed, Math.ceil(ample)));
    grown.set(this.bytes.subarray(0, this.position));
    this.#replace(grown);
  }

  #replace(bytes: Uint8Array<ArrayBuffer>): void {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}
