import { Uint32Array, Uint8Array } from "../../runtime/index.ts";
import { ByteReader, corrupt } from "../byte-reader.ts";
import { readLatin1, readUcs2 } from "../native-strings.ts";
import { SHORT_STRING, SHORT_STRING_MAX, SMALL_INTEGER, STRING16, STRING8 } from "../tags.ts";

/** Reads the bytes of a list in columns. Every method throws a PayloadError when the bytes end. */
export class ColumnReader extends ByteReader {
  /** @param bytes of this thread alone: nothing may change them meanwhile */
  constructor(bytes: Uint8Array) {
    super();
    this.bytes = bytes;
    this.limit = bytes.length;
  }

  get isAtEnd(): boolean {
    return this.position === this.limit;
  }

  /** Moves past so many bytes. Returns where they begin. */
  skip(count: number): number {
    return this.take(count);
  }

  /** A copy of the next `count` bytes, with memory of its own. */
  readBytes(count: number): Uint8Array<ArrayBuffer> {
    const start = this.take(count);
    return new Uint8Array(this.bytes.subarray(start, start + count));
  }

  /** Goes to a byte that was read before. */
  goTo(position: number): void {
    this.position = position;
  }

  /** Reads the bytes that a column has only so that corrupt bytes cannot make it large. */
  skipFiller(rows: number): void {
    this.take(Math.ceil(rows / 8));
  }

  /** Reads the lengths of so many texts or lists. */
  readLengths(rows: number): Uint8Array | Uint32Array {
    const width = this.readByte();
    if (width === 1) return this.readBytes(rows);
    if (width !== 4) throw corrupt("lengths of another width");
    return new Uint32Array(this.readBytes(rows * 4).buffer);
  }

  /** Reads texts that were written as one string, tag first, and their lengths. */
  readTexts(rows: number): string[] {
    const tag = this.readByte();
    const isShort = tag >= SHORT_STRING && tag < SMALL_INTEGER;
    if (!isShort && tag !== STRING8 && tag !== STRING16) throw corrupt("no string where texts are");
    const characters = isShort ? tag & SHORT_STRING_MAX : this.readCount();
    const unitBytes = tag === STRING16 ? 2 : 1;
    const { bytes } = this;
    let at = this.take(characters * unitBytes);
    const end = this.position;
    const lengths = this.readLengths(rows);
    const texts: string[] = [];
    for (let index = 0; index < lengths.length; index++) {
      const next = at + lengths[index]! * unitBytes;
      if (next > end) throw corrupt("texts that are longer than their string");
      if (next === at) texts.push("");
      else texts.push(unitBytes === 1 ? readLatin1(bytes, at, next) : readUcs2(bytes, at, next));
      at = next;
    }
    if (at !== end) throw corrupt("texts that are shorter than their string");
    return texts;
  }
}
