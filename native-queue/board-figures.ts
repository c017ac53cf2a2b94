/** Figures about children: each worker counts what it does, and the next worker of its slot goes on with the counts. */
import { MAX_WORKERS, childFiguresWord } from "./layout.ts";
import type { QueueViews } from "./layout.ts";
import { Atomics } from "./globals.ts";

/** What workers have done with children so far. */
export interface ChildFigures {
  /** Children that ran in the thread of their parent. */
  readonly inPlace: number;
  /** Children that another worker has taken. */
  readonly taken: number;
  /** Those of all these that have failed. */
  readonly failed: number;
}

const IN_PLACE = 0;
const TAKEN = 1;
const FAILED = 2;

/** Worker: adds to its counts, which wrap. Pairs with the loads in `childFigures`. */
export function noteChildFigures(
  { words }: QueueViews,
  worker: number,
  { inPlace, taken, failed }: ChildFigures,
): void {
  const first = childFiguresWord(worker);
  if (inPlace !== 0) Atomics.add(words, first + IN_PLACE, inPlace);
  if (taken !== 0) Atomics.add(words, first + TAKEN, taken);
  if (failed !== 0) Atomics.add(words, first + FAILED, failed);
}

/** Parent: the sums over all workers, those that have ended included. */
export function childFigures({ words }: QueueViews): ChildFigures {
  const sumOf = (figure: number): number => {
    let sum = 0;
    for (let worker = 0; worker < MAX_WORKERS; worker++)
      sum += Atomics.load(words, childFiguresWord(worker) + figure) >>> 0;
    return sum;
  };
  return { inPlace: sumOf(IN_PLACE), taken: sumOf(TAKEN), failed: sumOf(FAILED) };
}
