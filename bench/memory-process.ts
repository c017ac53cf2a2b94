/** Started by questions/memory.ts. Starts eight workers, of a pool or bare ones, and prints the resident megabytes. */
import { ThreadPool } from "../src/index.ts";
import { meet } from "./contestants/tasks.ts";

const WORKERS = 8;

if (process.argv[2] === "pool") {
  const pool = new ThreadPool(WORKERS);
  const arrived = new Int32Array(new SharedArrayBuffer(4));
  await Promise.all(Array.from({ length: WORKERS }, () => pool.run(meet, [arrived, WORKERS])));
} else {
  const url = new URL("./contestants/ready-worker.ts", import.meta.url).href;
  const ready = Array.from(
    { length: WORKERS },
    () => new Promise((resolve) => new Worker(url).addEventListener("message", resolve)),
  );
  await Promise.all(ready);
}
Bun.gc(true);
console.log(process.memoryUsage.rss() / 1e6);
process.exit();
