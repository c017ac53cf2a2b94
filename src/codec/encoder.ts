import { utilTypes, Error } from "../runtime/index.ts";
import { PayloadError } from "../errors.ts";
import { isBareArray, namesOf, writeElements, writeNamedArray } from "./array-writer.ts";
import { BareWriter } from "./bare-writer.ts";
import { KEPT_CAPACITY } from "./byte-writer.ts";
import {
  classWithPrototype,
  isForeignArray,
  isForeignPlainObject,
  type RegisteredClass,
} from "./classes.ts";
import { loadedClasses } from "./loaded-classes.ts";
import { ObjectNumbers } from "./object-numbers.ts";

import { constantTag, isConstant } from "./primitives.ts";
import {
  nestedTooDeeply,
  propertySegment,
  Refusal,
  refusedObject,
  refusedPrimitive,
  toPayloadError,
  unwound,
} from "./refusal.ts";
import {
  ARRAY,
  DEFERRED,
  DEPTH_MAX,
  ENCODED,
  FOOTER_BYTES,
  HAS_BUFFERS,
  HAS_REFERENCES,
  INSTANCE,
  NULL_PROTOTYPE_OBJECT,
  OBJECT,
  RECURSION_MAX,
  REFERENCE,
} from "./tags.ts";
import type { Foreign, ObjectWriter, ValueWriter } from "./value-writer.ts";

const { isArray } = Array;
const { getPrototypeOf, keys } = Object;

/**
 * Turns values into bytes, and into handles for what bytes cannot carry.
 *
 * An encoder is used again and again by one thread. What it hands out is valid until the next call. Encoding moves and
 * changes nothing: the objects in `transferList` move when they are posted.
 *
 * @example
 * ```ts
 * const length = encoder.encode(args, "args", transfer);
 * ring.set(encoder.bytes.subarray(0, length), at);
 * if (encoder.handles.length > 0) port.postMessage(encoder.handles, encoder.transferList);
 * ```
 */
export class Encoder extends BareWriter implements ValueWriter {
  readonly #numbers: ObjectNumbers = new ObjectNumbers();
  /** The objects whose contents follow the value. */
  #deferred: object[] = [];
  #depth: number = 0;
  #header: number = 0;
  /** The length of the encoded value, in bytes. */
  #length: number = 0;
  /** Whether parts of an error that cannot cross are left out. */
  #lenient: boolean = false;
  #foreign: Foreign = "refuse";
  /** The numbers of the instances whose `encode` has been called, and has returned what is being written, outermost first. */
  #encoding: number[] = [];

  /**
   * Encodes a value into `bytes`.
   *
   * @param root what the path in a PayloadError starts with, such as `args` or `result`
   * @param transfer ArrayBuffers and MessagePorts that are moved instead of copied
   * @param foreign what becomes of instances of classes that are not registered
   * @returns the length in bytes; the encoded value is `bytes[0..length)`
   * @throws PayloadError that names what cannot cross; then `handles` is empty
   */
  encode(value: unknown, root: string, transfer?: readonly object[], foreign?: Foreign): number {
    const length = this.prepareGeneral(value, root, transfer, foreign);
    this.flatten(root);
    return length;
  }

  /** See `BareWriter`. */
  protected override prepareGeneral(
    value: unknown,
    root: string,
    transfer?: readonly object[],
    foreign: Foreign = "refuse",
  ): number {
    this.#begin();
    this.#foreign = foreign;
    try {
      if (transfer !== undefined) this.handleTable.addTransfer(transfer);
      this.writeValue(value);
      if (this.#deferred.length > 0) this.#writeDeferred();
      this.handleTable.checkMovable();
      return this.#end();
    } catch (thrown) {
      this.reset();
      throw toPayloadError(thrown, root);
    } finally {
      this.#numbers.truncate(0);
      this.busy = false;
    }
  }

  /**
   * As `encode`, for what a callable has thrown. What cannot cross of an error is left out, anywhere in its chain of
   * causes; class, name, message and stack remain.
   *
   * @throws PayloadError for another value than an error, as `encode` does
   */
  encodeLenient(value: unknown, root: string, foreign?: Foreign): number {
    const before = this.#lenient;
    this.#lenient = true;
    try {
      return this.encode(value, root, undefined, foreign);
    } finally {
      this.#lenient = before;
    }
  }

  /**
   * Drops the buffers and handles of the encoded value: to be called when it has been copied. They would be held until
   * the next one is encoded. Does nothing while this encoder encodes.
   */
  forget(): void {
    if (!this.busy) this.resetIfUsed();
  }

  /**
   * Drops handles, and gives back large scratch memory: to be called when a large encoded value has been copied. Does
   * nothing while this encoder encodes.
   */
  trim(): void {
    if (this.busy) return;
    this.reset();
    this.position = 0;
    this.shrink();
  }

  /** See `ValueWriter`. */
  writeValue(value: unknown): void {
    if (typeof value === "number") this.writeNumber(value);
    else if (typeof value === "string") this.writeString(value);
    else if (typeof value === "object" && value !== null) this.#writeObject(value);
    else if (isConstant(value)) this.writeByte(constantTag(value));
    else if (typeof value === "bigint") this.writeBigint(value);
    else throw refusedPrimitive(value);
  }

  /** See `ValueWriter`. */
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

  /** See `ValueWriter`. */
  attempt(segment: string, step: () => void): void {
    const { position } = this;
    const numbers = this.#numbers.count;
    const buffers = this.bufferTable.count;
    const handles = this.handleTable.count;
    const deferred = this.#deferred.length;
    const depth = this.#depth;
    const encoding = this.#encoding.length;
    try {
      step();
    } catch (thrown) {
      if (!this.#lenient) throw unwound(thrown, segment);
      this.position = position;
      this.#numbers.truncate(numbers);
      this.bufferTable.truncate(buffers);
      this.handleTable.truncate(handles);
      this.#deferred.length = deferred;
      this.#depth = depth;
      this.#encoding.length = encoding;
    }
  }

  #writeObject(object: object): void {
    const number = this.#numbers.meet(object);
    if (number >= 0) {
      if (this.#encoding.length > 0 && this.#encoding.includes(number))
        throw loadedClasses().refusedCycle();
      this.#header |= HAS_REFERENCES;
      this.writeByte(REFERENCE);
      this.writeCount(number);
      return;
    }
    // Check this first: reading anything of a Proxy runs its traps. A bare array is none.
    const isBare = isBareArray(object);
    if (!isBare && utilTypes().isProxy(object)) throw refusedObject(object, () => false);
    const prototype = getPrototypeOf(object) as object | null;
    if (prototype === Object.prototype) this.#writePlainObject(object, OBJECT);
    else if (prototype !== Array.prototype) this.#writeOtherObject(object, prototype);
    else if (isBare) this.#writeArray(object as unknown[]);
    else if (isArray(object)) this.#writeArrayWithNames(object);
    else this.#writeOtherObject(object, prototype);
  }

  /** @param tag OBJECT, NULL_PROTOTYPE_OBJECT or INSTANCE; the last is followed by `name` */
  #writePlainObject(object: object, tag: number, name: string = ""): void {
    const deferred = this.#depth >= DEPTH_MAX && this.#defer(object);
    this.writeByte(tag);
    if (tag === INSTANCE) this.writeString(name);
    if (deferred) return;
    this.#depth++;
    this.writeProperties(object);
    this.#depth--;
  }

  #writeArray(array: readonly unknown[]): void {
    const deferred = this.#depth >= DEPTH_MAX && this.#defer(array);
    this.writeByte(ARRAY);
    if (deferred) return;
    this.#depth++;
    writeElements(this, array);
    this.#depth--;
  }

  /** Writes an array that may have other properties than elements. */
  #writeArrayWithNames(array: readonly unknown[]): void {
    const names = namesOf(array);
    if (names.length === 0) return this.#writeArray(array);
    this.#writeNested(array, (writer) => writeNamedArray(writer, array, names));
  }

  /** Writes that the contents of an object follow the value. Returns false when they cannot. */
  #defer(object: object): boolean {
    // A part that is written later could not be left out any more when it fails.
    if (this.#lenient) throw nestedTooDeeply();
    // A decode function must get the whole of what the encode function has returned.
    if (this.#encoding.length > 0) {
      if (this.#depth >= RECURSION_MAX) throw nestedTooDeeply();
      return false;
    }
    this.writeByte(DEFERRED);
    this.#deferred.push(object);
    return true;
  }

  /** Writes the contents of the deferred objects, which may defer further objects. */
  #writeDeferred(): void {
    try {
      for (const object of this.#deferred) {
        if (isArray(object)) writeElements(this, object);
        else this.writeProperties(object);
      }
    } catch (thrown) {
      throw unwound(thrown, `…(${DEPTH_MAX} levels or more)…`);
    }
    this.#deferred = [];
  }

  #writeOtherObject(object: object, prototype: object | null): void {
    const { objectWriter, writeError } = loadedClasses();
    const write = objectWriter(prototype);
    if (write !== undefined) return this.#writeNested(object, write);
    const registered = prototype === null ? undefined : classWithPrototype(prototype);
    if (registered?.encode !== undefined) return this.#writeEncoded(object, registered);
    // The second check is for errors of another realm.
    if (object instanceof Error || Error.isError(object))
      return this.#writeNested(object, writeError as ObjectWriter);
    if (prototype === null) return this.#writePlainObject(object, NULL_PROTOTYPE_OBJECT);
    if (registered !== undefined) {
      return this.#writePlainObject(object, INSTANCE, registered.name);
    }
    if (isForeignArray(object, prototype)) return this.#writeArrayWithNames(object);
    if (isForeignPlainObject(prototype)) return this.#writePlainObject(object, OBJECT);
    this.#writeUnknown(object, prototype);
  }

  /** Writes an object whose prototype does not tell what it is. */
  #writeUnknown(object: object, prototype: object): void {
    const isPlain = this.#foreign === "plain";
    const { isOrdinary, isTakenAsPlain, unlistedWriter } = loadedClasses();
    const write = unlistedWriter(object, prototype, isPlain);
    if (write !== undefined) return this.#writeNested(object, write);
    if (isPlain && isArray(object)) return this.#writeArrayWithNames(object);
    if (isPlain && isOrdinary(object, prototype)) return this.#writePlainObject(object, OBJECT);
    throw refusedObject(object, () => isTakenAsPlain(object, prototype));
  }

  /** Writes what the `encode` of the instance's class returns. */
  #writeEncoded(instance: object, registered: RegisteredClass): void {
    if (this.#depth >= RECURSION_MAX) throw nestedTooDeeply();
    this.#encoding.push(this.#numbers.count - 1);
    this.writeByte(ENCODED);
    this.writeString(registered.name);
    const encoded = loadedClasses().encodedBy(registered, instance);
    this.#depth++;
    try {
      this.writeValue(encoded);
    } catch (thrown) {
      throw unwound(thrown, ".encode()");
    }
    this.#depth--;
    this.#encoding.pop();
  }

  #writeNested(object: object, write: ObjectWriter): void {
    if (this.#depth >= RECURSION_MAX) throw nestedTooDeeply();
    this.#depth++;
    write(this, object);
    this.#depth--;
  }

  #begin(): void {
    if (this.busy) {
      throw new PayloadError(
        "A getter or an encode function of a value that is being encoded made the pool encode another value; do that before the value is passed.",
      );
    }
    if (this.bytes.length > KEPT_CAPACITY && this.position < KEPT_CAPACITY) this.shrink();
    this.begin();
    this.busy = true;
    // Leave room for the header, which is written last.
    this.position = 1;
  }

  /** Writes the header, and the directory if there are buffers. Returns the length of the encoded value. */
  #end(): number {
    this.#length = this.position;
    if (this.bufferTable.count > 0) {
      this.#header |= HAS_BUFFERS;
      this.directoryAt = this.position;
      this.#length =
        this.bufferTable.writeDirectory(this, this.handleTable, this.movedFrom) + FOOTER_BYTES;
    }
    this.bytes[0] = this.#header;
    // An own property that hides a built-in getter may have given a false length.
    if (!Number.isSafeInteger(this.#length)) throw new Refusal(FALSE_LENGTH);
    return this.#length;
  }

  /**
   * Copies the bytes of ArrayBuffers that `prepare` has left where they are: the buffers may change after this.
   *
   * @param root as for `prepare`
   * @throws PayloadError when they cannot be copied, for example because there is no memory
   */
  flatten(root: string): void {
    try {
      this.keepBare();
      if (this.bufferTable.count === 0) return;
      this.reserve(this.#length - this.position);
      this.bufferTable.copyTo(this.bytes, 0, this.position);
      this.position = this.#length - FOOTER_BYTES;
      this.writeFloat64(this.directoryAt);
      this.bufferTable.truncate(0);
    } catch (thrown) {
      this.reset();
      throw toPayloadError(thrown, root);
    }
  }

  protected override reset(): void {
    super.reset();
    this.#header = 0;
    this.#depth = 0;
    if (this.#deferred.length > 0) this.#deferred = [];
    if (this.#encoding.length > 0) this.#encoding = [];
    this.bufferTable.truncate(0);
    this.handleTable.truncate(0);
    this.forgetNamed();
  }
}

const FALSE_LENGTH = "has a length that is not the length of what it holds; pass a plain copy.";
