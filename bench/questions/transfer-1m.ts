/** Measures how long it takes to move a megabyte to a worker without a copy. */
import { ThreadPool } from "ringpool";
import { FLAT, RINGPOOL } from "../contestants/names.ts";
import { lengthOf } from "../contestants/tasks.ts";
import { interleave } from "../interleave.ts";
import { caseOf, timesAsGood } from "../rounds.ts";
import { report } from "../result.ts";

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
      name: FLAT,
      sample: () => {
        const buffer = new ArrayBuffer(BYTES);
        answer = Promise.withResolvers();
        worker.postMessage(buffer, [buffer]);
        return answer.promise;
      },
    },
  ],
  name,
  { isAverage: true },
);

await report({
  name: "transfer-1m",
  title: "A megabyte moved to a worker",
  cases: [caseOf(name, "us", rounds, { perUnit: 1000, rival: FLAT, percentiles: [50, 90, 99] })],
  failures,
  targets: [{ id: "transfer-1m", measured: timesAsGood(rounds, RINGPOOL, FLAT) }],
});
process.exit();
