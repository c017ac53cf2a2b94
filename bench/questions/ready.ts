/** Measures how soon eight workers are ready in a program that starts. */
import { BARE_WORKERS, BATCHED, FLAT, RINGPOOL } from "../contestants/names.ts";
import { interleaveFresh } from "../fresh.ts";
import { caseOf, timesAsGood } from "../rounds.ts";
import { report } from "../result.ts";

const ROUNDS = 13;

function measure(since: string, name: string) {
  const entries = [
    { name: RINGPOOL, args: ["ringpool", since] },
    { name: BATCHED, args: ["batched", since] },
    { name: FLAT, args: ["flat", since] },
    { name: BARE_WORKERS, args: ["bare", since] },
  ];
  const { rounds, failures } = interleaveFresh("eight-workers.ts", entries, ROUNDS, name);
  const one = caseOf(name, "ms", rounds, { perUnit: 1e6, rival: BARE_WORKERS });
  return { case: one, rounds, failures };
}

const started = measure("start", "8 workers, from the constructor on");
const imported = measure("import", "8 workers, from the import on");
await report({
  name: "ready",
  title: "Eight workers that have answered, in a fresh process",
  cases: [started.case, imported.case],
  failures: [...started.failures, ...imported.failures],
  targets: [{ id: "ready-8", measured: timesAsGood(started.rounds, BARE_WORKERS, RINGPOOL) }],
});
