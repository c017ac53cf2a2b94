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
  const descriptor = {
    __proto__: null,
    value,
    writable: true,
    enumerable: isEnumerable,
    configurable: true,
  };
  Object.defineProperty(object, key, descriptor);
}
