import { PayloadError } from "../errors.ts";
import type { Encoder } from "./encoder.ts";
import { describeThrown } from "../runtime/index.ts";

/**
 * Encodes what a callable has thrown, so that the outcome of a failed request is never lost.
 *
 * What cannot cross of an error is left out (an own property, or a cause, anywhere in the chain); its class, name,
 * message and stack remain. Any other value that cannot cross is replaced by a PayloadError that names it.
 *
 * @param thrown anything, because a callable can throw anything
 * @returns the length in bytes, as `Encoder.encode`; never throws
 */
export function encodeFailure(encoder: Encoder, thrown: unknown): number {
  try {
    return encoder.encodeLenient(thrown, "error");
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
 * An error with the same name, message and stack, and without cause and own properties: it needs no handles.
 *
 * @returns a PayloadError when `error` is no error
 */
export function bareError(error: unknown): unknown {
  if (!(error instanceof Error))
    return new PayloadError("What the callable threw could not be sent.");
  const { name, message, stack } = error;
  return Object.defineProperties(new Error(message), {
    name: { value: name },
    stack: { value: stack },
  });
}
