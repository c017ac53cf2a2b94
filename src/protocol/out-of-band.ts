/** The parts of a request that bytes in the queue cannot carry, and the messages that bring them to workers. */
import { generationOf } from "../../native-queue/index.ts";
import type { Encoder } from "../codec/index.ts";
import { IN_BAND, OUT_OF_BAND_ON_DEMAND, OUT_OF_BAND_POSTED } from "./flags.ts";
import type { PostedOutOfBandMessage, OutOfBandMessage } from "./flags.ts";

/** What cannot travel as bytes, kept by the parent until the request's result has arrived. */
export interface OutOfBandParts {
  readonly handles: readonly unknown[];
  readonly transferList: readonly Bun.Transferable[];
  /** All the bytes, when they are too many for the queue. */
  readonly spill: SharedArrayBuffer | undefined;
  readonly spillBytes: number;
  /** Buffers that the bytes name by number: kept alive, for the workers forget a buffer that the program has let go of. */
  readonly named: readonly SharedArrayBuffer[];
}

const NO_PARTS: OutOfBandParts = {
  handles: [],
  transferList: [],
  spill: undefined,
  spillBytes: 0,
  named: [],
};

/** The kind of payload that a request with these parts has: how its side message comes to the worker. */
export function payloadKindOf(side: OutOfBandParts | undefined): number {
  if (side === undefined || (side.handles.length === 0 && side.spill === undefined)) return IN_BAND;
  return side.transferList.length === 0 ? OUT_OF_BAND_POSTED : OUT_OF_BAND_ON_DEMAND;
}

/** The message that brings the parts to a worker; without parts, the one that says that they are lost. */
export function outOfBandMessage(
  task: number,
  position: number,
  parts: OutOfBandParts = NO_PARTS,
): PostedOutOfBandMessage {
  const { handles, spill, spillBytes } = parts;
  const generation = generationOf(position);
  return { position, side: { task, generation, handles, spill, spillBytes } };
}

/** Parts with all the bytes, which are too many for the queue. */
export function withSpill(
  side: OutOfBandParts | undefined,
  spill: SharedArrayBuffer,
  spillBytes: number,
): OutOfBandParts {
  return { ...(side ?? NO_PARTS), spill, spillBytes };
}

/** Is it what a worker posts beside a result? It may be anything that a worker can post. */
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
  for (const item of transferList)
    if (item instanceof ArrayBuffer) taken.set(item, item.transfer());
  return {
    ...NO_PARTS,
    named,
    handles: handles.map((handle) => taken.get(handle) ?? handle),
    transferList: transferList.map((item) => taken.get(item) ?? item),
  };
}
