/** Puts a plot on its page: a title, what the reader must know, and the machine below. */
import * as Plot from "@observablehq/plot";
import { DOMParser } from "linkedom";
import type { Result } from "../../bench/result.ts";
import { machineOf } from "./machine.ts";
import { STYLE, isLimit } from "./theme.ts";

/** What is used of an element. The compiler knows no DOM here. */
interface SvgElement {
  readonly outerHTML: string;
  setAttribute(name: string, value: string): void;
  removeAttribute(name: string): void;
  querySelector(selector: string): SvgElement | null;
  append(...children: (string | SvgElement)[]): void;
  remove(): void;
}

const SVG = "http://www.w3.org/2000/svg";
/** What Observable Plot draws with, because there is no browser. */
const document = new DOMParser().parseFromString(
  `<svg xmlns="${SVG}"/>`,
  "image/svg+xml",
) as unknown as {
  createElementNS(namespace: string, name: string): SvgElement;
};

const MARGIN = 16;
const HEADING = 42;
const LINE = 16;
const BOTTOM = 30;
/** The mean width of a character of the note, in pixels. */
const CHARACTER = 6.2;

export interface Drawing {
  /** What the reader must know to understand the plot. */
  readonly note: string;
  /** The same as the plot in words, for readers who cannot see it. */
  readonly description: string;
  readonly width: number;
  readonly height: number;
  readonly plot: Plot.PlotOptions;
}

export function page(result: Result, { note, description, width, height, plot }: Drawing): string {
  const said = note + limitNote(result);
  const lines = wrapped(said, width / CHARACTER);
  const top = HEADING + lines.length * LINE;
  const drawn = Plot.plot({ ...plot, document, width, height }) as unknown as SvgElement;
  // The library's own style is for a plot in a web page: a height of "auto", in an image, is the height of the image.
  drawn.querySelector("style")?.remove();
  drawn.removeAttribute("class");
  drawn.setAttribute("x", String(MARGIN));
  drawn.setAttribute("y", String(top));
  const size = { width: width + 2 * MARGIN, height: top + height + BOTTOM };
  const { outerHTML } = element(
    "svg",
    {
      xmlns: SVG,
      viewBox: `0 0 ${size.width} ${size.height}`,
      ...size,
      role: "img",
      "aria-labelledby": "title desc",
    },
    element("title", { id: "title" }, result.title),
    element("desc", { id: "desc" }, `${said} ${description}`),
    element("style", {}, STYLE),
    element("rect", { class: "back", ...size, rx: 6 }),
    element("text", { x: MARGIN, y: 26, class: "heading" }, result.title),
    ...lines.map((line, i) =>
      element("text", { x: MARGIN, y: 44 + i * LINE, class: "faint" }, line),
    ),
    drawn,
    element("text", { x: MARGIN, y: size.height - 12, class: "faint" }, machineOf(result)),
  );
  return `${short(outerHTML)}\n`;
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

function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  ...children: (string | SvgElement)[]
): SvgElement {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.append(...children);
  return made;
}

/** Rounds to a tenth of a pixel, and breaks lines, so that a change of a figure changes few lines of the file. */
function short(svg: string): string {
  return svg
    .replaceAll(/-?\d+\.\d\d+(?=[^<>]*>)/g, (number) => String(Number(Number(number).toFixed(1))))
    .replaceAll(/<(?:g|text|path|rect|line|circle)\b/g, "\n$&");
}
