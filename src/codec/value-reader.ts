import type { ReceivedBuffer } from "./received-buffer.ts";

/** The decoder as the readers of single kinds of objects see it. */
export interface ValueReader {
  readByte(): number;
  readCount(): number;
  readFloat64(): number;
  /** A string, tag first. @throws PayloadError when another kind of value stands there */
  readString(): string;
  /** As `readString`, for strings that come again and again, such as keys. */
  readKey(): string;
  /** Any value, tag first. */
  readValue(): unknown;
  /** Count, then keys and values, defined as own properties of `object`. */
  readProperties<T extends object>(object: T): T;
  /** Whether END is next; consumes it if so. */
  readEnd(): boolean;
  /** Numbers an object, as the encoder did when it began it; returns it. */
  track<T extends object>(object: T): T;
  /** An ArrayBuffer of the directory. */
  bufferAt(index: number): ReceivedBuffer;
  /** A SharedArrayBuffer by the number that both sides have agreed on. */
  sharedBufferNamed(id: number): SharedArrayBuffer;
  /** An entry of the handles that came with the bytes. */
  handleAt(index: number): unknown;
}

/** Reads one kind of object, its tag being read already. */
export type ObjectReader = (reader: ValueReader) => unknown;
