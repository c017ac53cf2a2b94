import { utilTypes } from "../runtime/lazy-builtins.ts";
import { PayloadError } from "../errors.ts";

/**
 * Why a value cannot cross, on its way out of the encoder.
 *
 * The path is collected while the stack unwinds, one segment a level, so that nothing is
 * tracked while all goes well, and no getter is read a second time to find the culprit.
 */
export class Refusal extends Error {
  /** Path segments, innermost first. */
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

const SHOWN_OUTER = 12;
const SHOWN_INNER = 6;

/**
 * Adds one level of the path to whatever was thrown below it; to be thrown again.
 *
 * Anything but a `Refusal` comes from reading the value itself, such as a getter.
 */
export function unwound(thrown: unknown, segment: string): Refusal {
  const refusal = asRefusal(thrown);
  refusal.segments.push(segment);
  return refusal;
}

/** What `encode` throws for a refusal; a PayloadError is ready as it is. */
export function toPayloadError(thrown: unknown, root: string): PayloadError {
  if (Error.isError(thrown) && thrown instanceof PayloadError) return thrown;
  const refusal = asRefusal(thrown);
  const path = refusal.path(root);
  return new PayloadError(`${path} ${refusal.message} path=${path}`, {
    path,
    ...("cause" in refusal ? { cause: refusal.cause } : {}),
  });
}

function asRefusal(thrown: unknown): Refusal {
  // Asked first whether it is an error: `instanceof` runs the traps of a Proxy that was thrown.
  if (Error.isError(thrown) && thrown instanceof Refusal) return thrown;
  if (isStackOverflow(thrown)) return nestedTooDeeply();
  return new Refusal(`could not be read: ${describeThrown(thrown)}.`, { cause: thrown });
}

/** The refusal for what would need too deep a stack, on this side or the other. */
export function nestedTooDeeply(): Refusal {
  return new Refusal("is nested too deeply to cross between threads; pass a flatter value.");
}

/** Whether the stack ran out, in the encoder or the decoder. */
export function isStackOverflow(thrown: unknown): boolean {
  return (
    Error.isError(thrown) &&
    thrown instanceof RangeError &&
    thrown.message.startsWith("Maximum call stack size")
  );
}

/** One line on anything thrown; never throws itself. */
export function describeThrown(thrown: unknown): string {
  try {
    const text = typeof thrown === "object" || typeof thrown === "function" ? kindOf(thrown) : "";
    const full = text === "" || Error.isError(thrown) ? String(thrown) : text;
    return full.length <= 200 ? full : `${full.slice(0, 200)}…`;
  } catch {
    return "a value that cannot be described";
  }
}

/** Names what an object or a function is, article included, for a message; may throw. */
export function kindOf(value: object | null): string {
  if (value === null) return "null";
  if (utilTypes().isProxy(value)) return "a Proxy";
  if (typeof value === "function") {
    const name: unknown = value.name;
    return typeof name === "string" && name !== "" ? `the function ${name}` : "a function";
  }
  const constructor: unknown = value.constructor;
  const name = typeof constructor === "function" ? constructor.name : "";
  return typeof name === "string" && name !== ""
    ? `an instance of ${name}`
    : "an object without a class";
}

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

/** `.name`, or `["a b"]` for a key that is no identifier. */
export function propertySegment(key: string): string {
  return IDENTIFIER.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

/** `.get("key")` for the value of a Map entry, or its position when the key is an object. */
export function mapValueSegment(key: unknown, index: number): string {
  if (typeof key === "string") return `.get(${JSON.stringify(key)})`;
  if (typeof key === "bigint") return `.get(${key}n)`;
  if (typeof key === "number" || typeof key === "boolean" || key === undefined || key === null) {
    return `.get(${key})`;
  }
  return `.values()[${index}]`;
}
