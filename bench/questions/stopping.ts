/**
 * Measures how long a synchronous loop goes on after an abort, and how soon a new worker replaces its worker. A program with a
 * pool by hand sets a flag in shared memory that the loop reads, or ends the pool and makes another one.
 */
import { ThreadPool } from "ringpool";
import { FlatPool } from "../contestants/flat-pool.ts";
import { FLAT, RINGPOOL } from "../contestants/names.ts";
import { loop, loopUntilCancelled } from "../contestants/stoppable.ts";
import { echo } from "../contestants/tasks.ts";
import { caseOf, roundsOfCalls } from "../rounds.ts";
import { report } from "../result.ts";
import { inFull } from "../settings.ts";

const CALLS = inFull(200, 2);
const DEATHS = inFull(100, 2);

const begun = new Int32Array(new SharedArrayBuffer(4));
const endedAt = new Float64Array(new SharedArrayBuffer(8));

async function turnUntil(isDone: () => boolean): Promise<void> {
  while (!isDone()) await new Promise((resolve) => setImmediate(resolve));
}

/** Microseconds from the abort to the last round of a loop that checks whether it must stop. */
async function timeToStop(pool: ThreadPool): Promise<number> {
  const controller = new AbortController();
  const { signal } = controller;
  const run = pool.run(loopUntilCancelled, [begun, endedAt], { signal });
  await turnUntil(() => Atomics.load(begun, 0) === 1);
  const abortedAt = performance.timeOrigin + performance.now();
  controller.abort();
  await run.catch(() => {});
  await turnUntil(() => Atomics.load(begun, 0) === 0);
  return ((endedAt[0] as number) - abortedAt) * 1000;
}

/** Microseconds from the abort of a loop that ignores it to the next result, from the successor of its worker. */
async function timeToReplace(pool: ThreadPool): Promise<number> {
  const controller = new AbortController();
  const { signal } = controller;
  const run = pool.run(loop, [begun], { signal });
  await turnUntil(() => Atomics.load(begun, 0) === 1);
  const abortedAt = performance.now();
  controller.abort();
  await run.catch(() => {});
  await pool.run(echo<number>, [1]);
  Atomics.store(begun, 0, 0);
  return (performance.now() - abortedAt) * 1000;
}

/** The same with a flag by hand. */
async function timeToStopByHand(byHand: FlatPool): Promise<number> {
  const flags = new Int32Array(new SharedArrayBuffer(8));
  const run = byHand.run([flags, endedAt]);
  await turnUntil(() => Atomics.load(flags, 0) === 1);
  const abortedAt = performance.timeOrigin + performance.now();
  Atomics.store(flags, 1, 1);
  await run;
  return ((endedAt[0] as number) - abortedAt) * 1000;
}

/** The same with another pool by hand, which is returned. */
async function timeToReplaceByHand(byHand: FlatPool): Promise<[us: number, next: FlatPool]> {
  Atomics.store(begun, 0, 0);
  const run = byHand.run(begun);
  await turnUntil(() => Atomics.load(begun, 0) === 1);
  const abortedAt = performance.now();
  byHand.terminate();
  const next = new FlatPool(1, "loopOr");
  await Promise.all([run.catch(() => {}), next.run(1)]);
  return [(performance.now() - abortedAt) * 1000, next];
}

const pool = new ThreadPool(1, { graceMs: 0 });
const patient = new ThreadPool(1);
const stopUs: number[] = [];
const replaceUs: number[] = [];
for (let i = 0; i < CALLS; i++) stopUs.push(await timeToStop(patient));
for (let i = 0; i < DEATHS; i++) replaceUs.push(await timeToReplace(pool));
pool.terminate();
patient.terminate();
const stopByHandUs: number[] = [];
const replaceByHandUs: number[] = [];
const flat = new FlatPool(1, "loopUntilTold");
for (let i = 0; i < CALLS; i++) stopByHandUs.push(await timeToStopByHand(flat));
flat.terminate();
let replaced = new FlatPool(1, "loopOr");
for (let i = 0; i < DEATHS; i++) {
  const [us, next] = await timeToReplaceByHand(replaced);
  replaceByHandUs.push(us);
  replaced = next;
}
replaced.terminate();
await report({
  name: "stopping",
  title: "From the abort of a request whose callable is a synchronous loop",
  cases: [
    caseOf(
      "to the loop's last round, where it asks",
      "us",
      [roundsOfCalls(RINGPOOL, stopUs), roundsOfCalls(FLAT, stopByHandUs)],
      { rival: FLAT, percentiles: [50, 90, 99] },
    ),
    caseOf(
      "to the next result of a new worker, where it does not ask (graceMs 0)",
      "us",
      [roundsOfCalls(RINGPOOL, replaceUs), roundsOfCalls(FLAT, replaceByHandUs)],
      { rival: FLAT, percentiles: [50, 90, 99] },
    ),
  ],
});
process.exit();
