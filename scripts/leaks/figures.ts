/** What a process holds: memory, and what it has of the system. */
import { readdirSync } from "node:fs";
import { heapStats } from "bun:jsc";
import { threadsNamed } from "../../test/pool/fixtures/threads.ts";

/**
 * Threads that have ended, and their descriptors, are there a little longer: they count as settled when their
 * numbers are the same in so many looks, a few milliseconds apart.
 */
const LOOKS = 5;
const LOOK_EVERY_MS = 5;
const LONGEST_SETTLING_MS = 2000;

/** The names of all workers' threads begin so: it is what a pool is called unless it has another name. */
export const WORKER_NAME = "ringpool";

/** In megabytes. */
export interface Memory {
  /** Objects, without what they hold elsewhere. */
  readonly heapMb: number;
  /** Buffers, shared ones included: a pool's are some 70 MB, most of which is never touched and so not resident. */
  readonly buffersMb: number;
  readonly residentMb: number;
}

export interface Figures extends Memory {
  /** Open file descriptors. */
  readonly descriptors: number;
  /** All threads, the engine's own, which come and go, included. */
  readonly threads: number;
  /** Threads of workers. */
  readonly workerThreads: number;
  /** Listeners of all events of `process`. */
  readonly listeners: number;
}

export const FIGURES: readonly (keyof Figures)[] = [
  "residentMb",
  "heapMb",
  "buffersMb",
  "descriptors",
  "threads",
  "workerThreads",
  "listeners",
];

/** After a collection of garbage. */
export function memory(): Memory {
  Bun.gc(true);
  const { heapSize, extraMemorySize } = heapStats();
  return {
    heapMb: (heapSize - extraMemorySize) / 1e6,
    buffersMb: extraMemorySize / 1e6,
    residentMb: process.memoryUsage.rss() / 1e6,
  };
}

/**
 * What the process holds once what has ended is gone.
 *
 * @param workers how many workers are alive
 */
export async function figures(workers: number): Promise<Figures> {
  await settle(workers);
  return {
    ...memory(),
    descriptors: descriptors(),
    threads: threadsNamed(""),
    workerThreads: threadsNamed(WORKER_NAME),
    listeners: process
      .eventNames()
      .reduce((sum, event) => sum + process.listenerCount(event as string), 0),
  };
}

async function settle(workers: number): Promise<void> {
  const deadline = performance.now() + LONGEST_SETTLING_MS;
  let looks = 0;
  let before = descriptors();
  while (looks < LOOKS && performance.now() < deadline) {
    await Bun.sleep(LOOK_EVERY_MS);
    const now = descriptors();
    looks = now === before && threadsNamed(WORKER_NAME) <= workers ? looks + 1 : 0;
    before = now;
  }
}

function descriptors(): number {
  return readdirSync("/proc/self/fd").length;
}
