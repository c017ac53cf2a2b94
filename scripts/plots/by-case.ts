/** Draws plots whose x axis has the cases of the result, and those of single calls, whose x axis has percentiles. */
import type { Case, Figure, Result } from "../../bench/result.ts";
import { linePanel } from "./lines.ts";
import type { Axis, Point } from "./lines.ts";
import { bytes, duration, isMeasured, nanosecondsIn, short } from "./number.ts";
import { page, panelWidth } from "./page.ts";

const SPREAD = "Thin vertical lines: best to worst round.";

/** A panel of a plot, and for each of its cases the place on the x axis. */
interface Group {
  readonly name: string;
  readonly cases: readonly { readonly one: Case; readonly x: number }[];
}

/** For the result "grain". A median says how many times as fast as a plain loop. */
export function drawSpeedUp(result: Result): string | undefined {
  const names = result.cases.map(({ name }) => name);
  const x = { label: "length of one task", type: "linear", written: (i: number) => names[i] ?? "" };
  const y = { label: "speed-up", type: "linear", written: short };
  const cases = result.cases.map((one, i) => ({ one, x: i }));
  const note = `Dotted: a plain loop; above it threads pay off. ${SPREAD}`;
  const groups = [{ name: "Speed-up against a plain loop", cases }];
  return draw(result, note, groups, x as Axis, y as Axis, (median) => median, 1);
}

/** For the result "workers". A case is a number of workers, a median is requests a second. */
export function drawScaling(result: Result): string | undefined {
  const cases = result.cases
    .map((one) => ({ one, x: Number.parseInt(one.name, 10) }))
    .sort((a, b) => a.x - b.x);
  const x: Axis = { label: "workers", type: "log", written: String };
  const y: Axis = { label: "requests a second", type: "linear", written: short };
  const groups = [{ name: "Throughput by number of workers", cases }];
  return draw(result, SPREAD, groups, x, y, (median) => median);
}

/** For the result "first-requests". A case is "10,000 numbers", a median is milliseconds for all of them. */
export function drawFirstRequests(result: Result): string | undefined {
  const counted = result.cases.map((one) => {
    const [count = "", ...kind] = one.name.split(" ");
    return { one, x: Number(count.replaceAll(",", "")), kind: kind.join(" ") };
  });
  const groups = [...Map.groupBy(counted, ({ kind }) => kind)].map(([name, cases]) => ({
    name,
    cases,
  }));
  const x: Axis = { label: "requests since the import", type: "log", written: short };
  const y: Axis = { label: "time a request, the start included", type: "log", written: duration };
  const note = `Lower is better. ${SPREAD}`;
  return draw(result, note, groups, x, y, (ms, count) => (ms * 1e6) / count);
}

/** For the result "bytes". A case is "64 KiB, alone", a median is microseconds an array. */
export function drawBytes(result: Result): string | undefined {
  const sized = result.cases.map((one) => {
    const [size = "", way = ""] = one.name.split(", ");
    const [count = "", unit = ""] = size.split(" ");
    return { one, x: Number(count) * (unit === "MiB" ? 1 << 20 : 1 << 10), way };
  });
  const groups = [...Map.groupBy(sized, ({ way }) => way)].map(([name, cases]) => ({
    name,
    cases,
  }));
  const x: Axis = { label: "bytes of an array", type: "log", written: bytes };
  const y: Axis = { label: "bytes a second, each way", type: "linear", written: short };
  return draw(result, `Higher is better. ${SPREAD}`, groups, x, y, (us, size) => (size / us) * 1e6);
}

function draw(
  result: Result,
  note: string,
  groups: readonly Group[],
  x: Axis,
  y: Axis,
  valueOf: (median: number, x: number) => number,
  reference?: number,
): string | undefined {
  const panels = groups
    .map(({ name, cases }) => ({ name, points: cases.flatMap((at) => pointsOf(at, valueOf)) }))
    .filter(({ points }) => points.length > 0);
  if (panels.length === 0) return undefined;
  const width = panelWidth(panels.length);
  const rest = { width, x, y, ...(reference !== undefined && { reference }) };
  return page(
    result,
    note,
    panels.map((one) => linePanel({ ...one, ...rest })),
  );
}

function pointsOf(
  { one, x }: Group["cases"][number],
  valueOf: (median: number, x: number) => number,
): Point[] {
  return one.figures
    .filter(({ median }) => isMeasured(median))
    .map(({ contestant, median, from, to }: Figure) => ({
      contestant,
      x,
      y: valueOf(median, x),
      ...(isMeasured(from) && isMeasured(to) && { from: valueOf(from, x), to: valueOf(to, x) }),
    }));
}

const FIRST_PERCENTILE = 50;
const LAST_PERCENTILE = 99.9;
const PERCENTILES = [FIRST_PERCENTILE, 90, 99, LAST_PERCENTILE];

/** 90 to 99 is as wide as 99 to 99.9, and so on, so that rare calls get room. */
function rarity(percentile: number): number {
  return -Math.log10(1 - percentile / 100);
}

/** Latency as percentile curves: one panel for each case. */
export function drawCurves(result: Result): string | undefined {
  const panels = result.cases
    .map((one) => ({ name: one.name, points: curvesOf(one) }))
    .filter(({ points }) => points.length > 0);
  if (panels.length === 0) return undefined;
  const x: Axis = {
    label: "percentile of calls",
    type: "linear",
    ticks: PERCENTILES.map(rarity),
    written: (at) => String(Number((100 * (1 - 10 ** -at)).toPrecision(4))),
  };
  const y: Axis = { label: "time of one call", type: "log", written: duration };
  const width = panelWidth(panels.length);
  return page(
    result,
    "How long the slowest calls take: at 99, one of a hundred takes longer.",
    panels.map((one) => linePanel({ ...one, width, x, y })),
  );
}

function curvesOf({ unit, figures }: Case): Point[] {
  const factor = nanosecondsIn(unit);
  if (factor === undefined) return [];
  return figures.flatMap(({ contestant, percentiles }) =>
    Object.entries(percentiles ?? {})
      .map(([percentile, time]) => ({ percentile: Number(percentile), y: time * factor }))
      .filter(
        ({ percentile, y }) =>
          percentile >= FIRST_PERCENTILE && percentile <= LAST_PERCENTILE && isMeasured(y) && y > 0,
      )
      .sort((a, b) => a.percentile - b.percentile)
      .map(({ percentile, y }) => ({ contestant, x: rarity(percentile), y })),
  );
}
