import { loadedCodec } from "../codec/index.ts";
import type { Foreign } from "../codec/index.ts";
import type { StreamHost } from "./stream-runner.ts";

/** A function as a runner calls it. */
export type AnyFunction = (...args: unknown[]) => unknown;

/** What a runner needs of its worker. */
export interface RunnerHost extends StreamHost {
  /** What tells, before the worker ends, the results that its runs have. */
  readonly lastReports: Set<() => void>;
}

/** What a callable has thrown, as bytes. */
export function encodedReason(error: unknown, foreign: Foreign): Uint8Array {
  const { bareError, encodeFailure } = loadedCodec();
  const encoder = new (loadedCodec().Encoder)();
  let length = encodeFailure(encoder, error, foreign);
  // Parts that bytes cannot carry are left out.
  if (encoder.handles.length > 0) length = encodeFailure(encoder, bareError(error));
  return encoder.bytes.slice(0, length);
}
