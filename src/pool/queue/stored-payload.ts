import {
  INLINE_BYTES,
  ITEMS_INLINE_BYTES,
  NO_BLOCK,
  TASK_LENGTH,
} from "../../../native-queue/index.ts";
import type { Arena, QueueViews } from "../../../native-queue/index.ts";
import { copyBytes } from "../../codec/index.ts";
import { INLINE, NO_BYTES, SPILLED, spillOf, withSpill } from "../../protocol/index.ts";
import type { EncodedValue } from "../../protocol/index.ts";
import type { PendingRequest } from "../request/pending-request.ts";
import { MOST_FOR_LONG } from "./arena-room.ts";

/** Copies a payload into the task, the arena or a spill. Returns its location. */
export function storePayload(
  views: QueueViews,
  arena: () => Arena,
  task: number,
  pending: PendingRequest,
  encoded: EncodedValue,
  length: number,
): number {
  if (pending.outOfBand?.spill !== undefined) return SPILLED;
  const hasItems = pending.control !== undefined && pending.control.items > 0;
  if (length <= (hasItems ? ITEMS_INLINE_BYTES : INLINE_BYTES)) {
    encoded.copyTo(views.taskBytes, views.inline(task), views.words);
    return INLINE;
  }
  const block = arena().tryAllocate(length);
  if (block === NO_BLOCK) {
    pending.outOfBand = withSpill(pending.outOfBand, spillOf(encoded, length, "args"), length);
    return SPILLED;
  }
  encoded.copyTo(views.arenaBytes as Uint8Array, block);
  return block;
}

/** The bytes that lie in a task or in the arena; none for a spilled payload, which stays with the request. */
export function storedPayload(
  views: QueueViews,
  task: number,
  location: number,
): { readonly encoded: EncodedValue; readonly length: number } {
  const written =
    location === SPILLED ? 0 : (views.words[views.task(task) + TASK_LENGTH] as number);
  // A worker that damages memory may have written any length.
  const length = Math.max(0, Math.min(written, MOST_FOR_LONG));
  if (location === SPILLED) return { encoded: NO_BYTES, length };
  const isInline = location === INLINE;
  const bytes = isInline ? views.taskBytes : (views.arenaBytes as Uint8Array);
  const offset = isInline ? views.inline(task) : location;
  return {
    encoded: { copyTo: (target, start) => copyBytes(bytes, offset, target, start, length) },
    length,
  };
}
