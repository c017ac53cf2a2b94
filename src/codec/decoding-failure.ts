import { PayloadError } from "../errors.ts";
import { describeThrown, Error, TypeError } from "../runtime/index.ts";
import { corrupt } from "./byte-reader.ts";
import { DecodeRefusal, isStackOverflow, toPayloadError } from "./refusal.ts";

/** Whether an assignment may have failed, because Object.prototype is frozen. */
export function isTypeError(thrown: unknown): boolean {
  return Error.isError(thrown) && thrown instanceof TypeError;
}

/** The error that `decode` throws. @param root what the path starts with */
export function decodingError(thrown: unknown, root: string): PayloadError {
  if (thrown instanceof DecodeRefusal) return toPayloadError(thrown, root);
  if (thrown instanceof PayloadError) return thrown;
  if (isStackOverflow(thrown)) return corrupt("a value nested too deeply for this thread's stack");
  return new PayloadError(
    `These bytes cannot be read: ${describeThrown(thrown)}; they are corrupt.`,
    {
      cause: thrown,
    },
  );
}
