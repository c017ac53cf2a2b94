/**
 * Measures parallel work inside parallel work against its plain version: a merge sort in shared memory, Fibonacci numbers, and
 * a walk over a tree of files. The rival hands out parts that the program has cut beforehand, one message for each.
 */
import { rmSync } from "node:fs";
import { ThreadPool } from "ringpool";
import { workersLabel } from "../burst.ts";
import { makeFileTree } from "../contestants/file-tree.ts";
import { FlatPool } from "../contestants/flat-pool.ts";
import { FLAT, PLAIN, PROMISES, RINGPOOL } from "../contestants/names.ts";
import * as plain from "../contestants/plain-trees.ts";
import type { Part } from "../contestants/plain-trees.ts";
import * as trees from "../contestants/trees.ts";
import { longRounds } from "../long-rounds.ts";
import type { LongEntry } from "../long-rounds.ts";
import { caseOf, timesAsGood } from "../rounds.ts";
import type { Rounds } from "../rounds.ts";
import { report } from "../result.ts";
import type { Case, Measured } from "../result.ts";
import { inFull } from "../settings.ts";

const ROUNDS = 9;
/** Those that take seconds. */
const LONG_ROUNDS = 5;
const WORKER_COUNTS = inFull([1, 2, 64], [1, 2]);
const DOUBLES = inFull(10_000_000, 50_000);
const FIBONACCI = inFull(38, 22);
/** As in docs/fork-join.md. A call below it takes half a millisecond. */
const CUT_OFF = inFull(25, 12);
/** Some fifty parts by hand, so that both workers end at about the same time. */
const LEVELS_BY_HAND = 8;
const FILES = inFull(200_000, 400);
const NUMBERS = new Intl.NumberFormat("en-US");

const cases: Case[] = [];
const targets: Measured[] = [];

/** Keeps the speed-ups over the plain loop. Returns the one of ringpool (`mapSync`). */
function keep(name: string, rounds: readonly Rounds[]): number {
  const loop = rounds.find((one) => one.name === PLAIN) as Rounds;
  cases.push(
    caseOf(
      name,
      "x the plain version",
      rounds.filter((one) => one !== loop),
      { rival: FLAT, figure: (ns, round) => (loop.medians[round] ?? NaN) / ns },
    ),
  );
  return timesAsGood(rounds, RINGPOOL, PLAIN);
}

function byHand(workers: number, callable: keyof typeof plain): FlatPool {
  return new FlatPool(workers, callable, "./plain-trees-worker.ts");
}

async function sort(workers: number): Promise<void> {
  const values = new Float64Array(new SharedArrayBuffer(8 * DOUBLES));
  const spare = new Float64Array(new SharedArrayBuffer(8 * DOUBLES));
  const whole: Part = [values, spare, 0, DOUBLES];
  const middle = DOUBLES >> 1;
  const pool = new ThreadPool(workers);
  const flat = byHand(workers, "plainSort");
  const entry = (name: string, sample: LongEntry["sample"]): LongEntry => ({
    name,
    sample,
    prepare: () => fill(values),
    check: () => assertSorted(values),
  });
  const rounds = await longRounds(
    [
      entry(RINGPOOL, () => pool.run(trees.sortSync, [whole])),
      entry(PROMISES, () => pool.run(trees.sort, [whole])),
      entry(FLAT, async () => {
        await Promise.all([
          flat.run([values, spare, 0, middle]),
          flat.run([values, spare, middle, DOUBLES]),
        ]);
        plain.merge(whole, middle);
      }),
      entry(PLAIN, () => plain.plainSort(whole)),
    ],
    LONG_ROUNDS,
  );
  pool.terminate();
  flat.terminate();
  const name = `merge sort of ${NUMBERS.format(DOUBLES)} doubles, ${workersLabel(workers)}`;
  targets.push({ id: "fork-sort", measured: keep(name, rounds) });
}

function fill(values: Float64Array): void {
  let state = 1;
  for (let i = 0; i < values.length; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    values[i] = state;
  }
}

function assertSorted(values: Float64Array): void {
  for (let i = 1; i < values.length; i++) {
    if ((values[i - 1] as number) > (values[i] as number))
      throw new Error(`The values are not sorted: index=${i}`);
  }
}

async function fibonacci(workers: number): Promise<void> {
  const pool = new ThreadPool(workers);
  const flat = byHand(workers, "plainFib");
  const expected = plain.plainFib(FIBONACCI);
  const check = (result: unknown): void => {
    if (result !== expected) throw new Error(`The number is wrong: result=${String(result)}`);
  };
  const rounds = await longRounds(
    [
      { name: RINGPOOL, check, sample: () => pool.run(trees.fibSync, [[FIBONACCI, CUT_OFF]]) },
      { name: PROMISES, check, sample: () => pool.run(trees.fib, [FIBONACCI, CUT_OFF]) },
      {
        name: FLAT,
        check,
        sample: async () => {
          const parts = plain.fibParts(FIBONACCI, FIBONACCI - LEVELS_BY_HAND);
          const results = await Promise.all(parts.map((n) => flat.run(n) as Promise<number>));
          return results.reduce((sum, each) => sum + each);
        },
      },
      { name: PLAIN, check, sample: () => plain.plainFib(FIBONACCI) },
    ],
    ROUNDS,
  );
  pool.terminate();
  flat.terminate();
  const name = `Fibonacci number ${FIBONACCI}, cut-off at ${CUT_OFF}, ${workersLabel(workers)}`;
  const speedUp = keep(name, rounds);
  if (workers === 2) targets.push({ id: "fork-fib", measured: speedUp });
}

async function walk(workers: number): Promise<void> {
  const root = makeFileTree(FILES);
  try {
    const pool = new ThreadPool(workers);
    const flat = byHand(workers, "plainWalk");
    const expected = plain.plainWalk(root);
    const check = (result: unknown): void => {
      if (result !== expected) throw new Error(`Bytes are missing: result=${String(result)}`);
    };
    const rounds = await longRounds(
      [
        { name: RINGPOOL, check, sample: () => pool.run(trees.walk, [root]) },
        { name: PROMISES, check, sample: () => pool.run(trees.walkLater, [root]) },
        {
          name: FLAT,
          check,
          sample: async () => {
            const { bytes, folders } = plain.walkParts(root);
            const parts = folders.map((folder) => flat.run(folder) as Promise<number>);
            return (await Promise.all(parts)).reduce((sum, each) => sum + each, bytes);
          },
        },
        { name: PLAIN, check, sample: () => plain.plainWalk(root) },
      ],
      LONG_ROUNDS,
    );
    pool.terminate();
    flat.terminate();
    const name = `a walk over ${NUMBERS.format(FILES)} files, ${workersLabel(workers)}`;
    targets.push({ id: "fork-walk", measured: keep(name, rounds) });
  } finally {
    rmSync(root, { recursive: true });
  }
}

await sort(2);
for (const workers of WORKER_COUNTS) await fibonacci(workers);
await walk(2);
await report({
  name: "fork-join",
  title: "Parallel work inside parallel work, against its plain version",
  cases,
  targets,
});
process.exit();
