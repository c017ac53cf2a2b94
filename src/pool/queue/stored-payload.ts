import {
  INLINE_BYTES,
  ITEMS_INLINE_BYTES,
  NO_BLOCK,
  TASK_LENGTH,
} from "../../../native-queue/index.ts";
import type { QueueViews } from "../../../native-queue/index.ts";
import { copyBytes } from "../../codec/index.ts";
import { INLINE, NO_BYTES, SPILLED, withSpill } from "../../protocol/index.ts";
import type { EncodedValue } from "../../protocol/index.ts";
import type { PendingRequest } from "../request/pending-request.ts";
import { MOST_FOR_LONG } from "./arenas.ts";
import type { Arenas } from "./arenas.ts";

/** Copies a payload into the task, an arena or a spill. Returns its location. */
export function storePayload(
  views: QueueViews,
  arenas: Arenas,
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
  const location = arenas.tryStore(encoded, length);
  if (location !== NO_BLOCK) return location;
  const spill = arenas.spills.store(encoded, length, "args");
  pending.outOfBand = withSpill(pending.outOfBand, spill, length);
  return SPILLED;
}

/** The bytes that lie in a task or in an arena; none for a spilled payload, which stays with the request. */
export function storedPayload(
  views: QueueViews,
  arenas: Arenas,
  task: number,
  location: number,
): { readonly encoded: EncodedValue; readonly length: number } {
  const written =
    location === SPILLED ? 0 : (views.words[views.task(task) + TASK_LENGTH] as number);
  // A worker that damages memory may have written any length.
  const length = Math.max(0, Math.min(written, MOST_FOR_LONG));
  if (location === SPILLED) return { encoded: NO_BYTES, length };
  const { bytes, offset } =
    location === INLINE
      ? { bytes: views.taskBytes, offset: views.inline(task) }
      : arenas.placeOf(location);
  return {
    encoded: { copyTo: (target, start) => copyBytes(bytes, offset, target, start, length) },
    length,
  };
}
