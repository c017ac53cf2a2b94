/** Measures a script in the style of the Python module, which puts a million requests and then waits, against promises. */
import { ThreadPool, makeRequests } from "../../src/index.ts";
import { RINGPOOL } from "../burst.ts";
import { echo } from "../contestants/tasks.ts";
import { figureOf, timesAsFast } from "../interleave.ts";
import { atLeast, report } from "../result.ts";
import type { Case, Target } from "../result.ts";

const PROMISES = "ringpool, promises";
const REQUESTS = 1_000_000;
/** Fewer and longer rounds than those of other questions. */
const ROUNDS = 7;
const numbers = Array.from({ length: REQUESTS }, (_, i) => i);

const cases: Case[] = [];
const targets: Target[] = [];
for (const workers of [1, 2]) {
  const name = workers === 1 ? "1 worker" : `${workers} workers`;
  const pool = new ThreadPool(workers);
  let sum = 0;
  const add = (_: unknown, result: number): void => {
    sum += result;
  };
  const callbacks = (): unknown => {
    for (const request of makeRequests(echo<number>, numbers, add)) pool.putRequest(request);
    return pool.wait();
  };
  const promises = (): Promise<unknown> =>
    Promise.all(numbers.map((n) => pool.run(echo<number>, [n])));
  const rounds = [
    { name: RINGPOOL, sample: callbacks, medians: [] as number[], samples: [] },
    { name: PROMISES, sample: promises, medians: [] as number[], samples: [] },
  ];
  for (let round = -1; round < ROUNDS; round++) {
    for (const { sample, medians } of rounds) {
      const start = Bun.nanoseconds();
      await sample();
      if (round >= 0) medians.push(Bun.nanoseconds() - start);
    }
  }
  if (sum === 0) throw new Error("No callback was called.");
  pool.terminate();
  cases.push({
    name,
    unit: "ns a request",
    figures: rounds.map((one) => figureOf(one, REQUESTS)),
  });
  targets.push(
    atLeast(
      `Times the promises of the same pool, ${name}: at least 1`,
      timesAsFast(rounds, RINGPOOL, PROMISES),
      1,
    ),
  );
}
await report({
  name: "million",
  title: "A million numbers through putRequest and wait, with callbacks",
  cases,
  failures: [],
  targets,
});
process.exit();
