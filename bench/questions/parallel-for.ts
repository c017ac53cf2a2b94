/**
 * Measures `parallelFor` over doubles in shared memory on two workers against a plain loop, by what is done to each. The others
 * get ranges that the user has cut.
 */
import { ThreadPool, sharedArray } from "ringpool";
import { batched, flat } from "../contestants/hand-made.ts";
import { BATCHED, PLAIN, RINGPOOL, SHARES } from "../contestants/names.ts";
import { piscina } from "../contestants/piscina.ts";
import { startAll, stopAll } from "../contestants/start.ts";
import type { Started } from "../contestants/start.ts";
import * as tasks from "../contestants/tasks.ts";
import { tinypool } from "../contestants/tinypool.ts";
import { longRounds } from "../long-rounds.ts";
import { caseOf, timesAsGood } from "../rounds.ts";
import type { Rounds } from "../rounds.ts";
import { report } from "../result.ts";
import type { Case, Failure, Measured } from "../result.ts";
import { inFull } from "../settings.ts";

const WORKERS = 2;
const LENGTH = inFull(100_000_000, 100_000);
/** What a user would choose who cuts the ranges by hand: a few dozen for each worker. */
const RANGES = 64;
const ROUNDS = 5;

const LOOPS = [
  {
    name: "a multiplication each",
    callable: tasks.scale,
    task: "scaleRange",
    target: undefined,
  },
  {
    name: "a square root each",
    callable: tasks.root,
    task: "rootRange",
    target: "parallel-for-root",
  },
  {
    name: "a sine each",
    callable: tasks.sine,
    task: "sineRange",
    target: "parallel-for-sine",
  },
] as const;

const values = sharedArray(Float64Array, LENGTH).fill(1.5);
const cases: Case[] = [];
const failures: Failure[] = [];
const targets: Measured[] = [];
const pool = new ThreadPool(WORKERS);

for (const { name, callable, task, target } of LOOPS) {
  const others = await startAll([batched, flat, piscina, tinypool], WORKERS, name, task);
  const inRanges = ({ pool: running }: Started, count: number): Promise<unknown> => {
    const size = Math.ceil(LENGTH / count);
    return Promise.all(
      Array.from({ length: count }, (_, i) =>
        running.run(task, [i * size, Math.min(LENGTH, (i + 1) * size), values]),
      ),
    );
  };
  const shares = others.started.find((one) => one.name === BATCHED) as Started;
  const rounds = await longRounds(
    [
      {
        name: RINGPOOL,
        sample: () => pool.parallelFor(callable, LENGTH, { args: [values] }),
      },
      ...others.started.map((one) => ({ name: one.name, sample: () => inRanges(one, RANGES) })),
      // The limit: each worker gets its whole share as one request.
      { name: SHARES, sample: () => inRanges(shares, WORKERS) },
      { name: PLAIN, sample: () => callable(0, LENGTH, values) },
    ],
    ROUNDS,
  );
  await stopAll(others.started);
  const loop = rounds.find((one) => one.name === PLAIN) as Rounds;
  cases.push(
    caseOf(
      `100 million doubles, ${name}`,
      "x a plain loop",
      rounds.filter((one) => one !== loop),
      { rival: BATCHED, figure: (ns, round) => (loop.medians[round] ?? NaN) / ns },
    ),
  );
  failures.push(...others.failures);
  if (target !== undefined)
    targets.push({ id: target, measured: timesAsGood(rounds, RINGPOOL, PLAIN) });
}
await report({
  name: "parallel-for",
  title: "Doubles in shared memory on two workers against a plain loop",
  cases,
  failures,
  targets,
});
process.exit();
