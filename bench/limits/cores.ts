/**
 * Where the time of two cores goes while two workers burn CPU, by the size of a task: for `run`, `map`, `parallelFor` and
 * children, and for parts that are cut by hand, up to one task that holds a worker's whole share, which is the most that two cores give.
 *
 *     bun run build && bun --tsconfig-override=bench/tsconfig.dist.json bench/limits/cores.ts
 *
 * Needs Linux, two cores, and a gigabyte. Takes 45 seconds. Prints for each case the speed-up over a plain loop, and shares of the time of two
 * cores, which make 100 %: the work itself, as long as it takes the plain loop; what else the workers' threads did, such as claims and results; the
 * program's thread; the engine's compilers; its other threads; and what this process did not use, because a core had nothing to do
 * or because another program had it.
 */
import { readFileSync, readdirSync } from "node:fs";
import { ThreadPool, sharedArray } from "ringpool";
import { fibParts, plainFib } from "../contestants/plain-trees.ts";
import { burn, burnEach, burnTimes, root } from "../contestants/tasks.ts";
import { fib, fibSync } from "../contestants/trees.ts";
import { medianOf } from "../rounds.ts";

const CORES = 2;
const WORKERS = 2;
const ROUNDS = 5;
const ROUND_MS = 150;
const LENGTH = 100_000_000;
/** As in the question "fork-join". */
const FIBONACCI = 38;
const CUT_OFF = 25;
const LEVELS_BY_HAND = 8;
const KINDS = ["workers", "parent", "compilers", "others"] as const;
const WORK = "work";
type Kind = (typeof KINDS)[number];
type Cpu = Record<Kind, number>;

interface Case {
  readonly name: string;
  readonly sample: () => Promise<unknown>;
  readonly plain: () => unknown;
  readonly warmUpMs: number;
  readonly shares: Map<string, number[]>;
}

const pool = new ThreadPool(WORKERS);
let sum = 0;

function kindOf(thread: string, name: string): Kind {
  if (Number(thread) === process.pid) return "parent";
  if (name.startsWith("ringpool")) return "workers";
  return name.startsWith("JIT") ? "compilers" : "others";
}

/** The milliseconds of processor time that the threads of this process have used. */
function cpu(): Cpu {
  const used: Cpu = { workers: 0, parent: 0, compilers: 0, others: 0 };
  for (const thread of readdirSync("/proc/self/task")) {
    const folder = `/proc/self/task/${thread}`;
    const kind = kindOf(thread, readFileSync(`${folder}/comm`, "utf8"));
    used[kind] += Number.parseInt(readFileSync(`${folder}/schedstat`, "utf8"), 10) / 1e6;
  }
  return used;
}

async function repeat(sample: () => unknown, ms: number): Promise<number> {
  const start = performance.now();
  let times = 0;
  do {
    await sample();
    times += 1;
  } while (performance.now() - start < ms);
  return times;
}

/** Measures a case once, and keeps its shares of the time of all cores, in percent. */
async function measure({ sample, plain, shares }: Case): Promise<void> {
  const plainFrom = performance.now();
  const loops = await repeat(plain, ROUND_MS / 4);
  const plainMs = (performance.now() - plainFrom) / loops;
  const before = cpu();
  const from = performance.now();
  const samples = await repeat(sample, ROUND_MS);
  const all = CORES * (performance.now() - from);
  const after = cpu();
  const work = samples * plainMs;
  const share = (name: string, ms: number): void => {
    shares.set(name, [...(shares.get(name) ?? []), (100 * ms) / all]);
  };
  share(WORK, work);
  let unused = all;
  for (const kind of KINDS) {
    const used = after[kind] - before[kind];
    unused -= used;
    share(kind, kind === "workers" ? used - work : used);
  }
  share("unused", unused);
}

/** Measures the cases in turn, so that a noisy second of the machine affects one round of each. */
async function measureAll(cases: readonly Case[]): Promise<void> {
  for (const { sample, warmUpMs } of cases) await repeat(sample, warmUpMs);
  for (let round = 0; round < ROUNDS; round++) for (const one of cases) await measure(one);
  for (const { name, shares } of cases) {
    const percents = [...shares].map(([share, all]) => `${share} ${medianOf(all).toFixed(1)}`);
    const speedUp = ((medianOf(shares.get(WORK) ?? []) * CORES) / 100).toFixed(2);
    console.log(`${name.padEnd(32)} ${speedUp}  ${percents.join("  ")}`);
  }
}

function caseOf(name: string, sample: Case["sample"], plain: Case["plain"], warmUpMs = 500): Case {
  return { name, sample, plain, warmUpMs, shares: new Map() };
}

const values = sharedArray(Float64Array, LENGTH).fill(1.5);

/** The first calls in a process differ from later ones, so these are measured before the others and after them. */
function roots(when: string): Promise<void> {
  const plain = (): void => root(0, LENGTH, values);
  const ranges = (): Promise<unknown> => pool.parallelFor(root, LENGTH, { args: [values] });
  const halves = (): Promise<unknown> =>
    Promise.all([
      pool.run(root, [0, LENGTH / 2, values]),
      pool.run(root, [LENGTH / 2, LENGTH, values]),
    ]);
  return measureAll([
    caseOf(`parallelFor, ${when}`, ranges, plain, 1),
    caseOf("the same, a share a worker", halves, plain, 1),
  ]);
}

await roots("square roots, first calls");
const cases: Case[] = [];
for (const [us, count] of [
  [1, 2000],
  [10, 1000],
  [100, 200],
  [1000, 40],
] as const) {
  const items = Array.from({ length: count }, () => us);
  const plain = (): void => {
    for (const item of items) sum ^= burn(item);
  };
  const share = [us, count / WORKERS] as const;
  const shares = (): Promise<unknown> =>
    Promise.all(Array.from({ length: WORKERS }, () => pool.run(burnTimes, [share])));
  const run = (): Promise<unknown> => Promise.all(items.map((item) => pool.run(burn, [item])));
  cases.push(
    caseOf(`${count} of ${us} us, run`, run, plain),
    caseOf("the same, map", () => pool.map(burn, items), plain),
    caseOf("the same, a share a worker", shares, plain),
  );
}
const mixed = Array.from({ length: 2000 }, (_, i) => (i % 100 === 50 ? 10_000 : 1));
const chunks = Array.from({ length: 20 }, (_, i) => mixed.slice(i * 100, (i + 1) * 100));
const plainMixed = (): unknown => mixed.map(burn);
const inChunks = (): Promise<unknown> =>
  Promise.all(chunks.map((chunk) => pool.run(burnEach, [chunk])));
cases.push(
  caseOf("1 us and 10 ms mixed, map", () => pool.map(burn, mixed), plainMixed),
  caseOf("the same, chunks by hand", inChunks, plainMixed),
);
const plainTree = (): number => plainFib(FIBONACCI);
const parts = fibParts(FIBONACCI, FIBONACCI - LEVELS_BY_HAND);
const inParts = (): Promise<unknown> => Promise.all(parts.map((n) => pool.run(plainFib, [n])));
cases.push(
  caseOf("Fibonacci, mapSync", () => pool.run(fibSync, [[FIBONACCI, CUT_OFF]]), plainTree),
  caseOf("the same, promises", () => pool.run(fib, [FIBONACCI, CUT_OFF]), plainTree),
  caseOf("the same, parts by hand", inParts, plainTree),
);
await measureAll(cases);
await roots("square roots, later");
if (sum === 0.5) throw new Error("Nothing was computed.");
process.exit();
