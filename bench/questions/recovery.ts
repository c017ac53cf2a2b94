/** Measures the time from the death of a pool's only worker to a result of its successor. */
import { ThreadPool } from "ringpool";
import { die } from "../contestants/mortal.ts";
import { RINGPOOL } from "../contestants/names.ts";
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

const ways = [
  ["process.exit in a callable, the parent's event loop turns", inTheEventLoop],
  ["process.exit in a callable, the parent blocks", whileTheParentBlocks],
  ["terminate() of the worker, the parent's event loop turns", afterTerminate],
] as const;
const cases = [];
for (const [name, way] of ways) {
  const pool = new ThreadPool(1);
  await pool.run(echo<number>, [1]);
  const us: number[] = [];
  for (let i = 0; i < DEATHS; i++) us.push(await way(pool));
  pool.terminate();
  cases.push(caseOf(name, "us", [roundsOfCalls(RINGPOOL, us)], { percentiles: [50, 90, 99] }));
}
await report({
  name: "recovery",
  title: "From a worker's death to the first result of its successor",
  cases,
});
process.exit();
