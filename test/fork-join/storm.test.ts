/** Trees under aborts, failures and deaths: whatever happens, each request ends, and what succeeds is right. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { ThreadPool } from "../../src/index.ts";
import { leaves, leavesSync } from "./fixtures/storm-trees.ts";

setDefaultTimeout(120_000);

const REQUESTS = 150;

test.each([
  { workers: 1, concurrencyPerWorker: 1, atOnce: 2 },
  { workers: 2, concurrencyPerWorker: 1, atOnce: 1 },
  { workers: 4, concurrencyPerWorker: 1, atOnce: 2 },
  { workers: 2, concurrencyPerWorker: 4, atOnce: 2 },
  { workers: 3, concurrencyPerWorker: 2, atOnce: 1 },
])("every tree ends: %o", async ({ workers, concurrencyPerWorker, atOnce }) => {
  await using pool = new ThreadPool(workers, { concurrencyPerWorker, graceMs: 30 });
  let seed = 0;
  let ok = 0;
  const putOne = async (): Promise<void> => {
    seed += 1;
    const depth = 3 + (seed % 6);
    const danger = seed % 3 === 0 ? 0.003 : 0;
    const signal = seed % 7 === 0 ? AbortSignal.timeout(seed % 20) : undefined;
    const retries = seed % 5 === 0 ? 2 : 0;
    try {
      const found =
        seed % 2 === 0
          ? await pool.run(leaves, [depth, seed, danger], { signal, retries })
          : await pool.run(leavesSync, [[depth, seed]], { signal, retries });
      expect(found).toBe(2 ** depth);
      ok += 1;
    } catch (error) {
      expect(["TimeoutError", "AbortError", "RangeError", "WorkerDied"]).toContain(
        (error as Error).name,
      );
    }
  };
  const putMany = async (): Promise<void> => {
    for (;;) {
      if (seed >= REQUESTS) return;
      await putOne();
    }
  };
  await Promise.all(Array.from({ length: atOnce }, putMany));
  expect(ok).toBeGreaterThan(REQUESTS / 3);
  // The run of a request that was aborted ends later than the request.
  while (pool.stats().running > 0) await Bun.sleep(1);
  const { running, pending } = pool.stats();
  expect({ running, pending }).toEqual({ running: 0, pending: 0 });
});
