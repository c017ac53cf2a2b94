/** Are long and short tasks spread well? Compared with the best that a list schedule could do. */
import { ThreadPool } from "../../src/index.ts";
import { burn } from "../contestants/tasks.ts";
import { medianOf } from "../interleave.ts";
import { atMost, report } from "../result.ts";

const WORKERS = 2;
const SHORT_US = 100;
const LONG_US = 10_000;
const ROUNDS = 15;
/** 180 short tasks and 20 long ones, spread by a fixed rule. */
const tasks = Array.from({ length: 200 }, (_, i) => ((i * 73) % 200 < 20 ? LONG_US : SHORT_US));

/** When the last task ends if each goes to the worker that is free first. */
function listSchedule(durationsMs: readonly number[]): number {
  const freeAt = Array.from({ length: WORKERS }, () => 0);
  for (const duration of durationsMs) {
    const next = freeAt.indexOf(Math.min(...freeAt));
    freeAt[next] = (freeAt[next] ?? 0) + duration;
  }
  return Math.max(...freeAt);
}

function timeOf(action: () => unknown): number {
  const start = performance.now();
  action();
  return performance.now() - start;
}

const pool = new ThreadPool(WORKERS);
const ratios: number[] = [];
for (let round = -3; round < ROUNDS; round++) {
  const best = listSchedule(tasks.map((us) => timeOf(() => burn(us))));
  const start = performance.now();
  await Promise.all(tasks.map((us) => pool.run(burn, [us])));
  if (round >= 0) ratios.push((performance.now() - start) / best);
}
const figure = {
  contestant: "ringpool",
  median: medianOf(ratios),
  from: Math.min(...ratios),
  to: Math.max(...ratios),
};
await report({
  name: "mixed",
  title: "Tasks of 0.1 ms and 10 ms mixed: makespan against a list schedule",
  cases: [{ name: "2 workers", unit: "x the list schedule", figures: [figure] }],
  failures: [],
  targets: [atMost("Makespan against a list schedule: within 5 %", figure.median, 1.05)],
});
process.exit();
