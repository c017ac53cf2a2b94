/**
 * Puts millions of requests through one pool and prints the heap and the resident size along the way:
 * both must stay where they are after the first million.
 *
 *     bun run soak [--requests 10000000] [--workers 2]
 *
 * Numbers, strings, small objects and byte arrays of 64 KB that go through the arena; by promises and by
 * callbacks in turn. Each result is checked. Exits with 1 when one is wrong or memory has grown.
 */
import { parseArgs } from "node:util";
import { heapStats } from "bun:jsc";
import { ThreadPool, makeRequests } from "../src/index.ts";
import { echo } from "../bench/contestants/tasks.ts";

const BATCH = 1000;
const BATCHES_PER_LINE = 500;
/** Resident size may grow by so much after the first tenth: the engine's own ups and downs. */
const MOST_GROWTH_MB = 32;

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "10000000" },
    workers: { type: "string", default: "2" },
  },
});
const requests = Number(values.requests);
const batches = Math.ceil(requests / BATCH);
const payloads: ((i: number) => unknown)[] = [
  (i) => i,
  (i) => `item ${i} of a batch`,
  (i) => ({ id: i, tags: ["new", "red"], isOpen: i % 2 === 0 }),
  (i) => (i % 100 === 0 ? new Uint8Array(1 << 16).fill(i) : i),
];

const pool = new ThreadPool(Number(values.workers));
let wrong = 0;

async function byPromises(items: readonly unknown[]): Promise<void> {
  const results = await Promise.all(items.map((item) => pool.run(echo, [item])));
  results.forEach((result, i) => check(items[i], result));
}

function byCallbacks(items: readonly unknown[]): void {
  const put = makeRequests(echo, items, (request, result) => check(request.args[0], result));
  for (const request of put) pool.putRequest(request);
  pool.wait();
}

function check(sent: unknown, received: unknown): void {
  if (!Bun.deepEquals(sent, received)) wrong++;
}

function memory(): { heapMb: number; residentMb: number } {
  Bun.gc(true);
  return { heapMb: heapStats().heapSize / 1e6, residentMb: process.memoryUsage.rss() / 1e6 };
}

let baseline = memory();
for (let batch = 0; batch < batches; batch++) {
  const make = payloads[batch % payloads.length] as (i: number) => unknown;
  const items = Array.from({ length: BATCH }, (_, i) => make(i));
  if (Math.floor(batch / payloads.length) % 2 === 0) await byPromises(items);
  else byCallbacks(items);
  if (batch % BATCHES_PER_LINE === 0 || batch === batches - 1) {
    const { heapMb, residentMb } = memory();
    if (batch <= batches / 10) baseline = { heapMb, residentMb };
    const done = ((batch + 1) * BATCH).toLocaleString("en");
    console.log(
      `${done} requests: heap ${heapMb.toFixed(1)} MB, resident ${residentMb.toFixed(0)} MB`,
    );
  }
}
const { pending, put, succeeded } = pool.stats();
pool.terminate();

const grownMb = memory().residentMb - baseline.residentMb;
console.log(
  `put ${put}, succeeded ${succeeded}, pending ${pending}, wrong ${wrong}; resident size ${grownMb.toFixed(1)} MB above the first tenth`,
);
process.exit(wrong === 0 && pending === 0 && succeeded === put && grownMb < MOST_GROWTH_MB ? 0 : 1);
