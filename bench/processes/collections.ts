/**
 * A fresh process that echoes a collection through two workers. Prints nanoseconds from the import of the pool to the last
 * result, or bytes; nothing when the pool has no collections.
 *
 *     bun bench/processes/collections.ts map|batched|flat|chunks|piscina|tinypool|loop KIND COUNT
 *     bun bench/processes/collections.ts memory imap|batched|… COUNT
 *
 * "memory" prints the largest resident size while a collection of numbers runs: for imapUnordered, a plain loop, and those who
 * have no such call, as a user writes it who does not want to hold everything: a window of items, then the next.
 */
import { valuesOf } from "../values.ts";
import type { Kind } from "../values.ts";

const WORKERS = 2;
const CHUNK = 1000;
/** So many items are on their way in a program that sends a collection window by window. */
const WINDOW = 10 * CHUNK;
/** The resident size is read once in so many items. */
const ITEMS_A_SAMPLE = 10_000;

type Collection = (items: readonly unknown[]) => Promise<readonly unknown[]>;

const CONTESTANTS: Readonly<Record<string, () => Promise<Collection>>> = {
  async map() {
    const { ThreadPool } = await import("ringpool");
    const { mapOf } = await import("../contestants/collections.ts");
    const { echo } = await import("../contestants/tasks.ts");
    const pool = new ThreadPool(WORKERS);
    return (items) => mapOf(pool)(echo, items);
  },
  async batched() {
    const { BatchedPool } = await import("../contestants/batched-pool.ts");
    const pool = new BatchedPool(WORKERS);
    return (items) => Promise.all(items.map((item) => pool.run(item)));
  },
  async flat() {
    const { FlatPool } = await import("../contestants/flat-pool.ts");
    const pool = new FlatPool(WORKERS);
    return (items) => Promise.all(items.map((item) => pool.run(item)));
  },
  async chunks() {
    const { FlatPool } = await import("../contestants/flat-pool.ts");
    const pool = new FlatPool(WORKERS, "echoEach");
    return inChunks((chunk) => pool.run(chunk));
  },
  async piscina() {
    const { Piscina } = await import("piscina");
    const filename = new URL("../contestants/piscina-worker.ts", import.meta.url).href;
    const pool = new Piscina({ filename, minThreads: WORKERS, maxThreads: WORKERS });
    return inChunks((chunk) => pool.run(chunk, { name: "echoEach" }));
  },
  async tinypool() {
    const { Tinypool } = await import("tinypool");
    const filename = new URL("../contestants/tinypool-worker.ts", import.meta.url).href;
    const pool = new Tinypool({ filename, minThreads: WORKERS, maxThreads: WORKERS });
    return inChunks((chunk) => pool.run(chunk, { name: "echoEach" }));
  },
  async loop() {
    const { echo } = await import("../contestants/tasks.ts");
    return async (items) => items.map((item) => echo(item));
  },
};

function inChunks(run: (chunk: readonly unknown[]) => Promise<unknown>): Collection {
  return async (items) => {
    const chunks: Promise<unknown>[] = [];
    for (let from = 0; from < items.length; from += CHUNK)
      chunks.push(run(items.slice(from, from + CHUNK)));
    return ((await Promise.all(chunks)) as unknown[][]).flat();
  };
}

async function timed(contestant: string, items: readonly unknown[]): Promise<number> {
  const start = Bun.nanoseconds();
  const collection = await collectionOf(contestant);
  const results = await collection(items);
  const end = Bun.nanoseconds();
  if (!Bun.deepEquals(results, items)) throw new Error("The results are not the items.");
  return end - start;
}

async function mostMemory(contestant: string, count: number): Promise<number> {
  let seen = 0;
  let most = 0;
  const results =
    contestant === "imap" ? await imapOf(count) : windowsOf(await collectionOf(contestant), count);
  for await (const _ of results) {
    seen += 1;
    if (seen % ITEMS_A_SAMPLE === 0) most = Math.max(most, process.memoryUsage.rss());
  }
  if (seen !== count) throw new Error(`Items are missing: seen=${seen} count=${count}`);
  return most;
}

async function imapOf(count: number): Promise<AsyncIterable<unknown>> {
  const { ThreadPool } = await import("ringpool");
  const { imapUnorderedOf } = await import("../contestants/collections.ts");
  const { echo } = await import("../contestants/tasks.ts");
  return imapUnorderedOf(new ThreadPool(WORKERS))(echo, numbersUpTo(count));
}

/** A program takes the results of a window from an array, without a promise for each. */
async function* windowsOf(collection: Collection, count: number): AsyncGenerator {
  for (let from = 0; from < count; from += WINDOW)
    yield* await collection(valuesOf("number", Math.min(WINDOW, count - from), from));
}

async function collectionOf(contestant: string): Promise<Collection> {
  const collection = await CONTESTANTS[contestant]?.();
  if (collection === undefined) throw new Error(`There is no such contestant: asked=${contestant}`);
  return collection;
}

function* numbersUpTo(count: number): Generator<number> {
  for (let i = 0; i < count; i++) yield i;
}

const [what = "", kind = "number", count = "10000"] = process.argv.slice(2);
console.log(
  what === "memory"
    ? await mostMemory(kind, Number(count))
    : await timed(what, valuesOf(kind as Kind, Number(count))),
);
process.exit();
