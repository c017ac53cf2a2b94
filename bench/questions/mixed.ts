/**
 * Measures how well long and short tasks are spread over the workers. The makespan is compared with that of a list
 * schedule for the times that the same tasks took in the workers. So the figure is about the pool alone: tasks are
 * slower when both cores are busy, and the pool does not cause that.
 */
import { firstRivals } from "../contestants/index.ts";
import { BATCHED, RINGPOOL } from "../contestants/names.ts";
import { startAll, stopAll } from "../contestants/start.ts";
import { caseOf } from "../rounds.ts";
import { report } from "../result.ts";
import { inFull } from "../settings.ts";

const TASK = "burnAndTellHowLong";
const WORKERS = 2;
const SHORT_US = 100;
const LONG_US = 10_000;
const WARM_UP_ROUNDS = inFull(3, 0);
const ROUNDS = inFull(15, 1);
/** 180 short tasks and 20 long ones, in an order given by a fixed rule. */
const tasks = Array.from({ length: inFull(200, 20) }, (_, i) =>
  (i * 73) % 200 < 20 ? LONG_US : SHORT_US,
);

/** The time at which the last task ends when each task, in the given order, goes to the worker that is free first. */
function listSchedule(durationsMs: readonly number[]): number {
  const freeAt = Array.from({ length: WORKERS }, () => 0);
  for (const duration of durationsMs) {
    const next = freeAt.indexOf(Math.min(...freeAt));
    freeAt[next] = (freeAt[next] ?? 0) + duration;
  }
  return Math.max(...freeAt);
}

const name = "2 workers";
const { started, failures } = await startAll(firstRivals, WORKERS, name, TASK);
const rounds = started.map((one) => ({ name: one.name, medians: [] as number[] }));
for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
  for (const [who, { pool }] of started.entries()) {
    const start = performance.now();
    const durations = (await Promise.all(tasks.map((us) => pool.run(TASK, us)))) as number[];
    const makespan = performance.now() - start;
    if (round >= 0) rounds[who]?.medians.push(makespan / listSchedule(durations));
  }
}
await stopAll(started);
const spread = caseOf(name, "x the list schedule", rounds, { rival: BATCHED });
await report({
  name: "mixed",
  title: "Tasks of 0.1 ms and 10 ms mixed: makespan against a list schedule",
  cases: [spread],
  failures,
  targets: [
    {
      id: "mixed",
      measured: spread.figures.find(({ contestant }) => contestant === RINGPOOL)?.median ?? NaN,
    },
  ],
});
process.exit();
