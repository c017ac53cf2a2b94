import { performanceNow } from "../runtime/index.ts";
import type { Chunk } from "./chunk.ts";

/** What is left of a running chunk is worth taking away when it would take longer than this. */
const WORTH_TAKING_MS = 0.2;
/** While a worker is idle, the chunks of the others are looked at again after this time: one may be in a long item. */
export const LOOK_AGAIN_MS = 1;

/** What an idle worker could take from the others. */
export interface LookBack {
  /** The chunk with the most items that its worker has not begun, of those from which to take is worth it. */
  readonly slowest: Chunk | undefined;
  /** Whether any chunk has such items. One that no worker has begun may be claimed already, and its first item may be long. */
  readonly isLeft: boolean;
}

/**
 * Looks at the chunks that run, for a worker that has nothing to do. It pays to take from one whose rest takes long by the
 * measured run times, and from one that stays in the same item: that item is longer than all before.
 */
export function lookBack(chunks: Iterable<Chunk>, msAnItem: number): LookBack {
  const now = performanceNow();
  let mostLeft = 0;
  let slowest: Chunk | undefined;
  let isLeft = false;
  for (const chunk of chunks) {
    const { begun, end } = chunk;
    const left = end - begun;
    if (left <= 0) continue;
    isLeft = true;
    // What no worker runs yet, the idle one finds in the queue.
    if (begun === 0) continue;
    const isStuck = chunk.isStuck(begun, now, LOOK_AGAIN_MS);
    if (left <= mostLeft || (left * msAnItem < WORTH_TAKING_MS && !isStuck)) continue;
    mostLeft = left;
    slowest = chunk;
  }
  return { slowest, isLeft };
}
