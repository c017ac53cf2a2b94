/*
 * The arenas of a pool. Each is made, and posted to the workers as a shared buffer with a number, before the first
 * request whose payload lies there. The engine counts all of a shared buffer in every thread that has it, touched or not,
 * and a thread with a large heap collects its garbage late: received arrays then lie in memory that the system must supply
 * anew. So short payloads have a small arena, and most programs no other.
 */

/** One arena: its number among the shared buffers, the location of its first byte, and its size. */
export interface ArenaPlan {
  readonly number: number;
  readonly start: number;
  readonly bytes: number;
}

/** From small to large. A payload of up to a sixteenth of an arena may lie there, and one for which the smaller have no room. */
export const ARENAS: readonly [ArenaPlan, ArenaPlan, ArenaPlan] = [
  { number: 0, start: 0, bytes: 1 << 22 },
  { number: -1, start: 1 << 25, bytes: 1 << 24 },
  { number: -2, start: 1 << 27, bytes: 1 << 26 },
];

/** The largest arena. */
export const LONG_ARENA: ArenaPlan = ARENAS[2];

/** The index of the arena that a payload lies in. @param location 0 or more */
export function arenaIndexAt(location: number): number {
  if (location < ARENAS[1].start) return 0;
  return location < ARENAS[2].start ? 1 : 2;
}
