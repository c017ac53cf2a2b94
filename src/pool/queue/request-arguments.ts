import { copyBytes } from "../../codec/index.ts";
import type { Encoder } from "../../codec/index.ts";
import { PayloadError } from "../../errors.ts";
import type { EncodedValue } from "../../protocol/index.ts";
import { Uint8Array } from "../../runtime/index.ts";
import type { PendingRequest } from "../request/pending-request.ts";

/* The arguments of a request on their way into a task. */

/** A copy of what an encoder has prepared, for several tasks. */
export function copyOf(encoder: Encoder, length: number): EncodedValue {
  const bytes = new Uint8Array(length);
  encoder.copyTo(bytes, 0);
  return { copyTo: (target, start) => copyBytes(bytes, 0, target, start, length) };
}

/** The error for arguments that go to several workers, where a part of them can be moved to one only. */
export function movedToOne(path: string): PayloadError {
  return new PayloadError(
    `The arguments go to every worker, and something among them can only be moved to one: path=${path}`,
    { path },
  );
}

/** The arguments, and after them a requestID that is no number: only a number has room in the task. */
export function withRequestID(
  { requestID }: PendingRequest,
  args: readonly unknown[],
): readonly unknown[] {
  if (typeof requestID === "number") return args;
  return [...args, typeof requestID === "symbol" ? String(requestID) : requestID];
}
