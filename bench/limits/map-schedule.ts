/**
 * Where the cores were during one `map` of two workers: which thread ran when, from the system's scheduler.
 *
 *     perf record -k CLOCK_MONOTONIC -e sched:sched_switch -e sched:sched_wakeup -a -o /tmp/map.data -- \
 *         bun bench/limits/map-schedule.ts 1000 40      (microseconds an item, items)
 *     perf script -i /tmp/map.data --ns -F comm,tid,cpu,time,event,trace
 *
 * Takes 4 seconds. Needs Linux, `perf` and its rights. Prints for each of twelve maps its begin and its end on the clock of `perf`, in nanoseconds, and
 * its speed-up over a plain loop. What runs on the cores between the two besides the two workers is what is missing.
 */
import { dlopen, ptr } from "bun:ffi";
import { ThreadPool } from "ringpool";
import { burn } from "../contestants/tasks.ts";

const MAPS = 12;
const WARM_UP_MS = 2000;
const LEAD_IN_MS = 15;
const CLOCK_MONOTONIC = 1;

const { symbols } = dlopen("libc.so.6", {
  clock_gettime: { args: ["i32", "ptr"], returns: "i32" },
});
const time = new BigInt64Array(2);

function monotonicNs(): bigint {
  symbols.clock_gettime(CLOCK_MONOTONIC, ptr(time));
  return time[0]! * 1_000_000_000n + time[1]!;
}

const [us = 1000, count = 40] = process.argv.slice(2).map(Number);
const items = Array.from({ length: count }, () => us);
const pool = new ThreadPool(2);
let sum = 0;

function loopMs(): number {
  const start = performance.now();
  for (const item of items) sum ^= burn(item);
  return performance.now() - start;
}

async function mapFor(ms: number): Promise<void> {
  const until = performance.now() + ms;
  do await pool.map(burn, items);
  while (performance.now() < until);
}

await mapFor(WARM_UP_MS);
for (let map = 0; map < MAPS; map++) {
  const loop = loopMs();
  await mapFor(LEAD_IN_MS);
  const begin = monotonicNs();
  await pool.map(burn, items);
  const end = monotonicNs();
  console.log(`${begin} ${end} ${((loop * 1e6) / Number(end - begin)).toFixed(2)}`);
}
if (sum === 0.5) throw new Error("Nothing was computed.");
process.exit();
