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

function isConstructedBy(prototype: object, name: string): boolean {
  const own = Object.getOwnPropertyDescriptor(prototype, "constructor");
  const constructor: unknown = own?.value;
  return typeof constructor === "function" && constructor.name === name && isBuiltIn(constructor);
}
