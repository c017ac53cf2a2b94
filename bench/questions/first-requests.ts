/** Measures the first 1,000 to 1,000,000 requests of a program that starts: its code is cold, and warms up. */
import { BATCHED, CALLBACKS, FLAT, RINGPOOL } from "../contestants/names.ts";
import { interleaveFresh } from "../fresh.ts";
import { caseOf, timesAsGood } from "../rounds.ts";
import { report } from "../result.ts";
import type { Case, Failure, Measured } from "../result.ts";
import { inFull } from "../settings.ts";
import { BURST, IN_WORDS, KINDS } from "../values.ts";

const SCRIPT = "first-requests.ts";
const ALL_COUNTS = [
  { count: 1000, rounds: 9, rival: FLAT },
  { count: 10_000, rounds: 9, rival: FLAT },
  { count: 100_000, rounds: 9, rival: BATCHED },
  { count: 1_000_000, rounds: 3, rival: BATCHED },
];
const COUNTS = inFull(
  ALL_COUNTS,
  ALL_COUNTS.filter(({ rival, count }) => count === (rival === FLAT ? 10_000 : 100_000)),
);
const cases: Case[] = [];
const failures: Failure[] = [];
const targets: Measured[] = [];
for (const { count, rounds: roundCount, rival } of COUNTS) {
  for (const kind of KINDS) {
    const asked = String(inFull(count, 2 * BURST));
    const name = `${count.toLocaleString("en-US")} ${IN_WORDS[kind]}`;
    const { rounds, failures: failed } = interleaveFresh(
      SCRIPT,
      [
        { name: RINGPOOL, args: ["run", kind, asked] },
        { name: CALLBACKS, args: ["callbacks", kind, asked] },
        { name: BATCHED, args: ["batched", kind, asked] },
        { name: FLAT, args: ["flat", kind, asked] },
      ],
      roundCount,
      name,
    );
    failures.push(...failed);
    cases.push(caseOf(name, "ms", rounds, { perUnit: 1e6, rival }));
    if (count !== 10_000 && count !== 100_000) continue;
    const size = count === 10_000 ? "10k" : "100k";
    targets.push(
      { id: `first-${size}-${kind}-run`, measured: timesAsGood(rounds, rival, RINGPOOL) },
      { id: `first-${size}-${kind}-callbacks`, measured: timesAsGood(rounds, rival, CALLBACKS) },
    );
  }
}
await report({
  name: "first-requests",
  title: "The first requests of a fresh process, from the import to the last result",
  cases,
  failures,
  targets,
});
