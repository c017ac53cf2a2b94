/**
 * Machines are killed and the server is restarted under load, again and again: requests put, callbacks called, lost, doubled,
 * and how long it takes until everything that was put before an outage has its result. Starts a Redis server of its own.
 *
 *     bun run cluster:outages [--kills 100] [--restarts 20] [--gone MS]
 *
 * The last line counts the requests. The exit code is 1 when one was lost, or its callback called twice.
 */
import { parseArgs } from "node:util";
import { ClusterPool } from "../src/cluster/index.ts";
import { end, startMachine } from "./cluster/processes.ts";
import type { ReadyProcess } from "./cluster/processes.ts";
import { RedisServerOfTest } from "../test/cluster/redis-server.ts";
import type { registry } from "./cluster/tasks.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "100" },
    restarts: { type: "string", default: "20" },
    gone: { type: "string", default: "0" },
  },
});
const TIMES = { lockDurationMs: 1000, stallCheckMs: 500 };
const MACHINES = 2;
/** How long a request computes. */
const RUN_MS = 2;
/** Requests under way. */
const OUTSTANDING = 400;

const redis = await RedisServerOfTest.start();
const options = { name: "outages", connection: redis.url, ...TIMES };
const machines: ReadyProcess[] = [];
for (let i = 0; i < MACHINES; i++) machines.push(await startMachine({ ...options, threads: 1 }));
const cluster = await ClusterPool.connect<typeof registry>({
  ...options,
  overdueMs: 3000,
  maxOutstanding: OUTSTANDING,
});

const calls: number[] = [];
/** Requests that were put and have no callback yet. */
const open = new Set<number>();
/** Called when one of them gets its callback. */
let wake = (): void => {};
const load = { isOver: false };

async function putAll(): Promise<void> {
  while (!load.isOver) {
    const index = calls.push(0) - 1;
    open.add(index);
    const [request] = cluster.makeRequests("compute", [RUN_MS], () => {
      calls[index]! += 1;
      open.delete(index);
      wake();
    });
    await cluster.putRequest(request!);
  }
}

/** Waits until all that was put before has its callback. Returns how long it took, in milliseconds. */
async function recovery(): Promise<number> {
  const before = new Set(open);
  const startedMs = performance.now();
  for (;;) {
    for (const index of before) if (!open.has(index)) before.delete(index);
    if (before.size === 0) return performance.now() - startedMs;
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
}

function summary(name: string, times: readonly number[]): void {
  if (times.length === 0) return;
  const sorted = times.toSorted((one, other) => one - other);
  const at = (part: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN).toFixed(0);
  console.log(`${name}: recovery p50 ${at(0.5)} ms, p90 ${at(0.9)} ms, longest ${at(1)} ms`);
}

const putting = putAll();
await recovery();

const afterKills: number[] = [];
for (let kill = 0; kill < Number(values.kills); kill++) {
  const at = kill % MACHINES;
  await end(machines[at]!);
  const recovering = recovery();
  machines[at] = await startMachine({ ...options, threads: 1 });
  afterKills.push(await recovering);
  if ((kill + 1) % 10 === 0) console.log(`${kill + 1} machines killed`);
}
summary("kill -9 of a machine", afterKills);

const afterRestarts: number[] = [];
for (let restart = 0; restart < Number(values.restarts); restart++) {
  await redis.kill();
  const recovering = recovery();
  await redis.resume();
  afterRestarts.push(await recovering);
}
summary("kill -9 and restart of the server", afterRestarts);

if (Number(values.gone) > 0) {
  await redis.kill();
  await Bun.sleep(Number(values.gone));
  const recovering = recovery();
  await redis.resume();
  summary(`server gone for ${values.gone} ms, from its return`, [await recovering]);
}

load.isOver = true;
await putting;
await cluster.settled();
const { late, repeated, resubmitted } = cluster.stats();
console.log(`ran again: ${repeated}, late results: ${late}, chunks put again: ${resubmitted}`);
await cluster.close();
for (const machine of machines) await end(machine);
await redis.remove();
const lost = calls.filter((count) => count === 0).length;
const doubled = calls.filter((count) => count > 1).length;
const fired = calls.reduce((sum, count) => sum + count, 0);
console.log(
  `${calls.length} put, ${fired} callbacks, ${lost} lost, ${doubled} doubled, ${values.kills} machines killed, ${values.restarts} restarts of the server`,
);
process.exit(lost + doubled === 0 ? 0 : 1);
