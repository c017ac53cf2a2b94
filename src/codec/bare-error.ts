import { PayloadError } from "../errors.ts";

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
