import { PayloadError } from "../errors.ts";
import {
  describeThrown,
  describeValue,
  utilTypes,
  Error,
  Map,
  RangeError,
  ReadableStream,
  TransformStream,
  WritableStream,
} from "../runtime/index.ts";

/**
 * Says why a value cannot cross; thrown inside the encoder, which makes a PayloadError of it.
 *
 * The path is collected while the stack unwinds, one segment for each level. So nothing is tracked as long as nothing
 * is refused, and no getter is read a second time to find the culprit.
 */
export class Refusal extends Error {
  /** The segments of the path, innermost first. */
  readonly segments: string[] = [];

  /** The path from the root down to the culprit. */
  path(root: string): string {
    const { segments } = this;
    if (segments.length <= SHOWN_OUTER + SHOWN_INNER) return root + segments.toReversed().join("");
    const outer = segments.slice(-SHOWN_OUTER).toReversed().join("");
    const inner = segments.slice(0, SHOWN_INNER).toReversed().join("");
    return `${root}${outer}…(${segments.length - SHOWN_OUTER - SHOWN_INNER} levels)…${inner}`;
  }
}

/** Says why the decode function of a class has failed; thrown inside the decoder, which makes a PayloadError of it. */
export class DecodeRefusal extends Refusal {}

/** As `unwound`, for the decoder: only the failure of a decode function has a path, bytes that are corrupt have none. */
export function unwoundDecoding(thrown: unknown, segment: string): unknown {
  if (thrown instanceof DecodeRefusal) thrown.segments.push(segment);
  return thrown;
}

/** Of a long path, so many outer and inner segments are shown. */
const SHOWN_OUTER = 12;
const SHOWN_INNER = 6;

/**
 * Adds a segment to the path of what was thrown one level below. The caller throws the result again.
 *
 * @param thrown a `Refusal`, or anything that reading the value has thrown, such as a getter
 */
export function unwound(thrown: unknown, segment: string): Refusal {
  const refusal = asRefusal(thrown);
  refusal.segments.push(segment);
  return refusal;
}

/** The error that `encode` throws. A PayloadError stays as it is. @param root what the path starts with */
export function toPayloadError(thrown: unknown, root: string): PayloadError {
  if (Error.isError(thrown) && thrown instanceof PayloadError) return thrown;
  const refusal = asRefusal(thrown);
  const path = refusal.path(root);
  return new PayloadError(`${path} ${refusal.message} path=${path}`, {
    path,
    ...(Object.hasOwn(refusal, "cause") ? { cause: refusal.cause } : {}),
  });
}

function asRefusal(thrown: unknown): Refusal {
  // Check first that it is an error: `instanceof` would run the traps of a Proxy that was thrown.
  if (Error.isError(thrown) && thrown instanceof Refusal) return thrown;
  if (isStackOverflow(thrown)) return nestedTooDeeply();
  return new Refusal(`could not be read: ${describeThrown(thrown)}.`, { cause: thrown });
}

/** The refusal for a value that would need too deep a stack, here or where it arrives. */
export function nestedTooDeeply(): Refusal {
  return new Refusal("is nested too deeply to cross between threads; pass a flatter value.");
}

/** Whether this is the engine's error for a stack that is used up. */
export function isStackOverflow(thrown: unknown): boolean {
  return (
    Error.isError(thrown) &&
    thrown instanceof RangeError &&
    thrown.message.startsWith("Maximum call stack size")
  );
}

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

/** The path segment for a property: `.name`, or `["a b"]` for a key that is no identifier. */
export function propertySegment(key: string): string {
  return IDENTIFIER.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

/** The path segment for the value of a Map entry: `.get("key")`, or its position when the key is an object. */
export function mapValueSegment(key: unknown, index: number): string {
  if (typeof key === "string") return `.get(${JSON.stringify(key)})`;
  if (typeof key === "bigint") return `.get(${key}n)`;
  if (typeof key === "number" || typeof key === "boolean" || key === undefined || key === null) {
    return `.get(${key})`;
  }
  return `.values()[${index}]`;
}

/** The refusal for a symbol or a function. */
export function refusedPrimitive(value: unknown): Refusal {
  if (typeof value === "symbol") {
    return new Refusal("is a symbol, which cannot cross between threads; pass a string.");
  }
  return new Refusal(
    "is a function, which cannot cross between threads; export it and make it the callable, or pass plain data.",
  );
}

/**
 * The refusal for an object that cannot cross. It says what to pass instead.
 *
 * @param isTakenAsPlain whether structured clone would take the object, as plain data
 */
export function refusedObject(object: object, isTakenAsPlain: () => boolean): Refusal {
  try {
    return new Refusal(reason(object, isTakenAsPlain));
  } catch (cause) {
    return new Refusal("is an object that cannot be read; pass plain data.", { cause });
  }
}

function reason(object: object, isTakenAsPlain: () => boolean): string {
  const cannotCross = "which cannot cross between threads";
  // Check this first: reading anything of a Proxy runs its traps.
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
  const described = describeClass(object);
  if (!isTakenAsPlain()) {
    return `is ${described}, ${cannotCross}; pass what is needed of it as plain data.`;
  }
  const register = described.startsWith("an instance of ")
    ? `, a class that is not registered; pass foreign: "plain" to take it as structured clone does, or call registerClass with the class in a module that both threads load`
    : `; pass foreign: "plain" to take it as structured clone does`;
  return `is ${described}${register}, or pass plain data.`;
}

/** Names the class of an object. A constructor counts only if the object has its prototype; others belong to other classes. */
function describeClass(object: object): string {
  const prototype = Object.getPrototypeOf(object) as object;
  for (const holder of [prototype, object]) {
    const constructor: unknown = Object.getOwnPropertyDescriptor(holder, "constructor")?.value;
    if (typeof constructor !== "function" || utilTypes().isProxy(constructor)) continue;
    if (Object.getOwnPropertyDescriptor(constructor, "prototype")?.value !== prototype) continue;
    return describeValue(Object.create({ constructor }));
  }
  return "an object without a class";
}

/** What to pass instead of an object that holds others weakly. */
const WEAK_ADVICE: ReadonlyMap<string, string> = new Map([
  ["WeakMap", "a Map"],
  ["WeakSet", "a Set"],
  ["WeakRef", "what it refers to"],
]);

function isStream(object: object): boolean {
  if (object instanceof ReadableStream || object instanceof WritableStream) return true;
  if (object instanceof TransformStream) return true;
  // For the streams of node:stream, without loading that module.
  return isMethod(object, "pipe") && isMethod(object, "on");
}

function isMethod(object: object, key: string): boolean {
  return key in object && typeof Reflect.get(object, key) === "function";
}
