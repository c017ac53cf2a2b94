/** Draws a panel of lines, one for each contestant, with the names on the right. */
import * as Plot from "@observablehq/plot";
import { document } from "./page.ts";
import type { Panel } from "./page.ts";
import { colourOf, isLimit } from "./theme.ts";

export interface Point {
  readonly contestant: string;
  readonly x: number;
  readonly y: number;
  /** The best and the worst round. */
  readonly from?: number;
  readonly to?: number;
}

export interface Axis {
  readonly label: string;
  readonly type: "linear" | "log";
  /** The values that are written. */
  readonly ticks?: readonly number[];
  readonly written: (value: number) => string;
}

export interface LinePanel {
  readonly name: string;
  readonly width: number;
  readonly x: Axis;
  readonly y: Axis;
  readonly points: readonly Point[];
  /** The height of a dotted horizontal line. */
  readonly reference?: number;
}

const HEIGHT = 300;
const MARGINS = { marginTop: 30, marginBottom: 44, marginLeft: 58, marginRight: 150 };
const LABEL_GAP = 14;

export function linePanel({ name, width, x, y, points, reference }: LinePanel): Panel {
  const heights = points.flatMap((point) => [point.y, point.from ?? point.y, point.to ?? point.y]);
  const ends = [...Map.groupBy(points, ({ contestant }) => contestant).values()].map(
    (own) => own.at(-1) as Point,
  );
  const scale = {
    type: y.type,
    // A line at 1 is there to be compared with, also when everything is below.
    domain: [y.type === "log" ? Math.min(...heights) : 0, Math.max(...heights, reference ?? 0)],
    nice: true,
    range: [HEIGHT - MARGINS.marginBottom, MARGINS.marginTop],
  };
  const { apply, invert } = Plot.scale({ y: scale });
  const tops = spreadOut(
    ends.map((end) => apply(end.y) as number),
    LABEL_GAP,
    HEIGHT - MARGINS.marginBottom,
  );
  const labels = ends.map((end, i) => ({ ...end, y: invert?.(tops[i]) as number }));
  const colour = (point: Point): string => colourOf(point.contestant);
  const line = { x: "x", y: "y", z: "contestant", stroke: colour, strokeWidth: 2 } as const;
  const plot = Plot.plot({
    document,
    width,
    height: HEIGHT,
    ...MARGINS,
    x: {
      type: x.type,
      label: x.label,
      labelAnchor: "center",
      labelArrow: "none",
      ticks: x.ticks ?? [...new Set(points.map((point) => point.x))],
      tickFormat: x.written,
    },
    y: {
      ...scale,
      label: y.label,
      labelArrow: "none",
      grid: true,
      tickSize: 0,
      tickFormat: y.written,
      ticks: y.type === "log" ? 4 : 5,
    },
    marks: [
      ...(reference === undefined
        ? []
        : [Plot.ruleY([reference], { stroke: "var(--ink)", strokeDasharray: "2 3" })]),
      Plot.ruleX(
        points.filter(({ from, to }) => from !== undefined && to !== undefined),
        { x: "x", y1: "from", y2: "to", stroke: colour, strokeOpacity: 0.6 },
      ),
      Plot.line(
        points.filter(({ contestant }) => !isLimit(contestant)),
        line,
      ),
      Plot.line(
        points.filter(({ contestant }) => isLimit(contestant)),
        { ...line, strokeDasharray: "5 4" },
      ),
      Plot.dot(points, { x: "x", y: "y", r: 2.5, fill: colour }),
      Plot.text(labels, {
        x: "x",
        y: "y",
        text: "contestant",
        textAnchor: "start",
        dx: 10,
        fill: colour,
        fontWeight: 600,
      }),
    ],
  });
  const told = [...Map.groupBy(points, ({ contestant }) => contestant)].map(
    ([contestant, own]) =>
      `${contestant} ${own.map((at) => `${y.written(at.y)} at ${x.written(at.x)}`).join(", ")}`,
  );
  return { name, plot, height: HEIGHT, description: `${name}: ${told.join("; ")}.` };
}

/** Moves positions that are closer than `gap` down, or up when they reach the foot. Keeps their order. */
export function spreadOut(tops: readonly number[], gap: number, foot: number): number[] {
  const order = tops.map((_, i) => i).sort((a, b) => (tops[a] ?? 0) - (tops[b] ?? 0));
  const moved = [...tops];
  let next = -Infinity;
  for (const i of order) next = (moved[i] = Math.max(moved[i] ?? 0, next)) + gap;
  next = foot;
  for (const i of order.reverse()) next = (moved[i] = Math.min(moved[i] ?? 0, next)) - gap;
  return moved;
}
