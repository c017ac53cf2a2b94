/** Measures the throughput with more workers than cores. */
import { burstOf, workersLabel } from "../burst.ts";
import { firstRivals } from "../contestants/index.ts";
import { BATCHED, RINGPOOL } from "../contestants/names.ts";
import { startAll, stopAll } from "../contestants/start.ts";
import type { Started } from "../contestants/start.ts";
import { interleave } from "../interleave.ts";
import type { Entry } from "../interleave.ts";
import { caseOf, timesAsGood } from "../rounds.ts";
import type { Rounds } from "../rounds.ts";
import { report } from "../result.ts";
import type { Case, Failure } from "../result.ts";
import { inFull } from "../settings.ts";
import { BURST, valuesOf } from "../values.ts";

const COUNTS = inFull([1, 2, 4, 16, 64], [1, 2, 4]);
const numbers = valuesOf("number", BURST);

const pools: Started[] = [];
const entries: Entry[] = [];
const failures: Failure[] = [];
for (const count of COUNTS) {
  const { started, failures: failed } = await startAll(firstRivals, count, workersLabel(count));
  pools.push(...started);
  failures.push(...failed);
  for (const { name, pool } of started)
    entries.push({ name: `${name} ${count}`, sample: burstOf(pool, numbers) });
}
const measured = await interleave(entries, "all", { warmUpMs: 700 });
await stopAll(pools);

const cases: Case[] = COUNTS.map((count) => {
  const rounds = firstRivals.flatMap(({ name }): Rounds[] => {
    const own = measured.rounds.find((one) => one.name === `${name} ${count}`);
    return own === undefined ? [] : [{ name, medians: own.medians }];
  });
  return caseOf(workersLabel(count), "requests a second", rounds, {
    rival: BATCHED,
    figure: (ns) => (numbers.length * 1e9) / ns,
  });
});
await report({
  name: "workers",
  title: "Bursts of 1,000 numbers, by the number of workers",
  cases,
  failures: [...failures, ...measured.failures],
  targets: [
    {
      id: "workers-64",
      measured: timesAsGood(measured.rounds, `${RINGPOOL} 64`, `${RINGPOOL} 2`),
    },
  ],
});
process.exit();
