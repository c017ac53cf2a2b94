import type { SomeBuffer } from "./received-buffer.ts";

/**
 * The decoder, as the readers of the kinds of objects use it.
 *
 * Every method throws a PayloadError when the bytes end, or hold something else than what it reads.
 */
export interface ValueReader {
  /** Reads one byte. */
  readByte(): number;
  /** Reads an unsigned LEB128 number, 0 to 2^53 - 1. */
  readCount(): number;
  /** Reads eight bytes, without a tag. */
  readFloat64(): number;
  /** Reads a string, tag first. */
  readString(): string;
  /** As `readString`, faster for strings that come again and again, such as keys. */
  readKey(): string;
  /** Reads any value, tag first. */
  readValue(): unknown;
  /** Reads a count, then keys and values, and defines them as own properties of `object`. Returns `object`. */
  readProperties<T extends object>(object: T): T;
  /** Returns true and moves past END when END is next. */
  readEnd(): boolean;
  /**
   * Gives an object its number, as the encoder did when the object began: before anything in it is read. Returns the
   * object.
   */
  track<T extends object>(object: T): T;
  /**
   * Takes the next number for an object that can be made only when what it is made of has been read. Until `assign` no
   * reference may name it.
   */
  reserve(): number;
  /** Gives an object the number that `reserve` has taken for it. */
  assign(number: number, object: object): void;
  /** An ArrayBuffer by its index in the directory. */
  bufferAt(index: number): SomeBuffer;
  /** A SharedArrayBuffer by the number that encoder and decoder have agreed on. */
  sharedBufferNamed(id: number): SharedArrayBuffer;
  /** One of the handles that came with the bytes. */
  handleAt(index: number): unknown;
}

/** Reads an object of one kind, whose tag has been read. */
export type ObjectReader = (reader: ValueReader) => unknown;
