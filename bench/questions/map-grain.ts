/** Measures `map` on two workers against a plain loop, by the length of an item, alike and mixed. */
import { ThreadPool } from "ringpool";
import { mapInChunks } from "../contestants/chunks.ts";
import { mapEntry } from "../contestants/collections.ts";
import { batched, flat } from "../contestants/hand-made.ts";
import { BATCHED, CHUNKS, PLAIN, RINGPOOL } from "../contestants/names.ts";
import { piscina } from "../contestants/piscina.ts";
import { startAll, stopAll } from "../contestants/start.ts";
import { burn } from "../contestants/tasks.ts";
import { tinypool } from "../contestants/tinypool.ts";
import { interleave } from "../interleave.ts";
import { caseOf, timesAsGood } from "../rounds.ts";
import type { Rounds } from "../rounds.ts";
import { report } from "../result.ts";
import type { Case, Failure, Measured } from "../result.ts";
import { inFull } from "../settings.ts";

const WORKERS = 2;
/** So many items are in a chunk that is cut by hand, by the rule of thumb of some chunks for each worker. */
const CHUNKS_PER_WORKER = 8;

const alike = (us: number, count: number): number[] => Array.from({ length: count }, () => us);
const GRAINS = [
  { name: "1 us", target: "map-1us", items: alike(1, 20_000) },
  { name: "10 us", target: "map-10us", items: alike(10, 4000) },
  { name: "100 us", target: "map-100us", items: alike(100, 400) },
  { name: "1 ms", target: "map-1ms", items: alike(1000, 40) },
  {
    // Every hundredth item is long. A list schedule of two workers reaches a speed-up of 2.
    name: "1 us and 10 ms mixed",
    target: "map-mixed",
    items: Array.from({ length: 2000 }, (_, i) => (i % 100 === 50 ? 10_000 : 1)),
  },
];

const pool = new ThreadPool(WORKERS);
const single = await startAll([batched, flat], WORKERS, "item by item", "burn");
const inChunks = await startAll(
  [{ ...flat, name: CHUNKS }, piscina, tinypool],
  WORKERS,
  "chunks",
  "burnEach",
);
let sum = 0;
const cases: Case[] = [];
const failures: Failure[] = [...single.failures, ...inChunks.failures];
const targets: Measured[] = [];
for (const { name, target, items: all } of GRAINS) {
  const items = inFull(all, all.slice(49, 53));
  const ours = mapEntry(pool, burn, items, name);
  const chunk = Math.ceil(items.length / (WORKERS * CHUNKS_PER_WORKER));
  const { rounds, failures: failed } = await interleave(
    [
      ...ours.entries,
      ...single.started.map((one) => ({
        name: one.name,
        sample: () => Promise.all(items.map((us) => one.pool.run("burn", us))),
      })),
      ...inChunks.started.map((one) => ({
        name: one.name === CHUNKS ? CHUNKS : `${one.name}, chunks`,
        sample: () => mapInChunks(one.pool, "burnEach", items, chunk),
      })),
      {
        name: PLAIN,
        sample: () => {
          for (const us of items) sum ^= burn(us);
        },
      },
    ],
    name,
    { warmUpMs: 700 },
  );
  const plain = rounds.find((one) => one.name === PLAIN) as Rounds;
  cases.push(
    caseOf(
      name,
      "x a plain loop",
      rounds.filter((one) => one !== plain),
      { rival: BATCHED, figure: (ns, round) => (plain.medians[round] ?? NaN) / ns },
    ),
  );
  failures.push(...ours.failures, ...failed);
  targets.push({ id: target, measured: timesAsGood(rounds, RINGPOOL, PLAIN) });
}
if (sum === 0.5) throw new Error("Nothing was computed.");
await stopAll([...single.started, ...inChunks.started]);
await report({
  name: "map-grain",
  title: "A collection on two workers against a plain loop, by the length of an item",
  cases,
  failures,
  targets,
});
process.exit();
