import { PayloadError } from "../errors.ts";
import { checkKnownOptions, describeValue } from "../runtime/index.ts";

/**
 * The classes whose instances may cross, by name.
 *
 * Each thread has its own registry, because each thread loads its own modules: a class is
 * known in a worker once the module that registers it has been loaded there.
 */

/** A class as the codec needs it. */
export interface RegisteredClass {
  readonly name: string;
  readonly prototype: object;
}

/** Options of `registerClass`. */
export interface RegisterClassOptions {
  /** The name that stands for the class between threads, the same in every thread; the class's own name when left out. */
  name?: string;
}

const KNOWN_OPTIONS = { name: true } satisfies Record<keyof RegisterClassOptions, true>;

const classesByName: Map<string, RegisteredClass> = new Map();
const classesByPrototype: Map<object, RegisteredClass> = new Map();

/**
 * Lets the instances of a class cross between threads as instances of it.
 *
 * Their own enumerable properties cross; the constructor is not called again. Private
 * `#fields` cannot cross, as nothing outside the class can read them: keep what must
 * travel in ordinary properties. A subclass crosses only when it is registered itself.
 *
 * Call it at the top level of the module that defines the class, and import that module
 * both where requests are put and in the module that holds the callable.
 *
 * @param constructor the class; its own subclasses and superclasses are not included
 * @param options.name the name on the wire, the same in every thread; the class's own name
 *   by default, which a minifier may change
 * @throws TypeError for a built-in class, a subclass of one whose contents are not own
 *   properties (Map, Array, Promise…; Error and its subclasses are welcome), a class without
 *   a name, a name that another class has, a second name for one class
 * @example
 * ```ts
 * export class Point { constructor(public x: number, public y: number) {} }
 * registerClass(Point);
 * ```
 */
export function registerClass(
  constructor: new (...args: never[]) => object,
  options: RegisterClassOptions = {},
): void {
  if (typeof constructor !== "function" || !isObject(constructor.prototype)) {
    throw new TypeError(
      `registerClass takes a class; pass the class itself, not an instance of it: class=${describeValue(constructor)}`,
    );
  }
  checkKnownOptions(options, KNOWN_OPTIONS, "registerClass");
  const name = options.name ?? constructor.name;
  if (typeof name !== "string" || name === "") {
    throw new TypeError(
      `A registered class needs a name; pass registerClass(MyClass, { name: "MyClass" }): name=${describeValue(name)}`,
    );
  }
  refuseBuiltIns(constructor.prototype, name);
  register({ name, prototype: constructor.prototype });
}

/**
 * The class registered under a name in this thread.
 *
 * @throws PayloadError when this thread knows none
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

/** The class registered with exactly this prototype. */
export function classWithPrototype(prototype: object): RegisteredClass | undefined {
  return classesByPrototype.get(prototype);
}

/** Whether a constructor is part of the platform, and not written in JavaScript. */
export function isBuiltIn(constructor: unknown): boolean {
  return (
    typeof constructor === "function" &&
    NATIVE_SOURCE.test(Function.prototype.toString.call(constructor))
  );
}

const NATIVE_SOURCE = /\{\s*\[native code\]\s*\}$/;

/**
 * Plain objects and arrays of another realm, such as a `node:vm` context: there,
 * `Object.prototype` is another object. They arrive as plain objects and arrays of this realm.
 */
export function isForeignPlainObject(prototype: object): boolean {
  return Object.getPrototypeOf(prototype) === null && isConstructedBy(prototype, "Object");
}

/** See `isForeignPlainObject`. */
export function isForeignArray(object: object, prototype: object): object is readonly unknown[] {
  return Array.isArray(object) && isConstructedBy(prototype, "Array");
}

/** The name of the built-in class, of whatever realm, that a prototype belongs to; undefined when it is none. */
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
  if (sameName !== undefined && sameName.prototype !== added.prototype) {
    throw new TypeError(
      `Another class is registered under this name; pass registerClass(MyClass, { name }) with a name of its own. name=${added.name}`,
    );
  }
  if (sameClass !== undefined && sameClass.name !== added.name) {
    throw new TypeError(
      `This class is registered under another name; register it once. registered=${sameClass.name} name=${added.name}`,
    );
  }
  classesByName.set(added.name, added);
  classesByPrototype.set(added.prototype, added);
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
        `Instances of this class keep their contents where their own properties do not show them; hold the built-in object in a property instead of extending it. name=${name}`,
      );
    }
    prototype = Object.getPrototypeOf(prototype) as object | null;
  }
  if (start === Object.prototype || start === Error.prototype) {
    throw new TypeError(`Built-in classes cross as they are; register only your own. name=${name}`);
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
