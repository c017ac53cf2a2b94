/**
 * Measures the time from the death of a pool's only worker to a result of its successor. The pool by hand has no successors, so
 * the program makes another pool when it sees the death.
 */
import { ThreadPool } from "ringpool";
import { FlatPool } from "../contestants/flat-pool.ts";
import { die } from "../contestants/mortal.ts";
import { FLAT, RINGPOOL } from "../contestants/names.ts";
import { echo } from "../contestants/tasks.ts";
import { caseOf, roundsOfCalls } from "../rounds.ts";
import { report } from "../result.ts";
import { inFull } from "../settings.ts";

const DEATHS = inFull(100, 2);

/** Here a worker writes the time of its death, on the clock that all threads share. */
const diedAt = new Float64Array(new SharedArrayBuffer(8));
const nowMs = (): number => performance.timeOrigin + performance.now();
const usSince = (thenMs: number): number => (nowMs() - thenMs) * 1000;

async function inTheEventLoop(pool: ThreadPool): Promise<number> {
  const death = pool.run(die, [diedAt]).catch(() => {});
  await Promise.all([death, pool.run(echo<number>, [1])]);
  return usSince(diedAt[0] as number);
}

async function whileTheParentBlocks(pool: ThreadPool): Promise<number> {
  void pool.run(die, [diedAt]).catch(() => {});
  pool.runSync(echo<number>, [1]);
  return usSince(diedAt[0] as number);
}

async function afterTerminate(pool: ThreadPool): Promise<number> {
  const thenMs = nowMs();
  pool.workers[0]?.terminate();
  await pool.run(echo<number>, [1]);
  return usSince(thenMs);
}

/** Returns the successor, too. */
type ByHand = (pool: FlatPool) => Promise<readonly [us: number, next: FlatPool]>;

const byHandInTheEventLoop: ByHand = async (pool) => {
  await pool.run(diedAt).catch(() => {});
  const next = new FlatPool(1, "dieOr");
  await next.run(1);
  return [usSince(diedAt[0] as number), next];
};

const byHandAfterTerminate: ByHand = async (pool) => {
  const thenMs = nowMs();
  pool.terminate();
  const next = new FlatPool(1, "dieOr");
  await next.run(1);
  return [usSince(thenMs), next];
};

async function timesByHand(way: ByHand): Promise<number[]> {
  let pool = new FlatPool(1, "dieOr");
  await pool.run(1);
  const times: number[] = [];
  for (let i = 0; i < DEATHS; i++) {
    const [us, next] = await way(pool);
    times.push(us);
    pool = next;
  }
  pool.terminate();
  return times;
}

const ways = [
  [
    "process.exit in a callable, the parent's event loop turns",
    inTheEventLoop,
    byHandInTheEventLoop,
  ],
  ["process.exit in a callable, the parent blocks", whileTheParentBlocks, undefined],
  [
    "terminate() of the worker, the parent's event loop turns",
    afterTerminate,
    byHandAfterTerminate,
  ],
] as const;
const cases = [];
for (const [name, way, byHand] of ways) {
  const pool = new ThreadPool(1);
  await pool.run(echo<number>, [1]);
  const us: number[] = [];
  for (let i = 0; i < DEATHS; i++) us.push(await way(pool));
  pool.terminate();
  const rounds = [
    roundsOfCalls(RINGPOOL, us),
    ...(byHand === undefined ? [] : [roundsOfCalls(FLAT, await timesByHand(byHand))]),
  ];
  cases.push(caseOf(name, "us", rounds, { rival: FLAT, percentiles: [50, 90, 99] }));
}
await report({
  name: "recovery",
  title: "From a worker's death to the first result of its successor",
  cases,
});
process.exit();
