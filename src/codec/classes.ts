import { PayloadError } from "../errors.ts";
import {
  checkKnownOptions,
  describeValue,
  ownOptions,
  Error,
  Bun,
  IS_HOT,
  Map,
  Set,
  WeakMap,
  onReload,
  TypeError,
  functionText,
} from "../runtime/index.ts";

/*
 * The classes whose instances may cross, by name.
 *
 * Each thread has a registry of its own, because each thread loads its own modules: a worker knows a class when it has
 * loaded the module that registers it.
 */

/** A class as the codec needs it. */
export interface RegisteredClass {
  readonly name: string;
  readonly prototype: object;
  /** Both functions or none: see `RegisterClassOptions`. */
  readonly encode: ((instance: object) => unknown) | undefined;
  readonly decode: ((encoded: unknown) => unknown) | undefined;
}

/** Options of `registerClass`. */
export interface RegisterClassOptions<T extends object = object, E = unknown> {
  /**
   * The name that stands for the class between threads, the same in every thread; the class's own name when left out.
   */
  name?: string;
  /**
   * Returns what crosses in place of an instance: any value that can cross, other registered instances included. It must
   * not hold the instance itself.
   */
  encode?: (instance: T) => E;
  /** Makes an instance of what `encode` has returned in the other thread. */
  decode?: (encoded: E) => T;
}

const KNOWN_OPTIONS = { name: true, encode: true, decode: true } satisfies Record<
  keyof RegisterClassOptions,
  true
>;

interface Classes {
  readonly byName: Map<string, RegisteredClass>;
  readonly byPrototype: Map<object, RegisteredClass> | WeakMap<object, RegisteredClass>;
}

const CLASSES = Symbol.for("ringpool.classes");

/**
 * The classes of this thread. They are a property of the global object, because the thread may hold two copies of this package: that
 * of a worker, and that in the bundle of a program, where the program registers its classes.
 */
const { byName: classesByName, byPrototype: classesByPrototype } = classesOfThread();

function classesOfThread(): Classes {
  // Each reload brings new classes. Those of before are needed for as long as the program has instances of them.
  const own: Classes = { byName: new Map(), byPrototype: IS_HOT ? new WeakMap() : new Map() };
  // The program's own thread has one copy, or some that have nothing to do with each other.
  if (Bun.isMainThread) return own;
  const found = (globalThis as { [CLASSES]?: Classes })[CLASSES];
  if (found !== undefined) return found;
  Object.defineProperty(globalThis, CLASSES, { value: own });
  return own;
}

/** The names that another class may take over, because the modules of the program are evaluated again. */
const namesOfBefore: Set<string> = new Set();

onReload(() => {
  for (const name of classesByName.keys()) namesOfBefore.add(name);
});

/** See `registerClass` of the door. */
export function registerClass<T extends object, E>(
  constructor: abstract new (...args: never[]) => T,
  options: RegisterClassOptions<T, E> = {},
): void {
  if (typeof constructor !== "function" || !isObject(constructor.prototype)) {
    throw new TypeError(
      `registerClass takes a class; pass the class itself, not an instance of it: class=${describeValue(constructor)}`,
    );
  }
  checkKnownOptions(options, KNOWN_OPTIONS, "registerClass");
  const { name = constructor.name, encode, decode } = ownOptions(options, KNOWN_OPTIONS);
  if (typeof name !== "string" || name === "") {
    throw new TypeError(
      `A registered class needs a name; pass registerClass(MyClass, { name: "MyClass" }): name=${describeValue(name)}`,
    );
  }
  checkPair(encode, decode);
  if (encode === undefined) refuseBuiltIns(constructor.prototype, name);
  else refuseKnown(constructor.prototype, name);
  register({
    name,
    prototype: constructor.prototype,
    encode: encode as RegisteredClass["encode"],
    decode: decode as RegisteredClass["decode"],
  });
}

/**
 * The class that is registered under a name in this thread.
 *
 * @throws PayloadError when there is none
 */
export function classNamed(name: string): RegisteredClass {
  const registered = classesByName.get(name);
  if (registered === undefined) {
    throw new PayloadError(
      `No class is registered under this name in this thread; call registerClass in a module that is loaded in both, such as the one that holds the callable. class=${name}`,
    );
  }
  return registered;
}

/** The class whose prototype this is, if it is registered. */
export function classWithPrototype(prototype: object): RegisteredClass | undefined {
  return classesByPrototype.get(prototype);
}

/** Whether a constructor belongs to the platform, and is not written in JavaScript. */
function isBuiltIn(constructor: unknown): boolean {
  return typeof constructor === "function" && NATIVE_SOURCE.test(functionText(constructor));
}

const NATIVE_SOURCE = /\{\s*\[native code\]\s*\}$/;

/**
 * Whether this is the prototype of the plain objects of another realm, such as a `node:vm` context, where
 * `Object.prototype` is another object. They arrive as plain objects of the receiving realm.
 */
export function isForeignPlainObject(prototype: object): boolean {
  return Object.getPrototypeOf(prototype) === null && isConstructedBy(prototype, "Object");
}

/** Whether an object is an array of another realm. It arrives as an array of the receiving realm. */
export function isForeignArray(object: object, prototype: object): object is readonly unknown[] {
  return Array.isArray(object) && isConstructedBy(prototype, "Array");
}

/** The name of the built-in class, of any realm, whose prototype this is; undefined when it is no such prototype. */
export function builtInName(prototype: object): string | undefined {
  const own = Object.getOwnPropertyDescriptor(prototype, "constructor");
  const constructor: unknown = own?.value;
  return typeof constructor === "function" && isBuiltIn(constructor) ? constructor.name : undefined;
}

function isConstructedBy(prototype: object, name: string): boolean {
  return builtInName(prototype) === name;
}

function register(added: RegisteredClass): void {
  const sameName = classesByName.get(added.name);
  const sameClass = classesByPrototype.get(added.prototype);
  const isReplaced = namesOfBefore.delete(added.name);
  if (sameName !== undefined && sameName.prototype !== added.prototype && !isReplaced) {
    throw new TypeError(
      `Another class is registered under this name; pass a name of its own, registerClass(MyClass, { name }). name=${added.name}`,
    );
  }
  if (sameClass !== undefined && sameClass.name !== added.name) {
    throw new TypeError(
      `This class is registered under another name; register it once. registered=${sameClass.name} name=${added.name}`,
    );
  }
  if (sameClass !== undefined) {
    if ((sameClass.encode === undefined) === (added.encode === undefined)) return;
    throw new TypeError(
      `This class is registered once with encode and decode and once without; register it once. name=${added.name}`,
    );
  }
  classesByName.set(added.name, added);
  classesByPrototype.set(added.prototype, added);
}

function checkPair(encode: unknown, decode: unknown): void {
  for (const [option, value] of [
    ["encode", encode],
    ["decode", decode],
  ] as const) {
    if (value === undefined || typeof value === "function") continue;
    throw new TypeError(`${option} is a function: ${option}=${describeValue(value)}`);
  }
  if ((encode === undefined) !== (decode === undefined)) {
    throw new TypeError(
      `encode and decode belong together; pass both: encode=${describeValue(encode)} decode=${describeValue(decode)}`,
    );
  }
}

/** Classes of the platform that cross by themselves, or never as an instance: functions for them would not be called. */
const NOT_TO_BE_ENCODED: ReadonlySet<string> = new Set(
  (
    "Object Array Function Promise Proxy Map Set Date RegExp Number String Boolean BigInt Symbol ArrayBuffer " +
    "SharedArrayBuffer DataView Buffer Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array " +
    "Float16Array Float32Array Float64Array BigInt64Array BigUint64Array URL URLSearchParams Headers Blob File CryptoKey " +
    "MessagePort Module Memory KeyObject BlockList Error TypeError RangeError SyntaxError ReferenceError EvalError URIError " +
    "AggregateError SuppressedError DOMException"
  ).split(" "),
);

function refuseKnown(prototype: object, name: string): void {
  const builtIn = builtInName(prototype);
  if (builtIn === undefined || !NOT_TO_BE_ENCODED.has(builtIn)) return;
  throw new TypeError(
    `Instances of built-in classes cross as they are; register only your own classes. name=${name}`,
  );
}

function refuseBuiltIns(start: object, name: string): void {
  let prototype: object | null = start;
  while (prototype !== null && prototype !== Object.prototype && prototype !== Error.prototype) {
    const constructor: unknown = Object.hasOwn(prototype, "constructor")
      ? prototype.constructor
      : undefined;
    const isNativeError = Object.getPrototypeOf(prototype) === Error.prototype;
    if (isBuiltIn(constructor) && (prototype === start || !isNativeError)) {
      throw new TypeError(
        `Instances of this class keep their contents outside their own properties; pass encode and decode, or hold the built-in object in a property instead of extending its class. name=${name}`,
      );
    }
    prototype = Object.getPrototypeOf(prototype) as object | null;
  }
  if (start === Object.prototype || start === Error.prototype) {
    throw new TypeError(
      `Instances of built-in classes cross as they are; register only your own classes. name=${name}`,
    );
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
