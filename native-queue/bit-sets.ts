/** Sets of workers in shared memory, a bit each, 32 in a word. */
import { SLEEP_WORDS_IN_USE } from "./layout.ts";
import type { QueueViews } from "./layout.ts";
import { Atomics } from "./globals.ts";

const WORKERS_PER_WORD = 32;
/** Slots in use are told in words of the sleep sets, which serve 16 workers each. */
const SLEEP_WORDS_PER_WORD = 2;

type Words = QueueViews["words"];

/** The index of the lowest bit that is set. */
export function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}

/** Adds a worker to the set that begins at a word. Returns the bits of its word before. */
export function setBit(words: Words, set: number, worker: number): void {
  Atomics.or(words, set + (worker >>> 5), 1 << (worker % WORKERS_PER_WORD));
}

/** Removes a worker. Returns whether it was in the set. */
export function clearBit(words: Words, set: number, worker: number): boolean {
  const bit = 1 << (worker % WORKERS_PER_WORD);
  return (Atomics.and(words, set + (worker >>> 5), ~bit) & bit) !== 0;
}

/** Whether a worker is in the set, at about this moment. */
export function hasBit(words: Words, set: number, worker: number): boolean {
  return (Atomics.load(words, set + (worker >>> 5)) & (1 << (worker % WORKERS_PER_WORD))) !== 0;
}

/**
 * Calls `look` for the workers in a set, until it returns true: those from a slot on first, then those before it.
 *
 * @returns whether it has returned true
 */
export function someBit(
  { words }: QueueViews,
  set: number,
  from: number,
  look: (worker: number) => boolean,
): boolean {
  const used = Math.ceil(Atomics.load(words, SLEEP_WORDS_IN_USE) / SLEEP_WORDS_PER_WORD);
  const first = from >>> 5 < used ? from >>> 5 : 0;
  const below = (1 << (from % WORKERS_PER_WORD)) - 1;
  for (let i = 0; i <= used; i++) {
    const at = (first + i) % Math.max(used, 1);
    let rest = Atomics.load(words, set + at);
    // The word of the first slot is looked at twice, each time at one half.
    if (i === 0) rest &= ~below;
    else if (i === used) rest &= below;
    for (; rest !== 0; rest &= rest - 1)
      if (look(at * WORKERS_PER_WORD + lowestBit(rest))) return true;
  }
  return false;
}
