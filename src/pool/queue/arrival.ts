import type { EncodedValue, OutOfBandParts } from "../../protocol/index.ts";
import { SharedArrayBuffer } from "../../runtime/index.ts";

/** An encoded request on its way to a task. */
export interface Arrival {
  readonly length: number;
  /** Whether the bytes are bare numbers, and not an encoded value. */
  readonly areNumbers: boolean;
}

/** The payload of a request in its task; valid until the task is used again. */
export interface Payload {
  readonly encoded: EncodedValue;
  readonly arrival: Arrival;
}

/** The shared memory that a message with these parts keeps alive, in bytes. */
export function bytesOf({ spillBytes, handles }: OutOfBandParts): number {
  let bytes = spillBytes;
  for (const handle of handles) if (handle instanceof SharedArrayBuffer) bytes += handle.byteLength;
  return bytes;
}
