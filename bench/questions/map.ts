/** Measures a million items of a collection, each echoed: what the way to a worker and back costs an item. */
import { ThreadPool } from "ringpool";
import { mapInChunks } from "../contestants/chunks.ts";
import { mapEntry } from "../contestants/collections.ts";
import { batched, flat } from "../contestants/hand-made.ts";
import { BATCHED, CHUNKS, FLAT, PLAIN, RINGPOOL } from "../contestants/names.ts";
import { piscina } from "../contestants/piscina.ts";
import { startAll, stopAll } from "../contestants/start.ts";
import { echo } from "../contestants/tasks.ts";
import { tinypool } from "../contestants/tinypool.ts";
import { interleave } from "../interleave.ts";
import type { Entry } from "../interleave.ts";
import { caseOf, timesAsGood } from "../rounds.ts";
import { report } from "../result.ts";
import type { Case, Failure, Measured } from "../result.ts";
import { inFull } from "../settings.ts";
import { IN_WORDS, KINDS, valuesOf } from "../values.ts";
import type { Kind } from "../values.ts";

const WORKERS = 2;
const ITEMS = inFull(1_000_000, 1000);
/** What a user would choose who cuts the items into chunks by hand. */
const CHUNK = inFull(10_000, 100);
const LENGTHS = { warmUpMs: 300, rounds: 3, isSlow: true };

const cases: Case[] = [];
const failures: Failure[] = [];
const targets: Measured[] = [];
for (const kind of KINDS) await measure(kind);
await report({
  name: "map",
  title: "A million items of a collection, each echoed",
  cases,
  failures,
  targets,
});
process.exit();

async function measure(kind: Kind): Promise<void> {
  const name = `${IN_WORDS[kind]}, 2 workers`;
  const items = valuesOf(kind, ITEMS);
  const pool = new ThreadPool(WORKERS);
  const ours = mapEntry(pool, echo, items, name);
  const single = await startAll([batched, flat], WORKERS, name);
  const inChunks = await startAll(
    [{ ...flat, name: CHUNKS }, piscina, tinypool],
    WORKERS,
    name,
    "echoEach",
  );
  const measured = await interleave(
    [
      ...ours.entries,
      ...single.started.map((one): Entry => ({
        name: one.name,
        sample: () => Promise.all(items.map((item) => one.pool.run("echo", item))),
        // A million messages take seconds: one round, to be seen beside the others.
        isOnlooker: one.name === FLAT,
      })),
      ...inChunks.started.map((one): Entry => ({
        name: one.name === CHUNKS ? CHUNKS : `${one.name}, chunks`,
        sample: () => mapInChunks(one.pool, "echoEach", items, CHUNK),
      })),
      { name: PLAIN, sample: () => items.map(echo) },
    ],
    name,
    LENGTHS,
  );
  pool.terminate();
  await stopAll([...single.started, ...inChunks.started]);
  const { rounds } = measured;
  const one = caseOf(name, "ns an item", rounds, { perUnit: ITEMS, rival: BATCHED });
  cases.push(one);
  failures.push(...ours.failures, ...single.failures, ...inChunks.failures, ...measured.failures);
  targets.push(
    {
      id: `map-${kind}-ns`,
      measured: one.figures.find(({ contestant }) => contestant === RINGPOOL)?.median ?? NaN,
    },
    { id: `map-${kind}`, measured: timesAsGood(rounds, RINGPOOL, BATCHED) },
  );
}
