/**
 * What `parallelFor` over 100 million square roots pays for its short calls, against a plain loop in one call, nine rounds in turn:
 *
 *     bun run build && bun --tsconfig-override=bench/tsconfig.dist.json bench/limits/parallel-for.ts
 *
 * Takes 20 seconds and a gigabyte. Prints the median speed-up of each, with the best and the worst round: the loop itself cut into as many calls as
 * `parallelFor` makes, in this thread; `parallelFor` as it is, and with ever larger calls (`grain`); and the most that two cores give, a
 * share for each worker.
 */
import { ThreadPool, sharedArray } from "ringpool";
import { root } from "../contestants/tasks.ts";
import { longRounds } from "../long-rounds.ts";
import type { LongEntry } from "../long-rounds.ts";
import { medianOf } from "../rounds.ts";

const LENGTH = 100_000_000;
const ROUNDS = 9;
const WORKERS = 2;
const CALLS = 800;
const values = sharedArray(Float64Array, LENGTH).fill(1.5);
const pool = new ThreadPool(WORKERS);

function inParts<T>(parts: number, call: (from: number, to: number) => T): T[] {
  return Array.from({ length: parts }, (_, i) =>
    call(Math.floor((i * LENGTH) / parts), Math.floor(((i + 1) * LENGTH) / parts)),
  );
}

const entries: readonly LongEntry[] = [
  { name: "a plain loop", sample: () => root(0, LENGTH, values) },
  {
    name: `the loop in ${CALLS} calls`,
    sample: () => inParts(CALLS, (from, to) => root(from, to, values)),
  },
  { name: "parallelFor", sample: () => pool.parallelFor(root, LENGTH, { args: [values] }) },
  ...[125_000, 500_000, 2_000_000].map((grain) => ({
    name: `parallelFor, ${grain.toLocaleString("en-US")} a call`,
    sample: () => pool.parallelFor(root, LENGTH, { args: [values], grain }),
  })),
  {
    name: "64 ranges by run",
    sample: () => Promise.all(inParts(64, (from, to) => pool.run(root, [from, to, values]))),
  },
  {
    name: "a share a worker by run",
    sample: () => Promise.all(inParts(WORKERS, (from, to) => pool.run(root, [from, to, values]))),
  },
];

const [plain, ...others] = await longRounds(entries, ROUNDS);
for (const { name, medians } of others) {
  const speedUps = medians.map((ns, round) => (plain?.medians[round] ?? NaN) / ns);
  const [least, most] = [Math.min(...speedUps), Math.max(...speedUps)];
  console.log(
    `${name.padEnd(30)} ${medianOf(speedUps).toFixed(2)} (${least.toFixed(2)} to ${most.toFixed(2)})`,
  );
}
process.exit();
