/** The encoder as the writers of single kinds of objects see it. */
export interface ValueWriter {
  writeByte(byte: number): void;
  writeCount(count: number): void;
  writeFloat64(value: number): void;
  writeString(text: string): void;
  /** Any value, tag first. */
  writeValue(value: unknown): void;
  /** Count, then keys and values: the own enumerable string-keyed properties. */
  writeProperties(object: object): void;
  /** A reference to an ArrayBuffer of which at least `start` to `end` must travel. */
  writeBuffer(buffer: ArrayBuffer, start: number, end: number, alignment: number): void;
  /** A reference to shared memory, which is never copied. */
  writeSharedBuffer(buffer: SharedArrayBuffer): void;
  /** A reference to what only postMessage can carry. @param moves whether it must be transferred */
  writeHandle(handle: object, moves: boolean): void;
  /**
   * Runs one step of writing an error. While a failure is encoded, a step that cannot be
   * done is undone and left out; otherwise it throws, with `segment` added to its path.
   */
  attempt(segment: string, step: () => void): void;
}

/** Writes one kind of object, tag first. */
export type ObjectWriter<T extends object = object> = (writer: ValueWriter, object: T) => void;
