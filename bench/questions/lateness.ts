/** Measures how long after the end of a long task its result arrives. */
import { firstRivals } from "../contestants/index.ts";
import { FLAT, RINGPOOL } from "../contestants/names.ts";
import { startAll, stopAll } from "../contestants/start.ts";
import { caseOf, roundsOfCalls } from "../rounds.ts";
import { report } from "../result.ts";
import { inFull } from "../settings.ts";

const TASK = "burnAndTellTheTime";
const TASK_US = inFull(150_000, 1000);
const CALLS = inFull(32, 2);
const CALLS_PER_ROUND = 4;
/** Short calls at first, so that the engine has compiled both ways on which a result arrives. */
const WARM_UP_CALLS = inFull(20_000, 10);
const NS_PER_MS = 1e6;

const name = "1 worker";
const { started, failures } = await startAll(firstRivals, 1, name, TASK);
const calls = started.map(() => [] as number[]);
for (const { pool } of started) for (let i = 0; i < WARM_UP_CALLS; i++) await pool.run(TASK, 0);
for (let i = 0; i < CALLS; i++) {
  for (const [who, { pool }] of started.entries()) {
    const endedAt = (await pool.run(TASK, TASK_US)) as number;
    calls[who]?.push((performance.timeOrigin + performance.now() - endedAt) * NS_PER_MS);
  }
}
await stopAll(started);
const rounds = started.map((one, who) =>
  roundsOfCalls(one.name, calls[who] ?? [], CALLS_PER_ROUND),
);
const late = caseOf(name, "us", rounds, { perUnit: 1000, rival: FLAT, percentiles: [50, 90, 99] });
await report({
  name: "lateness",
  title: "From the end of a task of 150 ms to its result",
  cases: [late],
  failures,
  targets: [
    {
      id: "lateness",
      measured: late.figures.find(({ contestant }) => contestant === RINGPOOL)?.median ?? NaN,
    },
  ],
});
process.exit();
