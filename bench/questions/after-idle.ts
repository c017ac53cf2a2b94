/** Measures how long a request takes after 20 ms without requests. */
import { firstRivals } from "../contestants/index.ts";
import { FLAT, RINGPOOL } from "../contestants/names.ts";
import { startAll, stopAll } from "../contestants/start.ts";
import { caseOf, roundsOfCalls, timesAsGood } from "../rounds.ts";
import { report } from "../result.ts";
import { inFull } from "../settings.ts";

const IDLE_MS = 20;
const CALLS = inFull(300, 3);
/** Enough calls for the engine to compile the code of a call. */
const WARM_UP_CALLS = inFull(10_000, 10);

const name = "1 worker";
const { started, failures } = await startAll(firstRivals, 1, name);
const calls = started.map(() => [] as number[]);
for (const { pool } of started) for (let i = 0; i < WARM_UP_CALLS; i++) await pool.run("echo", i);
for (let i = 0; i < CALLS; i++) {
  for (const [who, { pool }] of started.entries()) {
    await Bun.sleep(IDLE_MS);
    const start = Bun.nanoseconds();
    await pool.run("echo", i);
    calls[who]?.push(Bun.nanoseconds() - start);
  }
}
await stopAll(started);
const rounds = started.map((one, who) => roundsOfCalls(one.name, calls[who] ?? []));
await report({
  name: "after-idle",
  title: "One awaited request after 20 ms of idleness",
  cases: [caseOf(name, "us", rounds, { perUnit: 1000, rival: FLAT, percentiles: [50, 90, 99] })],
  failures,
  targets: [{ id: "after-idle", measured: timesAsGood(rounds, FLAT, RINGPOOL) }],
});
process.exit();
