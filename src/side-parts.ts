/** The parts of a request that bytes in the queue cannot carry, and the messages that bring them to workers. */
import { generationOf } from "../native-queue/index.ts";
import type { Encoder } from "./codec/index.ts";
import { NO_SIDE_MESSAGE, SIDE_MESSAGE_ON_DEMAND, SIDE_MESSAGE_POSTED } from "./worker-protocol.ts";
import type { PostedSideMessage, SideMessage } from "./worker-protocol.ts";

/** What cannot travel as bytes, kept by the parent until the request's result has arrived. */
export interface SideParts {
  readonly handles: readonly unknown[];
  readonly transferList: readonly Bun.Transferable[];
  /** All the bytes, when they are too many for the queue. */
  readonly spill: SharedArrayBuffer | undefined;
  readonly spillBytes: number;
  /** Buffers that the bytes name by number: kept alive, for the workers forget a buffer that the program has let go of. */
  readonly named: readonly SharedArrayBuffer[];
}

const NO_SIDE_PARTS: SideParts = {
  handles: [],
  transferList: [],
  spill: undefined,
  spillBytes: 0,
  named: [],
};

/** The kind of payload that a request with these parts has: how its side message comes to the worker. */
export function payloadKindOf(side: SideParts | undefined): number {
  if (side === undefined || (side.handles.length === 0 && side.spill === undefined))
    return NO_SIDE_MESSAGE;
  return side.transferList.length === 0 ? SIDE_MESSAGE_POSTED : SIDE_MESSAGE_ON_DEMAND;
}

/** The message that brings the parts to a worker; without parts, the one that says that they are lost. */
export function sideMessage(
  task: number,
  position: number,
  parts: SideParts = NO_SIDE_PARTS,
): PostedSideMessage {
  const { handles, spill, spillBytes } = parts;
  const generation = generationOf(position);
  return { position, side: { task, generation, handles, spill, spillBytes } };
}

/** Parts with all the bytes, which are too many for the queue. */
export function withSpill(
  side: SideParts | undefined,
  spill: SharedArrayBuffer,
  spillBytes: number,
): SideParts {
  return { ...(side ?? NO_SIDE_PARTS), spill, spillBytes };
}

/** Is it what a worker posts beside a result? It may be anything that a worker can post. */
export function isSideMessage(message: unknown): message is SideMessage {
  if (typeof message !== "object" || message === null) return false;
  const { task, generation, spill, spillBytes, handles } = message as Partial<SideMessage>;
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
export function sidePartsOf({ handles, transferList, named }: Encoder): SideParts | undefined {
  if (handles.length === 0) return named.length === 0 ? undefined : { ...NO_SIDE_PARTS, named };
  const taken = new Map<unknown, ArrayBuffer>();
  for (const item of transferList)
    if (item instanceof ArrayBuffer) taken.set(item, item.transfer());
  return {
    ...NO_SIDE_PARTS,
    named,
    handles: handles.map((handle) => taken.get(handle) ?? handle),
    transferList: transferList.map((item) => taken.get(item) ?? item),
  };
}
