import type { Arena } from "../../../native-queue/index.ts";

/** Shared memory for payloads that do not fit into a task. */
export const ARENA_BYTES: number = 1 << 26;
/** Up to this length a payload lies in the arena while there is room, and a longer one while there is plenty, so that a few cannot fill it. */
export const LONGEST_IN_ARENA: number = ARENA_BYTES / 16;
/** So much of the arena long payloads may take together. A longer one is spilled into memory of its own. */
export const MOST_FOR_LONG: number = ARENA_BYTES / 2;

/**
 * Whether a long payload may lie in the arena. The arena is memory that was used before; a spill is new, and the system has
 * to clear its pages first, which takes longer than to copy into them.
 */
export function isRoomForLong(arena: Arena, length: number): boolean {
  return arena.freeBytes - roomFor(length) >= MOST_FOR_LONG;
}

/** The size of the block that holds so many bytes. */
function roomFor(bytes: number): number {
  return 2 ** Math.ceil(Math.log2(bytes));
}
