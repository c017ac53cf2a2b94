import { engine } from "../runtime/lazy-builtins.ts";
import type { WorkerInit } from "../protocol/index.ts";

const LOOK_EVERY_MS = 50;

/** How much one worker does before it makes room for a fresh one: so many requests, or until its heap is so large. */
export class RecycleLimits {
  readonly #memoryLimitBytes: number;
  #requestsLeft: number;
  #isTooLarge = false;
  #lookedAt = 0;

  /** Either limit may be Infinity. */
  constructor({ maxRequests, memoryLimitBytes, memory, ring }: WorkerInit) {
    this.#requestsLeft = maxRequests;
    // The engine counts shared memory in each thread that has it.
    const poolBytes = memory.queue.byteLength + memory.arena.byteLength + ring.byteLength;
    this.#memoryLimitBytes = memoryLimitBytes + poolBytes;
  }

  /** A request is claimed. */
  take(): void {
    this.#requestsLeft -= 1;
  }

  /** Has the worker done its share? Ask between requests. */
  isDone(): boolean {
    if (this.#memoryLimitBytes !== Infinity) this.#look();
    return this.#requestsLeft <= 0 || this.#isTooLarge;
  }

  /** `heapSize` is as of the last collection; `heapStats` is up to date, and takes half a millisecond. */
  #look(): void {
    const now = performance.now();
    if (this.#isTooLarge || now - this.#lookedAt < LOOK_EVERY_MS) return;
    if (engine().heapStats().heapCapacity > this.#memoryLimitBytes) {
      Bun.gc(true);
      this.#isTooLarge = engine().heapSize() > this.#memoryLimitBytes;
    }
    this.#lookedAt = performance.now();
  }
}
