/** Makes the README's table: one row for each case of each question. */
import type { Case, Figure, Result } from "../../bench/result.ts";
import { BY_HAND, OWN, isLimit, isOwn } from "./contestants.ts";
import { table } from "./markdown.ts";
import { isMeasured, isMoreBetter, readable } from "./number.ts";

const HEADER = [
  "question",
  "case",
  "ringpool",
  "best other",
  "postMessage by hand",
  "ratio to postMessage",
];

export function figuresTable(results: readonly Result[]): string {
  const rows = results.flatMap(({ title, cases }) =>
    cases.map((one, i) => [i === 0 ? title : "", ...row(one)]),
  );
  return table(HEADER, rows);
}

function row(one: Case): string[] {
  const own = figureOf(one, OWN);
  const byHand = figureOf(one, BY_HAND);
  const best = bestOther(one);
  return [
    one.name,
    own === undefined ? "—" : `${readable(own.median)} ${one.unit}`,
    best === undefined ? "—" : `${best.contestant}: ${readable(best.median)}`,
    readable(byHand?.median),
    own === undefined || byHand === undefined ? "—" : ratio(one, own, byHand),
  ];
}

/** The contestant's figure, or undefined when the case does not have it or it is not a number. */
function figureOf({ figures }: Case, name: string): Figure | undefined {
  return figures.find(({ contestant, median }) => contestant === name && isMeasured(median));
}

export function bestOther(one: Case): Figure | undefined {
  const sign = isMoreBetter(one) ? -1 : 1;
  return one.figures
    .filter(
      ({ contestant, median }) => !isOwn(contestant) && !isLimit(contestant) && isMeasured(median),
    )
    .sort((a, b) => sign * (a.median - b.median))[0];
}

/** Over 1 when `own` is better, for units in which more is better and for those in which less is. */
function ratio(one: Case, own: Figure, other: Figure): string {
  const times = isMoreBetter(one) ? own.median / other.median : other.median / own.median;
  return isMeasured(times) ? `${readable(times)} ×` : "—";
}
