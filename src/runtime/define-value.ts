/**
 * Gives an object a property of its own, whatever its prototype has under that name: no setter runs, and no property that
 * can only be read is in the way.
 *
 * The descriptor inherits nothing: in a program that gives `Object.prototype` a property `get`, every other one would
 * have it too.
 */
export function defineValue(
  object: object,
  key: PropertyKey,
  value: unknown,
  isEnumerable: boolean = false,
): void {
  descriptor.value = value;
  descriptor.enumerable = isEnumerable;
  Object.defineProperty(object, key, descriptor);
  descriptor.value = undefined;
}

/** One for all: no code of the program runs between its filling and its use. */
const descriptor: PropertyDescriptor = Object.assign(Object.create(null) as PropertyDescriptor, {
  value: undefined,
  writable: true,
  enumerable: false,
  configurable: true,
});
