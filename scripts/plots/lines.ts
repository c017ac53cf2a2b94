/** Draws lines, one for each contestant, with the names on the right. */
import * as Plot from "@observablehq/plot";
import type { Result } from "../../bench/result.ts";
import { page } from "./page.ts";
import { panelsOf, rowsOf } from "./panels.ts";
import { colourOf, isLimit } from "./theme.ts";

export interface Point {
  readonly panel: string;
  readonly contestant: string;
  readonly x: number;
  readonly y: number;
  /** The best and the worst round. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

export interface Axis {
  readonly label: string;
  readonly type: "linear" | "log";
  readonly written: (value: number) => string;
  /** The values that are written; on the x axis those of the points, where there are none. */
  readonly ticks?: readonly number[];
}

export interface Lines {
  readonly note: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly points: readonly Point[];
  /** The height of a dotted horizontal line. */
  readonly reference?: number;
}

const PANEL = { width: 400, height: 250, above: 44, below: 46, names: 160 };
const LEFT = 58;
const NAME_GAP = 14;

export function drawLines(result: Result, lines: Lines): string | undefined {
  const { note, x, y, points, reference } = lines;
  if (points.length === 0) return undefined;
  const { facets, columns, rows, names } = panelsOf(points);
  const colour = ({ contestant }: Point): string => colourOf(contestant);
  const line = {
    ...facets,
    x: "x",
    y: "y",
    z: "contestant",
    stroke: colour,
    strokeWidth: 2,
  } as const;
  const isPool = ({ contestant }: Point): boolean => !isLimit(contestant);
  return page(result, {
    note,
    description: inWords(lines),
    width: LEFT + columns * PANEL.width,
    height: PANEL.below + rows * (PANEL.height + PANEL.above),
    plot: {
      marginLeft: LEFT,
      marginTop: PANEL.above,
      marginBottom: PANEL.below,
      marginRight: 0,
      fx: { axis: null },
      fy: rowsOf(PANEL.height, PANEL.above),
      x: {
        ...scaleOf(x),
        insetLeft: 4,
        insetRight: PANEL.names,
        labelAnchor: "center",
        ticks: ticksOf(lines),
      },
      y: { ...scaleOf(y), domain: extent(lines), nice: true, grid: true, tickSize: 0, ticks: 4 },
      marks: [
        ...(reference === undefined
          ? []
          : [Plot.ruleY([reference], { stroke: "var(--ink)", strokeDasharray: "2 3" })]),
        Plot.ruleX(
          points.filter(({ from, to }) => from !== undefined && to !== undefined),
          { ...facets, x: "x", y1: "from", y2: "to", stroke: colour, strokeOpacity: 0.6 },
        ),
        Plot.line(points.filter(isPool), line),
        Plot.line(
          points.filter((point) => !isPool(point)),
          { ...line, strokeDasharray: "5 4" },
        ),
        Plot.dot(points, { ...facets, x: "x", y: "y", r: 2.5, fill: colour }),
        Plot.text(namesBeside(lines), {
          ...facets,
          x: "x",
          y: "y",
          text: "contestant",
          fill: colour,
          textAnchor: "start",
          dx: 10,
          fontWeight: 600,
        }),
        names,
      ],
    },
  });
}

function scaleOf({ type, label, written }: Axis) {
  return { type, label, labelArrow: "none", tickFormat: written } as const;
}

function ticksOf({ x, points }: Lines): readonly number[] {
  const values = points.map((point) => point.x);
  const last = Math.max(...values) + 1e-9;
  return x.ticks?.filter((tick) => tick <= last) ?? [...new Set(values)];
}

/** A linear axis begins at 0. A line at 1 is there to be compared with, also when everything is below. */
function extent({ y, points, reference = 0 }: Lines): [number, number] {
  const all = points.flatMap((point) => [point.y, point.from ?? point.y, point.to ?? point.y]);
  return [y.type === "log" ? Math.min(...all) : 0, Math.max(...all, reference)];
}

/** The names, at the right end of the panel and at the height of their last point, or as near as they find room. */
function namesBeside(lines: Lines): Point[] {
  const x = Math.max(...lines.points.map((point) => point.x));
  const y = Plot.scale({
    y: { type: lines.y.type, domain: extent(lines), nice: true, range: [PANEL.height, 0] },
  });
  return [...Map.groupBy(lines.points, ({ panel }) => panel).values()].flatMap((points) => {
    const ends = [...Map.groupBy(points, ({ contestant }) => contestant).values()].map(
      (own) => own.at(-1) as Point,
    );
    const tops = spreadOut(
      ends.map((end) => y.apply(end.y) as number),
      NAME_GAP,
      PANEL.height,
    );
    return ends.map(({ panel, contestant }, i) => ({
      panel,
      contestant,
      x,
      y: y.invert?.(tops[i]) as number,
    }));
  });
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

function inWords({ points, x, y }: Lines): string {
  const panels = [...Map.groupBy(points, ({ panel }) => panel)].map(([panel, own]) => {
    const told = [...Map.groupBy(own, ({ contestant }) => contestant)].map(
      ([contestant, at]) =>
        `${contestant} ${at.map((point) => `${y.written(point.y)} at ${x.written(point.x)}`).join(", ")}`,
    );
    return `${panel}: ${told.join("; ")}.`;
  });
  return panels.join(" ");
}
