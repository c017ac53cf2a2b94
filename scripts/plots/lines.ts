/** Draws a panel of lines, one for each contestant, with the names on the right. */
import type { Axis } from "./axis.ts";
import { OWN, colourClass, isLimit } from "./contestants.ts";
import type { Panel } from "./page.ts";
import { element, segment, tenth, text } from "./svg.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
  /** The best and the worst round. */
  readonly spread?: readonly [number, number];
}

export interface Line {
  readonly contestant: string;
  readonly points: readonly Point[];
}

export interface LinePanel {
  readonly name: string;
  readonly width: number;
  readonly x: Axis;
  readonly y: Axis;
  readonly lines: readonly Line[];
  /** The height of a dotted horizontal line. */
  readonly reference?: number;
}

const LEFT = 56;
const RIGHT = 146;
const TOP = 46;
const HEIGHT = 240;
const BOTTOM = 42;
const LABEL_GAP = 14;

export function linePanel({ name, width, x, y, lines, reference }: LinePanel): Panel {
  const length = width - LEFT - RIGHT;
  const atX = (value: number): number => LEFT + x.at(value) * length;
  const atY = (value: number): number => TOP + (1 - y.at(value)) * HEIGHT;
  const foot = TOP + HEIGHT;
  const right = LEFT + length;
  const labelTops = spreadOut(
    lines.map(({ points }) => atY(points.at(-1)?.y ?? 0)),
    LABEL_GAP,
    foot,
  );
  return {
    height: foot + BOTTOM,
    description: `${name}: ${lines.map((line) => told(line, x, y)).join("; ")}.`,
    content: [
      text(0, 12, "panel", name),
      text(0, 31, "faint", y.label),
      ...y.ticks.flatMap(({ at, label }) => [
        segment("grid", [LEFT, foot - at * HEIGHT], [right, foot - at * HEIGHT]),
        text(LEFT - 6, foot - at * HEIGHT + 4, "faint end", label),
      ]),
      ...x.ticks.flatMap(({ at, label }) => [
        segment("grid", [LEFT + at * length, foot], [LEFT + at * length, foot + 4]),
        text(LEFT + at * length, foot + 17, "faint middle", label),
      ]),
      text(LEFT + length / 2, foot + 35, "faint middle", x.label),
      ...(reference === undefined
        ? []
        : [segment("reference", [LEFT, atY(reference)], [right, atY(reference)])]),
      ...lines.map((line, i) => drawn(line, atX, atY, [right + 18, labelTops[i] ?? 0])),
    ],
  };
}

function drawn(
  { contestant, points }: Line,
  atX: (value: number) => number,
  atY: (value: number) => number,
  [labelX, labelY]: readonly [number, number],
): string {
  const kind = `${contestant === OWN ? " own" : ""}${isLimit(contestant) ? " limit" : ""}`;
  const path = points.map((point) => `${tenth(atX(point.x))},${tenth(atY(point.y))}`).join(" ");
  const last = points.at(-1) ?? { x: 0, y: 0 };
  return element(
    "g",
    { class: colourClass(contestant) },
    ...points.flatMap(({ x, spread }) =>
      spread === undefined
        ? []
        : [segment("spread", [atX(x), atY(spread[0])], [atX(x), atY(spread[1])])],
    ),
    element("polyline", { class: `curve${kind}`, points: path }),
    ...points.map(({ x, y }) =>
      element("circle", { class: "dot", cx: atX(x), cy: atY(y), r: 2.5 }),
    ),
    segment("leader", [atX(last.x) + 4, atY(last.y)], [labelX - 4, labelY]),
    text(labelX, labelY + 4, `label${kind}`, contestant),
  );
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

function told({ contestant, points }: Line, x: Axis, y: Axis): string {
  const values = points.map((point) => `${y.written(point.y)} at ${x.written(point.x)}`);
  return `${contestant} ${values.join(", ")}`;
}
