import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { ClusterPool } from "../../src/cluster/index.ts";
import type { ClusterPoolOptions } from "../../src/cluster/index.ts";
import type { registry } from "./fixtures/tasks.ts";
import { QUICK, startMachine, startProducer } from "./processes.ts";
import { IF_REDIS, NO_REDIS, RedisServerOfTest } from "./redis-server.ts";
import { until } from "./until.ts";

type Served = typeof registry;

/** Puts a request for each value, and counts the calls of each callback. */
async function putAll(
  cluster: ClusterPool<Served>,
  callable: "echo" | "wait",
  values: readonly number[],
): Promise<{ readonly calls: number[]; readonly results: unknown[] }> {
  const calls = values.map(() => 0);
  const results: unknown[] = values.map(() => undefined);
  const indexes = new Map<object, number>();
  const requests = cluster.makeRequests(callable, values, (request, result) => {
    const index = indexes.get(request)!;
    calls[index]! += 1;
    results[index] = result;
  });
  requests.forEach((request, index) => indexes.set(request, index));
  for (const request of requests) await cluster.putRequest(request);
  return { calls, results };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe.skipIf(NO_REDIS !== undefined)(`outages${IF_REDIS}`, () => {
  let redis: RedisServerOfTest;
  let options: ClusterPoolOptions;

  beforeEach(async () => {
    redis = await RedisServerOfTest.start();
    options = { name: "t", connection: redis.url, overdueMs: 1000, ...QUICK };
  });
  afterEach(() => redis.remove());

  test("a machine that is killed loses nothing: another one runs what it had", async () => {
    await using one = await startMachine(options);
    await using other = await startMachine(options);
    const cluster = await ClusterPool.connect<Served>(options);
    const values = upTo(60).map(() => 20);
    const { calls } = await putAll(cluster, "wait", values);
    await until(() =>
      cluster.stats().machines.some(({ id, succeeded }) => id === one.id && succeeded > 0),
    );
    await one.kill();
    await cluster.settled();
    expect(calls).toEqual(values.map(() => 1));
    const { repeated, machines } = cluster.stats();
    expect(repeated).toBeGreaterThan(0);
    expect(machines.map(({ id }) => id).sort()).toEqual([one.id, other.id].sort());
    await cluster.close();
  });

  test("a machine that is frozen and resumed gives late results, which are counted and nothing else", async () => {
    await using one = await startMachine(options);
    await using other = await startMachine(options);
    const cluster = await ClusterPool.connect<Served>(options);
    const values = upTo(40).map(() => 20);
    const { calls } = await putAll(cluster, "wait", values);
    await until(() =>
      cluster.stats().machines.some(({ id, succeeded }) => id === one.id && succeeded > 0),
    );
    one.signal("SIGSTOP");
    await cluster.settled();
    expect(calls).toEqual(values.map(() => 1));
    one.signal("SIGCONT");
    await until(() => cluster.stats().late > 0);
    expect(calls).toEqual(values.map(() => 1));
    // It serves again.
    other.signal("SIGKILL");
    expect(await cluster.run("echo", [5])).toBe(5);
    await cluster.close();
  });

  test("a server that is restarted under load loses nothing", async () => {
    await using _machine = await startMachine(options);
    const cluster = await ClusterPool.connect<Served>(options);
    const values = upTo(3000);
    const before = await putAll(cluster, "echo", values);
    await redis.kill();
    await redis.resume();
    const after = await putAll(cluster, "echo", values);
    await cluster.settled();
    for (const { calls, results } of [before, after]) {
      expect(calls).toEqual(values.map(() => 1));
      expect(results).toEqual(values);
    }
    await cluster.close();
  });

  test("requests that are put while the server is away run when it is back", async () => {
    await using _machine = await startMachine(options);
    const cluster = await ClusterPool.connect<Served>(options);
    expect(await cluster.run("echo", [0])).toBe(0);
    await redis.kill();
    const values = upTo(100);
    const { calls, results } = await putAll(cluster, "echo", values);
    expect(cluster.stats().pending).toBe(100);
    await redis.resume();
    await cluster.settled();
    expect(calls).toEqual(values.map(() => 1));
    expect(results).toEqual(values);
    await cluster.close();
  });

  test("a chunk that the queue has lost is put again", async () => {
    const cluster = await ClusterPool.connect<Served>(options);
    const { calls } = await putAll(cluster, "echo", upTo(10));
    const client = redis.client();
    await until(async () => Number(await client.send("ZCARD", ["bull:t:prioritized"])) > 0);
    await client.send("FLUSHALL", []);
    client.close();
    await using _machine = await startMachine(options);
    await cluster.settled();
    expect(calls).toEqual(upTo(10).map(() => 1));
    expect(cluster.stats().resubmitted).toBeGreaterThan(0);
    await cluster.close();
  });

  test("a producer that is killed and started again with its name gets all results", async () => {
    await using _machine = await startMachine(options);
    const orders = { options: { ...options, producer: "one" }, callable: "wait" } as const;
    const first = upTo(30).map((index) => 10 + index / 100);
    const second = upTo(10).map((index) => 20 + index / 100);
    const killed = startProducer({ ...orders, values: first });
    await killed.line((line) => line.startsWith("result"));
    await killed.line((line) => line === "put");
    await killed.kill();
    await using again = startProducer({ ...orders, values: second });
    const told = (word: string): number[] =>
      [...killed.lines, ...again.lines]
        .filter((line) => line.startsWith(word))
        .map((line) => Number(line.split(" ")[1]));
    await again.line((line) => line === "settled");
    // Those of the first life that it had not received come to the second as results that nobody waits for.
    const ofSecond = again.lines
      .filter((line) => line.startsWith("result"))
      .map((line) => Number(line.split(" ")[1]));
    expect(ofSecond.toSorted((one, other) => one - other)).toEqual(second);
    const all = new Set([...told("result"), ...told("unclaimed")]);
    const missing = first.filter((value) => !all.has(value));
    expect(missing.length).toBeLessThanOrEqual(0);
  });

  test("a request that ends machines fails alone, after so many losses", async () => {
    const ofMachine = { ...options, maxLosses: 1 };
    let isOver = false;
    let machine = await startMachine(ofMachine);
    // Whoever supervises machines starts another one.
    const supervising = (async () => {
      for (;;) {
        await machine.exitCode();
        if (isOver) return;
        machine = await startMachine(ofMachine);
      }
    })();
    const cluster = await ClusterPool.connect<Served>(options);
    const good = cluster.run("echo", [1]);
    const [bad, other] = [cluster.run("crash", []), cluster.run("echo", [2])];
    await expect(bad).rejects.toThrow(/lost while it ran the request/);
    expect(await good).toBe(1);
    expect(await other).toBe(2);
    await cluster.close();
    isOver = true;
    await machine.kill();
    await supervising;
  });
});
