/** Measures the memory of a program that runs through a collection with imapUnordered, by the number of items. */
import { RINGPOOL } from "../contestants/names.ts";
import { interleaveFresh } from "../fresh.ts";
import { caseOf, medianOf } from "../rounds.ts";
import { report } from "../result.ts";
import type { Case, Failure } from "../result.ts";
import { inFull } from "../settings.ts";

const ROUNDS = 2;
const BYTES_PER_MB = 1e6;
const COUNTS = inFull([1_000_000, 10_000_000], [20_000, 40_000]);

const cases: Case[] = [];
const failures: Failure[] = [];
const megabytes: number[] = [];
for (const count of COUNTS) {
  const name = `${count.toLocaleString("en-US")} numbers, 2 workers`;
  const { rounds, failures: failed } = interleaveFresh(
    "collections.ts",
    [{ name: RINGPOOL, args: ["memory", "number", String(count)] }],
    ROUNDS,
    name,
  );
  cases.push(caseOf(name, "MB", rounds, { perUnit: BYTES_PER_MB }));
  failures.push(...failed);
  megabytes.push(medianOf(rounds[0]?.medians ?? []) / BYTES_PER_MB);
}
const [few = NaN, many = NaN] = megabytes;
await report({
  name: "imap-memory",
  title: "The most memory while imapUnordered runs through a collection",
  cases,
  failures,
  targets: [{ id: "imap-memory", measured: many / few }],
});
