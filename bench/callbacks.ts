/** How fast are callbacks, the way of the Python module: put 1,000 requests, then wait? */
import { ThreadPool, makeRequests } from "../src/index.ts";
import { PostMessagePool } from "./contestants/post-message-pool.ts";
import { echo } from "./contestants/tasks.ts";
import { interleave, print } from "./interleave.ts";

const REQUESTS = 1000;
const numbers = Array.from({ length: REQUESTS }, (_, i) => i);

for (const workers of [1, 2]) {
  const pool = new ThreadPool(workers);
  const byHand = new PostMessagePool(workers);
  let sum = 0;
  const add = (_: unknown, result: number): void => {
    sum += result;
  };
  const figures = await interleave([
    {
      name: "ringpool putRequest and wait",
      sample: () => {
        for (const request of makeRequests(echo<number>, numbers, add)) pool.putRequest(request);
        pool.wait();
      },
    },
    {
      name: "postMessage by hand",
      sample: () => Promise.all(numbers.map((n) => byHand.run("echo", [n]))),
    },
  ]);
  print(`${REQUESTS} callbacks, ${workers} worker(s)`, figures, REQUESTS);
  if (sum === 0) throw new Error("No callback was called.");
  pool.terminate();
  byHand.terminate();
}
