/**
 * A load without faults, for any number of requests: numbers, strings, small objects, and byte arrays of 64 KB that
 * go through the arena, by promises and by callbacks in turn. Checks each result.
 */
import { ThreadPool, makeRequests } from "../../src/index.ts";
import type { PoolStats } from "../../src/index.ts";
import { echo } from "../../bench/contestants/tasks.ts";

const BATCH = 1000;

const payloads: ((i: number) => unknown)[] = [
  (i) => i,
  (i) => `item ${i} of a batch`,
  (i) => ({ id: i, tags: ["new", "red"], isOpen: i % 2 === 0 }),
  (i) => (i % 100 === 0 ? new Uint8Array(1 << 16).fill(i) : i),
];

export class CalmLoad {
  readonly #pool: ThreadPool;
  #batches = 0;
  #wrong = 0;

  constructor(workers: number) {
    this.#pool = new ThreadPool(workers);
  }

  /** The number of results that differ from what was sent. */
  get wrong(): number {
    return this.#wrong;
  }

  /** Puts `requests` more requests, and waits for them. */
  async more(requests: number): Promise<void> {
    for (let left = requests; left > 0; left -= BATCH) {
      const make = payloads[this.#batches % payloads.length] as (i: number) => unknown;
      const items = Array.from({ length: Math.min(BATCH, left) }, (_, i) => make(i));
      if (Math.floor(this.#batches / payloads.length) % 2 === 0) await this.#byPromises(items);
      else this.#byCallbacks(items);
      this.#batches += 1;
    }
  }

  /** Terminates the pool. Returns its figures. */
  end(): PoolStats {
    const stats = this.#pool.stats();
    this.#pool.terminate();
    return stats;
  }

  async #byPromises(items: readonly unknown[]): Promise<void> {
    const results = await Promise.all(items.map((item) => this.#pool.run(echo, [item])));
    results.forEach((result, i) => this.#check(items[i], result));
  }

  #byCallbacks(items: readonly unknown[]): void {
    const put = makeRequests(echo, items, (request, result) =>
      this.#check(request.args[0], result),
    );
    for (const request of put) this.#pool.putRequest(request);
    this.#pool.wait();
  }

  #check(sent: unknown, received: unknown): void {
    if (!Bun.deepEquals(sent, received)) this.#wrong += 1;
  }
}
