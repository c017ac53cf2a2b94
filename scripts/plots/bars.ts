/** Draws throughput as bars: one panel for each case, the fastest contestant on top. */
import type { Case, Figure, Result } from "../../bench/result.ts";
import { linearAxis, type Axis } from "./axis.ts";
import { OWN, isLimit, isOwn, limitNote } from "./contestants.ts";
import { isMeasured, short } from "./number.ts";
import { page, panelWidth, type Panel } from "./page.ts";
import { element, segment, text } from "./svg.ts";

const TITLE = 24;
const ROW = 22;
const BAR = 14;
const LABELS = 136;
const VALUES = 52;
const NOTE = "Bars: medians; thin lines: best to worst round.";

/** True when the question is about throughput: nanoseconds a request, with many requests at once. */
function isThroughput({ unit, figures }: Case): boolean {
  return /^ns( (a|per) request)?$/.test(unit) && figures.every((figure) => !figure.percentiles);
}

export function drawBars(result: Result): string | undefined {
  const cases = result.cases.filter((one) => isThroughput(one) && measured(one).length > 0);
  if (cases.length === 0) return undefined;
  const width = panelWidth(cases.length);
  return page(
    result,
    `${NOTE}${limitNote(result, "Hatched")}${cases.length > 1 ? " Scales differ." : ""}`,
    cases.map((one) => panel(one, width)),
  );
}

function measured({ figures }: Case): Figure[] {
  return figures
    .filter(({ median }) => isMeasured(median) && median > 0)
    .sort((a, b) => a.median - b.median);
}

function perSecond(ns: number): number {
  return 1e9 / ns;
}

function panel(one: Case, width: number): Panel {
  const figures = measured(one);
  const bottom = TITLE + figures.length * ROW;
  const times = figures.flatMap(({ median, from, to }) => [median, from, to]);
  const fastest = Math.min(...times.filter((ns) => isMeasured(ns) && ns > 0));
  const axis = linearAxis("requests a second", perSecond(fastest), short);
  const length = width - LABELS - VALUES;
  const ruled = axis.ticks.flatMap(({ at, label }) => [
    segment("grid", [LABELS + at * length, TITLE], [LABELS + at * length, bottom]),
    text(LABELS + at * length, bottom + 14, "faint middle", label),
  ]);
  const rows = figures.flatMap((figure, i) => row(figure, TITLE + i * ROW, axis, length));
  const told = figures.map(({ contestant, median }) => `${contestant} ${short(perSecond(median))}`);
  return {
    height: bottom + 36,
    content: [
      text(0, 12, "panel", one.name),
      ...ruled,
      ...rows,
      text(LABELS + length / 2, bottom + 31, "faint middle", axis.label),
    ],
    description: `${one.name}, requests a second: ${told.join(", ")}.`,
  };
}

function row(figure: Figure, top: number, axis: Axis, length: number): string[] {
  const { contestant, median, from, to } = figure;
  const weight = contestant === OWN ? "own" : "";
  const x = (ns: number): number => LABELS + axis.at(perSecond(ns)) * length;
  const middle = top + ROW / 2;
  const kind = isOwn(contestant) ? "colour-0" : isLimit(contestant) ? "muted limit" : "muted";
  const hasSpread = isMeasured(from) && isMeasured(to) && from > 0 && to > 0;
  const end = Math.max(x(median), hasSpread ? x(from) : 0, hasSpread ? x(to) : 0);
  return [
    text(LABELS - 6, middle + 4, `${weight} end`.trim(), contestant),
    element("rect", {
      class: `bar ${kind}`,
      x: LABELS,
      y: middle - BAR / 2,
      width: Math.max(1, x(median) - LABELS),
      height: BAR,
    }),
    ...(hasSpread ? [segment("whisker", [x(from), middle], [x(to), middle])] : []),
    text(end + 5, middle + 4, weight, short(perSecond(median))),
  ];
}
