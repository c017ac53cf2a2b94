/** Draws bars: one panel for each case, the best contestant on top. */
import * as Plot from "@observablehq/plot";
import type { Case, Figure, Result } from "../../bench/result.ts";
import { isMeasured, isMoreBetter, readable, short } from "./number.ts";
import { document, page, panelWidth } from "./page.ts";
import type { Panel } from "./page.ts";
import { colourOf, isLimit, isOwn } from "./theme.ts";

const ROW = 23;
const AROUND = 52;
const LABELS = 168;
const VALUES = 56;
const NOTE = "Bars: medians; thin lines: best to worst round.";

interface Row {
  readonly contestant: string;
  readonly value: number;
  readonly from: number;
  readonly to: number;
}

/** What is drawn of a figure: requests a second where it is nanoseconds a request, otherwise the figure. */
interface Measure {
  readonly label: string;
  readonly of: (figure: number) => number;
  readonly written: (value: number) => string;
  readonly isMoreBetter: boolean;
}

function measureOf(one: Case): Measure {
  if (/^ns (a|per) request$/.test(one.unit))
    return {
      label: "requests a second",
      of: (ns) => 1e9 / ns,
      written: short,
      isMoreBetter: true,
    };
  return {
    label: one.unit,
    of: (figure) => figure,
    written: readable,
    isMoreBetter: isMoreBetter(one),
  };
}

export function drawBars(result: Result): string | undefined {
  const cases = result.cases.filter((one) => rowsOf(one).length > 0);
  if (cases.length === 0) return undefined;
  const width = panelWidth(cases.length);
  const better = cases.every((one) => measureOf(one).isMoreBetter) ? "" : " Shorter is better.";
  const scales = cases.length > 1 ? " Scales differ." : "";
  return page(
    result,
    `${NOTE}${better}${scales}`,
    cases.map((one) => panel(one, width)),
  );
}

function rowsOf(one: Case): Row[] {
  const { of, isMoreBetter: isLargeGood } = measureOf(one);
  return one.figures
    .filter(({ median }) => isMeasured(median) && median > 0)
    .map(({ contestant, median, from, to }: Figure) => ({
      contestant,
      value: of(median),
      from: of(isMeasured(from) && from > 0 ? from : median),
      to: of(isMeasured(to) && to > 0 ? to : median),
    }))
    .sort((a, b) => (isLargeGood ? b.value - a.value : a.value - b.value));
}

function panel(one: Case, width: number): Panel {
  const { label, written } = measureOf(one);
  const rows = rowsOf(one);
  const height = rows.length * ROW + AROUND;
  const limits = rows.filter(({ contestant }) => isLimit(contestant));
  const end = (row: Row): number => Math.max(row.value, row.from, row.to);
  const bar = { x: "value", y: "contestant", insetTop: 4, insetBottom: 4 } as const;
  const words = { x: end, y: "contestant", text: (row: Row) => written(row.value) };
  const beside = { textAnchor: "start", dx: 5 } as const;
  const plot = Plot.plot({
    document,
    width,
    height,
    marginLeft: LABELS,
    marginRight: VALUES,
    marginTop: 2,
    marginBottom: 44,
    x: {
      label,
      labelArrow: "none",
      labelAnchor: "center",
      grid: true,
      nice: true,
      zero: true,
      ticks: 4,
      tickFormat: short,
      tickSize: 0,
    },
    y: { label: null, domain: rows.map(({ contestant }) => contestant), tickSize: 0 },
    marks: [
      Plot.barX(
        rows.filter((row) => !limits.includes(row)),
        { ...bar, fill: (row: Row) => colourOf(row.contestant) },
      ),
      Plot.barX(limits, { ...bar, fill: "none", stroke: "var(--other)", strokeDasharray: "4 3" }),
      Plot.ruleY(rows, { x1: "from", x2: "to", y: "contestant", stroke: "var(--ink)" }),
      Plot.text(
        rows.filter((row) => isOwn(row.contestant)),
        { ...words, ...beside, fontWeight: 600 },
      ),
      Plot.text(
        rows.filter((row) => !isOwn(row.contestant)),
        { ...words, ...beside },
      ),
    ],
  });
  const told = rows.map(({ contestant, value }) => `${contestant} ${written(value)}`);
  return {
    name: one.name,
    plot,
    height,
    description: `${one.name}, ${label}: ${told.join(", ")}.`,
  };
}
