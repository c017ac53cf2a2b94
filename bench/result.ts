/** The result of a benchmark. It is printed, and kept in `bench/results/NAME.json` for the plots and the documents. */
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { resultsFolder } from "./settings.ts";
import { TARGETS, isMet } from "./targets.ts";

/** A median over the rounds, with the best and the worst round. */
export interface Spread {
  readonly median: number;
  readonly from: number;
  readonly to: number;
}

/** The figure of one contestant in one case, in the case's unit. */
export interface Figure extends Spread {
  readonly contestant: string;
  /** The percentiles "50", "90" and "99" of single calls, in the case's unit, when the question is about single calls. */
  readonly percentiles?: Readonly<Record<string, number>>;
  /** How many times as good as the case's first rival, from the ratios within the rounds. Over 1 is better. */
  readonly ratio?: Spread;
}

/** One set of circumstances: a number of workers, a payload, a grain. */
export interface Case {
  readonly name: string;
  readonly unit: string;
  /** The contestant with which the others are compared. */
  readonly rival?: string;
  readonly figures: readonly Figure[];
}

/** What was measured for a target of `targets.md`. */
export interface Measured {
  readonly id: string;
  /** In the target's unit. NaN, which JSON writes as null, when a contestant could not take part. */
  readonly measured: number;
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
  /** What was measured: the built package, as users get it, or the sources. */
  readonly package?: "built" | "sources";
  readonly cases: readonly Case[];
  readonly failures: readonly Failure[];
  readonly targets: readonly Measured[];
}

export type Findings = Pick<Result, "name" | "title" | "cases"> &
  Partial<Pick<Result, "failures" | "targets">>;

/** Prints the result of a benchmark, and writes it to the folder of the results. */
export async function report(findings: Findings): Promise<void> {
  const result: Result = { failures: [], targets: [], ...findings, ...circumstances() };
  console.log(`\n${result.title}`);
  for (const one of result.cases) {
    console.log(`  ${one.name}`);
    for (const figure of one.figures) console.log(`    ${line(figure, one)}`);
  }
  for (const { contestant, case: where, error } of result.failures)
    console.log(`  ${contestant} could not take part (${where}): ${error}`);
  for (const { id, measured } of result.targets) {
    const target = TARGETS.get(id);
    if (target?.question !== result.name)
      throw new Error(`bench/targets.md has no such target of this question: id=${id}`);
    const verdict = Number.isNaN(measured)
      ? "none  "
      : isMet(target, measured)
        ? "met   "
        : "MISSED";
    console.log(`  ${verdict} ${target.text}, ${target.target}: ${round(measured)}`);
  }
  if (resultsFolder === undefined) return;
  const file = join(resultsFolder, `${result.name}.json`);
  await Bun.write(file, `${JSON.stringify(result, undefined, 2)}\n`);
}

function circumstances(): Pick<Result, "machine" | "package"> {
  return {
    machine: {
      model: cpus()[0]?.model ?? "unknown",
      cores: cpus().length,
      load: loadavg()[0] ?? NaN,
      bun: Bun.version,
      date: new Date().toISOString().slice(0, 10),
    },
    package: import.meta.resolve("ringpool").includes("/dist/") ? "built" : "sources",
  };
}

function line({ contestant, median, from, to, percentiles, ratio }: Figure, one: Case): string {
  const spread = `(${round(from)} to ${round(to)})`;
  const curve = Object.entries(percentiles ?? {}).map(([p, value]) => `p${p} ${round(value)}`);
  const against =
    ratio === undefined || contestant === one.rival
      ? []
      : [`${round(ratio.median)} x ${one.rival} (${round(ratio.from)} to ${round(ratio.to)})`];
  const figures = [spread, ...curve, ...against].join("  ");
  return `${contestant.padEnd(26)} ${round(median).padStart(9)} ${one.unit} ${figures}`;
}

/** Writes a number with three significant digits. */
function round(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
