import {
  engine,
  utilTypes,
  ArrayBuffer,
  getBuiltinModule,
  WeakMap,
  WebAssembly,
  structuredClone,
} from "../runtime/index.ts";
import {
  writeArrayBuffer,
  writeCloned,
  writeSharedArrayBuffer,
  writeWasmMemory,
  writerOfView,
} from "./binary-objects.ts";
import { writeBoxed, writeDate, writeMap, writeRegExp, writeSet } from "./builtin-objects.ts";
import { builtInName } from "./classes.ts";
import { objectWriter } from "./object-writers.ts";
import type { ObjectWriter } from "./value-writer.ts";

/*
 * What an object is in the engine, whatever its class and realm are. These checks cost more than a look at the prototype,
 * so only objects come here whose prototype tells nothing.
 */

/**
 * The writer for an object whose prototype is not in the table of `objectWriter`; undefined when it is no built-in object.
 *
 * @param isPlain whether instances of subclasses are taken as the built-in class
 */
export function unlistedWriter(
  object: object,
  prototype: object,
  isPlain: boolean,
): ObjectWriter | undefined {
  const platform = platformWriter(object, prototype);
  if (platform !== undefined) return platform;
  // The prototype of a built-in class of another realm, and not one of a subclass, is native too. An instance of a
  // subclass may have the built-in class as its own constructor: such are the dates of a faked clock.
  const isBuiltIn = builtInName(prototype) !== undefined || builtInName(object) !== undefined;
  return (isPlain || isBuiltIn ? kindWriter(object) : undefined) ?? replacementWriter(prototype);
}

/** The writer for what structured clone takes as a built-in object of the language; undefined for other objects. */
function kindWriter(object: object): ObjectWriter | undefined {
  const writer = ArrayBuffer.isView(object) ? writerOfView(object) : languageWriter(object);
  return writer as ObjectWriter | undefined;
}

function languageWriter(object: object): unknown {
  const types = utilTypes();
  if (types.isMap(object)) return writeMap;
  if (types.isSet(object)) return writeSet;
  if (types.isDate(object)) return writeDate;
  if (types.isRegExp(object)) return writeRegExp;
  if (types.isArrayBuffer(object)) return writeArrayBuffer;
  if (types.isSharedArrayBuffer(object)) return writeSharedArrayBuffer;
  // A boxed symbol has no form that crosses.
  return types.isBoxedPrimitive(object) && !types.isSymbolObject(object) ? writeBoxed : undefined;
}

/**
 * The writer for objects of the platform that are rare. Their classes are not in the table of `objectWriter`, because to
 * name them would load them when a worker starts.
 */
function platformWriter(object: object, prototype: object): ObjectWriter | undefined {
  switch (builtInName(prototype)) {
    case "Module":
      return prototype === WebAssembly.Module.prototype ? writeCloned : undefined;
    case "Memory":
      return prototype === WebAssembly.Memory.prototype
        ? (writeWasmMemory as ObjectWriter)
        : undefined;
    case "BlockList":
      return prototype === getBuiltinModule("node:net").BlockList.prototype
        ? writeCloned
        : undefined;
    default:
      return utilTypes().isKeyObject(object) ? writeCloned : undefined;
  }
}

/**
 * The writer for an instance of a subclass that the program has put in the place of the built-in class itself, as fake
 * timers do with `Date`. Who writes `new Date()` then means the built-in class.
 */
function replacementWriter(prototype: object): ObjectWriter | undefined {
  let ancestor: unknown = prototype;
  while (ancestor !== null && !utilTypes().isProxy(ancestor)) {
    const write = objectWriter(ancestor as object);
    if (write !== undefined)
      return isOfGlobal(prototype, builtInName(ancestor as object)) ? write : undefined;
    ancestor = Object.getPrototypeOf(ancestor);
  }
  return undefined;
}

/** Whether instances with this prototype are what the program makes when it names this global now. */
function isOfGlobal(prototype: object, name: string | undefined): boolean {
  if (name === undefined) return false;
  try {
    // Fake timers put a Proxy there, which passes the read on.
    const constructor: unknown = Reflect.get(globalThis, name);
    return typeof constructor === "function" && constructor.prototype === prototype;
  } catch {
    return false;
  }
}

/** By prototype, whether its instances hold nothing but properties. */
const ordinary: WeakMap<object, boolean> = new WeakMap();

/**
 * Whether structured clone takes an object as a plain one, with its own enumerable properties: an instance of a class
 * that is written in JavaScript, and of those native ones whose instances hold nothing but properties.
 */
export function isOrdinary(object: object, prototype: object): boolean {
  const known = ordinary.get(prototype);
  if (known !== undefined) return known;
  const is = hasNativeClass(prototype) ? isClonedAsPlain(object) : isPlainCell(object);
  ordinary.set(prototype, is);
  return is;
}

function hasNativeClass(start: object): boolean {
  let prototype: object | null = start;
  while (prototype !== null && !utilTypes().isProxy(prototype)) {
    const name = builtInName(prototype);
    if (name !== undefined && name !== "Object") return true;
    prototype = Object.getPrototypeOf(prototype) as object | null;
  }
  return false;
}

/**
 * Whether the engine holds an object as it holds plain ones. Generators, iterators and others have no class that
 * JavaScript can see, but the engine names what they are.
 */
function isPlainCell(object: object): boolean {
  const name = CELL_NAME.exec(engine().jscDescribe(object))?.[1];
  return name === undefined || name === "Object";
}

/** `Object: 0x… with butterfly … (Structure 0x…:[0x…/1234, Generator, (0/0, 0/0){}, …`. */
const CELL_NAME = /\(Structure \w+:\[\w+\/\d+, ([\w.]+), \(/;

/** Asks the engine. It reads the whole object, so this is asked once a class. */
function isClonedAsPlain(object: object): boolean {
  try {
    const clone: unknown = structuredClone(object);
    return Object.getPrototypeOf(clone) === Object.prototype;
  } catch {
    return false;
  }
}

/** Whether structured clone would take an object of an unregistered class, of which this codec knows nothing. */
export function isTakenAsPlain(object: object, prototype: object): boolean {
  return Array.isArray(object) || kindWriter(object) !== undefined || isOrdinary(object, prototype);
}
