import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { PoolClosed, RequestTimeout } from "../../src/index.ts";
import { ClusterPool, serveMachine } from "../../src/cluster/index.ts";
import type { Machine } from "../../src/cluster/index.ts";
import { registry } from "./fixtures/tasks.ts";
import { startMachine } from "./processes.ts";
import { IF_REDIS, NO_REDIS, RedisServerOfTest } from "./redis-server.ts";
import { until } from "./until.ts";

type Served = typeof registry;

describe.skipIf(NO_REDIS !== undefined)(`control of a cluster${IF_REDIS}`, () => {
  let redis: RedisServerOfTest;
  let machine: Machine;
  let cluster: ClusterPool<Served>;

  beforeAll(async () => {
    redis = await RedisServerOfTest.start();
    const { url: connection } = redis;
    machine = await serveMachine({ name: "t", connection, registry, threads: 1 });
    cluster = await ClusterPool.connect<Served>({ name: "t", connection });
  });
  afterAll(async () => {
    await cluster.close();
    await machine.dismiss();
    await redis.remove();
  });

  test("a running request stops on its machine when its signal is aborted", async () => {
    const controller = new AbortController();
    const run = cluster.run("wait", [60_000], { signal: controller.signal });
    await until(() => machine.stats().running === 1);
    const reason = new Error("enough");
    controller.abort(reason);
    expect(await run.catch((error: unknown) => error)).toBe(reason);
    await until(() => machine.stats().running === 0);
    expect(await cluster.run("echo", [1])).toBe(1);
  });

  test("a request that waits for a thread does not start once it is cancelled", async () => {
    const blocker = new AbortController();
    const blocking = cluster.run("wait", [60_000], { signal: blocker.signal });
    await until(() => machine.stats().running === 1);
    const controller = new AbortController();
    const waiting = cluster.run("crash", [], { signal: controller.signal });
    await until(() => machine.stats().running === 2);
    controller.abort(new Error("not needed"));
    await expect(waiting).rejects.toThrow("not needed");
    await until(() => machine.stats().running === 1);
    blocker.abort();
    await expect(blocking).rejects.toThrow();
  });

  test("a request that no machine has taken does not run once it is cancelled", async () => {
    const { url: connection } = redis;
    const alone = await ClusterPool.connect<Served>({ name: "later", connection });
    const told: unknown[] = [];
    const [cancelled] = alone.makeRequests("crash", [undefined], null, (_, info) =>
      told.push(info[0]),
    );
    await alone.putRequest(cancelled!);
    const client = redis.client();
    await until(async () => Number(await client.send("ZCARD", ["bull:later:prioritized"])) === 1);
    expect(alone.cancel(cancelled!)).toBe(true);
    expect(alone.cancel(cancelled!)).toBe(false);
    expect(told).toEqual(["AbortError"]);
    await until(async () => Number(await client.send("ZCARD", ["bull:later:prioritized"])) === 0);
    client.close();
    const late = await serveMachine({ name: "later", connection, registry, threads: 1 });
    expect(await alone.run("echo", [1])).toBe(1);
    expect(late.stats().succeeded).toBe(1);
    await alone.close();
    await late.dismiss();
  });

  test("an aborted signal puts nothing", async () => {
    const { put } = cluster.stats();
    await expect(cluster.run("echo", [1], { signal: AbortSignal.abort("no") })).rejects.toBe("no");
    expect(cluster.stats().put).toBe(put);
  });

  test("larger priorities go first, and chunks do not mix them", async () => {
    const { url: connection } = redis;
    const busy = await ClusterPool.connect<Served>({ name: "p", connection });
    const order: number[] = [];
    const runs = [0, 5, -5, 5, 0, -5, 999_999].map((priority) =>
      busy.run("echo", [priority], { priority }).then((value) => order.push(value as number)),
    );
    const client = redis.client();
    await until(async () => Number(await client.send("ZCARD", ["bull:p:prioritized"])) === 4);
    const ids = (await client.send("ZRANGE", ["bull:p:prioritized", "0", "-1"])) as string[];
    for (const id of ids) {
      const data = JSON.parse((await client.send("HGET", [`bull:p:${id}`, "data"])) as string) as {
        requests: { value: [number] }[];
      };
      expect(new Set(data.requests.map(({ value }) => value[0])).size).toBe(1);
    }
    client.close();
    const late = await serveMachine({ name: "p", connection, registry, threads: 1 });
    await Promise.all(runs);
    expect(order).toEqual([999_999, 5, 5, 0, 0, -5, -5]);
    await expect(busy.run("echo", [1], { priority: 0.5 })).rejects.toThrow(RangeError);
    await busy.close();
    await late.dismiss();
  });

  test("SIGTERM lets a machine finish what it has, and end with code 0", async () => {
    const { url: connection } = redis;
    await using process = await startMachine({ name: "d", connection });
    const some = await ClusterPool.connect<Served>({ name: "d", connection });
    const begun = Promise.withResolvers<unknown>();
    const onProgress = begun.resolve;
    const runs = [some.run("wait", [100], { onProgress }), some.run("wait", [101])];
    await begun.promise;
    process.signal("SIGTERM");
    expect(await Promise.all(runs)).toEqual([100, 101]);
    expect(await process.exitCode()).toBe(0);
    await some.close();
  });

  test("a producer dismisses a machine by its id, and the others go on", async () => {
    const { url: connection } = redis;
    await using one = await startMachine({ name: "d", connection, id: "one" });
    await using other = await startMachine({ name: "d", connection, id: "other" });
    const some = await ClusterPool.connect<Served>({ name: "d", connection });
    await some.dismissMachine(one.id);
    expect(await one.exitCode()).toBe(0);
    expect(await some.run("echo", [1])).toBe(1);
    await until(() =>
      some.stats().machines.every(({ id, state }) => id === other.id || state === "gone"),
    );
    await some.close();
  });

  test("a later program with the same producer name takes the results over", async () => {
    const { url: connection } = redis;
    const options = { name: "t", connection, producer: "web" };
    const first = await ClusterPool.connect<Served>(options);
    const blocker = new AbortController();
    const blocked = first.run("wait", [60_000], { signal: blocker.signal });
    const outcome = blocked.catch((error: unknown) => error);
    const second = await ClusterPool.connect<Served>(options);
    expect(await outcome).toBeInstanceOf(PoolClosed);
    expect(((await outcome) as Error).message).toContain("producer=web");
    await expect(first.run("echo", [1])).rejects.toThrow(/closed/);
    expect(await second.run("echo", [2])).toBe(2);
    await second.close();
  });

  test("a time limit of the pool of a machine holds too", async () => {
    const { url: connection } = redis;
    const strict = await serveMachine({
      name: "s",
      connection,
      registry,
      threads: 1,
      pool: { timeoutMs: 10 },
    });
    const some = await ClusterPool.connect<Served>({ name: "s", connection });
    await expect(some.run("wait", [60_000])).rejects.toThrow(RequestTimeout);
    await some.close();
    await strict.dismiss();
  });
});
