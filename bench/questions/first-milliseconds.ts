/**
 * Measures where the first milliseconds of a program go, in both threads, in fresh processes that take turns: a request of one
 * number, answered by one worker.
 *
 *     bun run bench first-milliseconds
 *     RINGPOOL_BEFORE=/a/checkout/src/index.ts bun run bench first-milliseconds    beside the package of another checkout
 *
 * What was measured of another package stays in the result until another one is measured.
 */
import { join } from "node:path";
import { BARE_WORKERS, BATCHED, BEFORE, FLAT, RINGPOOL } from "../contestants/names.ts";
import { CPU_SUFFIX, PARTS } from "../first-milliseconds.ts";
import type { FirstMilliseconds } from "../first-milliseconds.ts";
import { printedByFreshProcess } from "../fresh.ts";
import { caseOf } from "../rounds.ts";
import { report } from "../result.ts";
import type { Case, Figure, Result } from "../result.ts";
import { inFull, resultsFolder } from "../settings.ts";

const NAME = "first-milliseconds";
const ROUNDS = inFull(21, 1);
const before = process.env["RINGPOOL_BEFORE"];

const contestants = [
  [RINGPOOL, "ringpool"],
  ...(before === undefined ? [] : ([[BEFORE, before]] as const)),
  [BATCHED, "batched"],
  [FLAT, "flat"],
  [BARE_WORKERS, "bare"],
] as const;

const rounds = contestants.map(() => [] as FirstMilliseconds[]);
// The first round fills the system's cache of files, and does not count.
for (let round = -1; round < ROUNDS; round++) {
  for (const [i, [, how]] of contestants.entries()) {
    const printed = printedByFreshProcess(`${NAME}.ts`, [how]);
    if (round >= 0) rounds[i]?.push(JSON.parse(printed) as FirstMilliseconds);
  }
}

const kept = before === undefined ? await keptBefore() : new Map<string, Figure>();
const cases: Case[] = [];
for (const [part, words] of Object.entries(PARTS)) {
  for (const which of ["ms", "cpu"] as const) {
    const name = which === "ms" ? words : `${words}${CPU_SUFFIX}`;
    const of = contestants.map(([contestant], i) => ({
      name: contestant,
      medians: (rounds[i] ?? []).map((one) => one[part as keyof typeof PARTS][which]),
    }));
    const one = caseOf(name, "ms", of);
    const old = kept.get(name);
    cases.push(old === undefined ? one : { ...one, figures: [...one.figures, old] });
  }
}
await report({ name: NAME, title: "Where the first milliseconds of a program go", cases });

/** The figures of the other package in the last result, by the name of the case. */
async function keptBefore(): Promise<Map<string, Figure>> {
  const figures = new Map<string, Figure>();
  const file = Bun.file(join(resultsFolder ?? "", `${NAME}.json`));
  if (resultsFolder === undefined || !(await file.exists())) return figures;
  const last = (await file.json()) as Result;
  for (const one of last.cases) {
    const figure = one.figures.find(({ contestant }) => contestant === BEFORE);
    if (figure !== undefined) figures.set(one.name, figure);
  }
  return figures;
}
