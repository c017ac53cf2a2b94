/** Draws latency as percentile curves: one panel for each case, all on one scale of time. */
import type { Case, Figure, Result } from "../../bench/result.ts";
import { FIRST_PERCENTILE, LAST_PERCENTILE, logAxis, percentileAxis } from "./axis.ts";
import { limitNote } from "./contestants.ts";
import { linePanel, type Line, type Point } from "./lines.ts";
import { duration, isMeasured, nanosecondsIn } from "./number.ts";
import { page, panelWidth } from "./page.ts";

const NOTE = "How long the slowest calls take: at 99, one of a hundred takes longer.";

export function drawCurves(result: Result): string | undefined {
  const cases = result.cases
    .map((one) => ({ name: one.name, lines: linesOf(one) }))
    .filter(({ lines }) => lines.length > 0);
  if (cases.length === 0) return undefined;
  const times = cases.flatMap(({ lines }) =>
    lines.flatMap(({ points }) => points.map(({ y }) => y)),
  );
  const x = percentileAxis("percentile of calls");
  const y = logAxis("time of one call", times, duration);
  const width = panelWidth(cases.length);
  return page(
    result,
    `${NOTE}${limitNote(result, "Dashed")}`,
    cases.map(({ name, lines }) => linePanel({ name, width, x, y, lines })),
  );
}

function linesOf({ unit, figures }: Case): Line[] {
  const factor = nanosecondsIn(unit);
  if (factor === undefined) return [];
  return figures
    .map((figure) => ({ contestant: figure.contestant, points: pointsOf(figure, factor) }))
    .filter(({ points }) => points.length > 0);
}

function pointsOf({ percentiles }: Figure, factor: number): Point[] {
  return Object.entries(percentiles ?? {})
    .map(([percentile, time]) => ({ x: Number(percentile), y: time * factor }))
    .filter(({ x, y }) => x >= FIRST_PERCENTILE && x <= LAST_PERCENTILE && isMeasured(y) && y > 0)
    .sort((a, b) => a.x - b.x);
}
