/**
 * Measures what a child costs: one that no other worker takes, by the way to put it, beside the plain call; one that another
 * worker takes, beside a message to another thread; and children that stand deep in each other.
 */
import { ThreadPool } from "ringpool";
import { workersLabel } from "../burst.ts";
import * as children from "../contestants/children.ts";
import { batched, flat } from "../contestants/hand-made.ts";
import { FLAT, PLAIN, RINGPOOL } from "../contestants/names.ts";
import { startAll, stopAll } from "../contestants/start.ts";
import { longRounds } from "../long-rounds.ts";
import { caseOf, roundsOfCalls } from "../rounds.ts";
import { report } from "../result.ts";
import type { Case, Failure, Measured } from "../result.ts";
import { inFull } from "../settings.ts";

const CHILDREN = 1000;
const BURSTS = inFull(200, 2);
const ROUNDS = inFull(9, 1);
const CALLS = inFull(300, 2);
/** Enough calls for the engine to compile the way of a child to another worker. */
const WARM_UP_CALLS = inFull(1000, 2);
/** So long the parent computes while another worker runs the child. */
const PARENT_MS = 1;
const DEPTH = inFull(10_000, 500);
const WORKER_COUNTS = inFull([1, 2, 64], [1, 2]);

const cases: Case[] = [];
const failures: Failure[] = [];
const targets: Measured[] = [];

async function untaken(pool: ThreadPool, way: string): Promise<number> {
  const costs = await pool.run(children.spawnCosts, [way, CHILDREN, BURSTS, ROUNDS]);
  const one = caseOf(
    `nobody takes it, put by ${way}`,
    "ns a child",
    [
      { name: RINGPOOL, medians: costs.put },
      { name: PLAIN, medians: costs.plain },
    ],
    { rival: PLAIN },
  );
  cases.push(one);
  return one.figures[0]?.median ?? NaN;
}

/** By hand, the program itself computes meanwhile: a worker of theirs has nobody to send a message to. */
async function taken(pool: ThreadPool): Promise<void> {
  const name = "another worker takes it";
  const { started, failures: failed } = await startAll([batched, flat], 1, name);
  await pool.run(children.takenCosts, [WARM_UP_CALLS, PARENT_MS]);
  const rounds = [roundsOfCalls(RINGPOOL, await pool.run(children.takenCosts, [CALLS, PARENT_MS]))];
  for (const one of started) {
    const calls: number[] = [];
    for (let i = -WARM_UP_CALLS; i < CALLS; i++) {
      const start = Bun.nanoseconds();
      const there = one.pool.run("echo", i);
      // After this microtask the batched pool has sent its batch.
      await Promise.resolve();
      children.threadAfter(PARENT_MS);
      await there;
      if (i >= 0) calls.push(Bun.nanoseconds() - start - PARENT_MS * 1e6);
    }
    rounds.push(roundsOfCalls(one.name, calls));
  }
  await stopAll(started);
  failures.push(...failed);
  cases.push(
    caseOf(name, "us a child", rounds, { perUnit: 1000, rival: FLAT, percentiles: [50, 90, 99] }),
  );
}

async function deep(workers: number): Promise<void> {
  const pool = new ThreadPool(workers);
  await pool.ready();
  const check = (reached: unknown): void => {
    if (reached !== DEPTH) throw new Error(`It is not so deep: reached=${String(reached)}`);
  };
  const rounds = await longRounds(
    [
      { name: RINGPOOL, check, sample: () => pool.run(children.depth, [DEPTH]) },
      { name: PLAIN, check, sample: () => children.plainDepth(DEPTH) },
    ],
    ROUNDS,
  );
  pool.terminate();
  cases.push(
    caseOf(`10,000 in each other, ${workersLabel(workers)}`, "ms", rounds, {
      perUnit: 1e6,
      rival: PLAIN,
    }),
  );
}

// With one worker alone nobody can take a child.
const alone = new ThreadPool(1);
for (const way of Object.keys(children.WAYS)) {
  const ns = await untaken(alone, way);
  if (way === "mapSync") targets.push({ id: "spawn-map-sync", measured: ns });
  if (way === "run, all at once") targets.push({ id: "spawn-run", measured: ns });
}
alone.terminate();
const two = new ThreadPool(2);
await two.ready();
await taken(two);
two.terminate();
for (const workers of WORKER_COUNTS) await deep(workers);
await report({
  name: "spawn",
  title: "What a child of a running request costs",
  cases,
  failures,
  targets,
});
process.exit();
