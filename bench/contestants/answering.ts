import type { RunningPool } from "./contestant.ts";

/** Resolves with the pool once as many requests as it has workers are answered, so that all have started. */
export async function answering(pool: RunningPool, workers: number): Promise<RunningPool> {
  await Promise.all(Array.from({ length: workers }, (_, i) => pool.run("echo", i)));
  return pool;
}
