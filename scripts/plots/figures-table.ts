/** Makes the table of figures: one row for each case of each question. */
import type { Absence } from "../../bench/absent.ts";
import { BATCHED, FLAT, RINGPOOL } from "../../bench/contestants/names.ts";
import type { Case, Figure, Result } from "../../bench/result.ts";
import { table } from "./markdown.ts";
import { isMeasured, isMoreBetter, readable } from "./number.ts";
import { isLimit, isOwn } from "./theme.ts";

const HEADER = [
  "question",
  "case",
  "ringpool",
  BATCHED,
  "ratio",
  FLAT,
  "ratio",
  "best of the others",
];

export function figuresTable(results: readonly Result[]): string {
  const rows = results.flatMap(({ title, cases }) =>
    cases.map((one, i) => [i === 0 ? title : "", ...row(one)]),
  );
  return table(HEADER, rows);
}

function row(one: Case): string[] {
  const own = figureOf(one, RINGPOOL);
  const others = [BATCHED, FLAT].flatMap((name) => {
    const other = figureOf(one, name);
    return [readable(other?.median), ratio(one, own, other)];
  });
  const best = bestOther(one);
  return [
    one.name,
    own === undefined ? "—" : `${readable(own.median)} ${one.unit}`,
    ...others,
    best === undefined ? "—" : `${best.contestant}: ${readable(best.median)}`,
  ];
}

/** The contestant's figure, or undefined when the case does not have it or it is not a number. */
function figureOf({ figures }: Case, name: string): Figure | undefined {
  return figures.find(({ contestant, median }) => contestant === name && isMeasured(median));
}

/** The best of those that have no column of their own. */
export function bestOther(one: Case): Figure | undefined {
  const sign = isMoreBetter(one) ? -1 : 1;
  return one.figures
    .filter(
      ({ contestant, median }) =>
        !isOwn(contestant) &&
        !isLimit(contestant) &&
        contestant !== BATCHED &&
        contestant !== FLAT &&
        isMeasured(median),
    )
    .sort((a, b) => sign * (a.median - b.median))[0];
}

function ratio(one: Case, own: Figure | undefined, other: Figure | undefined): string {
  const times = timesAsGood(one, own, other);
  return isMeasured(times) ? `${readable(times)} ×` : "—";
}

/**
 * Over 1 when `own` is better, for units in which more is better and for those in which less is. NaN when one of them was
 * not measured.
 */
function timesAsGood(one: Case, own: Figure | undefined, other: Figure | undefined): number {
  if (own === undefined || other === undefined) return NaN;
  const ofRounds = other.contestant === one.rival ? own.ratio?.median : undefined;
  if (isMeasured(ofRounds)) return ofRounds;
  return isMoreBetter(one) ? own.median / other.median : other.median / own.median;
}

/** Where a rival takes no part, and why, as a list. */
export function absentRivals(
  absences: readonly Absence[],
  results: readonly Pick<Result, "name" | "title">[],
): string {
  const lines = absences.map(({ question, cases, who, why }) => {
    const title = results.find(({ name }) => name === question)?.title ?? question;
    const where = cases === undefined ? title : `${title}, ${cases}`;
    return `- ${where}: without ${who.join(" and ")}. ${why}`;
  });
  return lines.join("\n");
}

/** From which length of a task a second worker pays: request by request, and in a collection. */
export function breakEvenTable(results: readonly Result[]): string {
  const casesOf = (question: string): readonly Case[] =>
    results.find(({ name }) => name === question)?.cases ?? [];
  const [single, collected] = [casesOf("grain"), casesOf("map-grain")];
  const names = new Set([...single, ...collected].map(({ name }) => name));
  const speedUp = (cases: readonly Case[], name: string): string => {
    const one = cases.find((it) => it.name === name);
    return readable(one && figureOf(one, RINGPOOL)?.median);
  };
  const rows = [...names].map((name) => [name, speedUp(single, name), speedUp(collected, name)]);
  return table(["a task or an item takes", "request by request", "by `map`"], rows);
}

/** The cases in which a pool by hand was better, as a list; the worst first. Of two, the better one is named. */
export function lostCases(results: readonly Result[]): string {
  const lost = results
    .flatMap(({ title, cases }) =>
      cases.flatMap((one) =>
        [BATCHED, FLAT]
          .map((rival) => ({
            words: `${title}, ${one.name}: ${rival}`,
            times: timesAsGood(one, figureOf(one, RINGPOOL), figureOf(one, rival)),
          }))
          .filter(({ times }) => isMeasured(times))
          .sort((a, b) => a.times - b.times)
          .slice(0, 1),
      ),
    )
    .filter(({ times }) => times < 1)
    .sort((a, b) => a.times - b.times);
  if (lost.length === 0) return "None in these results.";
  return lost.map(({ words, times }) => `- ${words}, ${readable(times)} ×`).join("\n");
}
