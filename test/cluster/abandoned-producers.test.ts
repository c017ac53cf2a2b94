import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { AbandonedProducers } from "../../src/cluster/abandoned-producers.ts";
import { RedisServer } from "../../src/cluster/connection.ts";
import type { Link } from "../../src/cluster/connection.ts";
import { loadEngine } from "../../src/cluster/engine.ts";
import type { Engine } from "../../src/cluster/engine.ts";
import { ClusterNames } from "../../src/cluster/names.ts";
import { serverTime } from "../../src/cluster/presence.ts";
import { IF_REDIS, NO_REDIS, RedisServerOfTest } from "./redis-server.ts";

describe.skipIf(NO_REDIS !== undefined)(`abandoned producers${IF_REDIS}`, () => {
  let redis: RedisServerOfTest;
  let engine: Engine;
  let link: Link;
  const names = new ClusterNames("t", "bull");

  beforeAll(async () => {
    redis = await RedisServerOfTest.start();
    engine = await loadEngine();
    link = await new RedisServer(redis.url).open(engine);
  });
  afterAll(async () => {
    link.close();
    await redis.remove();
  });

  async function leaveResults(producer: string, seenAt: number): Promise<void> {
    const { connection } = link;
    const queue = new engine.Queue(names.results(producer), { connection });
    await queue.add("results", { some: "results" });
    await queue.close();
    await link.send("HSET", [names.producers, producer, String(seenAt)]);
  }

  async function keysOf(producer: string): Promise<unknown> {
    return link.send("KEYS", [`bull:${names.results(producer)}:*`]);
  }

  test("lose their results after a time; those that were seen since keep them", async () => {
    const now = await serverTime(link);
    await leaveResults("old", now - 61_000);
    await leaveResults("new", now - 1000);
    expect(await keysOf("old")).not.toEqual([]);
    await new AbandonedProducers(engine, link, names).removeOlderThan(60_000);
    expect(await keysOf("old")).toEqual([]);
    expect(await keysOf("new")).not.toEqual([]);
    expect(await link.send("HKEYS", [names.producers])).toEqual(["new"]);
  });

  test("are not looked for at each heartbeat", async () => {
    const now = await serverTime(link);
    await leaveResults("older", now - 7_200_000);
    await new AbandonedProducers(engine, link, names).look();
    expect(await keysOf("older")).not.toEqual([]);
  });
});
