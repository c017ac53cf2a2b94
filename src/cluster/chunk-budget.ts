import { Map } from "../runtime/index.ts";
import type { Pending } from "./pending.ts";

/** How long a chunk should take on a machine: long against the millisecond that its way through the queue takes. */
const MOST_MS = 25;
/** Towards the end of what waits, chunks are smaller, so that all machines have a part. */
const LEAST_MS = 4;
/** The most requests of a chunk. */
const MOST_REQUESTS = 512;
/** The most bytes of the requests of a chunk, unless one request alone has more. */
const MOST_BYTES = 256 * 1024;
/** Before anything was measured. */
const FIRST_REQUESTS = 8;
/** By how much chunks grow at most from one measurement to the next. */
const GROWTH = 4;

/** What was measured of one callable. */
interface Measured {
  /** What one more request in a chunk costs. */
  ms: number;
  /** How many requests a chunk may have because of the growth. */
  most: number;
}

/** Decides which of the requests that wait go into the next chunk. It follows the run times that machines report. */
export class ChunkBudget {
  readonly #measured = new Map<string, Measured>();

  #mostBytes: number;

  /** @param mostBytes the most bytes of requests that a machine takes in a chunk */
  constructor(mostBytes: number) {
    this.#mostBytes = Math.min(MOST_BYTES, mostBytes);
  }

  /** A machine takes no more bytes than these. */
  limit(mostBytes: number): void {
    this.#mostBytes = Math.min(this.#mostBytes, mostBytes);
  }

  /** A machine has reported the cost of a request, in a chunk of so many. */
  measure(callable: string, ms: number, requests: number): void {
    const before = this.#measured.get(callable);
    const most = Math.min(MOST_REQUESTS, requests * GROWTH);
    if (before === undefined) {
      this.#measured.set(callable, { ms, most });
      return;
    }
    before.ms += (ms - before.ms) / 8;
    before.most = Math.max(before.most, most);
  }

  /**
   * How many of the first requests go together, at least 1.
   *
   * @param waiting the requests that wait, in their order; not empty
   * @param threads how many threads the machines have, at least 1
   */
  take(waiting: Iterable<Pending>, waitingCount: number, threads: number): number {
    const share = Math.ceil(waitingCount / threads);
    let count = 0;
    let ms = 0;
    let bytes = 0;
    let mostMs = 0;
    for (const pending of waiting) {
      const measured = this.#measured.get(pending.callable);
      // Nothing is known of it: as if so many of them were a whole chunk.
      const most = measured?.most ?? Math.min(FIRST_REQUESTS, share);
      const cost = measured?.ms ?? MOST_MS / most;
      if (count === 0)
        mostMs = measured === undefined ? MOST_MS : shareOf(cost * waitingCount, threads);
      const isFull =
        pending.limits.chunkSize === undefined
          ? count >= most || ms + cost > mostMs
          : count >= pending.limits.chunkSize;
      if (count > 0 && (isFull || bytes + pending.bytes > this.#mostBytes)) break;
      count += 1;
      ms += cost;
      bytes += pending.bytes;
    }
    return count;
  }
}

/** How long a chunk takes when each thread gets its part of what waits in two of them. */
function shareOf(ms: number, threads: number): number {
  return Math.min(MOST_MS, Math.max(LEAST_MS, ms / (2 * threads)));
}
