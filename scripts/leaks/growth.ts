/** Decides whether a figure grows without bound, from its course and not from its size. */
import { FIGURES } from "./figures.ts";
import type { Figures } from "./figures.ts";

/**
 * How far the median of the last third of a run may be above the median of the second third. This allows for the
 * variation of the engine itself. The first third does not count, because caches fill and code is compiled.
 */
const MOST_GROWTH: Figures = {
  residentMb: 16,
  heapMb: 2,
  // A few pools that are gone, whose memory the garbage collector has not yet found.
  buffersMb: 350,
  descriptors: 0,
  // The number of the engine's own threads varies.
  threads: 3,
  workerThreads: 0,
  listeners: 0,
};

export interface Growth {
  readonly figure: keyof Figures;
  readonly secondThird: number;
  readonly lastThird: number;
  readonly grows: boolean;
}

/** @param samples in the order in which they were taken, at equal distances; at least six */
export function growthOf(samples: readonly Figures[]): Growth[] {
  const third = Math.floor(samples.length / 3);
  return FIGURES.map((figure) => {
    const secondThird = median(samples.slice(-2 * third, -third).map((sample) => sample[figure]));
    const lastThird = median(samples.slice(-third).map((sample) => sample[figure]));
    const grows = lastThird - secondThird > MOST_GROWTH[figure];
    return { figure, secondThird, lastThird, grows };
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
