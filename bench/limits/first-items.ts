/**
 * Where the time of a program's first collection goes: 10,000 numbers by `map` on two workers, in fresh processes.
 *
 *     bun run build && bun --tsconfig-override=bench/tsconfig.dist.json bench/limits/first-items.ts
 *
 * Takes 10 seconds. Prints milliseconds, the median of 21 processes: from the import to a first result; the first call of `map` after that,
 * with a single item; the first 10,000 items; and 10,000 items once more, for the second and for the hundredth time. Beside it, the import to the last of 10,000
 * numbers in chunks by hand, in two messages for each worker.
 */
import { FlatPool } from "../contestants/flat-pool.ts";
import { echo } from "../contestants/tasks.ts";
import { medianOf } from "../rounds.ts";
import { valuesOf } from "../values.ts";

const PROCESSES = 21;
const COUNT = 10_000;
const WORKERS = 2;
const CHUNKS = 4;
const PARTS = ["a first result", "a first map, of one item", "10,000 items", "again"] as const;
const LATER = "for the hundredth time";
const BY_HAND = "chunks by hand, from the import";

const [asked] = process.argv.slice(2);
if (asked !== undefined) {
  console.log(JSON.stringify(asked === BY_HAND ? await byHand() : await byMap()));
  process.exit();
}

async function byMap(): Promise<Record<string, number>> {
  const items = valuesOf("number", COUNT);
  const times: Record<string, number> = {};
  let from = performance.now();
  const mark = (part: string): void => {
    times[part] = performance.now() - from;
    from = performance.now();
  };
  const { ThreadPool } = await import("ringpool");
  const pool = new ThreadPool(WORKERS);
  await pool.run(echo, [0]);
  mark(PARTS[0]);
  await pool.map(echo, [0]);
  mark(PARTS[1]);
  await pool.map(echo, items);
  mark(PARTS[2]);
  await pool.map(echo, items);
  mark(PARTS[3]);
  for (let i = 0; i < 97; i++) await pool.map(echo, items);
  from = performance.now();
  await pool.map(echo, items);
  mark(LATER);
  return times;
}

async function byHand(): Promise<Record<string, number>> {
  const items = valuesOf("number", COUNT);
  const from = performance.now();
  const pool = new FlatPool(WORKERS, "echoEach");
  const size = COUNT / CHUNKS;
  await Promise.all(
    Array.from({ length: CHUNKS }, (_, i) => pool.run(items.slice(i * size, (i + 1) * size))),
  );
  return { [BY_HAND]: performance.now() - from };
}

const all = new Map<string, number[]>();
for (let i = 0; i < PROCESSES; i++) {
  for (const who of ["map", BY_HAND]) {
    const command = [process.execPath, ...process.execArgv, import.meta.path, who];
    const times = JSON.parse(Bun.spawnSync(command).stdout.toString()) as Record<string, number>;
    for (const [part, ms] of Object.entries(times)) all.set(part, [...(all.get(part) ?? []), ms]);
  }
}
for (const [part, times] of all) console.log(`${part.padEnd(34)} ${medianOf(times).toFixed(1)} ms`);
