/** Measures one blocking call when calls follow each other. */
import { ThreadPool } from "ringpool";
import { workersLabel } from "../burst.ts";
import { batched, flat } from "../contestants/hand-made.ts";
import { RINGPOOL, SYNCKIT } from "../contestants/names.ts";
import { startAll, stopAll } from "../contestants/start.ts";
import { startSynckit } from "../contestants/synckit.ts";
import { echo } from "../contestants/tasks.ts";
import { interleave } from "../interleave.ts";
import { caseOf, timesAsGood } from "../rounds.ts";
import { report } from "../result.ts";
import type { Case, Failure, Measured } from "../result.ts";

const synckit = startSynckit();
const cases: Case[] = [];
const failures: Failure[] = [];
const targets: Measured[] = [];
for (const workers of [1, 2]) {
  const name = workersLabel(workers);
  const pool = new ThreadPool(workers);
  const byHand = await startAll([batched, flat], workers, name);
  const measured = await interleave(
    [
      { name: RINGPOOL, sample: () => pool.runSync(echo<number>, [42]) },
      { name: SYNCKIT, sample: () => synckit(42) },
      ...byHand.started.map((one) => ({ name: one.name, sample: () => one.pool.run("echo", 42) })),
    ],
    name,
  );
  pool.terminate();
  await stopAll(byHand.started);
  const calls = caseOf(name, "us", measured.rounds, {
    perUnit: 1000,
    rival: SYNCKIT,
    percentiles: [50, 90, 99, 99.9],
  });
  cases.push(calls);
  failures.push(...byHand.failures, ...measured.failures);
  if (workers > 1) continue;
  targets.push(
    { id: "run-sync-1", measured: calls.figures[0]?.median ?? NaN },
    { id: "run-sync-synckit", measured: timesAsGood(measured.rounds, RINGPOOL, SYNCKIT) },
  );
}
await report({
  name: "run-sync",
  title: "One blocking call after the other (pools by hand cannot block: awaited)",
  cases,
  failures,
  targets,
});
process.exit();
