/** Measures the first 10,000 items of a collection in a fresh process, from the import to the last result. */
import { BATCHED, CHUNKS, FLAT, PLAIN, RINGPOOL } from "../contestants/names.ts";
import { interleaveFresh } from "../fresh.ts";
import { caseOf, timesAsGood } from "../rounds.ts";
import { report } from "../result.ts";
import type { Case, Failure, Measured } from "../result.ts";
import { inFull } from "../settings.ts";
import { IN_WORDS, KINDS } from "../values.ts";

const ROUNDS = 11;
const ITEMS = inFull(10_000, 100);

const cases: Case[] = [];
const failures: Failure[] = [];
const targets: Measured[] = [];
for (const kind of KINDS) {
  const name = `10,000 ${IN_WORDS[kind]}, 2 workers`;
  const { rounds, failures: failed } = interleaveFresh(
    "collections.ts",
    [
      { name: RINGPOOL, args: ["map", kind, String(ITEMS)] },
      { name: BATCHED, args: ["batched", kind, String(ITEMS)] },
      { name: FLAT, args: ["flat", kind, String(ITEMS)] },
      { name: CHUNKS, args: ["chunks", kind, String(ITEMS)] },
      { name: "piscina, chunks", args: ["piscina", kind, String(ITEMS)] },
      { name: "tinypool, chunks", args: ["tinypool", kind, String(ITEMS)] },
      { name: PLAIN, args: ["loop", kind, String(ITEMS)] },
    ],
    ROUNDS,
    name,
  );
  cases.push(caseOf(name, "ms", rounds, { perUnit: 1e6, rival: BATCHED }));
  failures.push(...failed);
  targets.push({ id: `first-items-${kind}`, measured: timesAsGood(rounds, BATCHED, RINGPOOL) });
}
await report({
  name: "first-items",
  title: "The first items of a collection in a fresh process, from the import to the last result",
  cases,
  failures,
  targets,
});
