import { MessageChannel, workerThreads } from "../runtime/index.ts";
import { loadedCodec } from "../codec/index.ts";
import type { Encoder, Foreign } from "../codec/index.ts";
import { PayloadError } from "../errors.ts";

/** What a copy depends on. */
export interface CopyRules {
  /** ArrayBuffers and MessagePorts that are moved instead of copied. */
  readonly transfer?: readonly object[] | undefined;
  /** What becomes of instances of classes that are not registered. */
  readonly foreign?: Foreign | undefined;
  /** Called when the getters of the value have run, before anything is moved; what it throws is thrown. */
  readonly checkAgain?: (() => void) | undefined;
}

/**
 * Copies a value as its way to a worker or back would: what cannot cross is refused, buffers to transfer are moved, shared
 * memory is shared.
 *
 * @param root what the path in a PayloadError starts with: `args`, `result` or `progress`
 * @throws PayloadError that names what cannot cross
 */
export function copyAcross<T>(value: T, root: string, rules: CopyRules = {}): T {
  if (isPrimitive(value)) return value;
  const encoder = new (loadedCodec().Encoder)();
  const length = encoder.encode(value, root, rules.transfer, rules.foreign);
  rules.checkAgain?.();
  return arrived(encoder, length, root) as T;
}

/** Copies what a callable has thrown. What cannot cross of an error is left out; see `encodeFailure`. */
export function copyFailure(thrown: unknown, foreign?: Foreign): unknown {
  try {
    return copyOfFailure(thrown, foreign);
  } catch {
    // A part of the error could not be sent, such as a closed port.
    return copyOfFailure(loadedCodec().bareError(thrown), foreign);
  }
}

/** Copies the reason of an abort. Undefined, which makes it an AbortError, when it cannot cross. */
export function copyReason(reason: unknown): unknown {
  try {
    const encoder = new (loadedCodec().Encoder)();
    return arrived(encoder, encoder.encodeLenient(reason, "reason"), "reason");
  } catch {
    return undefined;
  }
}

function copyOfFailure(thrown: unknown, foreign: Foreign | undefined): unknown {
  const encoder = new (loadedCodec().Encoder)();
  return arrived(encoder, loadedCodec().encodeFailure(encoder, thrown, foreign), "error");
}

function arrived(encoder: Encoder, length: number, root: string): unknown {
  const { bytes, handles, transferList } = encoder;
  const sent = handles.length === 0 ? undefined : sentThroughPort(handles, transferList, root);
  return new (loadedCodec().Decoder)().decode(bytes, 0, length, sent);
}

/** What bytes cannot carry goes through a port, as between threads: that moves what is to be moved, and shares memory. */
function sentThroughPort(
  handles: readonly unknown[],
  transferList: readonly Bun.Transferable[],
  root: string,
): readonly unknown[] {
  const { port1, port2 } = new MessageChannel();
  try {
    port1.postMessage(handles, transferList as never);
    return workerThreads().receiveMessageOnPort(port2)?.message as readonly unknown[];
  } catch (cause) {
    throw new PayloadError(`A part of ${root} could not be sent; was it closed meanwhile?`, {
      path: root,
      cause,
    });
  } finally {
    port1.close();
  }
}

/** Whether a value needs no copy. A symbol is not among them: it cannot cross. */
function isPrimitive(value: unknown): boolean {
  switch (typeof value) {
    case "number":
    case "string":
    case "boolean":
    case "bigint":
    case "undefined":
      return true;
    default:
      return value === null;
  }
}
