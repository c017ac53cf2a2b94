/**
 * What becomes of an instance of a class that is not registered: `"refuse"`, or `"plain"`, which takes it as structured
 * clone does: its own enumerable properties as a plain object, and a subclass of a built-in class as that class.
 */
export type Foreign = "refuse" | "plain";

/** The encoder, as the writers of the kinds of objects use it. */
export interface ValueWriter {
  /** Writes one byte. */
  writeByte(byte: number): void;
  /** Writes an unsigned LEB128 number, 0 to 2^53 - 1. */
  writeCount(count: number): void;
  /** Writes eight bytes, without a tag. */
  writeFloat64(value: number): void;
  /** Writes a string, tag first. */
  writeString(text: string): void;
  /** Writes any value, tag first. */
  writeValue(value: unknown): void;
  /** Writes a count, then keys and values: the own enumerable properties with string keys. */
  writeProperties(object: object): void;
  /**
   * Writes a reference to an ArrayBuffer, of which at least the bytes from `start` to `end` must travel.
   *
   * @param alignment the size of the view's elements, in bytes: where the value arrives, the offset of the view must be
   *   a multiple of it again
   */
  writeBuffer(buffer: ArrayBuffer, start: number, end: number, alignment: number): void;
  /** Writes a reference to shared memory, which is never copied. */
  writeSharedBuffer(buffer: SharedArrayBuffer): void;
  /** Writes a reference to an object that only `postMessage` can carry. @param moves whether it must be transferred */
  writeHandle(handle: object, moves: boolean): void;
  /**
   * Runs `step`, which writes a part of an error. When the step throws while a failure is encoded, everything that it
   * has written is undone, and the part is left out. At other times the error is thrown on, with `segment` added to its
   * path.
   */
  attempt(segment: string, step: () => void): void;
}

/** Writes an object of one kind, tag first. */
export type ObjectWriter<T extends object = object> = (writer: ValueWriter, object: T) => void;
