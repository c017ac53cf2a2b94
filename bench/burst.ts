/** How fast is a burst of 1,000 awaited requests, each a number echoed? */
import { ThreadPool } from "../src/index.ts";
import { PostMessagePool } from "./contestants/post-message-pool.ts";
import { echo } from "./contestants/tasks.ts";
import { interleave, print } from "./interleave.ts";

const REQUESTS = 1000;
const numbers = Array.from({ length: REQUESTS }, (_, i) => i);

for (const workers of [1, 2]) {
  const pool = new ThreadPool(workers);
  const byHand = new PostMessagePool(workers);
  const figures = await interleave([
    {
      name: "ringpool run",
      sample: () => Promise.all(numbers.map((n) => pool.run(echo<number>, [n]))),
    },
    {
      name: "postMessage by hand",
      sample: () => Promise.all(numbers.map((n) => byHand.run("echo", [n]))),
    },
  ]);
  print(`Burst of ${REQUESTS} numbers, ${workers} worker(s)`, figures, REQUESTS);
  pool.terminate();
  byHand.terminate();
}
