/**
 * What the start of workers is made of: fresh processes in turn, with one and with eight workers that load ever more.
 *
 *     bun run build && bun bench/limits/worker-start.ts
 *
 * Takes 20 seconds. Prints the milliseconds until all workers have answered, the program's own import included, as a multiple of bare ones, and
 * the processor time of the process, which two cores have to share.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { medianOf } from "../rounds.ts";
import { makeStages, startStage } from "../worker-stages.ts";

const ROUNDS = 21;
const COUNTS = [1, 8] as const;

interface Start {
  readonly ms: number;
  readonly cpuMs: number;
}

const [script, count] = process.argv.slice(2);
if (script === undefined) await compare();
else {
  const cpuFrom = process.cpuUsage();
  const from = performance.now();
  await startStage(script, Number(count));
  const ms = performance.now() - from;
  const { user, system } = process.cpuUsage(cpuFrom);
  console.log(JSON.stringify({ ms, cpuMs: (user + system) / 1000 } satisfies Start));
  process.exit();
}

async function compare(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "ringpool-"));
  try {
    const stages = await makeStages(folder);
    for (const workers of COUNTS) {
      const starts = stages.map(() => [] as Start[]);
      for (let round = 0; round < ROUNDS; round++)
        for (const [i, [, file]] of stages.entries()) starts[i]?.push(ask(file, workers));
      for (const [i, [name]] of stages.entries()) {
        const of = (stage: number, what: keyof Start): number[] =>
          (starts[stage] ?? []).map((start) => start[what]);
        const ratio = medianOf(of(i, "ms").map((ms, round) => ms / (of(0, "ms")[round] ?? NaN)));
        console.log(
          `${workers} x ${name.padEnd(36)} ${medianOf(of(i, "ms")).toFixed(1)} ms, ${ratio.toFixed(2)} x a bare worker; ${medianOf(of(i, "cpuMs")).toFixed(1)} ms of processor time`,
        );
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function ask(file: string, workers: number): Start {
  const command = [process.execPath, import.meta.path, file, String(workers)];
  return JSON.parse(Bun.spawnSync(command).stdout.toString()) as Start;
}
