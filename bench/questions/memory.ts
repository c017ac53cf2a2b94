/** Measures the memory of a pool of eight idle workers, and of eight bare workers. */
import { RINGPOOL } from "../burst.ts";
import { medianOf } from "../interleave.ts";
import { atMost, report } from "../result.ts";

const ROUNDS = 7;
const script = new URL("../memory-process.ts", import.meta.url).pathname;

/** The resident megabytes of a process when its workers have answered. */
function measure(kind: "pool" | "bare"): number {
  const { stdout, stderr, success } = Bun.spawnSync([process.execPath, script, kind]);
  if (!success) throw new Error(`The measured process has failed:\n${stderr.toString()}`);
  return Number(stdout.toString());
}

const pool: number[] = [];
const bare: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  pool.push(measure("pool"));
  bare.push(measure("bare"));
}
const figureOf = (contestant: string, values: readonly number[]) => ({
  contestant,
  median: medianOf(values),
  from: Math.min(...values),
  to: Math.max(...values),
});
await report({
  name: "memory",
  title: "Memory of a process with eight idle workers",
  cases: [
    {
      name: "8 workers",
      unit: "MB",
      figures: [figureOf(RINGPOOL, pool), figureOf("bare workers", bare)],
    },
  ],
  failures: [],
  targets: [
    atMost(
      "MB above bare workers: at most 2",
      medianOf(pool.map((mb, i) => mb - (bare[i] ?? NaN))),
      2,
    ),
  ],
});
