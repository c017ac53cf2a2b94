import { PayloadError } from "../errors.ts";
import { describeThrown } from "../runtime/index.ts";
import { corrupt } from "./byte-reader.ts";
import { DecodeRefusal, isStackOverflow, toPayloadError } from "./refusal.ts";

/** What `decode` throws for something that was thrown while it read. @param root what the path begins with */
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
