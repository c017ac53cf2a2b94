/**
 * What the memory of an idle worker is made of: fresh processes with one and with eight workers that load ever more. Needs a
 * built package.
 *
 *     bun bench/limits/worker-memory.ts
 *
 * Prints MB: of the process with no worker and with one, and what each further worker takes; then how much of the process with
 * one worker are pages of Bun's own program, which are shared with other processes of Bun, and count as memory all the same.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requireFreshBuild } from "../../scripts/build/fingerprint.ts";
import { medianOf } from "../rounds.ts";

const ROOT = join(import.meta.dir, "../..");
const DIST = join(ROOT, "dist");
const ROUNDS = 7;
const MANY = 8;
const HEAD = "(function(exports, require, module, __filename, __dirname) {";
const POOL = "a pool, its workers ready";

/** What a process with so many workers holds, in KB: its own memory, and pages of files. */
type Held = readonly [own: number, ofFiles: number];

const [stage, count] = process.argv.slice(2);
if (stage === undefined) await compare();
else await hold(stage, Number(count));

async function compare(): Promise<void> {
  await requireFreshBuild(ROOT);
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

/** Scripts of workers, each of which holds or runs more than the one before it. */
async function makeStages(folder: string): Promise<[name: string, script: string][]> {
  const text = readFileSync(join(DIST, "worker-main.cjs"), "utf8");
  const body = text.slice(text.indexOf(HEAD) + HEAD.length, text.lastIndexOf("})"));
  const held = join(folder, "held.ts");
  writeFileSync(held, `module.exports = function never(require, module) {${body}\n};`);
  await Bun.build({
    entrypoints: [held],
    outdir: folder,
    target: "bun",
    format: "cjs",
    bytecode: true,
    external: ["./*"],
    naming: { entry: "held.cjs" },
  });
  const script = (name: string, code: string): string => {
    const file = join(folder, name);
    writeFileSync(
      file,
      `${code}\nself.addEventListener("message", () => {}); self.postMessage(0);`,
    );
    return file;
  };
  const load = (file: string): string => `import.meta.require(${JSON.stringify(file)});`;
  return [
    ["a bare worker", script("bare.js", "")],
    ["the worker's code is read, not run", script("read.js", load(join(folder, "held.cjs")))],
    ["it is run", script("run.js", load(join(DIST, "worker-main.cjs")))],
    [POOL, POOL],
  ];
}

/** Starts the workers, and tells what this process holds once they have answered. */
async function hold(script: string, workers: number): Promise<void> {
  if (script === POOL) {
    const { ThreadPool } = (await import(join(DIST, "ringpool.js"))) as typeof import("ringpool");
    if (workers > 0) await new ThreadPool(workers).ready();
  } else {
    const answers = Array.from({ length: workers }, () => {
      const worker = new Worker(script);
      return new Promise((resolve) => worker.addEventListener("message", resolve));
    });
    await Promise.all(answers);
  }
  Bun.gc(true);
  const rollup = readFileSync("/proc/self/smaps_rollup", "utf8");
  const kbOf = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(rollup)?.[1]);
  const own = kbOf("Anonymous");
  console.log(JSON.stringify([own, kbOf("Rss") - own]));
  process.exit();
}
