/** Draws bars: one panel for each case, a bar for each contestant. */
import * as Plot from "@observablehq/plot";
import type { Case, Result } from "../../bench/result.ts";
import { isMeasured, isMoreBetter, readable, short } from "./number.ts";
import { page } from "./page.ts";
import { panelsOf, rowsOf } from "./panels.ts";
import { colourOf, isLimit, isOwn } from "./theme.ts";

const BAR = 23;
const LABELS = 168;
const PANEL = { width: 340, above: 34, below: 46, end: 56 };

interface Bar {
  readonly panel: string;
  readonly contestant: string;
  readonly value: number;
  readonly from: number;
  readonly to: number;
}

/** Requests a second are easier to compare than nanoseconds a request. Other figures are drawn as they are. */
const NS_A_REQUEST = "ns a request";

export function drawBars(result: Result): string | undefined {
  const [first] = result.cases;
  const bars = result.cases.filter(({ unit }) => unit === first?.unit).flatMap(barsOf);
  if (first === undefined || bars.length === 0) return undefined;
  const isRate = first.unit === NS_A_REQUEST;
  const label = isRate ? "requests a second" : first.unit;
  const written = isRate ? short : readable;
  const isLonger = isRate || isMoreBetter(first);
  bars.sort((a, b) => (isLonger ? b.value - a.value : a.value - b.value));

  const { facets, columns, rows, names } = panelsOf(
    result.cases.map(({ name }) => ({ panel: name })),
  );
  const contestants = [...new Set(bars.map(({ contestant }) => contestant))];
  const bar = { ...facets, x: "value", y: "contestant", insetTop: 4, insetBottom: 4 } as const;
  const figure = {
    ...facets,
    x: (one: Bar) => Math.max(one.value, one.from, one.to),
    y: "contestant",
    text: (one: Bar) => written(one.value),
    textAnchor: "start",
    dx: 5,
  } as const;
  const isPool = (one: Bar): boolean => !isLimit(one.contestant);
  return page(result, {
    note: `Bars: medians; thin lines: best to worst round.${isLonger ? "" : " Shorter is better."}`,
    description: result.cases.map((one) => inWords(one, bars, label, written)).join(" "),
    width: LABELS + columns * PANEL.width,
    height: rows * (contestants.length * BAR + PANEL.above) + PANEL.below,
    plot: {
      marginLeft: LABELS,
      marginTop: PANEL.above,
      marginBottom: PANEL.below,
      marginRight: 0,
      insetRight: PANEL.end,
      fx: { axis: null },
      fy: rowsOf(contestants.length * BAR, PANEL.above),
      x: {
        label,
        labelArrow: "none",
        labelAnchor: "center",
        grid: true,
        zero: true,
        ticks: 4,
        tickFormat: short,
        tickSize: 0,
      },
      y: { label: null, domain: contestants, tickSize: 0 },
      marks: [
        Plot.barX(bars.filter(isPool), {
          ...bar,
          fill: ({ contestant }: Bar) => colourOf(contestant),
        }),
        Plot.barX(
          bars.filter((one) => !isPool(one)),
          { ...bar, fill: "none", stroke: "var(--other)", strokeDasharray: "4 3" },
        ),
        Plot.ruleY(bars, {
          ...facets,
          x1: "from",
          x2: "to",
          y: "contestant",
          stroke: "var(--ink)",
        }),
        Plot.text(
          bars.filter((one) => isOwn(one.contestant)),
          { ...figure, fontWeight: 600 },
        ),
        Plot.text(
          bars.filter((one) => !isOwn(one.contestant)),
          figure,
        ),
        names,
      ],
    },
  });
}

function barsOf({ name, unit, figures }: Case): Bar[] {
  const of = (figure: number): number => (unit === NS_A_REQUEST ? 1e9 / figure : figure);
  return figures
    .filter(({ median }) => isMeasured(median) && median > 0)
    .map(({ contestant, median, from, to }) => ({
      panel: name,
      contestant,
      value: of(median),
      from: of(isMeasured(from) && from > 0 ? from : median),
      to: of(isMeasured(to) && to > 0 ? to : median),
    }));
}

function inWords(
  { name }: Case,
  bars: readonly Bar[],
  label: string,
  written: (value: number) => string,
): string {
  const own = bars.filter(({ panel }) => panel === name);
  const told = own.map(({ contestant, value }) => `${contestant} ${written(value)}`);
  return `${name}, ${label}: ${told.join(", ")}.`;
}
