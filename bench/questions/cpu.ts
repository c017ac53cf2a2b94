/** Measures the CPU time of a request, on all threads together. */
import { burstOf } from "../burst.ts";
import { firstRivals } from "../contestants/index.ts";
import { BATCHED, FLAT, RINGPOOL } from "../contestants/names.ts";
import { startAll, stopAll } from "../contestants/start.ts";
import { caseOf, timesAsGood } from "../rounds.ts";
import { report } from "../result.ts";
import { inFull } from "../settings.ts";
import { BURST, valuesOf } from "../values.ts";

const numbers = valuesOf("number", BURST);
const WARM_UP_ROUNDS = inFull(3, 0);
const ROUNDS = inFull(11, 1);
const ROUND_MS = inFull(200, 5);
const REST_MS = inFull(50, 5);

const name = "2 workers";
const { started, failures } = await startAll(firstRivals, 2, name);
const contestants = started.map((one) => ({
  burst: burstOf(one.pool, numbers),
  rounds: { name: one.name, medians: [] as number[] },
}));
for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
  for (const { burst, rounds } of contestants) {
    const before = process.cpuUsage();
    let requests = 0;
    for (const end = performance.now() + ROUND_MS; performance.now() < end;) {
      await burst();
      requests += numbers.length;
    }
    // The CPU time until the workers sleep again is a part of the cost.
    await Bun.sleep(REST_MS);
    const { user, system } = process.cpuUsage(before);
    if (round >= 0) rounds.medians.push((user + system) / requests);
  }
}
await stopAll(started);
const rounds = contestants.map((one) => one.rounds);
await report({
  name: "cpu",
  title: "CPU a request in bursts of 1,000 numbers, all threads together",
  cases: [caseOf(name, "us a request", rounds, { rival: BATCHED })],
  failures,
  targets: [{ id: "cpu", measured: timesAsGood(rounds, FLAT, RINGPOOL) }],
});
process.exit();
