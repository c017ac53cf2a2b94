/** What a process holds: memory, threads, descriptors and listeners. */
import { readdirSync } from "node:fs";
import { heapStats } from "bun:jsc";
import { threadsNamed } from "../../test/pool/fixtures/threads.ts";

/**
 * Threads that have ended, and their descriptors, remain for a short time. Their numbers count as stable when they
 * are the same in this many samples, a few milliseconds apart.
 */
const LOOKS = 5;
const LOOK_EVERY_MS = 5;
const LONGEST_SETTLING_MS = 2000;

/** The names of all workers' threads begin with this, the default name of a pool. */
export const WORKER_NAME = "ringpool";

/** All sizes are in megabytes. */
export interface Memory {
  /** Objects, without the memory that they hold outside the heap. */
  readonly heapMb: number;
  /** Buffers, including shared ones. A pool has about 70 MB, most of it never touched and so not resident. */
  readonly buffersMb: number;
  readonly residentMb: number;
}

export interface Figures extends Memory {
  /** Open file descriptors. */
  readonly descriptors: number;
  /** All threads, including the engine's own, whose number varies. */
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

/** Memory after a garbage collection. */
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
 * What the process holds after everything that has ended is gone.
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
