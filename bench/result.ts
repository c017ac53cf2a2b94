/** The result of a benchmark. It is printed, and kept in `bench/results/NAME.json` for the plots and the README. */
import { cpus, loadavg } from "node:os";

/** The figure of one contestant in one case. */
export interface Figure {
  readonly contestant: string;
  /** Median over the rounds, in the case's unit. */
  readonly median: number;
  /** Best and worst round. */
  readonly from: number;
  readonly to: number;
  /** The percentiles "50", "90" and "99" of single calls, in the case's unit, when the question is about single calls. */
  readonly percentiles?: Readonly<Record<string, number>>;
}

/** One set of circumstances: a number of workers, a payload, a grain. */
export interface Case {
  readonly name: string;
  readonly unit: string;
  readonly figures: readonly Figure[];
}

/** A target of this project, and what was measured. */
export interface Target {
  /** The text in docs/performance.md, with the case: "at least 6 x postMessage, 1 worker". */
  readonly text: string;
  readonly measured: number;
  readonly limit: number;
  readonly isMet: boolean;
}

/** A contestant that could not take part. */
export interface Failure {
  readonly contestant: string;
  readonly case: string;
  readonly error: string;
}

export interface Result {
  /** The name of the file in `bench/questions`, without its extension. */
  readonly name: string;
  /** The question as a title. */
  readonly title: string;
  readonly machine: { model: string; cores: number; load: number; bun: string; date: string };
  readonly cases: readonly Case[];
  readonly failures: readonly Failure[];
  readonly targets: readonly Target[];
}

export function atLeast(text: string, measured: number, limit: number): Target {
  return { text, measured, limit, isMet: measured >= limit };
}

export function atMost(text: string, measured: number, limit: number): Target {
  return { text, measured, limit, isMet: measured <= limit };
}

/** Prints the result of a benchmark and writes it to `bench/results/`. */
export async function report(findings: Omit<Result, "machine">): Promise<void> {
  const machine = {
    model: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    load: loadavg()[0] ?? NaN,
    bun: Bun.version,
    date: new Date().toISOString().slice(0, 10),
  };
  console.log(`\n${findings.title}`);
  for (const { name, unit, figures } of findings.cases) {
    console.log(`  ${name}`);
    for (const figure of figures) console.log(`    ${line(figure, unit)}`);
  }
  for (const { contestant, case: where, error } of findings.failures)
    console.log(`  ${contestant} could not take part (${where}): ${error}`);
  for (const { text, measured, isMet } of findings.targets)
    console.log(`  ${isMet ? "met   " : "MISSED"} ${text}: ${round(measured)}`);
  const result: Result = { ...findings, machine };
  const file = new URL(`./results/${findings.name}.json`, import.meta.url);
  await Bun.write(file, `${JSON.stringify(result, undefined, 2)}\n`);
}

function line({ contestant, median, from, to, percentiles }: Figure, unit: string): string {
  const curve = Object.entries(percentiles ?? {}).map(([p, value]) => `p${p} ${round(value)}`);
  const spread = `(${round(from)} to ${round(to)})`;
  return `${contestant.padEnd(26)} ${round(median).padStart(9)} ${unit} ${spread}  ${curve.join("  ")}`;
}

/** Writes a number with three significant digits. */
function round(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
