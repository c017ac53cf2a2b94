import { TASK_LENGTH, TASK_PLACE } from "../../native-queue/index.ts";
import type { QueueViews } from "../../native-queue/index.ts";
import type { Decoder } from "../codec/index.ts";
import { PayloadError } from "../errors.ts";
import { INLINE, SPILLED } from "../protocol/index.ts";
import type { OutOfBandMessage } from "../protocol/index.ts";
import { Uint8Array } from "../runtime/index.ts";

/**
 * The arguments of a claimed task, decoded from wherever its payload lies.
 *
 * @throws PayloadError when they cannot be decoded, or a part of them was lost
 */
export function decodeArguments(
  views: QueueViews,
  task: number,
  decoder: Decoder,
  outOfBand: OutOfBandMessage | undefined,
): unknown[] {
  const first = views.task(task);
  const location = views.words[first + TASK_PLACE] as number;
  const handles = outOfBand?.handles;
  if (location === SPILLED) {
    const spill = spillIn(outOfBand);
    return decoder.decode(spill, 0, spill.length, handles) as unknown[];
  }
  const length = views.words[first + TASK_LENGTH] as number;
  const isInline = location === INLINE;
  const start = isInline ? views.inline(task) : location;
  const bytes = isInline ? views.taskBytes : views.arenaBytes;
  return decoder.decode(bytes, start, start + length, handles) as unknown[];
}

/** Throws when the parent could not send the spill. It has failed the request then. */
function spillIn(message: OutOfBandMessage | undefined): Uint8Array {
  if (message?.spill !== undefined) return new Uint8Array(message.spill, 0, message.spillBytes);
  throw new PayloadError("The arguments were lost on their way.", { path: "args" });
}
