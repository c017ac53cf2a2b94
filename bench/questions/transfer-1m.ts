/** Measures how long it takes to move a megabyte to a worker without a copy. */
import { ThreadPool } from "../../src/index.ts";
import { POST_MESSAGE, RINGPOOL } from "../burst.ts";
import { lengthOf } from "../contestants/tasks.ts";
import { figureOf, interleave, timesAsFast } from "../interleave.ts";
import { atLeast, report } from "../result.ts";

const BYTES = 1 << 20;

const name = "1 MiB, 1 worker";
const pool = new ThreadPool(1);
const worker = new Worker(new URL("../contestants/length-worker.ts", import.meta.url).href);
let answer = Promise.withResolvers<number>();
worker.addEventListener("message", ({ data }: MessageEvent<number>) => answer.resolve(data));

const { rounds, failures } = await interleave(
  [
    {
      name: RINGPOOL,
      sample: () => {
        const buffer = new ArrayBuffer(BYTES);
        return pool.run(lengthOf, [buffer], { transfer: [buffer] });
      },
    },
    {
      name: POST_MESSAGE,
      sample: () => {
        const buffer = new ArrayBuffer(BYTES);
        answer = Promise.withResolvers();
        worker.postMessage(buffer, [buffer]);
        return answer.promise;
      },
    },
  ],
  name,
);

await report({
  name: "transfer-1m",
  title: "A megabyte moved to a worker",
  cases: [{ name, unit: "us", figures: rounds.map((one) => figureOf(one, 1000, [50, 90, 99])) }],
  failures,
  targets: [
    atLeast("Times postMessage: no worse than 1", timesAsFast(rounds, RINGPOOL, POST_MESSAGE), 1),
  ],
});
process.exit();
