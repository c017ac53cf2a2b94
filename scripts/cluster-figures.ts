/**
 * Figures of a cluster, beside BullMQ alone in the same run: requests a second and the time of a lone request with one, two and
 * four machine processes, and how CPU-bound work scales from one machine to two. Starts a Redis server of its own.
 *
 *     bun run cluster:figures [ROUNDS]
 */
import { createBunRedisClient, Queue, Worker } from "bullmq";
import { RedisClient } from "bun";
import { startRedis } from "../examples/cluster/redis-of-demo.ts";
import { ClusterPool } from "../src/cluster/index.ts";
import { end, startBareWorker, startMachine } from "./cluster/processes.ts";
import type { registry } from "./cluster/tasks.ts";

const OUTSTANDING = 2000;
const BURST = { cluster: 20_000, bare: 3000 };
const LONE = 300;
const BATCH = { requests: 200, ms: 5 };

/** Something that runs echo elsewhere. */
interface Contestant {
  call(value: number): Promise<number>;
  close(): Promise<void>;
}

async function bare(url: string): Promise<Contestant> {
  const connect = () => {
    const client = createBunRedisClient(new RedisClient(url, { autoReconnect: false }));
    client.on("error", () => {});
    return client;
  };
  const queue = new Queue("bare", { connection: connect() });
  const waiting = new Map<number, (value: number) => void>();
  const worker = new Worker<{ id: number; value: number }>(
    "bare-results",
    async ({ data: { id, value } }) => {
      waiting.get(id)?.(value);
      waiting.delete(id);
    },
    { connection: connect(), concurrency: 32, removeOnComplete: { count: 0 } },
  );
  await worker.waitUntilReady();
  let last = 0;
  return {
    async call(value) {
      const id = ++last;
      const { promise, resolve } = Promise.withResolvers<number>();
      waiting.set(id, resolve);
      await queue.add("echo", { id, value }, { removeOnComplete: true });
      return promise;
    },
    async close() {
      await worker.close();
      await queue.close();
    },
  };
}

async function clustered(url: string, name: string): Promise<Contestant> {
  const cluster = await ClusterPool.connect<typeof registry>({ name, connection: url });
  return { call: (value) => cluster.run("echo", [value]), close: () => cluster.close() };
}

/** Requests a second, with so many of them under way. */
async function rateOf(contestant: Contestant, count: number): Promise<number> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) await contestant.call(next++);
  };
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: OUTSTANDING }, lane));
  return (count * 1000) / (performance.now() - startedMs);
}

/** The median time of a request that is alone, in milliseconds. */
async function loneOf(contestant: Contestant): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < LONE; i++) {
    const startedMs = performance.now();
    await contestant.call(i);
    times.push(performance.now() - startedMs);
  }
  return median(times);
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? NaN;
}

async function batchMsOf(
  url: string,
  machines: number,
  callable: "compute" | "hold",
): Promise<number> {
  const name = `${callable}-${machines}`;
  const processes = await Promise.all(
    Array.from({ length: machines }, () => startMachine({ name, connection: url, threads: 1 })),
  );
  const cluster = await ClusterPool.connect<typeof registry>({ name, connection: url });
  const items = Array.from({ length: BATCH.requests }, () => BATCH.ms);
  await cluster.map(callable, items.slice(0, 20));
  const startedMs = performance.now();
  await cluster.map(callable, items);
  const tookMs = performance.now() - startedMs;
  await cluster.close();
  for (const process of processes) await end(process);
  return tookMs;
}

async function measure(url: string, machines: number, rounds: number): Promise<void> {
  const name = `figures-${machines}`;
  const figures = { bareRate: [], rate: [], bareLone: [], lone: [] } as Record<string, number[]>;
  for (let round = 0; round < rounds; round++) {
    const workers = await Promise.all(Array.from({ length: machines }, () => startBareWorker(url)));
    const alone = await bare(url);
    await rateOf(alone, BURST.bare);
    figures["bareRate"]!.push(await rateOf(alone, BURST.bare));
    figures["bareLone"]!.push(await loneOf(alone));
    await alone.close();
    for (const worker of workers) await end(worker);

    const processes = await Promise.all(
      Array.from({ length: machines }, () => startMachine({ name, connection: url, threads: 1 })),
    );
    const cluster = await clustered(url, name);
    await rateOf(cluster, BURST.cluster);
    figures["rate"]!.push(await rateOf(cluster, BURST.cluster));
    figures["lone"]!.push(await loneOf(cluster));
    await cluster.close();
    for (const process of processes) await end(process);
  }
  const [bareRate, rate, bareLone, lone] = Object.values(figures).map(median) as [
    number,
    number,
    number,
    number,
  ];
  console.log(
    `${machines} machines: bare ${bareRate.toFixed(0)}/s, cluster ${rate.toFixed(0)}/s, ${(rate / bareRate).toFixed(1)} ×; ` +
      `lone request p50: bare ${bareLone.toFixed(2)} ms, cluster ${lone.toFixed(2)} ms`,
  );
}

const rounds = Number(process.argv[2] ?? 3);
const redis = await startRedis();
try {
  for (const machines of [1, 2, 4]) await measure(redis.url, machines, rounds);
  for (const callable of ["compute", "hold"] as const) {
    const ratios: number[] = [];
    for (let round = 0; round < rounds; round++)
      ratios.push(
        (await batchMsOf(redis.url, 1, callable)) / (await batchMsOf(redis.url, 2, callable)),
      );
    console.log(
      `${callable} for ${BATCH.ms} ms, two machines of one thread against one: ${median(ratios).toFixed(2)} ×`,
    );
  }
} finally {
  await redis.stop();
}
process.exit();
