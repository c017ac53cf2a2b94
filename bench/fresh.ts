/** Measures in fresh processes, where start counts: nothing is compiled, and nothing has grown. */
import { inFull, isQuick } from "./settings.ts";
import type { Failure } from "./result.ts";
import type { Rounds } from "./rounds.ts";

/** A contestant, as the arguments of the script that measures it. */
export interface FreshEntry {
  readonly name: string;
  readonly args: readonly string[];
}

/** Runs a script of `bench/processes` and returns what it prints. */
export function printedByFreshProcess(
  script: string,
  args: readonly string[],
  prefix: readonly string[] = [],
): string {
  const file = new URL(`./processes/${script}`, import.meta.url).pathname;
  // The options of this process say which package "ringpool" is.
  const options = isQuick ? ["--quick"] : [];
  const command = [...prefix, process.execPath, ...process.execArgv, file, ...args, ...options];
  const { stdout, stderr, success } = Bun.spawnSync(command);
  if (!success) {
    const reason = /^\w*error: .*$/im.exec(stderr.toString())?.[0] ?? "The process has failed.";
    throw new Error(`${reason}\n${stderr.toString()}\ncommand=${command.join(" ")}`);
  }
  return stdout.toString().trim();
}

function askFreshProcess(script: string, args: readonly string[]): number {
  const printed = printedByFreshProcess(script, args);
  if (printed === "" || Number.isNaN(Number(printed)))
    throw new Error(`The process has printed no number: script=${script} printed=${printed}`);
  return Number(printed);
}

/** Contestants whose files are in the system's cache, by script and first argument. */
const cached = new Set<string>();

function askUncounted(script: string, args: readonly string[]): void {
  const key = `${script} ${args[0]}`;
  if (cached.has(key)) return;
  cached.add(key);
  askFreshProcess(script, args);
}

/** Asks one process for each entry and round, in turn. An entry that fails takes part no more. */
export function interleaveFresh(
  script: string,
  entries: readonly FreshEntry[],
  rounds: number,
  where: string,
): { rounds: Rounds[]; failures: Failure[] } {
  const measured = new Map(entries.map((entry) => [entry, [] as number[]]));
  const failures: Failure[] = [];
  for (let round = 0; round < inFull(rounds, 1); round++) {
    for (const [entry, costs] of measured) {
      try {
        if (!isQuick) askUncounted(script, entry.args);
        costs.push(askFreshProcess(script, entry.args));
      } catch (error) {
        failures.push({ contestant: entry.name, case: where, error: String(error) });
        measured.delete(entry);
      }
    }
  }
  return {
    rounds: [...measured].map(([{ name }, medians]) => ({ name, medians })),
    failures,
  };
}
