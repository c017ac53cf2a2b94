import type { WorkerFigures } from "../../src/index.ts";
import type { FileReport } from "./file-report.ts";
import type { ListedFile } from "./folder-listing.ts";
import type { Comparison, Outcomes } from "./outcomes.ts";

/** The job, done in one of the two ways. */
export interface Run {
  readonly outcomes: Outcomes;
  readonly elapsedMs: number;
  /** CPU time of all threads together. When it is much less than the elapsed time, other programs were busy too. */
  readonly cpuMs: number;
}

/** Enough to show what is wrong, and few enough to keep the table on the screen. */
const MAX_LISTED = 20;

/** The figures as an aligned table: the amount of work, the times, and the share of each worker. */
export function table(plain: Run, pooled: Run, workers: readonly WorkerFigures[]): string {
  const reports = reportsOf(plain.outcomes);
  const rows: [name: string, figure: string, note: string][] = [
    ["files", count(reports.length), ""],
    ["bytes", count(sum(reports, "bytes")), ""],
    ["plain loop", seconds(plain.elapsedMs), `${seconds(plain.cpuMs)} of CPU`],
    [
      "pool",
      seconds(pooled.elapsedMs),
      `${seconds(pooled.cpuMs)} of CPU, the start of ${plural(workers.length, "worker")} included`,
    ],
    ["speed-up", `${(plain.elapsedMs / pooled.elapsedMs).toFixed(2)} x`, ""],
  ];
  for (const { id, requests, busyShare } of workers) {
    rows.push([
      `worker ${id}`,
      `${Math.round(100 * busyShare)} % busy`,
      plural(requests, "request"),
    ]);
  }
  const nameWidth = Math.max(...rows.map(([name]) => name.length));
  const figureWidth = Math.max(...rows.map(([, figure]) => figure.length));
  return rows
    .map(([name, figure, note]) =>
      `${name.padEnd(nameWidth)}  ${figure.padStart(figureWidth)}  ${note}`.trimEnd(),
    )
    .join("\n");
}

/** The totals of all files, and whether both ways gave the same results. */
export function findings(outcomes: Outcomes, { different, changed }: Comparison): string {
  const reports = reportsOf(outcomes);
  const totals = [
    plural(sum(reports, "lines"), "line"),
    plural(sum(reports, "words"), "word"),
    `${plural(sum(reports, "gzipBytes"), "byte")} gzipped`,
  ];
  const verdict =
    different.length === 0
      ? [`Identical results both ways: ${totals.join(", ")}.`]
      : listed("The two ways gave DIFFERENT results:", different.map(pathOf));
  return [...verdict, ...listed("Changed meanwhile, so not compared:", changed.map(pathOf))].join(
    "\n",
  );
}

/** The files and folders that could not be read, with the reasons; empty when there are none. */
export function unreadable(outcomes: Outcomes, folderFailures: readonly string[]): string {
  const failures = [...outcomes.values()].flatMap((outcome) =>
    "failure" in outcome ? [outcome.failure] : [],
  );
  return listed("Could not be read:", [...folderFailures, ...failures]).join("\n");
}

/** Replaces control characters, because a file name may contain them and they would affect the terminal. */
export function printable(text: string): string {
  return text.replaceAll(
    /\p{Cc}/gu,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}

export function plural(number: number, noun: string): string {
  return `${count(number)} ${noun}${number === 1 ? "" : "s"}`;
}

function listed(title: string, items: readonly string[]): string[] {
  if (items.length === 0) return [];
  const lines = items.slice(0, MAX_LISTED).map((item) => `  ${printable(item)}`);
  if (items.length > MAX_LISTED) lines.push(`  … and ${count(items.length - MAX_LISTED)} more`);
  return [`${title} ${count(items.length)}`, ...lines];
}

function reportsOf(outcomes: Outcomes): FileReport[] {
  return [...outcomes.values()].flatMap((outcome) => ("report" in outcome ? [outcome.report] : []));
}

function sum(
  reports: readonly FileReport[],
  field: "bytes" | "gzipBytes" | "lines" | "words",
): number {
  return reports.reduce((total, report) => total + report[field], 0);
}

function pathOf(file: ListedFile): string {
  return file.path;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

function count(number: number): string {
  return number.toLocaleString("en-US");
}
