import { LazyDecoder, LazyEncoder, loadedCodec } from "../codec/index.ts";
import type { Foreign } from "../codec/index.ts";
import { PayloadError } from "../errors.ts";
import { Buffer, describeValue, Error } from "../runtime/index.ts";
import { isExactInJson } from "./json-exact.ts";
import { pathTo } from "./path-to.ts";

/**
 * The version of the frames: of the bytes that the codec writes. A machine that reads another version refuses a frame by
 * name. test/cluster/values.test.ts compares frames with stored ones: it fails when this number must grow.
 */
export const FRAME_VERSION = 1;

/** A value as it stands in a job: as it is when JSON keeps it exactly, else as a frame of the codec, in base64. */
export interface SentValue {
  /** The value itself. It is left out for `undefined`. */
  readonly value?: unknown;
  /** The encoded value in base64. */
  readonly frame?: string;
  /** The `FRAME_VERSION` that wrote the frame. */
  readonly frameVersion?: number;
}

const encoder = new LazyEncoder();
const decoder = new LazyDecoder(undefined, "value");

/**
 * Turns a value into what stands in a job.
 *
 * @param root what the path in an error starts with, such as `args` or `result`
 * @throws PayloadError that names what cannot leave the machine
 */
export function toSent(value: unknown, root: string, foreign: Foreign = "refuse"): SentValue {
  if (value === undefined) return {};
  if (isExactInJson(value)) return { value };
  const { made } = encoder;
  const length = made.encode(value, root, undefined, foreign);
  try {
    const [handle] = made.handles;
    if (handle !== undefined) throw refusedHandle(value, handle as object, root);
    return frameOf(made.bytes, length);
  } finally {
    made.forget();
  }
}

/** As `toSent`, for what a callable has thrown: what cannot leave the machine of an error is left out. Never throws. */
export function toSentFailure(error: unknown, foreign: Foreign = "refuse"): SentValue {
  const { bareError, encodeFailure } = loadedCodec();
  const { made } = encoder;
  try {
    let length = encodeFailure(made, error, foreign);
    if (made.handles.length > 0) {
      const { handles } = made;
      const copy = decoder.made.decode(made.bytes.slice(0, length), 0, length, handles);
      length = encodeFailure(made, withoutHandles(copy, handles), foreign);
    }
    if (made.handles.length > 0) length = encodeFailure(made, bareError(error), foreign);
    return frameOf(made.bytes, length);
  } finally {
    made.forget();
  }
}

/**
 * The value that stands in a job.
 *
 * @throws PayloadError when the frame is of another version, or damaged, or of a class that is not registered here
 */
export function fromSent(sent: SentValue): unknown {
  if (sent.frame === undefined) return sent.value;
  if (sent.frameVersion !== FRAME_VERSION)
    throw new PayloadError(
      `The value was encoded by another version of ringpool; run the same version on producers and machines: frameVersion=${sent.frameVersion} readable=${FRAME_VERSION}`,
    );
  if (typeof sent.frame !== "string")
    throw new PayloadError(`A frame is a text in base64: frame=${describeValue(sent.frame)}`);
  const bytes = Buffer.from(sent.frame, "base64");
  return decoder.made.decode(bytes, 0, bytes.length);
}

/** About how many bytes a sent value takes in a job. */
export function sizeOfSent(sent: SentValue): number {
  if (sent.frame !== undefined) return sent.frame.length;
  return sent.value === undefined ? 0 : Buffer.byteLength(JSON.stringify(sent.value));
}

function frameOf(bytes: Uint8Array, length: number): SentValue {
  const frame = Buffer.from(bytes.buffer, bytes.byteOffset, length).toString("base64");
  return { frame, frameVersion: FRAME_VERSION };
}

/** Removes from a copy of an error the properties that hold what exists on this machine alone. */
function withoutHandles(copy: unknown, handles: readonly unknown[]): unknown {
  if (!(copy instanceof Error)) return copy;
  for (const name of Object.getOwnPropertyNames(copy)) {
    const value: unknown = Reflect.get(copy, name);
    if (value instanceof Error) withoutHandles(value, handles);
    else if (handles.some((handle) => pathTo(value, handle as object, name) !== undefined))
      Reflect.deleteProperty(copy, name);
  }
  return copy;
}

function refusedHandle(value: unknown, handle: object, root: string): PayloadError {
  const path = pathTo(value, handle, root) ?? root;
  return new PayloadError(
    `${path} is ${describeValue(handle)}, which exists on this machine alone; send its bytes, or a name by which the other machine finds it: path=${path}`,
    { path },
  );
}
