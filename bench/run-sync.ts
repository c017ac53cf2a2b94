/** How long does one blocking call take when calls follow each other? */
import { ThreadPool } from "../src/index.ts";
import { PostMessagePool } from "./contestants/post-message-pool.ts";
import { echo } from "./contestants/tasks.ts";
import { interleave, print } from "./interleave.ts";

for (const workers of [1, 2]) {
  const pool = new ThreadPool(workers);
  const byHand = new PostMessagePool(workers);
  const figures = await interleave([
    { name: "ringpool runSync", sample: () => pool.runSync(echo<number>, [42]) },
    { name: "postMessage by hand, awaited", sample: () => byHand.run("echo", [42]) },
  ]);
  print(`One blocking call after the other, ${workers} worker(s)`, figures, 1);
  pool.terminate();
  byHand.terminate();
}
