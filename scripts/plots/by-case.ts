/** Draws plots whose x axis has the cases of the result, and those of single calls, whose x axis has percentiles. */
import type { Case, Result } from "../../bench/result.ts";
import { drawLines } from "./lines.ts";
import type { Point } from "./lines.ts";
import { bytes, duration, isMeasured, nanosecondsIn, short } from "./number.ts";

const SPREAD = "Thin vertical lines: best to worst round.";

/** Where a case stands: its panel, and its value on the x axis. */
interface Place {
  readonly panel: string;
  readonly x: number;
}

/** For the result "grain". A median says how many times as fast as a plain loop. */
export function drawSpeedUp(result: Result): string | undefined {
  const names = result.cases.map(({ name }) => name);
  const panel = "Speed-up against a plain loop";
  return drawLines(result, {
    note: `Dotted: a plain loop; above it threads pay off. ${SPREAD}`,
    x: { label: "length of one task", type: "linear", written: (i) => names[i] ?? "" },
    y: { label: "speed-up", type: "linear", written: short },
    reference: 1,
    points: pointsOf(
      result,
      (name) => ({ panel, x: names.indexOf(name) }),
      (times) => times,
    ),
  });
}

/** For the result "workers". A case is a number of workers, a median is requests a second. */
export function drawScaling(result: Result): string | undefined {
  const panel = "Throughput by number of workers";
  return drawLines(result, {
    note: SPREAD,
    x: { label: "workers", type: "log", written: String },
    y: { label: "requests a second", type: "linear", written: short },
    points: pointsOf(
      result,
      (name) => ({ panel, x: Number.parseInt(name, 10) }),
      (rate) => rate,
    ),
  });
}

/** For the result "first-requests". A case is "10,000 numbers", a median is milliseconds for all of them. */
export function drawFirstRequests(result: Result): string | undefined {
  return drawLines(result, {
    note: `Lower is better. ${SPREAD}`,
    x: { label: "requests since the import", type: "log", written: short },
    y: { label: "time a request, the start included", type: "log", written: duration },
    points: pointsOf(
      result,
      (name) => {
        const [count = "", ...kind] = name.split(" ");
        return { panel: kind.join(" "), x: Number(count.replaceAll(",", "")) };
      },
      (ms, { x }) => (ms * 1e6) / x,
    ),
  });
}

/** For the result "bytes". A case is "64 KiB, alone", a median is microseconds an array. */
export function drawBytes(result: Result): string | undefined {
  return drawLines(result, {
    note: `Higher is better. ${SPREAD}`,
    x: { label: "bytes of an array", type: "log", written: bytes },
    y: { label: "bytes a second, each way", type: "linear", written: short },
    points: pointsOf(
      result,
      (name) => {
        const [count = "", unit = "", ...way] = name.split(/,? /);
        return { panel: way.join(" "), x: Number(count) * (unit === "MiB" ? 1 << 20 : 1 << 10) };
      },
      (us, { x }) => (x / us) * 1e6,
    ),
  });
}

function pointsOf(
  { cases }: Result,
  placeOf: (caseName: string) => Place,
  valueOf: (figure: number, place: Place) => number,
): Point[] {
  const points = cases.flatMap(({ name, figures }) => {
    const place = placeOf(name);
    const at = (figure: number): number | undefined =>
      isMeasured(figure) ? valueOf(figure, place) : undefined;
    return figures.flatMap(({ contestant, median, from, to }): Point[] => {
      const y = at(median);
      return y === undefined ? [] : [{ ...place, contestant, y, from: at(from), to: at(to) }];
    });
  });
  return points.sort((a, b) => a.x - b.x);
}

const FIRST_PERCENTILE = 50;
const LAST_PERCENTILE = 99.9;

/** 90 to 99 is as wide as 99 to 99.9, and so on, so that rare calls get room. */
function rarity(percentile: number): number {
  return -Math.log10(1 - percentile / 100);
}

/** Latency as percentile curves: one panel for each case. */
export function drawCurves(result: Result): string | undefined {
  return drawLines(result, {
    note: "How long the slowest calls take: at 99, one of a hundred takes longer.",
    x: {
      label: "percentile of calls",
      type: "linear",
      ticks: [FIRST_PERCENTILE, 90, 99, LAST_PERCENTILE].map(rarity),
      written: (at) => String(Number((100 * (1 - 10 ** -at)).toPrecision(4))),
    },
    y: { label: "time of one call", type: "log", written: duration },
    points: result.cases.flatMap(curvesOf),
  });
}

function curvesOf({ name, unit, figures }: Case): Point[] {
  const factor = nanosecondsIn(unit) ?? NaN;
  return figures.flatMap(({ contestant, percentiles = {} }) =>
    Object.entries(percentiles)
      .map(([percentile, time]) => ({ percentile: Number(percentile), y: time * factor }))
      .filter(
        ({ percentile, y }) =>
          percentile >= FIRST_PERCENTILE && percentile <= LAST_PERCENTILE && y > 0,
      )
      .sort((a, b) => a.percentile - b.percentile)
      .map(({ percentile, y }) => ({ panel: name, contestant, x: rarity(percentile), y })),
  );
}
