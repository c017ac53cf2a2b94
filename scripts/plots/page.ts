/** Draws a whole plot: the heading, panels in one or two columns, and the machine below. */
import type { Result } from "../../bench/result.ts";
import { machineOf } from "./machine.ts";
import { STYLE } from "./style.ts";
import { element, escape, group, text } from "./svg.ts";

export interface Panel {
  readonly height: number;
  /** The markup, drawn from the point 0, 0. */
  readonly content: readonly string[];
  /** The same in words, for readers who cannot see the plot. */
  readonly description: string;
}

const TOP = 56;
const BOTTOM = 30;
const MARGIN = 16;
const GAP = 18;

/** The width of one of two panels side by side, or of a single wider one. */
export function panelWidth(panels: number): number {
  return panels === 1 ? 640 : 420;
}

/** @param note - what the reader must know to understand the plot */
export function page(result: Result, note: string, panels: readonly Panel[]): string {
  const columns = Math.min(2, panels.length);
  const columnWidth = panelWidth(panels.length);
  const width = 2 * MARGIN + columns * columnWidth + (columns - 1) * GAP;
  const placed: string[] = [];
  let top = TOP;
  for (let i = 0; i < panels.length; i += columns) {
    const row = panels.slice(i, i + columns);
    for (const [column, { content }] of row.entries())
      placed.push(group(MARGIN + column * (columnWidth + GAP), top, content));
    top += Math.max(...row.map(({ height }) => height)) + GAP;
  }
  const height = top + BOTTOM - GAP;
  const size = { viewBox: `0 0 ${width} ${height}`, width, height };
  const described = [note, ...panels.map(({ description }) => description)].join(" ");
  return `${element(
    "svg",
    { xmlns: "http://www.w3.org/2000/svg", ...size, role: "img", "aria-labelledby": "title desc" },
    "\n",
    [
      element("title", { id: "title" }, escape(result.title)),
      element("desc", { id: "desc" }, escape(described)),
      element("style", {}, STYLE),
      element("defs", {}, HATCHED),
      element("rect", { class: "back", width, height, rx: 6 }),
      text(MARGIN, 26, "heading", result.title),
      text(MARGIN, 44, "faint", note),
      ...placed,
      text(MARGIN, height - 12, "faint", machineOf(result)),
    ].join("\n"),
    "\n",
  )}\n`;
}

const HATCHED = element(
  "pattern",
  {
    id: "hatched",
    width: 6,
    height: 6,
    patternUnits: "userSpaceOnUse",
    patternTransform: "rotate(45)",
  },
  element("line", { class: "hatch", x1: 0, y1: 0, x2: 0, y2: 6 }),
);
