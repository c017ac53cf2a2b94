import { PayloadError } from "../errors.ts";
import { Buffer } from "../runtime/index.ts";
import type { ClusterTraceCarrier } from "./trace.ts";

/** What a job may hold beside `maxPayloadBytes`. */
export const ENVELOPE_BYTES: number = 64 * 1024;
/** What a chunk holds beside its requests, at most: two names, a life, and numbers. */
const CHUNK_BYTES = 1024;
/** What a request holds beside its parts of any length, at most: names of fields, and numbers. */
const REQUEST_BYTES = 192;

/** The most bytes of the requests of a chunk that a machine with this limit takes. */
export function mostOfRequests(maxPayloadBytes: number): number {
  return maxPayloadBytes + ENVELOPE_BYTES - CHUNK_BYTES;
}

/** As `mostOfRequests`, for a machine that reads jobs of so many bytes. */
export function mostOfRequestsIn(jobBytes: number): number {
  return jobBytes - CHUNK_BYTES;
}

/**
 * How many bytes a request takes in its job: its arguments, and all that travels with them.
 *
 * @throws PayloadError that names the part that is too large for any machine with this limit
 */
export function travellingBytes(
  { callable, requestID }: { readonly callable: string; readonly requestID?: unknown },
  argsBytes: number,
  trace: ClusterTraceCarrier | undefined,
  maxPayloadBytes: number,
): number {
  if (argsBytes > maxPayloadBytes)
    throw new PayloadError(
      `The arguments are too large for the queue; store them where machines find them, and pass their name: bytes=${argsBytes} maxPayloadBytes=${maxPayloadBytes}`,
      { path: "args" },
    );
  const parts = {
    args: argsBytes,
    callable: bytesInJson(callable),
    requestID: typeof requestID === "string" ? bytesInJson(requestID) : 0,
    trace: trace === undefined ? 0 : bytesInJson(trace),
  };
  const bytes = parts.args + parts.callable + parts.requestID + parts.trace + REQUEST_BYTES;
  if (bytes <= mostOfRequests(maxPayloadBytes)) return bytes;
  const [path, ofPath] = largest({ ...parts, args: 0 });
  throw new PayloadError(
    `The ${path} of the request is too large for the queue; use a shorter one, or raise maxPayloadBytes here and on the machines: path=${path} bytes=${ofPath} maxPayloadBytes=${maxPayloadBytes}`,
    { path },
  );
}

function bytesInJson(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

function largest(parts: Readonly<Record<string, number>>): [path: string, bytes: number] {
  return Object.entries(parts).reduce((most, part) => (part[1] > most[1] ? part : most));
}
