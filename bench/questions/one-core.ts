/** Measures the pool on a single core, where a spinning thread keeps the others from working. */
import { atLeast, report } from "../result.ts";
import type { Case } from "../result.ts";
import { medianOf } from "../interleave.ts";
import { POST_MESSAGE, RINGPOOL } from "../burst.ts";

const ROUNDS = 5;

/** The output of `one-core-process.ts`. */
interface Measured {
  readonly ringpool: number;
  readonly postMessage: number;
}

const script = new URL("../one-core-process.ts", import.meta.url).pathname;

function measure(): Measured {
  const { stdout, stderr, success } = Bun.spawnSync([
    "taskset",
    "-c",
    "0",
    process.execPath,
    script,
  ]);
  if (!success) throw new Error(`The pinned process has failed:\n${stderr.toString()}`);
  return JSON.parse(stdout.toString()) as Measured;
}

const rounds = Array.from({ length: ROUNDS }, measure);
const figureOf = (contestant: string, values: readonly number[]) => ({
  contestant,
  median: medianOf(values),
  from: Math.min(...values),
  to: Math.max(...values),
});
const pinned: Case = {
  name: "2 workers, pinned to one core",
  unit: "ns a request",
  figures: [
    figureOf(
      RINGPOOL,
      rounds.map(({ ringpool }) => ringpool),
    ),
    figureOf(
      POST_MESSAGE,
      rounds.map(({ postMessage }) => postMessage),
    ),
  ],
};
await report({
  name: "one-core",
  title: "Bursts of 1,000 numbers on a single core",
  cases: [pinned],
  failures: [],
  targets: [
    atLeast(
      "Times postMessage, 2 workers on one core: no worse than 1",
      medianOf(rounds.map(({ ringpool, postMessage }) => postMessage / ringpool)),
      1,
    ),
  ],
});
