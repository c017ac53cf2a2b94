import { utilTypes } from "../runtime/lazy-builtins.ts";
import { isBuiltIn } from "./classes.ts";
import { kindOf, Refusal } from "./refusal.ts";

/** The refusal for a value that is neither an object nor a primitive that crosses. */
export function refusedPrimitive(value: unknown): Refusal {
  if (typeof value === "symbol") {
    return new Refusal("is a symbol, which cannot cross between threads; pass a string.");
  }
  return new Refusal(
    "is a function, which cannot cross between threads; export it and make it the callable, or pass plain data.",
  );
}

/** The refusal for an object that no writer takes; says what to pass instead. */
export function refusedObject(object: object): Refusal {
  try {
    return new Refusal(reason(object));
  } catch (cause) {
    return new Refusal("is an object that cannot be read; pass plain data.", { cause });
  }
}

function reason(object: object): string {
  const cannotCross = "which cannot cross between threads";
  // Before anything that would run its traps.
  if (utilTypes().isProxy(object)) {
    return `is a Proxy, ${cannotCross}; pass the object behind it, or a copy.`;
  }
  const tag = Object.prototype.toString.call(object).slice("[object ".length, -1);
  if (utilTypes().isPromise(object)) return `is a promise, ${cannotCross}; await it first.`;
  if (
    utilTypes().isGeneratorObject(object) ||
    tag.endsWith("Iterator") ||
    tag.endsWith("Generator")
  ) {
    return `is an iterator, ${cannotCross}; collect its values in an array first.`;
  }
  if (isStream(object)) return `is a stream, ${cannotCross}; read it first and pass its bytes.`;
  if (WEAK_ADVICE.has(tag)) return `is a ${tag}, ${cannotCross}; pass ${WEAK_ADVICE.get(tag)}.`;
  if (isBuiltIn(object.constructor)) {
    return `is ${kindOf(object)}, ${cannotCross}; pass what is needed of it as plain data.`;
  }
  return `is ${kindOf(object)}, a class that is not registered; call registerClass with it in the module that defines it, or pass plain data.`;
}

const WEAK_ADVICE: ReadonlyMap<string, string> = new Map([
  ["WeakMap", "a Map"],
  ["WeakSet", "a Set"],
  ["WeakRef", "what it refers to"],
]);

function isStream(object: object): boolean {
  if (object instanceof ReadableStream || object instanceof WritableStream) return true;
  if (object instanceof TransformStream) return true;
  // The streams of node:stream, without loading that module.
  return "pipe" in object && typeof object.pipe === "function";
}
