import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createBunRedisClient, Queue } from "bullmq";
import type { ConnectionOptions } from "bullmq";
import { CallableError, PayloadError } from "../../src/index.ts";
import { ClusterPool, serveMachine } from "../../src/cluster/index.ts";
import type { Machine } from "../../src/cluster/index.ts";
import { registry } from "./fixtures/tasks.ts";
import { IF_REDIS, NO_REDIS, RedisServerOfTest } from "./redis-server.ts";
import { until } from "./until.ts";

type Served = typeof registry;
const PASSWORD = "secret-word";

describe.skipIf(NO_REDIS !== undefined)(`hostile jobs${IF_REDIS}`, () => {
  let redis: RedisServerOfTest;
  let machine: Machine;
  let cluster: ClusterPool<Served>;
  let queue: Queue;
  let ofTest: { readonly connection: ConnectionOptions };
  let client: Bun.RedisClient;
  const warnings: Error[] = [];

  beforeAll(async () => {
    redis = await RedisServerOfTest.start(PASSWORD);
    const connection = { host: "127.0.0.1", port: redis.port, password: PASSWORD };
    const onWarning = (warning: Error): number => warnings.push(warning);
    const name = "t";
    machine = await serveMachine({
      name,
      connection,
      registry,
      threads: 1,
      maxPayloadBytes: 200_000,
      onWarning,
    });
    cluster = await ClusterPool.connect<Served>({ name, connection, onWarning, overdueMs: 200 });
    client = redis.client();
    const adapter = createBunRedisClient(client);
    adapter.on("error", () => {});
    ofTest = { connection: adapter };
    queue = new Queue("t", ofTest);
  });
  afterAll(async () => {
    await queue.close();
    client.close();
    await cluster.close();
    await machine.dismiss();
    await redis.remove();
  });

  /** The reason why a job has failed. */
  async function failureOf(id: string): Promise<string> {
    await until(async () => (await queue.getJobState(id)) === "failed");
    return (await client.send("HGET", [`bull:t:${id}`, "failedReason"])) as string;
  }

  const ours = { ringpool: 1, producer: "p", life: "l", priority: 0 };
  test.each([
    ["null", null, /lacks ringpool/],
    ["a text", "text", /lacks ringpool/],
    ["another version", { ...ours, ringpool: 99, requests: [] }, /ringpool=99 readable=1/],
    ["no producer", { ...ours, producer: "a:b", requests: [] }, /lacks a valid producer/],
    ["no list", { ...ours, requests: {} }, /lacks a valid requests/],
    ["a request that is none", { ...ours, requests: [null] }, /lacks id/],
    [
      "a callable that is no text",
      { ...ours, requests: [{ id: 1, callable: {} }] },
      /lacks a valid callable/,
    ],
  ])("a job that no producer has put fails alone: %s", async (_, data, reason) => {
    const id = `hostile-${Bun.randomUUIDv7()}`;
    await queue.add("chunk", data, { jobId: id });
    expect(await failureOf(id)).toMatch(reason);
    expect(await cluster.run("echo", [1])).toBe(1);
  });

  const one = { id: 1, callable: "echo", value: [1] };
  const NO_NAMES = [
    "a:b",
    "",
    "..",
    "a\u0000b",
    "a\nb",
    "a/b",
    "x".repeat(101),
    "ä",
    5,
    null,
    true,
  ];
  const NOTHING_BUT_TEXTS = [5, null, true, ["a"], { a: 1 }, [[["a"]]]];
  const NO_COUNTS = [-1, 0.5, 1e300, "1", null, [1], {}];
  test.each([
    ["producer", [...NO_NAMES, ["a"], [["a:b"]], { toString: "a" }]],
    ["life", [...NO_NAMES, ["a"], { life: "a" }]],
    ["priority", ["0", 0.5, 1_000_000, -1_000_000, null, [0], {}]],
    ["lost", NO_COUNTS],
    ["requests", [null, [], {}, "text", 5, [[one]], [one, null], [one, one]]],
    ["ringpool", [null, "1", 2, [1]]],
  ])("a job with a bad %s fails alone, and at once", async (field, values) => {
    for (const value of values) {
      const id = `hostile-${Bun.randomUUIDv7()}`;
      await queue.add("x", { ...ours, requests: [one], [field]: value }, { jobId: id });
      expect(await failureOf(id)).toContain(`${field}=`.slice(0, field === "requests" ? 0 : 99));
    }
    expect(await cluster.run("echo", [1])).toBe(1);
  });
  test.each([
    ["id", [0, ...NO_COUNTS]],
    ["callable", NOTHING_BUT_TEXTS],
    ["requestID", [null, true, ["a"], { a: 1 }]],
    ["timeoutMs", [0, -1, 1e300, "1", null, [1], {}]],
    ["retries", NO_COUNTS],
    ["wantsProgress", [0, "true", null, {}]],
  ])("a job with a request with a bad %s fails alone, and at once", async (field, values) => {
    for (const value of values) {
      const id = `hostile-${Bun.randomUUIDv7()}`;
      const data = { ...ours, requests: [one, { ...one, id: 2, [field]: value }] };
      await queue.add("x", data, { jobId: id });
      expect(await failureOf(id)).toContain(`lacks a valid ${field}: ${field}=`);
    }
    expect(await cluster.run("echo", [1])).toBe(1);
  });

  test("jobs whose results the server does not take fail alone, and what they run stops", async () => {
    await client.send("SET", ["bull:t~nobody:wait", "no list"]);
    const ids = [1, 2, 3, 4].map((n) => `nobody-${n}`);
    const requests = [one, { id: 2, callable: "wait", value: [3_600_000] }];
    const data = { ...ours, producer: "nobody", requests };
    for (const jobId of ids) await queue.add("x", data, { jobId });
    for (const id of ids)
      expect(await failureOf(id)).toMatch(/results .* cannot be stored.*WRONGT/);
    expect(await cluster.run("echo", [1])).toBe(1);
    await until(() => machine.stats().running === 0);
  });

  test("what anybody writes about machines and producers holds nobody up", async () => {
    const own = "bull:t:ringpool";
    await client.send("HSET", [`${own}:producers`, "a:b", "0", "c", "x"]);
    await client.send("SADD", [`${own}:machines`, "x", "y", "z"]);
    await client.send("SET", [`${own}:producer:c`, '{"version":"a:b"}']);
    await client.send("SET", [`${own}:machine:x`, "null"]);
    await client.send("SET", [`${own}:machine:y`, "[]"]);
    await client.send("SET", [`${own}:machine:z`, "{"]);
    for (const message of ["null", '{"op":"hello","version":"a:b"}', '{"op":"cancel"}'])
      await client.send("XADD", [`${own}:control`, "*", "message", message]);
    const connection = { host: "127.0.0.1", port: redis.port, password: PASSWORD };
    const late = { name: "t", connection, registryVersion: "of-late" };
    await using other = await ClusterPool.connect<Served>(late);
    expect(await other.run("echo", [2])).toBe(2);
    expect(other.stats().machines.map(({ id }) => id)).toEqual([machine.id]);
    await client.send("DEL", [`${own}:producer:c`, `${own}:machine:x`, `${own}:machine:y`]);
  });

  test("a job that is no JSON fails at once, and others run", async () => {
    await queue.pause();
    await queue.add("chunk", {}, { jobId: "broken" });
    await client.send("HSET", ["bull:t:broken", "data", '{"ringpool": 1, "requests": [']);
    await queue.resume();
    expect(await failureOf("broken")).toMatch(/is no JSON/);
    expect(await cluster.run("echo", [1])).toBe(1);
  });

  test("a job that is larger than the limit is not parsed", async () => {
    const data = { ...ours, requests: [{ id: 1, callable: "echo", value: ["x".repeat(400_000)] }] };
    await queue.add("chunk", data, { jobId: "huge" });
    expect(await failureOf("huge")).toMatch(/larger than this side reads.*maxPayloadBytes=200000/);
  });

  test("a request that is too large for the machine fails at its producer", async () => {
    await expect(cluster.run("echo", ["x".repeat(400_000)])).rejects.toThrow(
      /No machine could read/,
    );
    expect(await cluster.run("echo", [1])).toBe(1);
  });

  test("a result that is too large fails its request alone", async () => {
    const own = "x".repeat(150_000);
    const [large, small] = await Promise.allSettled([
      cluster.run("echo", [own]),
      cluster.run("twice", [own]),
    ]);
    expect(large).toMatchObject({ status: "fulfilled" });
    expect(small).toMatchObject({
      status: "rejected",
      reason: expect.any(PayloadError) as unknown,
    });
  });

  test("functions and sources in a job are data, and no name reaches beyond the registry", async () => {
    for (const callable of [
      "constructor",
      "hasOwnProperty",
      "process.exit",
      "() => process.exit()",
    ]) {
      await expect(cluster.run(callable as never, [] as never)).rejects.toThrow(CallableError);
    }
  });

  test("results that no machine has sent are dropped alone", async () => {
    const life = "zzz";
    const producer = String(
      ((await client.send("HKEYS", ["bull:t:ringpool:producers"])) as string[])[0],
    );
    const results = new Queue(`t~${producer}`, ofTest);
    await results.add("results", { ringpool: 1, life, machine: 5, results: [] });
    await results.add("results", "text");
    await results.add("results", {
      ringpool: 1,
      life: "0",
      machine: "m",
      results: [{ id: 1, outcome: "x" }],
    });
    expect(await cluster.run("echo", [1])).toBe(1);
    await until(async () => (await results.getJobCountByTypes("waiting", "active")) === 0);
    await results.close();
  });

  test("no credentials are in warnings, stacks or inspected objects", async () => {
    await redis.kill();
    await until(() => warnings.some(({ message }) => /closed/i.test(message)));
    const texts = [...warnings, cluster, machine, cluster.stats(), machine.stats()];
    for (const text of texts) expect(Bun.inspect(text, { depth: 9 })).not.toContain(PASSWORD);
    await redis.resume();
    expect(await cluster.run("echo", [1])).toBe(1);
  });
});
