/** Measures callbacks as in the Python module: put 1,000 requests, then wait. */
import { ThreadPool, makeRequests } from "../../src/index.ts";
import { BARE_QUEUE, POST_MESSAGE, RINGPOOL, queueAlone } from "../burst.ts";
import { PostMessagePool } from "../contestants/post-message-pool.ts";
import { echo } from "../contestants/tasks.ts";
import { figureOf, interleave, timesAsFast } from "../interleave.ts";
import { atLeast, report } from "../result.ts";
import type { Case, Target } from "../result.ts";

const REQUESTS = 1000;
const numbers = Array.from({ length: REQUESTS }, (_, i) => i);

const cases: Case[] = [];
const targets: Target[] = [];
for (const workers of [1, 2]) {
  const name = workers === 1 ? "1 worker" : `${workers} workers`;
  const pool = new ThreadPool(workers);
  const byHand = new PostMessagePool(workers);
  const queue = queueAlone(REQUESTS, workers);
  let sum = 0;
  const add = (_: unknown, result: number): void => {
    sum += result;
  };
  const { rounds } = await interleave(
    [
      {
        name: RINGPOOL,
        sample: () => {
          for (const request of makeRequests(echo<number>, numbers, add)) pool.putRequest(request);
          pool.wait();
        },
      },
      {
        name: POST_MESSAGE,
        sample: () => Promise.all(numbers.map((n) => byHand.run("echo", [n]))),
      },
      queue,
    ],
    name,
  );
  if (sum === 0) throw new Error("No callback was called.");
  pool.terminate();
  byHand.terminate();
  queue.stop();
  cases.push({
    name,
    unit: "ns a request",
    figures: rounds.map((one) => figureOf(one, REQUESTS)),
  });
  targets.push(
    atLeast(
      `Times postMessage, ${name}: at least 20`,
      timesAsFast(rounds, RINGPOOL, POST_MESSAGE),
      20,
    ),
    atLeast(
      `Share of the bare queue, ${name}: at least 0.5`,
      timesAsFast(rounds, RINGPOOL, BARE_QUEUE),
      0.5,
    ),
  );
}
await report({
  name: "callbacks",
  title: "1,000 numbers through putRequest and wait, with callbacks",
  cases,
  failures: [],
  targets,
});
process.exit();
