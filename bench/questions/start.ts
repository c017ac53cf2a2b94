/** Measures how soon eight workers are ready. */
import { ThreadPool } from "../../src/index.ts";
import { RINGPOOL } from "../burst.ts";
import { meet } from "../contestants/tasks.ts";
import { medianOf } from "../interleave.ts";
import { atMost, report } from "../result.ts";

const WORKERS = 8;
const ROUNDS = 15;

/** Resolves when each worker has run a task. The tasks wait for each other, so no worker runs two. */
async function startPool(): Promise<void> {
  const pool = new ThreadPool(WORKERS);
  const arrived = new Int32Array(new SharedArrayBuffer(4));
  const calls = Array.from({ length: WORKERS }, () => pool.run(meet, [arrived, WORKERS]));
  await Promise.all(calls);
  pool.terminate();
}

async function startBareWorkers(): Promise<void> {
  const url = new URL("../contestants/ready-worker.ts", import.meta.url).href;
  const workers = Array.from({ length: WORKERS }, () => new Worker(url));
  await Promise.all(
    workers.map((worker) => new Promise((resolve) => worker.addEventListener("message", resolve))),
  );
  for (const worker of workers) worker.terminate();
}

const ours: number[] = [];
const bare: number[] = [];
for (let round = -2; round < ROUNDS; round++) {
  for (const [start, times] of [
    [startPool, ours],
    [startBareWorkers, bare],
  ] as const) {
    const from = performance.now();
    await start();
    if (round >= 0) times.push(performance.now() - from);
  }
}
const figureOf = (contestant: string, times: readonly number[]) => ({
  contestant,
  median: medianOf(times),
  from: Math.min(...times),
  to: Math.max(...times),
});
await report({
  name: "start",
  title: "From nothing to eight workers that have answered",
  cases: [
    {
      name: "8 workers",
      unit: "ms",
      figures: [figureOf(RINGPOOL, ours), figureOf("bare workers", bare)],
    },
  ],
  failures: [],
  targets: [
    atMost(
      "As a multiple of eight bare workers: at most 1.3",
      medianOf(ours.map((ms, i) => ms / (bare[i] ?? NaN))),
      1.3,
    ),
  ],
});
process.exit();
