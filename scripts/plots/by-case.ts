/** Draws plots whose x axis has the cases of the result: speed-up by grain, throughput by number of workers. */
import type { Figure, Result } from "../../bench/result.ts";
import { countAxis, linearAxis, nameAxis, type Axis } from "./axis.ts";
import { limitNote } from "./contestants.ts";
import { linePanel, type Line, type LinePanel, type Point } from "./lines.ts";
import { isMeasured, short } from "./number.ts";
import { page, panelWidth } from "./page.ts";

const SPREAD = "Thin vertical lines: best to worst round.";

/** For the result "grain". A median says how many times as fast as a plain loop. */
export function drawSpeedUp(result: Result): string | undefined {
  const x = nameAxis(
    "length of one task",
    result.cases.map(({ name }) => name),
  );
  const lines = linesOf(result, (_, index) => index);
  const axis = (max: number): Axis => linearAxis("speed-up", Math.max(max, 1), short);
  return draw(result, `Dotted: a plain loop; above it threads pay off. ${SPREAD}`, lines, axis, {
    name: "Speed-up against a plain loop",
    x,
    reference: 1,
  });
}

/** For the result "workers". A case is a number of workers, a median is requests a second. */
export function drawScaling(result: Result): string | undefined {
  const counted = { ...result, cases: result.cases.filter(({ name }) => countOf(name) > 0) };
  const counts = counted.cases.map(({ name }) => countOf(name)).sort((a, b) => a - b);
  const lines = linesOf(counted, countOf);
  const axis = (max: number): Axis => linearAxis("requests a second", max, short);
  return draw(result, SPREAD, lines, axis, {
    name: "Throughput by number of workers",
    x: countAxis("workers", counts),
  });
}

function draw(
  result: Result,
  note: string,
  lines: readonly Line[],
  axis: (max: number) => Axis,
  rest: Omit<LinePanel, "lines" | "width" | "y">,
): string | undefined {
  if (lines.length === 0) return undefined;
  const values = lines.flatMap(({ points }) =>
    points.flatMap(({ y, spread }) => [y, ...(spread ?? [])]),
  );
  const y = axis(Math.max(...values));
  return page(result, `${note}${limitNote(result, "Dashed")}`, [
    linePanel({ ...rest, y, lines, width: panelWidth(1) }),
  ]);
}

/** The number of workers in a name such as "8" or "8 workers". */
function countOf(name: string): number {
  return Number.parseInt(name, 10);
}

/** One line for each contestant, in the order in which they first appear. */
function linesOf({ cases }: Result, xOf: (name: string, index: number) => number): Line[] {
  const points = new Map<string, Point[]>();
  for (const [index, { name, figures }] of cases.entries()) {
    for (const figure of figures) {
      if (!isMeasured(figure.median)) continue;
      const own = points.get(figure.contestant) ?? [];
      own.push(pointOf(figure, xOf(name, index)));
      points.set(figure.contestant, own);
    }
  }
  return [...points].map(([contestant, own]) => ({
    contestant,
    points: own.sort((a, b) => a.x - b.x),
  }));
}

function pointOf({ median, from, to }: Figure, x: number): Point {
  const hasSpread = isMeasured(from) && isMeasured(to);
  return { x, y: median, ...(hasSpread && { spread: [from, to] as const }) };
}
