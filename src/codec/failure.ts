import { PayloadError } from "../errors.ts";
import type { Encoder } from "./encoder.ts";
import { describeThrown } from "../runtime/index.ts";

/**
 * Encodes what a callable has thrown; the outcome of a failed request is never lost.
 *
 * Of an error, what cannot cross is left out (an own property, a cause, wherever in the
 * chain), and its class, name, message and stack remain. Anything else that cannot cross
 * gives way to a PayloadError that tells what was thrown.
 *
 * @param thrown anything: not only errors are thrown
 * @returns the length in bytes, as `encode`; never throws
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

/** An error of the same name, message and stack, without cause and own properties. */
export function bareError(error: unknown): unknown {
  if (!(error instanceof Error))
    return new PayloadError("What the callable threw could not be sent.");
  const { name, message, stack } = error;
  return Object.defineProperties(new Error(message), {
    name: { value: name },
    stack: { value: stack },
  });
}
