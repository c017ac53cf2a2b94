/** Measures the throughput with more workers than cores. */
import { ThreadPool } from "../../src/index.ts";
import { PostMessagePool } from "../contestants/post-message-pool.ts";
import { POST_MESSAGE, RINGPOOL } from "../burst.ts";
import { echo } from "../contestants/tasks.ts";
import { figureOf, interleave, timesAsFast } from "../interleave.ts";
import type { Rounds } from "../interleave.ts";
import { atLeast, report } from "../result.ts";
import type { Case } from "../result.ts";

const COUNTS = [1, 2, 4, 8, 16, 32, 64];
const numbers = Array.from({ length: 1000 }, (_, i) => i);

const pools = COUNTS.map((count) => ({ count, pool: new ThreadPool(count) }));
const byHand = COUNTS.map((count) => ({ count, pool: new PostMessagePool(count) }));
const { rounds } = await interleave(
  [
    ...pools.map(({ count, pool }) => ({
      name: `${RINGPOOL} ${count}`,
      sample: () => Promise.all(numbers.map((n) => pool.run(echo<number>, [n]))),
    })),
    ...byHand.map(({ count, pool }) => ({
      name: `${POST_MESSAGE} ${count}`,
      sample: () => Promise.all(numbers.map((n) => pool.run("echo", [n]))),
    })),
  ],
  "all",
);

const cases: Case[] = COUNTS.map((count) => ({
  name: `${count} workers`,
  unit: "requests a second",
  figures: [RINGPOOL, POST_MESSAGE].map((contestant) => perSecond(contestant, count)),
}));

function perSecond(contestant: string, count: number) {
  const own = rounds.find(({ name }) => name === `${contestant} ${count}`) as Rounds;
  const medians = own.medians.map((ns) => (numbers.length * 1e9) / ns);
  return { ...figureOf({ ...own, medians }, 1), contestant };
}

await report({
  name: "workers",
  title: "Bursts of 1,000 numbers, by the number of workers",
  cases,
  failures: [],
  targets: [
    atLeast(
      "Throughput with 64 workers against 2: at least 0.7",
      timesAsFast(rounds, `${RINGPOOL} 64`, `${RINGPOOL} 2`),
      0.7,
    ),
  ],
});
process.exit();
