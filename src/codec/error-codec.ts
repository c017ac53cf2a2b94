import {
  CallableError,
  DuplicateRequest,
  NoResultsPending,
  NoWorkersAvailable,
  PayloadError,
  PoolClosed,
  QueueFull,
  RequestTimeout,
  ThreadPoolError,
  WorkerDied,
} from "../errors.ts";
import {
  defineValue,
  AggregateError,
  DOMException,
  Error,
  EvalError,
  Map,
  RangeError,
  ReferenceError,
  SuppressedError,
  SyntaxError,
  TypeError,
  URIError,
  utilTypes,
} from "../runtime/index.ts";
import { ownText } from "./builtin-objects.ts";
import { corrupt } from "./byte-reader.ts";
import { builtInName, classNamed, classWithPrototype } from "./classes.ts";
import { propertySegment, unwoundDecoding } from "./refusal.ts";
import { END, ERROR } from "./tags.ts";
import type { ValueReader } from "./value-reader.ts";
import type { ValueWriter } from "./value-writer.ts";

/*
 * The tag ERROR is followed by
 *   a byte: the index of the class in ERROR_CLASSES, or REGISTERED and then the registered name;
 *   for DOMException and its subclasses, where they are getters of the prototype: message and name;
 *   the slots: for each a byte, its position in SLOTS + 1, and its value; then a byte 0;
 *   the own enumerable properties: key, value, key, value, END.
 */

/** A class of errors that every thread knows. */
interface ErrorClass {
  readonly prototype: object;
  /** Makes an empty error with the engine's internals of this class; its prototype may be another one. */
  build(): Error;
}

const ERROR_CLASSES: readonly ErrorClass[] = [
  { prototype: Error.prototype, build: buildPlain },
  { prototype: TypeError.prototype, build: () => new TypeError() },
  { prototype: RangeError.prototype, build: () => new RangeError() },
  { prototype: SyntaxError.prototype, build: () => new SyntaxError() },
  { prototype: ReferenceError.prototype, build: () => new ReferenceError() },
  { prototype: EvalError.prototype, build: () => new EvalError() },
  { prototype: URIError.prototype, build: () => new URIError() },
  { prototype: AggregateError.prototype, build: () => new AggregateError([]) },
  { prototype: SuppressedError.prototype, build: () => new SuppressedError(undefined, undefined) },
  { prototype: DOMException.prototype, build: () => new DOMException() },
  ...[
    ThreadPoolError,
    NoResultsPending,
    NoWorkersAvailable,
    QueueFull,
    DuplicateRequest,
    CallableError,
    PayloadError,
    WorkerDied,
    RequestTimeout,
    PoolClosed,
  ].map(({ prototype }): ErrorClass => ({ prototype, build: buildPlain })),
];

function buildPlain(): Error {
  return new Error();
}

/** In place of an index: the class is one that was registered. */
const REGISTERED = 0xff;

/** The properties of an error that are not enumerable, and cross all the same. */
const SLOTS = [
  "name",
  "message",
  "stack",
  "code",
  "cause",
  "errors",
  "error",
  "suppressed",
] as const;

/**
 * Writes an error: its class, or the nearest class above it that the other thread knows; its slots, also those that it
 * has from a class that the other thread does not know; its own enumerable properties.
 */
export function writeError(writer: ValueWriter, error: Error): void {
  formatStack(error);
  const { index, known } = nearestClass(error);
  writer.writeByte(ERROR);
  writer.writeByte(index);
  if (index === REGISTERED) writer.writeString(classWithPrototype(known)!.name);
  if (index === DOM_EXCEPTION || builtInBase(known) === DOMException.prototype) {
    writer.writeString(ownText(error.message));
    writer.writeString(ownText(error.name));
  }
  for (const [position, slot] of SLOTS.entries()) {
    if (!isOwnSlot(error, slot, known)) continue;
    writer.attempt(propertySegment(slot), () => {
      const value: unknown = Reflect.get(error, slot);
      // What an Error.prepareStackTrace has made of the frames, such as the call sites themselves, stays here.
      if (slot === "stack" && !isPrimitive(value)) return;
      writer.writeByte(position + 1);
      writer.writeValue(value);
    });
  }
  writer.writeByte(0);
  for (const key of Object.keys(error)) {
    writer.attempt(propertySegment(key), () => {
      const value: unknown = Reflect.get(error, key);
      writer.writeString(key);
      writer.writeValue(value);
    });
  }
  writer.writeByte(END);
}

/**
 * Lets the engine write the stack. That calls the program's Error.prepareStackTrace, if there is one, and throws what it
 * throws. It happens once, so it must not happen while the slots are looked for.
 */
function formatStack(error: Error): void {
  try {
    Reflect.get(error, "stack");
  } catch {
    // The engine has written a stack of its own.
  }
}

function isPrimitive(value: unknown): boolean {
  return (typeof value !== "object" || value === null) && typeof value !== "function";
}

/** Reads an error. It has no stack of the place where it is rebuilt. */
export function readError(reader: ValueReader): Error {
  const index = reader.readByte();
  const error = reader.track(
    index === REGISTERED ? buildRegistered(reader) : buildBuiltIn(reader, index),
  );
  for (let slot = reader.readByte(); slot !== 0; slot = reader.readByte()) {
    const name = SLOTS[slot - 1];
    if (name === undefined)
      throw new PayloadError("These bytes hold an error of an unknown shape; they are corrupt.");
    defineValue(error, name, readPart(reader, name));
  }
  while (!reader.readEnd()) {
    const key = reader.readKey();
    defineValue(error, key, readPart(reader, key), true);
  }
  return error;
}

function readPart(reader: ValueReader, key: string): unknown {
  try {
    return reader.readValue();
  } catch (thrown) {
    throw unwoundDecoding(thrown, propertySegment(key));
  }
}

const indexes: ReadonlyMap<object, number> = new Map(
  ERROR_CLASSES.map(({ prototype }, index) => [prototype, index]),
);

const DOM_EXCEPTION = indexes.get(DOMException.prototype);

/** Made when the first error of another realm, or of another copy of this package, comes, because making it would delay the start of every worker. */
let foreignIndexes: ReadonlyMap<string, number> | undefined;

/** The index in ERROR_CLASSES of a built-in class of another realm, or of a class of another copy of this package. */
function foreignIndex(foreign: object): number | undefined {
  const name = nameOfClass(foreign);
  if (name === undefined) return undefined;
  foreignIndexes ??= new Map(
    ERROR_CLASSES.flatMap(({ prototype }, index) => {
      const known = nameOfClass(prototype);
      return known === undefined ? [] : [[known, index] as const];
    }),
  );
  return foreignIndexes.get(name);
}

function nameOfClass(prototype: object): string | undefined {
  return utilTypes().isProxy(prototype)
    ? undefined
    : (builtInName(prototype) ?? nameOfOwnClass(prototype));
}

/** Names a class of ringpool on its prototype, in every copy of this package: see `src/errors.ts`. */
const OWN_CLASS = Symbol.for("ringpool.errorClass");

function nameOfOwnClass(prototype: object): string | undefined {
  return Object.getOwnPropertyDescriptor(prototype, OWN_CLASS)?.value as string | undefined;
}

/** The first class, up the prototype chain, that the other thread can rebuild. */
function nearestClass(error: Error): { index: number; known: object } {
  let prototype = Object.getPrototypeOf(error) as object | null;
  while (prototype !== null) {
    // The instances of a class with encode cannot be rebuilt from their properties: an error of a subclass of it takes
    // the class above.
    const registered = classWithPrototype(prototype);
    if (registered !== undefined && registered.encode === undefined)
      return { index: REGISTERED, known: prototype };
    const index = indexes.get(prototype) ?? foreignIndex(prototype);
    if (index !== undefined) return { index, known: prototype };
    prototype = Object.getPrototypeOf(prototype) as object | null;
  }
  return { index: 0, known: Error.prototype };
}

/** Whether the error has the slot as an own property that is not enumerable, or from a class below `known`. */
function isOwnSlot(error: Error, slot: string, known: object): boolean {
  const own = Object.getOwnPropertyDescriptor(error, slot);
  if (own !== undefined) return own.enumerable !== true;
  let prototype = Object.getPrototypeOf(error) as object | null;
  while (prototype !== null && prototype !== known) {
    if (Object.hasOwn(prototype, slot)) return true;
    prototype = Object.getPrototypeOf(prototype) as object | null;
  }
  return false;
}

function buildBuiltIn(reader: ValueReader, index: number): Error {
  const errorClass = ERROR_CLASSES[index];
  if (errorClass === undefined)
    throw new PayloadError("These bytes hold an error of an unknown class; they are corrupt.");
  if (errorClass.prototype === DOMException.prototype) {
    return readDomException(reader);
  }
  return buildFrom(errorClass, errorClass.prototype);
}

function readDomException(reader: ValueReader): DOMException {
  const message = reader.readString();
  return new DOMException(message, reader.readString());
}

/** The first built-in class, up the prototype chain; null when it is no class of errors. */
function builtInBase(prototype: object): object | null {
  let base = prototype as object | null;
  while (base !== null && !indexes.has(base)) base = Object.getPrototypeOf(base) as object | null;
  return base;
}

function buildRegistered(reader: ValueReader): Error {
  const name = reader.readKey();
  const { prototype, decode } = classNamed(name);
  if (decode !== undefined)
    throw corrupt("an error by its properties, of a class that has a decode of its own");
  const base = builtInBase(prototype);
  if (base === null)
    throw new PayloadError(
      `These bytes hold an error of a class that is no class of errors; they are corrupt. class=${name}`,
    );
  if (base === DOMException.prototype) {
    return Object.setPrototypeOf(readDomException(reader), prototype) as Error;
  }
  return buildFrom(ERROR_CLASSES[indexes.get(base)!]!, prototype);
}

function buildFrom(errorClass: ErrorClass, prototype: object): Error {
  // A stack of its own would show where the error was rebuilt, which helps no user, and would cost ten times as much as
  // everything else.
  const limit = Error.stackTraceLimit;
  Reflect.set(Error, "stackTraceLimit", 0);
  try {
    const error = errorClass.build();
    if (Object.getPrototypeOf(error) !== prototype) Object.setPrototypeOf(error, prototype);
    return error;
  } finally {
    Reflect.set(Error, "stackTraceLimit", limit);
  }
}
