/** The heap and the resident size of the process over the time of a storm. */
import { heapStats } from "bun:jsc";

/** In megabytes. */
export interface MemorySample {
  readonly heapMb: number;
  readonly residentMb: number;
}

/** Of a third of a storm that lasts 20 seconds: a leak of 1 KB for each of its requests would be far more. */
const MOST_HEAP_GROWTH_MB = 24;
/** Results, arguments and rings live in shared memory, which the engine gives back when it likes. */
const MOST_RESIDENT_GROWTH_MB = 300;

export class MemorySamples {
  readonly #samples: MemorySample[] = [];

  /** Take it when nothing is pending. */
  take(): MemorySample {
    Bun.gc(true);
    const sample = {
      heapMb: heapStats().heapSize / 1e6,
      residentMb: process.memoryUsage.rss() / 1e6,
    };
    this.#samples.push(sample);
    return sample;
  }

  /** The medians of the first and the last third. */
  get thirds(): { readonly first: MemorySample; readonly last: MemorySample } {
    const third = Math.ceil(this.#samples.length / 3);
    return {
      first: medianOf(this.#samples.slice(0, third)),
      last: medianOf(this.#samples.slice(-third)),
    };
  }

  /** Whether memory has grown from the first to the last third by more than its ups and downs. */
  get hasGrown(): boolean {
    const { first, last } = this.thirds;
    return (
      last.heapMb - first.heapMb > MOST_HEAP_GROWTH_MB ||
      last.residentMb - first.residentMb > MOST_RESIDENT_GROWTH_MB
    );
  }
}

function medianOf(samples: readonly MemorySample[]): MemorySample {
  const middle = (values: number[]): number =>
    values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
  return {
    heapMb: middle(samples.map(({ heapMb }) => heapMb)),
    residentMb: middle(samples.map(({ residentMb }) => residentMb)),
  };
}
