import { types } from "node:util";
import { PayloadError } from "../errors.ts";
import { writeArray } from "./array-writer.ts";
import { BufferTable } from "./buffer-table.ts";
import { ByteWriter, KEPT_CAPACITY } from "./byte-writer.ts";
import { classWithPrototype } from "./classes.ts";
import { writeError } from "./error-codec.ts";
import { isForeignArray, isForeignPlainObject } from "./foreign.ts";
import { HandleTable } from "./handle-table.ts";
import { ObjectNumbers } from "./object-numbers.ts";
import { objectWriter } from "./object-writers.ts";
import { propertySegment, toPayloadError, unwound } from "./refusal.ts";
import { refusedObject, refusedPrimitive } from "./refused.ts";
import {
  BUFFER,
  FALSE,
  HANDLE,
  HAS_BUFFERS,
  HAS_REFERENCES,
  INSTANCE,
  NULL,
  NULL_PROTOTYPE_OBJECT,
  OBJECT,
  REFERENCE,
  TRUE,
  UNDEFINED,
} from "./tags.ts";
import type { ValueWriter } from "./value-writer.ts";

const { isArray } = Array;
const { getPrototypeOf, keys } = Object;
const { isProxy } = types;

const FOOTER_BYTES = 8;
const NO_PARTS: readonly Uint8Array[] = [];

/**
 * Turns values into bytes, and into handles for what bytes cannot carry.
 *
 * One encoder serves one thread for its whole life; what it hands out is valid until the
 * next call. Nothing is moved or changed by encoding: `transferList` moves when it is posted.
 *
 * @example
 * ```ts
 * const length = encoder.encode(args, "args", transfer);
 * ring.set(encoder.bytes.subarray(0, length), at);
 * if (encoder.handles.length > 0) port.postMessage(encoder.handles, encoder.transferList);
 * ```
 */
export class Encoder extends ByteWriter implements ValueWriter {
  readonly #numbers: ObjectNumbers = new ObjectNumbers();
  readonly #handles: HandleTable = new HandleTable();
  #buffers: BufferTable | undefined = undefined;
  /** Bulk bytes, still in the buffers that own them; they go before the footer. */
  #parts: readonly Uint8Array[] = NO_PARTS;
  #header: number = 0;
  #busy: boolean = false;
  /** Whether steps of writing an error may be left out. */
  #lenient: boolean = false;

  /**
   * What bytes cannot carry, to be posted on a MessagePort together with the frame.
   * One shared empty array for ordinary values.
   */
  get handles(): readonly unknown[] {
    return this.#handles.handles;
  }

  /** The handles, and what is in them, that the post must list as transferred. */
  get transferList(): readonly Bun.Transferable[] {
    return this.#handles.transferList;
  }

  /**
   * Encodes a value into `bytes`.
   *
   * @param root what the paths in a PayloadError start with, such as `args` or `result`
   * @param transfer ArrayBuffers and MessagePorts to be moved instead of copied
   * @returns the length in bytes; the frame is `bytes[0..length)`
   * @throws PayloadError naming what cannot cross; then `handles` is empty
   */
  encode(value: unknown, root: string, transfer?: readonly object[]): number {
    const length = this.prepare(value, root, transfer);
    return this.#parts.length === 0 ? length : this.#flatten(root, length);
  }

  /**
   * As `encode`, but leaves the bytes of ArrayBuffers where they are, for `copyTo` to fetch:
   * a large payload is copied once and not twice. `bytes` alone is not the frame then.
   */
  prepare(value: unknown, root: string, transfer?: readonly object[]): number {
    this.#begin();
    try {
      if (transfer !== undefined) this.#handles.addTransfer(transfer);
      this.writeValue(value);
      return this.#end();
    } catch (thrown) {
      this.#reset();
      throw toPayloadError(thrown, root);
    } finally {
      this.#numbers.truncate(0);
      this.#busy = false;
    }
  }

  /**
   * As `encode`, for what a callable has thrown: what cannot cross of an error is left
   * out, wherever in a chain of causes; class, name, message and stack remain.
   *
   * @throws PayloadError as `encode` does, for what is not an error
   */
  encodeLenient(value: unknown, root: string): number {
    this.#lenient = true;
    try {
      return this.encode(value, root);
    } finally {
      this.#lenient = false;
    }
  }

  /** Copies the frame that `prepare` or `encode` has just made to `target`, from `start` on. */
  copyTo(target: Uint8Array, start: number): void {
    const written = this.position;
    if (this.#parts.length === 0) {
      copyBytes(this.bytes, 0, written, target, start);
      return;
    }
    const head = written - FOOTER_BYTES;
    copyBytes(this.bytes, 0, head, target, start);
    let at = start + head;
    for (const part of this.#parts) {
      target.set(part, at);
      at += part.length;
    }
    copyBytes(this.bytes, head, written, target, at);
  }

  /** Lets go of handles and of a large scratch; worth a call once a large frame is copied. */
  release(): void {
    this.#reset();
    this.shrink();
  }

  /** Any value, tag first; for the writers of single kinds. */
  writeValue(value: unknown): void {
    if (typeof value === "number") this.writeNumber(value);
    else if (typeof value === "string") this.writeString(value);
    else if (typeof value === "object") {
      if (value === null) this.writeByte(NULL);
      else this.#writeObject(value);
    } else if (typeof value === "boolean") this.writeByte(value ? TRUE : FALSE);
    else if (value === undefined) this.writeByte(UNDEFINED);
    else if (typeof value === "bigint") this.writeBigint(value);
    else throw refusedPrimitive(value);
  }

  /** Count, then keys and values; for the writers of single kinds. */
  writeProperties(object: object): void {
    const names = keys(object);
    this.writeCount(names.length);
    let name = "";
    try {
      for (let index = 0; index < names.length; index++) {
        name = names[index]!;
        const value = (object as Record<string, unknown>)[name];
        this.writeString(name);
        this.writeValue(value);
      }
    } catch (thrown) {
      throw unwound(thrown, propertySegment(name));
    }
  }

  /** For the writers of single kinds: see `ValueWriter`. */
  writeBuffer(buffer: ArrayBuffer, start: number, end: number, alignment: number): void {
    if (this.#handles.has(buffer)) {
      this.writeHandle(buffer, true);
      return;
    }
    this.#buffers ??= new BufferTable();
    this.#header |= HAS_BUFFERS;
    this.writeByte(BUFFER);
    this.writeCount(this.#buffers.add(buffer, start, end, alignment));
  }

  /** For the writers of single kinds: see `ValueWriter`. */
  writeHandle(handle: object, moves: boolean): void {
    this.writeByte(HANDLE);
    this.writeCount(this.#handles.add(handle, moves));
  }

  /** For the writers of single kinds: see `ValueWriter`. */
  attempt(segment: string, step: () => void): void {
    const { position } = this;
    const numbers = this.#numbers.count;
    const buffers = this.#buffers?.count ?? 0;
    const handles = this.#handles.count;
    try {
      step();
    } catch (thrown) {
      if (!this.#lenient) throw unwound(thrown, segment);
      this.position = position;
      this.#numbers.truncate(numbers);
      this.#buffers?.truncate(buffers);
      this.#handles.truncate(handles);
    }
  }

  #writeObject(object: object): void {
    const number = this.#numbers.meet(object);
    if (number >= 0) {
      this.#header |= HAS_REFERENCES;
      this.writeByte(REFERENCE);
      this.writeCount(number);
      return;
    }
    // First of all: asking a Proxy anything runs its traps.
    if (isProxy(object)) throw refusedObject(object);
    const prototype = getPrototypeOf(object) as object | null;
    if (prototype === Object.prototype) {
      this.writeByte(OBJECT);
      this.writeProperties(object);
    } else if (prototype === Array.prototype && isArray(object)) writeArray(this, object);
    else this.#writeOtherObject(object, prototype);
  }

  #writeOtherObject(object: object, prototype: object | null): void {
    const write = objectWriter(prototype);
    if (write !== undefined) return write(this, object);
    if (object instanceof Error) return writeError(this, object);
    if (prototype === null) {
      this.writeByte(NULL_PROTOTYPE_OBJECT);
      return this.writeProperties(object);
    }
    const registered = classWithPrototype(prototype);
    if (registered !== undefined) {
      this.writeByte(INSTANCE);
      this.writeString(registered.name);
      return this.writeProperties(object);
    }
    if (isForeignArray(object, prototype)) return writeArray(this, object);
    if (!isForeignPlainObject(prototype)) throw refusedObject(object);
    this.writeByte(OBJECT);
    this.writeProperties(object);
  }

  #begin(): void {
    if (this.#busy) {
      throw new PayloadError("A getter in a value that is being encoded made the pool encode another; read it before.");
    }
    if (this.bytes.length > KEPT_CAPACITY && this.position < KEPT_CAPACITY) this.shrink();
    this.#reset();
    this.#busy = true;
    // Room for the header, which is written last.
    this.position = 1;
  }

  /** Writes what stands around the value; returns the length of the frame. */
  #end(): number {
    this.bytes[0] = this.#header;
    const buffers = this.#buffers;
    if (buffers === undefined || (this.#header & HAS_BUFFERS) === 0) return this.position;
    const directoryAt = this.position;
    const parts = [...buffers.parts()];
    this.writeCount(parts.length);
    let bulk = 0;
    for (const { buffer, byteOffset, length } of parts) {
      this.writeByte(buffer.resizable ? 1 : 0);
      this.writeCount(byteOffset);
      this.writeCount(length);
      if (buffer.resizable) this.writeCount(buffer.maxByteLength);
      bulk += length;
    }
    this.#parts = parts;
    this.writeFloat64(directoryAt);
    return this.position + bulk;
  }

  /** Moves the bulk bytes into the scratch, before the footer. */
  #flatten(root: string, length: number): number {
    try {
      this.reserve(length - this.position);
      const footer = this.bytes.slice(this.position - FOOTER_BYTES, this.position);
      this.position -= FOOTER_BYTES;
      for (const part of this.#parts) this.writeBytes(part);
      this.writeBytes(footer);
      this.#parts = NO_PARTS;
      return length;
    } catch (thrown) {
      this.#reset();
      throw toPayloadError(thrown, root);
    }
  }

  #reset(): void {
    this.#header = 0;
    this.#buffers = undefined;
    this.#parts = NO_PARTS;
    this.#handles.truncate(0);
  }
}

function copyBytes(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): void {
  if (end - start > 64) to.set(from.subarray(start, end), at);
  else for (let index = start; index < end; index++) to[at + index - start] = from[index]!;
}
