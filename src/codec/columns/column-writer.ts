import { ByteWriter } from "../byte-writer.ts";

/** Writes the bytes of a list in columns. */
export class ColumnWriter extends ByteWriter {
  /** Writes bytes as they are. They may be shared memory. */
  writeBytes(source: Uint8Array): void {
    this.reserve(source.length);
    this.bytes.set(source, this.position);
    this.position += source.length;
  }

  /** Writes texts as one string, tag first. @param characters the sum of their lengths */
  writeTexts(texts: readonly string[], characters: number): void {
    if (!this.tryWriteShortTexts(texts, characters)) this.writeString(texts.join(""));
  }

  /** Writes one bit a row: see `kinds.ts`. */
  writeFiller(rows: number): void {
    const count = Math.ceil(rows / 8);
    this.reserve(count);
    this.bytes.fill(0, this.position, this.position + count);
    this.position += count;
  }

  /** What was written, which the next writing overwrites. */
  take(): Uint8Array<ArrayBuffer> {
    const written = this.bytes.subarray(0, this.position);
    this.position = 0;
    this.shrink();
    return written;
  }
}
