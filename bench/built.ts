/**
 * Compares the sources with the built package, in fresh processes that take turns: the import in the parent, the first
 * result, and eight workers that have answered, these against eight bare workers.
 *
 *     bun run build && bun bench/built.ts [rounds]
 */
import { join } from "node:path";
import { requireFreshBuild } from "../scripts/build/fingerprint.ts";
import { medianOf } from "./rounds.ts";

const ROOT = join(import.meta.dir, "..");
const PACKAGES = { sources: "src/index.ts", built: "dist/ringpool.js" } as const;
const WORKERS = 8;

/** What a fresh process is asked: prints its milliseconds. */
const QUESTIONS = {
  "import, in ms": async (ringpool: string) => {
    await import(ringpool);
  },
  "first result, in ms": async (ringpool: string) => startAndMeet(ringpool, 1),
  "8 workers ready, in ms": async (ringpool: string) => startAndMeet(ringpool, WORKERS),
  "8 bare workers ready, in ms": startBareWorkers,
} as const;
type Question = keyof typeof QUESTIONS;

async function startAndMeet(ringpool: string, count: number): Promise<void> {
  const { ThreadPool } = (await import(ringpool)) as typeof import("../src/index.ts");
  const pool = new ThreadPool(count);
  const arrived = new Int32Array(new SharedArrayBuffer(4));
  // The tasks wait for each other, so no worker runs two.
  const meet = (counter: Int32Array, all: number): void => {
    Atomics.add(counter, 0, 1);
    Atomics.notify(counter, 0);
    for (let n = Atomics.load(counter, 0); n < all; n = Atomics.load(counter, 0))
      Atomics.wait(counter, 0, n);
  };
  await Promise.all(Array.from({ length: count }, () => pool.run(meet, [arrived, count])));
}

async function startBareWorkers(): Promise<void> {
  const url = new URL("./contestants/ready-worker.ts", import.meta.url).href;
  const workers = Array.from({ length: WORKERS }, () => new Worker(url));
  await Promise.all(
    workers.map((worker) => new Promise((resolve) => worker.addEventListener("message", resolve))),
  );
}

function askFreshProcess(question: Question, ringpool: string): number {
  const command = [process.execPath, import.meta.path, question, ringpool];
  const { stdout, stderr, success } = Bun.spawnSync(command);
  if (!success) throw new Error(`It failed: command=${command.join(" ")}\n${stderr.toString()}`);
  return Number(stdout.toString());
}

const [first = "15", ringpool] = process.argv.slice(2);
if (ringpool !== undefined) {
  const from = performance.now();
  await QUESTIONS[first as Question](ringpool);
  console.log(performance.now() - from);
  process.exit();
}

await requireFreshBuild(ROOT);
for (const question of Object.keys(QUESTIONS) as Question[]) {
  const times: Record<keyof typeof PACKAGES, number[]> = { sources: [], built: [] };
  for (let round = 0; round < Number(first); round++) {
    for (const name of ["sources", "built"] as const)
      times[name].push(askFreshProcess(question, join(ROOT, PACKAGES[name])));
  }
  const ratio = medianOf(times.built.map((ms, i) => ms / (times.sources[i] ?? Number.NaN)));
  const figures = Object.entries(times).map(
    ([name, all]) =>
      `${name} ${medianOf(all).toFixed(1)} (${Math.min(...all).toFixed(1)} to ${Math.max(...all).toFixed(1)})`,
  );
  console.log(`${question}: ${figures.join(", ")}; built / sources ${ratio.toFixed(2)}`);
}
