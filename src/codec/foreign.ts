import { isBuiltIn } from "./classes.ts";

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
