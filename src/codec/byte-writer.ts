import { writeLatin1, writeUcs2, writeUtf8 } from "./native-strings.ts";
import {
  LOOP_MAX,
  TAGGED_NUMBER_BYTES_MAX,
  putBigint64,
  putFloat64,
  putNumber,
  putShortText,
} from "./primitives.ts";
import { BIGINT64, BIGINT_HEX, SHORT_STRING, SHORT_STRING_MAX, STRING16, STRING8 } from "./tags.ts";
import { Buffer, Int32Array, RangeError, Uint8Array } from "../runtime/index.ts";

/** Size of the scratch memory at first, in bytes. */
const INITIAL_CAPACITY = 4096;
/** So many four-byte words, at the beginning of the scratch memory, can be read as words. */
export const FIRST_WORDS = 32;
/** Scratch memory of more bytes than this is given back when it is no longer needed. */
export const KEPT_CAPACITY: number = 1 << 20;
/** For texts of up to so many characters, room for the worst case of UTF-8 is reserved without counting first. */
const UTF8_ROOM_MAX = 16_384;

/** Up to so many bytes, a loop is faster than making a view for `set`. */
const COPIED_BY_LOOP_MAX = 48;

/**
 * Writes primitive values as tagged bytes into scratch memory that grows.
 *
 * The scratch memory is never shared, so no other thread sees a value that is half written.
 */
export abstract class ByteWriter {
  /** The scratch memory. Its first `position` bytes are written. */
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(INITIAL_CAPACITY);
  /** The beginning of the scratch memory, as words. */
  protected firstWords: Int32Array<ArrayBuffer> = wordsOf(this.bytes);
  protected position: number = 0;

  /** How many bytes of the scratch memory are written. */
  get writtenBytes(): number {
    return this.position;
  }

  /** Writes one byte. */
  writeByte(byte: number): void {
    if (this.position === this.bytes.length) this.reserve(1);
    this.bytes[this.position++] = byte;
  }

  /** Writes an unsigned LEB128 number. @param count 0 to 2^53 - 1 */
  writeCount(count: number): void {
    if (this.position + 8 > this.bytes.length) this.reserve(8);
    let rest = count;
    while (rest >= 0x80) {
      // Not shifts, which have 32 bits: a count of bytes may be larger.
      this.bytes[this.position++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.bytes[this.position++] = rest;
  }

  /** Writes a number, tag first. */
  writeNumber(value: number): void {
    if (this.position + TAGGED_NUMBER_BYTES_MAX > this.bytes.length)
      this.reserve(TAGGED_NUMBER_BYTES_MAX);
    this.position = putNumber(this.bytes, this.position, value);
  }

  /** Writes eight bytes, without a tag. */
  writeFloat64(value: number): void {
    this.reserve(8);
    this.position = putFloat64(this.bytes, this.position, value);
  }

  /** Writes a bigint of any size, tag first. */
  writeBigint(value: bigint): void {
    if (BigInt.asIntN(64, value) === value) {
      this.reserve(9);
      this.bytes[this.position] = BIGINT64;
      this.position = putBigint64(this.bytes, this.position + 1, value);
    } else {
      this.writeByte(BIGINT_HEX);
      this.writeString(value.toString(16));
    }
  }

  /** Writes a string of any length, tag first. Lone surrogates survive. */
  writeString(text: string): void {
    const { length } = text;
    if (length > LOOP_MAX) {
      this.#writeLongString(text);
      return;
    }
    if (this.position + length + 1 > this.bytes.length) this.reserve(length + 1);
    const end = putShortText(this.bytes, this.position, text);
    if (end === -1) this.#writeWideString(text);
    else this.position = end;
  }

  /**
   * Writes texts as one string, tag first, when they are Latin-1 and so short on average that a loop is fastest.
   *
   * @param characters the sum of their lengths
   * @returns false when they are not; then nothing is written
   */
  protected tryWriteShortTexts(texts: readonly string[], characters: number): boolean {
    if (characters > texts.length * LOOP_MAX) return false;
    const start = this.position;
    this.reserve(9 + characters);
    this.bytes[this.position++] = STRING8;
    this.writeCount(characters);
    const { bytes } = this;
    let at = this.position;
    for (let index = 0; index < texts.length; index++) {
      const text = texts[index]!;
      const { length } = text;
      for (let character = 0; character < length; character++) {
        const code = text.charCodeAt(character);
        if (code > 0xff) {
          this.position = start;
          return false;
        }
        bytes[at++] = code;
      }
    }
    this.position = at;
    return true;
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

  /** Gives back scratch memory that has grown for a large value. */
  protected shrink(): void {
    if (this.bytes.length > KEPT_CAPACITY) this.#use(new Uint8Array(INITIAL_CAPACITY));
  }

  #grow(needed: number): void {
    const { length } = this.bytes;
    // Doubling keeps the copies few. From 64 MB on it would waste too much memory, so a quarter is added.
    const ample = length < 1 << 26 ? length * 2 : length * 1.25;
    const grown = new Uint8Array(Math.max(needed, Math.ceil(ample)));
    grown.set(this.bytes.subarray(0, this.position));
    this.#use(grown);
  }

  #use(bytes: Uint8Array<ArrayBuffer>): void {
    this.bytes = bytes;
    this.firstWords = wordsOf(bytes);
  }
}

function wordsOf({ buffer }: Uint8Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  return new Int32Array(buffer, 0, FIRST_WORDS);
}

/** Copies `length` bytes, which may be none. Both arrays may be shared memory. */
export function copyBytes(
  from: Uint8Array,
  fromOffset: number,
  to: Uint8Array,
  toOffset: number,
  length: number,
): void {
  if (length <= COPIED_BY_LOOP_MAX) {
    for (let index = 0; index < length; index++) to[toOffset + index] = from[fromOffset + index]!;
  } else {
    to.set(from.subarray(fromOffset, fromOffset + length), toOffset);
  }
}
