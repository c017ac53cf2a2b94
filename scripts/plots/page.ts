/** Puts the panels of a result on one page: the heading, panels in one or two columns, and the machine below. */
import { DOMParser } from "linkedom";
import type { Result } from "../../bench/result.ts";
import { machineOf } from "./machine.ts";
import { STYLE, isLimit } from "./theme.ts";

/** What is used of an element. The compiler knows no DOM here. */
export interface SvgElement {
  readonly outerHTML: string;
  setAttribute(name: string, value: string): void;
  removeAttribute(name: string): void;
  querySelector(selector: string): SvgElement | null;
  remove(): void;
  append(...children: (string | SvgElement)[]): void;
}

interface SvgDocument {
  createElementNS(namespace: string, name: string): SvgElement;
}

/** What Observable Plot draws with, because there is no browser. */
export const document: SvgDocument = new DOMParser().parseFromString(
  '<svg xmlns="http://www.w3.org/2000/svg"/>',
  "image/svg+xml",
) as unknown as SvgDocument;

export interface Panel {
  readonly name: string;
  /** What Observable Plot has drawn. */
  readonly plot: SvgElement;
  readonly height: number;
  /** The same in words, for readers who cannot see the plot. */
  readonly description: string;
}

const TOP = 42;
const LINE = 16;
/** The mean width of a character of the note, in pixels. */
const CHARACTER = 6.2;
const PANEL_TOP = 20;
const BOTTOM = 34;
const MARGIN = 16;
const GAP = 20;

/** The width of one of two panels side by side, or of a single wider one. */
export function panelWidth(panels: number): number {
  return panels === 1 ? 640 : 420;
}

/** @param note - what the reader must know to understand the plot */
export function page(result: Result, note: string, panels: readonly Panel[]): string {
  const columns = Math.min(2, panels.length);
  const columnWidth = panelWidth(panels.length);
  const width = 2 * MARGIN + columns * columnWidth + (columns - 1) * GAP;
  const told = `${note}${limitNote(result)}`;
  const placed: SvgElement[] = [];
  const lines = wrapped(told, (width - 2 * MARGIN) / CHARACTER);
  let top = TOP + lines.length * LINE;
  for (let i = 0; i < panels.length; i += columns) {
    const row = panels.slice(i, i + columns);
    for (const [column, panel] of row.entries()) {
      const x = MARGIN + column * (columnWidth + GAP);
      // The library's own style is for a plot in a page: with a height of "auto", a plot within another is as high as that.
      panel.plot.querySelector("style")?.remove();
      panel.plot.removeAttribute("class");
      panel.plot.setAttribute("x", String(x));
      panel.plot.setAttribute("y", String(top + PANEL_TOP));
      placed.push(text(x, top + 12, "panel", panel.name), panel.plot);
    }
    top += PANEL_TOP + Math.max(...row.map(({ height }) => height)) + GAP;
  }
  const height = top + BOTTOM - GAP;
  const size = { viewBox: `0 0 ${width} ${height}`, width, height };
  const described = [told, ...panels.map(({ description }) => description)].join(" ");
  const svg = element(
    "svg",
    { xmlns: "http://www.w3.org/2000/svg", ...size, role: "img", "aria-labelledby": "title desc" },
    element("title", { id: "title" }, result.title),
    element("desc", { id: "desc" }, described),
    element("style", {}, STYLE),
    element("rect", { class: "back", width, height, rx: 6 }),
    text(MARGIN, 26, "heading", result.title),
    ...lines.map((line, i) => text(MARGIN, 44 + i * LINE, "faint", line)),
    ...placed,
    text(MARGIN, height - 12, "faint", machineOf(result)),
  );
  return `${shortNumbers(svg.outerHTML)}\n`;
}

/** The note that explains limits; empty when the result has none. */
function limitNote({ cases }: Result): string {
  const hasLimit = cases.some(({ figures }) =>
    figures.some(({ contestant }) => isLimit(contestant)),
  );
  return hasLimit ? " Dashed: a limit, not a pool." : "";
}

function wrapped(words: string, characters: number): string[] {
  const lines = [""];
  for (const word of words.split(" ")) {
    const line = `${lines.at(-1)} ${word}`.trim();
    if (line.length > characters) lines.push(word);
    else lines[lines.length - 1] = line;
  }
  return lines;
}

function text(x: number, y: number, className: string, words: string): SvgElement {
  return element("text", { x, y, class: className }, words);
}

function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  ...children: (string | SvgElement)[]
): SvgElement {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.append(...children);
  return made;
}

/** Rounds coordinates to a tenth of a pixel, so that the files are small and a change of a figure changes few lines. */
function shortNumbers(svg: string): string {
  return svg
    .replaceAll(/-?\d+\.\d\d+(?=[^<>]*>)/g, (number) =>
      String(Math.round(Number(number) * 10) / 10),
    )
    .replaceAll(/<(?:g|text|path|rect|line|circle)\b/g, "\n$&");
}
