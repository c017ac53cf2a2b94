/**
 * Measures the memory of a program that runs through a collection, by the number of items: with imapUnordered, with a plain
 * loop, and with pools to which the program sends a window of items, and then the next.
 */
import { BATCHED, CHUNKS, FLAT, PLAIN, RINGPOOL } from "../contestants/names.ts";
import { interleaveFresh } from "../fresh.ts";
import { caseOf, medianOf } from "../rounds.ts";
import { report } from "../result.ts";
import type { Case, Failure } from "../result.ts";
import { inFull } from "../settings.ts";

const ROUNDS = 2;
const BYTES_PER_MB = 1e6;
const COUNTS = inFull([1_000_000, 10_000_000], [20_000, 40_000]);

const CONTESTANTS = [
  [RINGPOOL, "imap"],
  [BATCHED, "batched"],
  [FLAT, "flat"],
  [CHUNKS, "chunks"],
  ["piscina, chunks", "piscina"],
  ["tinypool, chunks", "tinypool"],
  [PLAIN, "loop"],
] as const;

const cases: Case[] = [];
const failures: Failure[] = [];
const megabytes: number[] = [];
for (const count of COUNTS) {
  const name = `${count.toLocaleString("en-US")} numbers, 2 workers`;
  const { rounds, failures: failed } = interleaveFresh(
    "collections.ts",
    CONTESTANTS.map(([who, how]) => ({ name: who, args: ["memory", how, String(count)] })),
    ROUNDS,
    name,
  );
  cases.push(caseOf(name, "MB", rounds, { perUnit: BYTES_PER_MB, rival: BATCHED }));
  failures.push(...failed);
  megabytes.push(medianOf(rounds[0]?.medians ?? []) / BYTES_PER_MB);
}
const [few = NaN, many = NaN] = megabytes;
await report({
  name: "imap-memory",
  title: "The most memory of a program that runs through a collection item by item",
  cases,
  failures,
  targets: [{ id: "imap-memory", measured: many / few }],
});
