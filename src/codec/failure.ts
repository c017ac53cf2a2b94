import { PayloadError } from "../errors.ts";
import type { Encoder } from "./encoder.ts";
import type { Foreign } from "./value-writer.ts";
import { defineValue, describeThrown, Error } from "../runtime/index.ts";

/**
 * Encodes what a callable has thrown, so that the outcome of a failed request is never lost.
 *
 * What cannot cross of an error is left out (an own property, or a cause, anywhere in the chain); its class, name,
 * message and stack remain. Any other value that cannot cross is replaced by a PayloadError that names it.
 *
 * @param thrown anything, because a callable can throw anything
 * @param foreign what becomes of instances of classes that are not registered
 * @returns the length in bytes, as `Encoder.encode`; never throws
 */
export function encodeFailure(encoder: Encoder, thrown: unknown, foreign?: Foreign): number {
  try {
    return encoder.encodeLenient(thrown, "error", foreign);
  } catch (refusal) {
    return encoder.encodeLenient(replacement(thrown, refusal), "error");
  }
}

function replacement(thrown: unknown, refusal: unknown): PayloadError {
  const reason = refusal instanceof PayloadError ? refusal.message : describeThrown(refusal);
  return new PayloadError(
    `The callable threw ${describeThrown(thrown)}, which cannot cross between threads: ${reason}`,
    { path: "error" },
  );
}

/**
 * An error with the same name, message and stack, as far as they can be read, and without cause and own properties. It
 * needs no handles.
 *
 * @returns a PayloadError when `error` is no error; never throws
 */
export function bareError(error: unknown): unknown {
  if (!isError(error)) return new PayloadError("What the callable threw could not be sent.");
  const bare = new Error();
  for (const key of ["name", "message", "stack"] as const)
    defineValue(bare, key, textOf(error, key));
  return bare;
}

function isError(value: unknown): value is Error {
  try {
    return value instanceof Error;
  } catch {
    // A Proxy, whose trap throws.
    return false;
  }
}

/** A property of an error that should be text. A getter of the error's class may return anything, or throw. */
function textOf(error: Error, key: "name" | "message" | "stack"): string {
  try {
    const value: unknown = error[key];
    return typeof value === "string" ? value : "";
  } catch {
    return "";
  }
}
