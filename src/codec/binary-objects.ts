import {
  utilTypes,
  ArrayBuffer,
  BigInt64Array,
  BigUint64Array,
  Buffer,
  DataView,
  Float16Array,
  Float32Array,
  Float64Array,
  Int16Array,
  Int32Array,
  Int8Array,
  Uint16Array,
  Uint32Array,
  Uint8Array,
  Uint8ClampedArray,
  structuredClone,
} from "../runtime/index.ts";
import { corrupt } from "./byte-reader.ts";
import { CLOSED_PORT, isMovable } from "./handle-table.ts";
import { Refusal } from "./refusal.ts";
import { BUFFER, HANDLE, NAMED_BUFFER, VIEW } from "./tags.ts";
import type { ValueReader } from "./value-reader.ts";
import type { ValueWriter } from "./value-writer.ts";

/** How the views of one class are rebuilt. */
interface ViewKind {
  readonly prototype: object;
  /** The bytes of one element. */
  readonly elementBytes: number;
  /** @param length in elements; for a DataView in bytes */
  build(buffer: ArrayBufferLike, byteOffset: number, length: number): ArrayBufferView;
  /** Makes the view of bytes that nothing else uses; absent where that is not faster. */
  adopt?(bytes: Uint8Array<ArrayBuffer>): ArrayBufferView;
}

interface ViewConstructor {
  readonly name: string;
  readonly prototype: object;
  readonly BYTES_PER_ELEMENT?: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): ArrayBufferView;
}

const TYPED: readonly ViewConstructor[] = [
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float16Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  DataView,
];

/** The classes of views. An encoded view has the index of its class in this list. */
export const VIEW_KINDS: readonly ViewKind[] = [
  { ...typedKind(Uint8Array), adopt: (bytes) => bytes },
  ...TYPED.map(typedKind),
  {
    prototype: Buffer.prototype,
    elementBytes: 1,
    build: (buffer, byteOffset, length) => Buffer.from(buffer, byteOffset, length),
  },
];

function typedKind(constructor: ViewConstructor): ViewKind {
  return {
    prototype: constructor.prototype,
    elementBytes: constructor.BYTES_PER_ELEMENT ?? 1,
    build: (buffer, byteOffset, length) => new constructor(buffer, byteOffset, length),
  };
}

const LIES =
  "could not be read: it has own properties that hide where its bytes lie; pass a plain copy.";

// oxlint-disable-next-line typescript/unbound-method -- called with the buffer
const trueLength = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, "byteLength")?.get as (
  this: ArrayBuffer,
) => number;

/** The length of a buffer. Throws when a property of its own says another one: the range of its bytes would be wrong. */
function lengthOf(buffer: ArrayBuffer): number {
  const length = trueLength.call(buffer);
  if (buffer.byteLength !== length) throw new Refusal(LIES);
  return length;
}

/** Writes a reference to an ArrayBuffer that travels whole. Refuses a detached one. */
export function writeArrayBuffer(writer: ValueWriter, buffer: ArrayBuffer): void {
  if (buffer.detached) throw new Refusal(DETACHED);
  writer.writeBuffer(buffer, 0, lengthOf(buffer), 1);
}

/** Writes a reference to a SharedArrayBuffer, which is shared and never copied. */
export function writeSharedArrayBuffer(writer: ValueWriter, buffer: SharedArrayBuffer): void {
  writer.writeSharedBuffer(buffer);
}

/**
 * Returns the writer for the views of one class: it writes the buffer, the offset in it, and the length.
 *
 * A view on a resizable or growable buffer arrives with a fixed length, because JavaScript cannot tell whether the view
 * follows the length of its buffer.
 */
export function viewWriter(
  kindIndex: number,
): (writer: ValueWriter, view: ArrayBufferView) => void {
  const { elementBytes } = VIEW_KINDS[kindIndex]!;
  return (writer, view) => {
    const { buffer } = view;
    writer.writeByte(VIEW);
    writer.writeByte(kindIndex);
    if (!utilTypes().isArrayBuffer(buffer)) {
      writer.writeSharedBuffer(buffer);
    } else if (buffer.detached) {
      throw new Refusal(DETACHED);
    } else {
      const start = view.byteOffset;
      const end = start + view.byteLength;
      if (!(start >= 0 && start <= end && end <= lengthOf(buffer))) throw new Refusal(LIES);
      writer.writeBuffer(buffer, start, end, elementBytes);
    }
    writer.writeCount(view.byteOffset);
    writer.writeCount(view.byteLength / elementBytes);
  };
}

const DETACHED =
  "is, or is a view on, a detached ArrayBuffer: its bytes were moved elsewhere; pass it before it is transferred, or copy it.";

/** Reads an ArrayBuffer by its index in the directory. */
export function readArrayBuffer(reader: ValueReader): object {
  return reader.track(reader.bufferAt(reader.readCount()).buffer);
}

/** Reads a view; all bytes of it must lie in its buffer. */
export function readView(reader: ValueReader): ArrayBufferView {
  const kind = VIEW_KINDS[reader.readByte()];
  const tag = reader.readByte();
  const index = reader.readCount();
  const byteOffset = reader.readCount();
  const length = reader.readCount();
  if (kind === undefined) throw corrupt("a view of an unknown kind");
  if (tag === HANDLE) {
    const handle = reader.handleAt(index);
    if (utilTypes().isAnyArrayBuffer(handle))
      return reader.track(viewOn(handle, kind, byteOffset, length));
  }
  if (tag === NAMED_BUFFER) {
    return reader.track(viewOn(reader.sharedBufferNamed(index), kind, byteOffset, length));
  }
  if (tag !== BUFFER) throw corrupt("a view without a buffer");
  const received = reader.bufferAt(index);
  const start = byteOffset - received.start;
  const bytes = kind.adopt === undefined ? undefined : received.takeSole(start, length);
  const adopted = bytes === undefined ? undefined : kind.adopt?.(bytes);
  return reader.track(adopted ?? viewOn(received.buffer, kind, start, length));
}

function viewOn(
  buffer: ArrayBufferLike,
  kind: ViewKind,
  start: number,
  length: number,
): ArrayBufferView {
  if (start < 0 || start + length * kind.elementBytes > buffer.byteLength) {
    throw corrupt("a view that lies outside its buffer");
  }
  return kind.build(buffer, start, length);
}

/** Writes a handle that a port copies: Blob, File, CryptoKey. */
export function writePosted(writer: ValueWriter, object: object): void {
  writer.writeHandle(object, false);
}

/** Writes a handle that a port moves: MessagePort. Refuses one that is closed or was moved. */
export function writeMoved(writer: ValueWriter, object: object): void {
  if (!isMovable(object)) throw new Refusal(CLOSED_PORT);
  writer.writeHandle(object, true);
}

/**
 * Writes a handle that the engine alone can copy, and of which JavaScript cannot tell whether it is what its class says:
 * WebAssembly.Module, KeyObject, BlockList.
 */
export function writeCloned(writer: ValueWriter, object: object): void {
  if (!isCloned(object)) {
    throw new Refusal("cannot be cloned by the engine; pass what is needed of it as plain data.");
  }
  writer.writeHandle(object, false);
}

/** Whether the engine clones an object as what it is. One that only has the prototype would arrive as an empty object. */
function isCloned(object: object): boolean {
  try {
    return Object.getPrototypeOf(structuredClone(object)) !== Object.prototype;
  } catch {
    return false;
  }
}

/** Writes the handle of a shared WebAssembly.Memory. Refuses one that is not shared. */
export function writeWasmMemory(writer: ValueWriter, memory: WebAssembly.Memory): void {
  if (!utilTypes().isSharedArrayBuffer(memory.buffer)) {
    throw new Refusal(
      "is a WebAssembly.Memory that is not shared, which cannot cross between threads; make it with shared: true, or pass a copy of its bytes.",
    );
  }
  writeCloned(writer, memory);
}

/** The writer for a view of any realm or subclass. */
export function writerOfView(view: ArrayBufferView): (typeof WRITERS)[number] {
  const name = utilTypes().isDataView(view) ? "DataView" : typedArrayName.call(view);
  return WRITERS[NAMES.indexOf(name)]!;
}

// oxlint-disable-next-line typescript/unbound-method -- called with the view
const typedArrayName = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype) as object,
  Symbol.toStringTag,
)!.get as (this: ArrayBufferView) => string;
const NAMES: readonly string[] = ["Uint8Array", ...TYPED.map(({ name }) => name)];
const WRITERS: readonly ReturnType<typeof viewWriter>[] = NAMES.map((_, index) =>
  viewWriter(index),
);

/** Reads a SharedArrayBuffer by its number. */
export function readNamedBuffer(reader: ValueReader): object {
  return reader.track(reader.sharedBufferNamed(reader.readCount()));
}

/** Reads what came through a port, by its index among the handles. */
export function readHandle(reader: ValueReader): unknown {
  const handle = reader.handleAt(reader.readCount());
  return typeof handle === "object" && handle !== null ? reader.track(handle) : handle;
}
