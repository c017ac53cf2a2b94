/** What does a pool that has worked and has nothing to do burn? */
import { ThreadPool } from "../src/index.ts";
import { echo } from "./contestants/tasks.ts";

const IDLE_MS = 5000;

for (const workers of [2, 32]) {
  const pool = new ThreadPool(workers);
  await Promise.all(Array.from({ length: 1000 }, (_, i) => pool.run(echo<number>, [i])));
  const before = process.cpuUsage();
  await Bun.sleep(IDLE_MS);
  const { user, system } = process.cpuUsage(before);
  const share = (user + system) / 1000 / IDLE_MS;
  console.log(
    `\nIdle pool, ${workers} workers, ${IDLE_MS} ms\n  ${(share * 100).toFixed(3)} % of a core`,
  );
  pool.terminate();
}
