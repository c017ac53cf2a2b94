import { BufferTable } from "./buffer-table.ts";
import { ByteWriter, copyBytes, FIRST_WORDS } from "./byte-writer.ts";
import { HandleTable } from "./handle-table.ts";
import { putFloat64 } from "./primitives.ts";
import { BUFFER, HANDLE, NAMED_BUFFER } from "./tags.ts";

const NONE: readonly never[] = [] as never[];

/** Writes references to what lies beside the value: the bytes of ArrayBuffers, shared buffers, and handles. */
export abstract class PartWriter extends ByteWriter {
  protected readonly handleTable: HandleTable = new HandleTable();
  protected readonly bufferTable: BufferTable = new BufferTable();
  /** The offset of the directory of buffers. */
  protected directoryAt: number = 0;
  readonly #idOf: (buffer: SharedArrayBuffer) => number | undefined;
  #named: readonly SharedArrayBuffer[] = NONE;

  /** ArrayBuffers of so many bytes are copied at once, and the copies are moved. */
  protected readonly movedFrom: number;

  /**
   * @param idOf finds the number by which the decoder knows a shared buffer; undefined when it has none
   * @param movedFrom of so many bytes of an ArrayBuffer a copy is made and moved, instead of copying them behind the value and
   *   once more where it arrives
   */
  constructor(
    idOf: (buffer: SharedArrayBuffer) => number | undefined = noID,
    movedFrom: number = Infinity,
  ) {
    super();
    this.#idOf = idOf;
    this.movedFrom = movedFrom;
  }

  /** The shared buffers to which the encoded value refers by number. */
  get named(): readonly SharedArrayBuffer[] {
    return this.#named;
  }

  /** What bytes cannot carry; it must be posted on a MessagePort. For ordinary values one shared empty array. */
  get handles(): readonly unknown[] {
    return this.handleTable.handles;
  }

  /** The objects that must be listed as transferred when the handles are posted. */
  get transferList(): readonly Bun.Transferable[] {
    return this.handleTable.transferList;
  }

  /**
   * Copies the encoded value that `prepare` or `encode` has just made to `target`, from `start` on. It is fastest when
   * `start` is a multiple of 64.
   *
   * @param words the memory of `target`, as words; `start` must be a multiple of 4 then. A short encoded value is
   *   copied word by word, which writes up to three bytes after its end
   */
  copyTo(target: Uint8Array, start: number, words?: Int32Array): void {
    const written = this.position;
    if (
      words !== undefined &&
      written <= WORD_BYTES * FIRST_WORDS &&
      this.bufferTable.count === 0
    ) {
      copyWords(this.firstWords, Math.ceil(written / WORD_BYTES), words, start / WORD_BYTES);
      return;
    }
    copyBytes(this.bytes, 0, target, start, written);
    if (this.bufferTable.count === 0) return;
    putFloat64(target, this.bufferTable.copyTo(target, start, written), this.directoryAt);
  }

  /** See `ValueWriter`. */
  writeBuffer(buffer: ArrayBuffer, start: number, end: number, alignment: number): void {
    if (this.handleTable.has(buffer)) {
      this.writeHandle(buffer, true);
      return;
    }
    this.writeByte(BUFFER);
    this.writeCount(this.bufferTable.add(buffer, start, end, alignment));
  }

  /** See `ValueWriter`. A buffer without a number goes through the port, which shares it. */
  writeSharedBuffer(buffer: SharedArrayBuffer): void {
    const id = this.#idOf(buffer);
    if (id === undefined) {
      this.writeHandle(buffer, false);
      return;
    }
    this.writeByte(NAMED_BUFFER);
    this.writeCount(id);
    this.#named = this.#named === NONE ? [buffer] : [...this.#named, buffer];
  }

  /** See `ValueWriter`. */
  writeHandle(handle: object, moves: boolean): void {
    this.writeByte(HANDLE);
    this.writeCount(this.handleTable.add(handle, moves));
  }

  protected forgetNamed(): void {
    this.#named = NONE;
  }
}

function noID(): undefined {
  return undefined;
}

const WORD_BYTES = 4;

function copyWords(from: Int32Array, count: number, to: Int32Array, at: number): void {
  for (let index = 0; index < count; index++) to[at + index] = from[index]!;
}
