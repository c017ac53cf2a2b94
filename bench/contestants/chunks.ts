/** A collection through a pool that has no `map`: the user cuts it into chunks, one request for each. */
import type { RunningPool } from "./contestant.ts";

/** What a worker does with a chunk, such as `echoEach`. */
type ChunkTask = "echoEach" | "burnEach";

/** Returns the results in the order of the items. */
export async function mapInChunks(
  pool: RunningPool,
  task: ChunkTask,
  items: readonly unknown[],
  chunkSize: number,
): Promise<unknown[]> {
  const chunks: Promise<unknown[]>[] = [];
  for (let from = 0; from < items.length; from += chunkSize)
    chunks.push(pool.run(task, items.slice(from, from + chunkSize)) as Promise<unknown[]>);
  return (await Promise.all(chunks)).flat();
}
