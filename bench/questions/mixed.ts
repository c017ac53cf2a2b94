/**
 * Measures how well long and short tasks are spread over the workers. The makespan is compared with that of a list
 * schedule for the times that the same tasks took in the workers. So the figure is about the pool alone: tasks are
 * slower when both cores are busy, and the pool does not cause that.
 */
import { ThreadPool } from "../../src/index.ts";
import { POST_MESSAGE, RINGPOOL } from "../burst.ts";
import { PostMessagePool } from "../contestants/post-message-pool.ts";
import { burnAndTellHowLong } from "../contestants/tasks.ts";
import { medianOf } from "../interleave.ts";
import { atMost, report } from "../result.ts";

const WORKERS = 2;
const SHORT_US = 100;
const LONG_US = 10_000;
const ROUNDS = 15;
/** 180 short tasks and 20 long ones, in an order given by a fixed rule. */
const tasks = Array.from({ length: 200 }, (_, i) => ((i * 73) % 200 < 20 ? LONG_US : SHORT_US));

/** The time at which the last task ends when each task, in the given order, goes to the worker that is free first. */
function listSchedule(durationsMs: readonly number[]): number {
  const freeAt = Array.from({ length: WORKERS }, () => 0);
  for (const duration of durationsMs) {
    const next = freeAt.indexOf(Math.min(...freeAt));
    freeAt[next] = (freeAt[next] ?? 0) + duration;
  }
  return Math.max(...freeAt);
}

const pool = new ThreadPool(WORKERS);
const byHand = new PostMessagePool(WORKERS);
const contestants = [
  {
    name: RINGPOOL,
    run: (us: number) => pool.run(burnAndTellHowLong, [us]),
    ratios: [] as number[],
  },
  {
    name: POST_MESSAGE,
    run: (us: number) => byHand.run("burnAndTellHowLong", [us]) as Promise<number>,
    ratios: [] as number[],
  },
];
for (let round = -3; round < ROUNDS; round++) {
  for (const { run, ratios } of contestants) {
    const start = performance.now();
    const durations = await Promise.all(tasks.map(run));
    const makespan = performance.now() - start;
    if (round >= 0) ratios.push(makespan / listSchedule(durations));
  }
}
const figures = contestants.map(({ name, ratios }) => ({
  contestant: name,
  median: medianOf(ratios),
  from: Math.min(...ratios),
  to: Math.max(...ratios),
}));
await report({
  name: "mixed",
  title: "Tasks of 0.1 ms and 10 ms mixed: makespan against a list schedule",
  cases: [{ name: "2 workers", unit: "x the list schedule", figures }],
  failures: [],
  targets: [
    atMost("Makespan against a list schedule: within 5 %", figures[0]?.median ?? NaN, 1.05),
  ],
});
process.exit();
