/** Measures one awaited request when requests follow each other. */
import { workersLabel } from "../burst.ts";
import { firstRivals, registryPools } from "../contestants/index.ts";
import { FLAT, RINGPOOL } from "../contestants/names.ts";
import { startAll, stopAll } from "../contestants/start.ts";
import { interleave } from "../interleave.ts";
import { caseOf } from "../rounds.ts";
import { report } from "../result.ts";
import type { Case, Failure, Measured } from "../result.ts";

const cases: Case[] = [];
const failures: Failure[] = [];
const targets: Measured[] = [];
for (const [workers, id] of [
  [1, "one-at-a-time-1"],
  [2, "one-at-a-time-2"],
] as const) {
  const name = workersLabel(workers);
  const rivals = await startAll(firstRivals, workers, name);
  const onlookers = await startAll(workers === 1 ? registryPools : [], workers, name);
  const started = [...rivals.started, ...onlookers.started];
  const measured = await interleave(
    started.map((one) => ({
      name: one.name,
      sample: () => one.pool.run("echo", 42),
      isOnlooker: onlookers.started.includes(one),
    })),
    name,
  );
  await stopAll(started);
  const calls = caseOf(name, "us", measured.rounds, {
    perUnit: 1000,
    rival: FLAT,
    percentiles: [50, 90, 99, 99.9],
  });
  cases.push(calls);
  failures.push(...rivals.failures, ...onlookers.failures, ...measured.failures);
  targets.push({
    id,
    measured: calls.figures.find(({ contestant }) => contestant === RINGPOOL)?.median ?? NaN,
  });
}
await report({
  name: "one-at-a-time",
  title: "One awaited request after the other",
  cases,
  failures,
  targets,
});
process.exit();
