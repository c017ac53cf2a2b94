/**
 * A fresh process that sends requests in bursts of 1,000 to one worker. Prints the nanoseconds from the import of the pool
 * to the last result.
 *
 *     bun bench/processes/first-requests.ts run|callbacks|inline|batched|flat|bare|queue KIND COUNT
 */
import { BURST, valuesOf } from "../values.ts";
import type { Kind } from "../values.ts";

type Burst = (values: readonly unknown[]) => Promise<readonly unknown[]>;

const CONTESTANTS: Readonly<Record<string, () => Promise<Burst>>> = {
  async run() {
    const { ThreadPool } = await import("ringpool");
    const { echo } = await import("../contestants/tasks.ts");
    const pool = new ThreadPool(1);
    return (values) => Promise.all(values.map((value) => pool.run(echo, [value])));
  },
  async callbacks() {
    const { ThreadPool, makeRequests } = await import("ringpool");
    const { echo } = await import("../contestants/tasks.ts");
    const pool = new ThreadPool(1);
    return async (values) => {
      const results: unknown[] = [];
      const keep = (_: unknown, result: unknown): void => void results.push(result);
      for (const request of makeRequests(echo, values, keep)) pool.putRequest(request);
      pool.wait();
      return results;
    };
  },
  async inline() {
    const { ThreadPool } = await import("ringpool");
    const pool = new ThreadPool(1);
    return (values) => Promise.all(values.map((value) => pool.run((x: unknown) => x, [value])));
  },
  async batched() {
    const { BatchedPool } = await import("../contestants/batched-pool.ts");
    const pool = new BatchedPool(1);
    return (values) => Promise.all(values.map((value) => pool.run(value)));
  },
  async flat() {
    const { FlatPool } = await import("../contestants/flat-pool.ts");
    const pool = new FlatPool(1);
    return (values) => Promise.all(values.map((value) => pool.run(value)));
  },
  /** The queue of this package and no pool. It sends numbers of its own, and answers nobody. */
  async queue() {
    const { bareQueue } = await import("../contestants/bare-queue.ts");
    const { roundTrips } = bareQueue(1);
    return async (values) => {
      roundTrips(values.length);
      return values;
    };
  },
  /** A worker and no pool: it has no ids, so one value at a time. */
  async bare() {
    const worker = new Worker(new URL("../contestants/echo-worker.ts", import.meta.url).href);
    return async ([value]) => {
      const answer = new Promise<unknown>((resolve) => {
        worker.addEventListener("message", ({ data }) => resolve(data), { once: true });
      });
      worker.postMessage(value);
      return [await answer];
    };
  },
};

const [contestant = "", kind = "number", count = "1"] = process.argv.slice(2);
const total = Number(count);

const start = Bun.nanoseconds();
const burst = await CONTESTANTS[contestant]?.();
if (burst === undefined) throw new Error(`There is no such contestant: asked=${contestant}`);
let last: unknown;
for (let from = 0; from < total; from += BURST) {
  const values = valuesOf(kind as Kind, Math.min(BURST, total - from), from);
  last = (await burst(values)).at(-1);
}
const end = Bun.nanoseconds();

const [expected] = valuesOf(kind as Kind, 1, total - 1);
if (!Bun.deepEquals(last, expected))
  throw new Error(`The last result is wrong: result=${String(last)}`);
console.log(end - start);
process.exit();
