import { generationOf } from "../../native-queue/index.ts";
import type { Encoder } from "../codec/index.ts";
import { utilTypes, ArrayBuffer, Map, SharedArrayBuffer } from "../runtime/index.ts";
import { IN_BAND, OUT_OF_BAND_ON_DEMAND, OUT_OF_BAND_POSTED } from "./flags.ts";
import type { OutOfBandMessage, PostedOutOfBandMessage } from "./messages.ts";

/** The parts of a request that cannot travel as bytes. The parent keeps them until the request's result has arrived. */
export interface OutOfBandParts {
  readonly handles: readonly unknown[];
  readonly transferList: readonly Bun.Transferable[];
  /** All the bytes, when they are too many for the queue. */
  readonly spill: SharedArrayBuffer | undefined;
  readonly spillBytes: number;
  /** Buffers that the bytes name by number. Kept alive: workers forget a buffer when the program lets go of it. */
  readonly named: readonly SharedArrayBuffer[];
}

const NO_PARTS: OutOfBandParts = {
  handles: [],
  transferList: [],
  spill: undefined,
  spillBytes: 0,
  named: [],
};

/** The payload kind of a request with these parts: it says how the out-of-band message comes to the worker. */
export function payloadKindOf(parts: OutOfBandParts | undefined): number {
  if (parts === undefined || (parts.handles.length === 0 && parts.spill === undefined))
    return IN_BAND;
  return parts.transferList.length === 0 ? OUT_OF_BAND_POSTED : OUT_OF_BAND_ON_DEMAND;
}

/** The message that brings the parts to a worker. Without parts, the message tells the worker that they are lost. */
export function outOfBandMessage(
  task: number,
  position: number,
  parts: OutOfBandParts = NO_PARTS,
): PostedOutOfBandMessage {
  const { handles, spill, spillBytes } = parts;
  const generation = generationOf(position);
  return { position, outOfBand: { task, generation, handles, spill, spillBytes } };
}

/** The same parts with a spill, which holds all the bytes. */
export function withSpill(
  parts: OutOfBandParts | undefined,
  spill: SharedArrayBuffer,
  spillBytes: number,
): OutOfBandParts {
  return { ...(parts ?? NO_PARTS), spill, spillBytes };
}

/** Whether a message is one that a worker posts beside a result. User code in the worker can post anything. */
export function isOutOfBandMessage(message: unknown): message is OutOfBandMessage {
  if (typeof message !== "object" || message === null) return false;
  const { task, generation, spill, spillBytes, handles } = message as Partial<OutOfBandMessage>;
  return (
    Number.isInteger(task) &&
    Number.isInteger(generation) &&
    Array.isArray(handles) &&
    (spill === undefined || (spill instanceof SharedArrayBuffer && Number.isInteger(spillBytes)))
  );
}

// oxlint-disable-next-line typescript/unbound-method -- called with the buffer, whose own property may hide it
const { transfer: take } = ArrayBuffer.prototype;

/**
 * The parts of the value that was encoded last, or undefined when it has none. Buffers that are to be moved are taken
 * from the caller at once, as a transfer does, although they travel on only when a worker asks for them.
 */
export function outOfBandPartsOf({
  handles,
  transferList,
  named,
}: Encoder): OutOfBandParts | undefined {
  if (handles.length === 0) return named.length === 0 ? undefined : { ...NO_PARTS, named };
  const taken = new Map<unknown, ArrayBuffer>();
  // The encoder has checked that each of them can be moved, so either all are taken or none.
  for (const item of transferList)
    if (utilTypes().isArrayBuffer(item)) taken.set(item, take.call(item));
  return {
    ...NO_PARTS,
    named,
    handles: handles.map((handle) => taken.get(handle) ?? handle),
    transferList: transferList.map((item) => taken.get(item) ?? item),
  };
}
