import { PayloadError } from "../errors.ts";
import { cachedKey } from "./key-cache.ts";
import { readLatin1, readUcs2 } from "./native-strings.ts";
import { SHORT_STRING, SHORT_STRING_MAX, SMALL_INTEGER, STRING16, STRING8 } from "./tags.ts";
import { BigInt64Array, Float64Array, Int32Array, Uint8Array } from "../runtime/index.ts";

/** The bytes of a reader that reads nothing. */
export const NO_BYTES: Uint8Array = new Uint8Array(0);
/** The memory of one number, in three views. */
const float64 = new Float64Array(1);
const bigint64 = new BigInt64Array(float64.buffer);
const words = new Int32Array(float64.buffer);

/**
 * Reads primitive values, and never a byte outside its limits.
 *
 * The bytes may be shared memory, and may change while they are read. So every byte that decides what happens is read
 * only once.
 */
export abstract class ByteReader {
  protected bytes: Uint8Array = NO_BYTES;
  protected position: number = 0;
  protected limit: number = 0;

  /** @throws PayloadError at the end of the bytes, as all methods here */
  readByte(): number {
    if (this.position >= this.limit) throw truncated();
    return this.bytes[this.position++]!;
  }

  /** Reads an unsigned LEB128 number, 0 to 2^53 - 1. */
  readCount(): number {
    let count = 0;
    let factor = 1;
    for (;;) {
      if (this.position >= this.limit) throw truncated();
      const byte = this.bytes[this.position++]!;
      if (byte < 0x80) {
        count += byte * factor;
        if (count > Number.MAX_SAFE_INTEGER) throw corrupt("a count beyond 2^53");
        return count;
      }
      count += (byte & 0x7f) * factor;
      factor *= 0x80;
      if (factor > Number.MAX_SAFE_INTEGER) throw corrupt("a count beyond 2^53");
    }
  }

  /** Reads four bytes, without a tag. */
  readInt32(): number {
    const { bytes } = this;
    const at = this.take(4);
    return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
  }

  /** Reads eight bytes, without a tag. */
  readFloat64(): number {
    const { bytes } = this;
    const at = this.take(8);
    // Making a DataView would cost more than it saves.
    words[0] = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    words[1] =
      bytes[at + 4]! | (bytes[at + 5]! << 8) | (bytes[at + 6]! << 16) | (bytes[at + 7]! << 24);
    return float64[0]!;
  }

  /** Reads eight bytes, without a tag. */
  readBigint64(): bigint {
    words[0] = this.readInt32();
    words[1] = this.readInt32();
    return bigint64[0]!;
  }

  /** Reads a string, tag first. */
  readString(): string {
    return this.readStringTagged(this.readByte());
  }

  /** As `readString`, faster for strings that come again and again, such as keys. */
  readKey(): string {
    if (this.position >= this.limit) throw truncated();
    const tag = this.bytes[this.position++]!;
    if (tag < SHORT_STRING || tag >= SMALL_INTEGER) return this.readStringTagged(tag);
    const length = tag & SHORT_STRING_MAX;
    const start = this.position;
    if (length > this.limit - start) throw truncated();
    this.position = start + length;
    return cachedKey(this.bytes, start, length);
  }

  /** Reads a string whose tag has been read. */
  protected readStringTagged(tag: number): string {
    if (tag >= SHORT_STRING && tag < SMALL_INTEGER) return this.latin1(tag & SHORT_STRING_MAX);
    if (tag === STRING8) return this.latin1(this.readCount());
    if (tag !== STRING16) throw corrupt("another value in the place of a string");
    const byteLength = this.readCount() * 2;
    const start = this.take(byteLength);
    return readUcs2(this.bytes, start, start + byteLength);
  }

  /** Moves past so many bytes. Returns where they begin. */
  protected take(count: number): number {
    const start = this.position;
    if (count > this.limit - start) throw truncated();
    this.position = start + count;
    return start;
  }

  /** Drops the reference to the bytes. */
  protected forgetBytes(): void {
    this.bytes = NO_BYTES;
  }

  /** Reads so many characters. */
  protected latin1(length: number): string {
    const start = this.position;
    if (length > this.limit - start) throw truncated();
    this.position = start + length;
    return length === 0 ? "" : readLatin1(this.bytes, start, start + length);
  }
}

/** Makes the error for bytes that no encoder can have written. */
export function corrupt(what: string): PayloadError {
  return new PayloadError(`These bytes hold ${what}; they are corrupt, or from another version.`);
}

function truncated(): PayloadError {
  return new PayloadError(
    "These bytes end in the middle of a value; they are corrupt, or cut short.",
  );
}
