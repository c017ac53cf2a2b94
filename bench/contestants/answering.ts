import type { RunningPool } from "./contestant.ts";

/** Resolves with the pool when one request for each worker is answered, so that all workers have started. */
export async function answering(pool: RunningPool, workers: number): Promise<RunningPool> {
  await Promise.all(Array.from({ length: workers }, (_, i) => pool.run("echo", i)));
  return pool;
}
