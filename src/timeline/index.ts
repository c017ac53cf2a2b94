/**
 * `ringpool/timeline`: turns a trace of `pool.trace()` into a picture: lanes by worker, utilisation and queue length below.
 *
 * It knows a trace by its events alone, and is drawn by ECharts, which the program that uses this entry installs.
 *
 * @module ringpool/timeline
 */
import {
  checkKnownOptions,
  ownOptions,
  TypeError,
  describeValue,
  writeFile,
} from "../runtime/index.ts";
import type { GlobalURL } from "../runtime/index.ts";
import { chartingLibrary, textOfFile } from "./charting-library.ts";
import { pageOf } from "./page.ts";
import { pictureOf } from "./picture.ts";
import { modelOf } from "./read-trace.ts";
import type { TimelineSource } from "./read-trace.ts";

export type { TimelineSource } from "./read-trace.ts";

/** Options of `timelineHTML` and `writeTimeline`. */
export interface TimelineOptions {
  /** The title; "Timeline of" the pool's name when left out. */
  readonly title?: string | undefined;
}

/** Options of `timelineSVG`. */
export interface TimelineSVGOptions extends TimelineOptions {
  /** The width in pixels, 200 to 10,000; 960 when left out. */
  readonly width?: number | undefined;
}

const KNOWN = { title: true } satisfies Record<keyof TimelineOptions, true>;
const KNOWN_OF_SVG = { title: true, width: true } satisfies Record<keyof TimelineSVGOptions, true>;

/**
 * A page that shows the timeline of a trace, as the text of one file: with zoom, and a tooltip for each run. It needs no
 * network and no other file.
 *
 * @param trace a trace, or what `JSON.parse` makes of its file
 * @throws TypeError for what is no trace; ThreadPoolError when ECharts is not installed
 */
export function timelineHTML(trace: TimelineSource, options: TimelineOptions = {}): string {
  checkKnownOptions(options, KNOWN, "timelineHTML");
  const { title } = ownOptions(options, KNOWN);
  return pageOf(modelOf(trace, checkTitle(title)), textOfFile(chartingLibrary()));
}

/**
 * Writes the page of `timelineHTML` to a file.
 *
 * @example
 * ```ts
 * import { writeTimeline } from "ringpool/timeline";
 *
 * const trace = pool.trace();
 * await pool.map(countWords, pages);
 * await writeTimeline("timeline.html", trace.stop());
 * ```
 */
export async function writeTimeline(
  path: string | GlobalURL,
  trace: TimelineSource,
  options: TimelineOptions = {},
): Promise<void> {
  await writeFile(path as string, timelineHTML(trace, options));
}

/**
 * A picture of the same as an SVG, for documents. It stands still.
 *
 * @throws as `timelineHTML`
 */
export function timelineSVG(trace: TimelineSource, options: TimelineSVGOptions = {}): string {
  checkKnownOptions(options, KNOWN_OF_SVG, "timelineSVG");
  const { title, width = 960 } = ownOptions(options, KNOWN_OF_SVG);
  return pictureOf(modelOf(trace, checkTitle(title)), chartingLibrary(), checkWidth(width));
}

function checkTitle(title: unknown): string | undefined {
  if (title === undefined || typeof title === "string") return title;
  throw new TypeError(`title is a text: title=${describeValue(title)}`);
}

function checkWidth(width: unknown): number {
  if (typeof width === "number" && width >= 200 && width <= 10_000) return width;
  throw new TypeError(
    `width is a number of pixels from 200 to 10,000: width=${describeValue(width)}`,
  );
}
