/** Measures callbacks as in the Python module: put 1,000 requests, then wait. The rivals give promises. */
import { ThreadPool, makeRequests } from "ringpool";
import { burstOf, queueAlone, workersLabel } from "../burst.ts";
import { batched, flat } from "../contestants/hand-made.ts";
import { BATCHED, RINGPOOL } from "../contestants/names.ts";
import { startAll, stopAll } from "../contestants/start.ts";
import { echo } from "../contestants/tasks.ts";
import { interleave } from "../interleave.ts";
import { caseOf, timesAsGood } from "../rounds.ts";
import type { Rounds } from "../rounds.ts";
import { report } from "../result.ts";
import type { Case, Failure } from "../result.ts";
import { BURST, IN_WORDS, valuesOf } from "../values.ts";
import type { Kind } from "../values.ts";

const cases: Case[] = [];
const failures: Failure[] = [];

async function measure(kind: Kind, workers: number): Promise<readonly Rounds[]> {
  const name = `${IN_WORDS[kind]}, ${workersLabel(workers)}`;
  const values = valuesOf(kind, BURST);
  const pool = new ThreadPool(workers);
  let delivered = 0;
  const count = (): void => {
    delivered += 1;
  };
  const queue = kind === "number" ? queueAlone(BURST, workers) : undefined;
  const byHand = await startAll([batched, flat], workers, name);
  const measured = await interleave(
    [
      {
        name: RINGPOOL,
        sample: () => {
          for (const request of makeRequests(echo, values, count)) pool.putRequest(request);
          pool.wait();
        },
      },
      ...byHand.started.map((one) => ({ name: one.name, sample: burstOf(one.pool, values) })),
      ...(queue === undefined ? [] : [queue]),
    ],
    name,
  );
  if (delivered === 0) throw new Error("No callback was called.");
  pool.terminate();
  queue?.stop();
  await stopAll(byHand.started);
  const { rounds } = measured;
  cases.push(caseOf(name, "ns a request", rounds, { perUnit: BURST, rival: BATCHED }));
  failures.push(...byHand.failures, ...measured.failures);
  return rounds;
}

const number = await measure("number", 1);
await measure("number", 2);
const string = await measure("string", 1);
const object = await measure("object", 1);
await report({
  name: "callbacks",
  title: "1,000 requests through putRequest and wait, with callbacks",
  cases,
  failures,
  targets: [
    { id: "callbacks-number", measured: timesAsGood(number, RINGPOOL, BATCHED) },
    { id: "callbacks-string", measured: timesAsGood(string, RINGPOOL, BATCHED) },
    { id: "callbacks-object", measured: timesAsGood(object, RINGPOOL, BATCHED) },
  ],
});
process.exit();
