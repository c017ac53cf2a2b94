/**
 * Parallel work inside parallel work against its plain version in one worker:
 *
 *     bun bench/fork-join.ts [WORKERS] [--files FOLDER]
 *
 * With a folder its files are walked, too. Each figure is the best of several rounds, the two versions in turn.
 */
import { parseArgs } from "node:util";
import { ThreadPool } from "ringpool";
import * as tasks from "./fork-join-tasks.ts";
import type { Part } from "./fork-join-tasks.ts";

const DOUBLES = 10_000_000;
const ROUNDS = 5;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { files: { type: "string" } },
});
const workers = Number(positionals[0] ?? 2);
const pool = new ThreadPool(workers);
await pool.ready();

/** Prints how much sooner `shared` ends than `plain`. */
async function compare(
  name: string,
  plain: () => Promise<unknown>,
  shared: () => Promise<unknown>,
): Promise<void> {
  let [plainMs, sharedMs] = [Infinity, Infinity];
  for (let round = 0; round < ROUNDS; round++) {
    plainMs = Math.min(plainMs, await timed(plain));
    sharedMs = Math.min(sharedMs, await timed(shared));
  }
  const [a, b] = [plainMs.toFixed(1), sharedMs.toFixed(1)];
  console.log(`${name}: plain ${a} ms, shared ${b} ms, ${(plainMs / sharedMs).toFixed(2)} times`);
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

const sorted = new Float64Array(new SharedArrayBuffer(8 * DOUBLES));
const spare = new Float64Array(new SharedArrayBuffer(8 * DOUBLES));
const whole: Part = [sorted, spare, 0, DOUBLES];

async function sortWith(callable: (part: Part) => unknown): Promise<number> {
  let state = 1;
  for (let i = 0; i < DOUBLES; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    sorted[i] = state;
  }
  const ms = await timed(() => pool.run(callable as typeof tasks.sort, [whole]));
  for (let i = 1; i < DOUBLES; i++)
    if ((sorted[i - 1] as number) > (sorted[i] as number)) throw new Error("It is not sorted.");
  return ms;
}

await compare(
  "fib(38), promises, cut-off 22",
  () => pool.run(tasks.plainFib, [38]),
  () => pool.run(tasks.fib, [38, 22]),
);
await compare(
  "fib(38), mapSync, cut-off 22",
  () => pool.run(tasks.plainFib, [38]),
  () => pool.run(tasks.fibSync, [[38, 22]]),
);
const least: Record<string, number> = {};
for (let round = 0; round < 3; round++) {
  for (const callable of [tasks.plainSort, tasks.sort, tasks.sortSync]) {
    const ms = await sortWith(callable);
    least[callable.name] = Math.min(least[callable.name] ?? Infinity, ms);
  }
}
console.log(`merge sort of ${DOUBLES} doubles, ms:`, least);
const { files } = values;
if (files !== undefined) {
  await compare(
    `walk over ${files}`,
    () => pool.run(tasks.plainWalk, [files]),
    () => pool.run(tasks.walk, [files]),
  );
}
console.log(`depth 10,000: ${(await timed(() => pool.run(tasks.depth, [10_000]))).toFixed(1)} ms`);
console.log("a child that nobody takes, ns:", await pool.run(tasks.spawnCosts));
if (workers > 1)
  console.log(`a child that is taken, us: ${(await pool.run(tasks.takenCost)).toFixed(1)}`);
console.log(pool.stats().children);
await pool.close();
