import type { WorkerInit } from "../protocol/index.ts";
import { engine, performanceNow, collectGarbage } from "../runtime/index.ts";
import type { ReceivedArenas } from "./received-arenas.ts";

/** The heap is measured at most once in so many milliseconds. */
const MEASURE_EVERY_MS = 50;

/** How much one worker does before a successor replaces it: a number of requests, or until its heap is too large. */
export class RecycleLimits {
  /** With the pool's own memory but the arenas, because the engine counts shared memory in each thread that has it. */
  readonly #memoryLimitBytes: number;
  readonly #arenas: ReceivedArenas;
  #requestsLeft: number;
  #isHeapTooLarge = false;
  #measuredAt = 0;

  /** Either limit may be Infinity. */
  constructor({ maxRequests, memoryLimitBytes, memory, ring }: WorkerInit, arenas: ReceivedArenas) {
    this.#requestsLeft = maxRequests;
    this.#arenas = arenas;
    // The engine counts shared memory in each thread that has it.
    const poolBytes = memory.queue.byteLength + memory.board.byteLength + ring.byteLength;
    this.#memoryLimitBytes = memoryLimitBytes + poolBytes;
  }

  /** Counts a request that the worker has claimed. */
  countRequest(): void {
    this.#requestsLeft -= 1;
  }

  /** Whether the worker has reached a limit and is to end. Ask between requests. */
  isReached(): boolean {
    if (this.#memoryLimitBytes !== Infinity) this.#measureHeap();
    return this.#requestsLeft <= 0 || this.#isHeapTooLarge;
  }

  /** `heapSize` is as of the last garbage collection; `heapStats` is up to date, and takes half a millisecond. */
  #measureHeap(): void {
    const now = performanceNow();
    if (this.#isHeapTooLarge || now - this.#measuredAt < MEASURE_EVERY_MS) return;
    const limit = this.#memoryLimitBytes + this.#arenas.byteLength;
    if (engine().heapStats().heapCapacity > limit) {
      collectGarbage(true);
      this.#isHeapTooLarge = engine().heapSize() > limit;
    }
    this.#measuredAt = performanceNow();
  }
}
