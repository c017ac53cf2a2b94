/** Does a figure grow without bound? Judged by its course, not by its size. */
import { FIGURES } from "./figures.ts";
import type { Figures } from "./figures.ts";

/**
 * By how much the median of the last third of a run may be above that of the second: what the engine's own
 * ups and downs come to. The first third is left out: caches fill, and code is compiled.
 */
const MOST_GROWTH: Figures = {
  residentMb: 16,
  heapMb: 2,
  // Some pools that are gone, and whose memory the engine has not found to be garbage yet.
  buffersMb: 350,
  descriptors: 0,
  // The engine's own come and go.
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

/** @param samples in the order they were taken, at equal distances; six at least */
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
