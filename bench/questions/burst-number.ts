/** Measures a burst of 1,000 numbers, each echoed. */
import {
  PROMISES_ALONE,
  RINGPOOL,
  RINGPOOL_ONE_WORKER,
  burst,
  promisesAlone,
  queueAlone,
  ringpoolWithOneWorker,
  timesPostMessage,
} from "../burst.ts";
import { timesAsFast } from "../interleave.ts";
import { atLeast, report } from "../result.ts";

const numbers = Array.from({ length: 1000 }, (_, i) => i);

const queue1 = queueAlone(numbers.length, 1);
const one = await burst(numbers, 1, [promisesAlone(numbers.length), queue1]);
queue1.stop();
const queue2 = queueAlone(numbers.length, 2);
const pool1 = ringpoolWithOneWorker(numbers);
const two = await burst(numbers, 2, [promisesAlone(numbers.length), queue2, pool1]);
queue2.stop();
pool1.stop();

await report({
  name: "burst-number",
  title: "A burst of 1,000 numbers, each echoed",
  cases: [one.case, two.case],
  failures: [...one.failures, ...two.failures],
  targets: [
    atLeast(
      "Share of the promise ceiling, 1 worker: at least 0.6",
      timesAsFast(one.rounds, RINGPOOL, PROMISES_ALONE),
      0.6,
    ),
    atLeast("Times postMessage, 1 worker: at least 6", timesPostMessage(one), 6),
    atLeast("Times postMessage, 2 workers: at least 6", timesPostMessage(two), 6),
    atLeast(
      "2 workers against 1: no slower",
      timesAsFast(two.rounds, RINGPOOL, RINGPOOL_ONE_WORKER),
      1,
    ),
  ],
});
process.exit();
