/**
 * What does a pool burn that has worked and has nothing to do? Measured a second after its last request,
 * when the engine has compiled and collected what it wanted to; bare workers beside it show what Bun
 * itself burns.
 */
import { ThreadPool } from "../src/index.ts";
import { PostMessagePool } from "./contestants/post-message-pool.ts";
import { echo } from "./contestants/tasks.ts";

const REST_MS = 1000;
const IDLE_MS = 5000;
const numbers = Array.from({ length: 1000 }, (_, i) => i);

async function idleShare(): Promise<number> {
  await Bun.sleep(REST_MS);
  const before = process.cpuUsage();
  await Bun.sleep(IDLE_MS);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / IDLE_MS;
}

for (const workers of [2, 32]) {
  const pool = new ThreadPool(workers);
  await Promise.all(numbers.map((n) => pool.run(echo<number>, [n])));
  const share = await idleShare();
  pool.terminate();
  const bare = new PostMessagePool(workers);
  await Promise.all(numbers.map((n) => bare.run("echo", [n])));
  const bareShare = await idleShare();
  bare.terminate();
  const percent = (value: number): string => `${(value * 100).toFixed(2)} % of a core`;
  console.log(`\nIdle for ${IDLE_MS} ms, ${workers} workers`);
  console.log(`  ringpool       ${percent(share)}\n  bare workers   ${percent(bareShare)}`);
}
