/**
 * A fresh process that echoes a collection through two workers. Prints nanoseconds from the import of the pool to the last
 * result, or bytes; nothing when the pool has no collections.
 *
 *     bun bench/processes/collections.ts map|batched|chunks KIND COUNT
 *     bun bench/processes/collections.ts memory number COUNT    the largest resident size while imapUnordered runs
 */
import { valuesOf } from "../values.ts";
import type { Kind } from "../values.ts";

const WORKERS = 2;
const CHUNK = 1000;
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
  async chunks() {
    const { FlatPool } = await import("../contestants/flat-pool.ts");
    const pool = new FlatPool(WORKERS, "echoEach");
    return async (items) => {
      const chunks: Promise<unknown>[] = [];
      for (let from = 0; from < items.length; from += CHUNK)
        chunks.push(pool.run(items.slice(from, from + CHUNK)));
      return ((await Promise.all(chunks)) as unknown[][]).flat();
    };
  },
};

async function timed(contestant: string, items: readonly unknown[]): Promise<number> {
  const start = Bun.nanoseconds();
  const collection = await CONTESTANTS[contestant]?.();
  if (collection === undefined) throw new Error(`There is no such contestant: asked=${contestant}`);
  const results = await collection(items);
  const end = Bun.nanoseconds();
  if (!Bun.deepEquals(results, items)) throw new Error("The results are not the items.");
  return end - start;
}

async function mostMemory(count: number): Promise<number> {
  const { ThreadPool } = await import("ringpool");
  const { imapUnorderedOf } = await import("../contestants/collections.ts");
  const { echo } = await import("../contestants/tasks.ts");
  const pool = new ThreadPool(WORKERS);
  let seen = 0;
  let most = 0;
  for await (const _ of imapUnorderedOf(pool)(echo, numbersUpTo(count))) {
    seen += 1;
    if (seen % ITEMS_A_SAMPLE === 0) most = Math.max(most, process.memoryUsage.rss());
  }
  if (seen !== count) throw new Error(`Items are missing: seen=${seen} count=${count}`);
  return most;
}

function* numbersUpTo(count: number): Generator<number> {
  for (let i = 0; i < count; i++) yield i;
}

const [what = "", kind = "number", count = "10000"] = process.argv.slice(2);
console.log(
  what === "memory"
    ? await mostMemory(Number(count))
    : await timed(what, valuesOf(kind as Kind, Number(count))),
);
process.exit();
