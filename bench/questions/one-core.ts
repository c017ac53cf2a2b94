/** Measures the pool on a single core, where a spinning thread keeps the others from working. */
import { BATCHED, FLAT, RINGPOOL } from "../contestants/names.ts";
import { printedByFreshProcess } from "../fresh.ts";
import { caseOf, medianOf, timesAsGood } from "../rounds.ts";
import type { Rounds } from "../rounds.ts";
import { report } from "../result.ts";
import { BURST } from "../values.ts";
import { inFull } from "../settings.ts";

const PROCESSES = inFull(3, 1);
const TO_ONE_CORE = ["taskset", "-c", "0"];

/** One round from each process: the medians of its own rounds. */
const processes = Array.from(
  { length: PROCESSES },
  () => JSON.parse(printedByFreshProcess("one-core.ts", [], TO_ONE_CORE)) as readonly Rounds[],
);
const rounds = [RINGPOOL, BATCHED, FLAT].map((name) => ({
  name,
  medians: processes.map((measured) =>
    medianOf(measured.find((one) => one.name === name)?.medians ?? []),
  ),
}));
await report({
  name: "one-core",
  title: "Bursts of 1,000 numbers on a single core",
  cases: [
    caseOf("2 workers, pinned to one core", "ns a request", rounds, {
      perUnit: BURST,
      rival: BATCHED,
    }),
  ],
  targets: [{ id: "one-core", measured: timesAsGood(rounds, RINGPOOL, FLAT) }],
});
