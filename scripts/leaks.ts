/**
 * Looks for leaks. Each case runs again and again in its own process, and the script samples what the process
 * holds from time to time.
 *
 *     bun run leaks                              every case, some minutes
 *     bun run leaks pools-closed requests        only these cases
 *     bun run leaks deaths-exit --count 100      a shorter run
 *
 * Prints a table for each case: the figures before (after a warm-up that fills caches) and after, and the medians
 * of the second and of the last third, from which growth is judged. Exits with 1 when a figure grows without
 * bound, except in a control, which shows what the engine itself does. Needs /proc, so it runs on Linux only.
 */
import { parseArgs } from "node:util";
import { cases } from "./leaks/cases.ts";
import type { LeakCase } from "./leaks/cases.ts";
import { FIGURES, figures } from "./leaks/figures.ts";
import type { Figures } from "./leaks/figures.ts";
import { growthOf } from "./leaks/growth.ts";
import type { Growth } from "./leaks/growth.ts";

const SAMPLES = 30;
/** The share of a case that is done before the first sample. */
const WARM_UP_SHARE = 0.05;

/** The report of one case. */
interface LeakReport {
  readonly count: number;
  readonly before: Figures;
  readonly after: Figures;
  readonly growth: readonly Growth[];
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: "string" },
    // The command starts itself in this way: one case in its own process, the report as a line of JSON.
    json: { type: "boolean", default: false },
  },
});
const names = positionals.length === 0 ? Object.keys(cases) : positionals;
const unknown = names.filter((name) => !Object.hasOwn(cases, name));
if (unknown.length > 0) {
  console.error(`no such case: ${unknown.join(", ")}; cases=${Object.keys(cases).join(",")}`);
  process.exit(2);
}

const grown: string[] = [];
for (const name of names) {
  const leakCase = cases[name] as LeakCase;
  const count = Number(values.count ?? leakCase.count);
  if (values.json) {
    console.log(JSON.stringify(await measure(leakCase, count)));
    continue;
  }
  const report = measureInProcess(name, count);
  console.log(`\n${name}: ${count.toLocaleString("en")} ${leakCase.units}`);
  console.log(tableOf(report));
  const grows = report.growth.some((growth) => growth.grows);
  if (grows && leakCase.isControl !== true) grown.push(name);
}
if (grown.length > 0) console.error(`grows without bound: ${grown.join(", ")}`);
process.exit(grown.length > 0 ? 1 : 0);

async function measure(leakCase: LeakCase, count: number): Promise<LeakReport> {
  const load = leakCase.start();
  const look = (): Promise<Figures> => figures(load.workers);
  await load.more(Math.ceil(count * WARM_UP_SHARE));
  const before = await look();
  const samples: Figures[] = [];
  let done = 0;
  for (let i = 1; i <= SAMPLES; i++) {
    const goal = Math.round((count * i) / SAMPLES);
    await load.more(goal - done);
    done = goal;
    samples.push(await look());
  }
  load.end();
  return { count, before, after: samples.at(-1) as Figures, growth: growthOf(samples) };
}

function measureInProcess(name: string, count: number): LeakReport {
  const command = [process.execPath, import.meta.path, name, "--count", `${count}`, "--json"];
  const { stdout, exitCode, signalCode } = Bun.spawnSync(command, { stderr: "inherit" });
  if (exitCode !== 0) {
    throw new Error(`A case did not come to its end: name=${name} exit=${exitCode ?? signalCode}`);
  }
  return JSON.parse(stdout.toString()) as LeakReport;
}

function tableOf({ before, after, growth }: LeakReport): string {
  const rows = growth.map(({ figure, secondThird, lastThird, grows }) => [
    figure,
    ...[before[figure], after[figure], after[figure] - before[figure]].map(rounded),
    ...[secondThird, lastThird].map(rounded),
    grows ? "GROWS" : "",
  ]);
  const head = ["", "before", "after", "delta", "2nd third", "last third", ""];
  const width = Math.max(...FIGURES.map(({ length }) => length)) + 1;
  return [head, ...rows]
    .map(([figure = "", ...cells]) =>
      [figure.padEnd(width), ...cells.map((cell) => cell.padStart(11))].join("").trimEnd(),
    )
    .join("\n");
}

function rounded(value: number): string {
  return Number.isInteger(value) ? `${value}` : value.toFixed(1);
}
