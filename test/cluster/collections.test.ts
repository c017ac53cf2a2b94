import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { PayloadError } from "../../src/index.ts";
import { ClusterPool, serveMachine } from "../../src/cluster/index.ts";
import type { ClusterProgress, Machine } from "../../src/cluster/index.ts";
import { registry } from "./fixtures/tasks.ts";
import { QUICK, startMachine } from "./processes.ts";
import { IF_REDIS, NO_REDIS, RedisServerOfTest } from "./redis-server.ts";
import { until } from "./until.ts";

type Served = typeof registry;

describe.skipIf(NO_REDIS !== undefined)(`collections across machines${IF_REDIS}`, () => {
  let redis: RedisServerOfTest;
  let machine: Machine;
  let cluster: ClusterPool<Served>;

  beforeAll(async () => {
    redis = await RedisServerOfTest.start();
    const { url: connection } = redis;
    machine = await serveMachine({ name: "t", connection, registry, threads: 2 });
    cluster = await ClusterPool.connect<Served>({ name: "t", connection, maxOutstanding: 500 });
  });
  afterAll(async () => {
    await cluster.close();
    await machine.dismiss();
    await redis.remove();
  });

  test("map gives the results in the order of the items, with progress", async () => {
    const items = Array.from({ length: 2000 }, (_, index) => index);
    const told: ClusterProgress[] = [];
    const onProgress = (progress: ClusterProgress): number => told.push(progress);
    expect(await cluster.map("echo", items, { onProgress })).toEqual(items);
    expect(told).toHaveLength(2000);
    expect(told.at(-1)).toEqual({ done: 2000, total: 2000 });
  });

  test("items come from iterables of all kinds", async () => {
    expect(await cluster.map("echo", new Set([1, 2]))).toEqual([1, 2]);
    async function* endless(): AsyncGenerator<number> {
      for (let item = 0; ; item++) yield item;
    }
    const seen: unknown[] = [];
    for await (const value of cluster.imap("echo", endless(), { buffer: 10 })) {
      seen.push(value);
      if (seen.length === 30) break;
    }
    expect(seen).toEqual(Array.from({ length: 30 }, (_, index) => index));
    expect(await cluster.map("echo", [])).toEqual([]);
    await cluster.settled();
  });

  test("starmap spreads each item", async () => {
    const items: [number, number][] = [
      [1, 2],
      [3, 4],
    ];
    expect(await cluster.starmap("add", items)).toEqual([3, 7]);
    await expect(cluster.starmap("add", [5 as never])).rejects.toThrow(/items\[0\]=5/);
  });

  test("imapUnordered gives each result as soon as it is there", async () => {
    const first: number[] = [];
    for await (const [index, value] of cluster.imapUnordered("wait", [150, 1, 2], {
      entries: true,
      chunkSize: 1,
    })) {
      expect(value).toBe([150, 1, 2][index]!);
      first.push(index);
    }
    expect(first.toSorted((one, other) => one - other)).toEqual([0, 1, 2]);
    expect(first.at(-1)).toBe(0);
  });

  test("the first failure ends the rest, and says which item it was", async () => {
    const items = ["a", "b"];
    const error = await cluster.map("fail", items).catch((it: unknown) => it);
    expect(error).toBeInstanceOf(RangeError);
    const { index, message } = error as RangeError & { index: number };
    expect(items[index]).toBe(message);
    await cluster.settled();
    const refused = cluster.map("echo", [1, new SharedArrayBuffer(8)]);
    await expect(refused).rejects.toMatchObject({ index: 1 });
    await expect(refused).rejects.toThrow(PayloadError);
  });

  test("with settle every item has an outcome", async () => {
    const outcomes = await cluster.map("fail", ["a"], { settle: true });
    expect(outcomes[0]).toMatchObject({ status: "rejected", reason: { message: "a", index: 0 } });
    expect(await cluster.map("echo", [1], { settle: true })).toEqual([
      { status: "fulfilled", value: 1 },
    ]);
  });

  test("a signal ends a collection", async () => {
    const controller = new AbortController();
    const run = cluster.map("wait", [60_000, 60_000], { signal: controller.signal });
    await until(() => machine.stats().running > 0);
    controller.abort(new Error("enough"));
    await expect(run).rejects.toThrow("enough");
    await until(() => machine.stats().running === 0);
    await expect(cluster.map("echo", [1], { signal: AbortSignal.abort("no") })).rejects.toBe("no");
  });

  test("a chunk that is lost with its machine repeats only itself", async () => {
    const options = { name: "two", connection: redis.url, ...QUICK };
    await using one = await startMachine(options);
    await using _other = await startMachine(options);
    const two = await ClusterPool.connect<Served>(options);
    const items = Array.from({ length: 60 }, () => 15);
    const run = two.map("wait", items);
    await until(() =>
      two.stats().machines.some(({ id, succeeded }) => id === one.id && succeeded > 0),
    );
    await one.kill();
    expect(await run).toEqual(items);
    const { repeated, late } = two.stats();
    expect(repeated + late).toBeGreaterThan(0);
    expect(repeated).toBeLessThan(60);
    await two.close();
  });

  test("bad options are refused by name", async () => {
    await expect(cluster.map("echo", [1], { chunkSize: 0 })).rejects.toThrow(/chunkSize.*=0/);
    await expect(cluster.map("echo", 5 as never)).rejects.toThrow(/items=5/);
    const unknown = cluster.map("echo", [1], { transfer: [] } as never);
    await expect(unknown).rejects.toThrow(/no such option.*option=transfer/);
  });
});
