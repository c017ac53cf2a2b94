import {
  checkKnownOptions,
  inspect,
  oneLine,
  ownOptions,
  TypeError,
  widthOf,
} from "../runtime/index.ts";
import { isPlainObject } from "./checks.ts";
import type { Durations } from "./request/latency.ts";
import type { PoolStats } from "./stats.ts";

/** Options of `formatStats`. */
export interface FormatStatsOptions {
  /** `"line"` (the default): one line. `"table"`: a table of several lines, with a row for each worker. */
  readonly style?: "line" | "table" | undefined;
}

const KNOWN = { style: true } satisfies Record<keyof FormatStatsOptions, true>;
const US_PER_MS = 1000;
const MS_PER_S = 1000;
/** What stands where nothing was measured. */
const NONE = "-";
/** From here on a number of three digits needs no digit after the point. */
const WHOLE_FROM = 100;

/**
 * The figures of a pool as text for people: one line, or a table. It has no line break at its end.
 *
 * @throws TypeError when `stats` is not what `pool.stats()` returns, or `style` is neither
 * @example
 * ```ts
 * console.log(formatStats(pool.stats()));
 * // primes: 4 workers 87 % busy; 1,204 put, 4 running, 96 queued; 1,103 ok, 1 failed; queued p50 1.2 ms p99 8.4 ms; ran p50 …
 * console.log(formatStats(pool.stats(), { style: "table" }));
 * ```
 */
export function formatStats(stats: PoolStats, options: FormatStatsOptions = {}): string {
  if (typeof stats?.queueTimeMs !== "object" || !Array.isArray(stats.workers)) {
    throw new TypeError(
      `formatStats takes what pool.stats() returns: formatStats(pool.stats()): stats=${inspect(stats)}`,
    );
  }
  if (!isPlainObject(options)) {
    throw new TypeError(
      `The options of formatStats are a plain object: formatStats(pool.stats(), { style: "table" }): options=${inspect(options)}`,
    );
  }
  checkKnownOptions(options, KNOWN, "formatStats");
  const { style = "line" } = ownOptions(options, KNOWN);
  if (style === "line") return lineOf(stats);
  if (style === "table") return tableOf(stats);
  throw new TypeError(`style is "line" or "table": style=${inspect(style)}`);
}

function lineOf(stats: PoolStats): string {
  const { workers, queueTimeMs, runTimeMs } = stats;
  const busy = workers.length === 0 ? "" : ` ${percent(averageBusyShare(stats))} busy`;
  const ends = [`${whole(stats.succeeded)} ok`];
  if (stats.failed > 0) ends.push(`${whole(stats.failed)} failed`);
  if (stats.cancelled > 0) ends.push(`${whole(stats.cancelled)} cancelled`);
  if (stats.retried > 0) ends.push(`${whole(stats.retried)} retried`);
  const parts = [
    `${whole(workers.length)} ${workers.length === 1 ? "worker" : "workers"}${busy}`,
    `${whole(stats.put)} put, ${whole(stats.running)} running, ${whole(stats.queueLength)} queued`,
    ends.join(", "),
  ];
  if (queueTimeMs.count > 0) parts.push(`queued ${timesInLine(queueTimeMs)}`);
  if (runTimeMs.count > 0) parts.push(`ran ${timesInLine(runTimeMs)}`);
  return `${oneLine(stats.name)}: ${parts.join("; ")}`;
}

function timesInLine({ p50, p99, max }: Durations): string {
  return `p50 ${duration(p50)} p99 ${duration(p99)} max ${duration(max)}`;
}

function tableOf(stats: PoolStats): string {
  const { put, pending, running, queueLength, succeeded, failed, cancelled, retried } = stats;
  const counts = { put, pending, queued: queueLength, running };
  const ends = { succeeded, failed, cancelled, retried };
  const blocks = [
    aligned([
      ["requests", ...Object.keys(counts), ...Object.keys(ends)],
      ["", ...Object.values({ ...counts, ...ends }).map(whole)],
    ]),
    aligned([
      ["times", "p50", "p90", "p99", "max", "mean", "measured"],
      timesInTable("queued", stats.queueTimeMs),
      timesInTable("ran", stats.runTimeMs),
    ]),
    aligned([
      ["worker", "requests", "busy", "busy time", "deaths"],
      ...stats.workers.map(({ id, requests, busyShare, busyMs, deaths }) => [
        String(id),
        whole(requests),
        percent(busyShare),
        duration(busyMs),
        whole(deaths),
      ]),
    ]),
  ];
  return [oneLine(stats.name), ...blocks].join("\n\n");
}

function timesInTable(name: string, { p50, p90, p99, max, mean, count }: Durations): string[] {
  const cells = [p50, p90, p99, max, mean].map((ms) => (count === 0 ? NONE : duration(ms)));
  return [name, ...cells, whole(count)];
}

/** Rows under each other: the first column begins at the left, the others end at the right. */
function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => widthOf(row[column] ?? ""))),
  );
  const lines = rows.map((row) =>
    row
      .map((cell, column) => {
        const padding = " ".repeat((widths[column] as number) - widthOf(cell));
        return column === 0 ? cell + padding : padding + cell;
      })
      .join("  ")
      .trimEnd(),
  );
  return lines.join("\n");
}

function averageBusyShare({ workers }: PoolStats): number {
  let sum = 0;
  for (const { busyShare } of workers) sum += busyShare;
  return workers.length === 0 ? 0 : sum / workers.length;
}

/** A duration with three digits and its unit. */
function duration(ms: number): string {
  if (ms === 0) return "0";
  // What would be rounded to 1000 of a unit is 1 of the next one.
  const us = ms * US_PER_MS;
  if (us < 999.5) return `${threeDigits(us)} us`;
  if (ms < 999.5) return `${threeDigits(ms)} ms`;
  return `${threeDigits(ms / MS_PER_S)} s`;
}

function threeDigits(value: number): string {
  return value >= WHOLE_FROM - 0.5
    ? whole(Math.round(value))
    : String(Number(value.toPrecision(3)));
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** A whole number, whose thousands are separated by commas in every locale. */
function whole(value: number): string {
  return String(value).replaceAll(/\B(?=(?:\d{3})+$)/g, ",");
}
