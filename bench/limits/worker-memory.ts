/**
 * What the memory of an idle worker is made of: fresh processes with one and with eight workers that load ever more.
 *
 *     bun run build && bun bench/limits/worker-memory.ts
 *
 * Takes 10 seconds.
 * Prints MB: of the process with no worker and with one, and what each further worker takes; then how much of the process with
 * one worker are pages of Bun's own program, which are shared with other processes of Bun, and count as memory all the same.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { medianOf } from "../rounds.ts";
import { makeStages, startStage } from "../worker-stages.ts";

const ROUNDS = 7;
const MANY = 8;

/** What a process with so many workers holds, in KB: its own memory, and pages of files. */
type Held = readonly [own: number, ofFiles: number];

const [stage, count] = process.argv.slice(2);
if (stage === undefined) await compare();
else await hold(stage, Number(count));

async function compare(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "ringpool-"));
  try {
    const stages = await makeStages(folder);
    const held = new Map(stages.map(([name]) => [name, [[], [], []] as Held[][]]));
    for (let round = 0; round < ROUNDS; round++) {
      for (const [name, script] of stages)
        for (const [i, workers] of [0, 1, MANY].entries())
          held.get(name)?.[i]?.push(ask(script, workers));
    }
    for (const [name, [none = [], one = [], many = []]] of held) {
      const own = (all: readonly Held[]): number => medianOf(all.map(([kb]) => kb));
      const each = (own(many) - own(one)) / (MANY - 1);
      const ofFiles = medianOf(one.map(([, kb]) => kb));
      console.log(
        `${name.padEnd(44)} none ${mb(own(none))}  one ${mb(own(one))}  each further ${mb(each)}  of files ${mb(ofFiles)}`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function mb(kb: number): string {
  return (kb / 1000).toFixed(2).padStart(5);
}

function ask(script: string, workers: number): Held {
  const { stdout } = Bun.spawnSync([process.execPath, import.meta.path, script, String(workers)]);
  return JSON.parse(stdout.toString()) as Held;
}

/** Starts the workers, and tells what this process holds once they have answered. */
async function hold(script: string, workers: number): Promise<void> {
  await startStage(script, workers);
  Bun.gc(true);
  const rollup = readFileSync("/proc/self/smaps_rollup", "utf8");
  const kbOf = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(rollup)?.[1]);
  const own = kbOf("Anonymous");
  console.log(JSON.stringify([own, kbOf("Rss") - own]));
  process.exit();
}
