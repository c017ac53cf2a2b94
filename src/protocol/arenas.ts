/*
 * The two arenas of a pool. Each is made, and posted to the workers as a shared buffer with a number, before the first
 * request whose payload lies there. The engine counts all of a shared buffer in every thread that has it, touched or not,
 * and a thread with a large heap collects its garbage late. So short payloads have a small arena, and most programs no other.
 */

/** One arena: its number among the shared buffers, the location of its first byte, and its size. */
export interface ArenaPlan {
  readonly number: number;
  readonly start: number;
  readonly bytes: number;
}

/** For payloads of up to a sixteenth of it. */
export const SHORT_ARENA: ArenaPlan = { number: 0, start: 0, bytes: 1 << 22 };
/** For longer ones, and when the other one is full. */
export const LONG_ARENA: ArenaPlan = { number: -1, start: 1 << 27, bytes: 1 << 26 };

/** The arena that a payload lies in. @param location 0 or more */
export function arenaAt(location: number): ArenaPlan {
  return location < LONG_ARENA.start ? SHORT_ARENA : LONG_ARENA;
}
