import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  CallableError,
  DuplicateRequest,
  makeRequests,
  NoWorkersAvailable,
  PayloadError,
  PoolClosed,
  QueueFull,
  RequestTimeout,
  ThreadPoolError,
  WorkRequest,
} from "../../src/index.ts";
import { ClusterPool, serveMachine } from "../../src/cluster/index.ts";
import type { Machine } from "../../src/cluster/index.ts";
import { registry, traceContext } from "./fixtures/tasks.ts";
import { IF_REDIS, NO_REDIS, RedisServerOfTest } from "./redis-server.ts";

describe.skipIf(NO_REDIS !== undefined)(`requests of a cluster${IF_REDIS}`, () => {
  let redis: RedisServerOfTest;
  let machine: Machine;
  let cluster: ClusterPool<typeof registry>;

  beforeAll(async () => {
    redis = await RedisServerOfTest.start();
    const { url: connection } = redis;
    machine = await serveMachine({ name: "t", connection, registry, threads: 2 });
    cluster = await ClusterPool.connect<typeof registry>({ name: "t", connection });
  });
  afterAll(async () => {
    await cluster.close();
    await machine.dismiss();
    await redis.remove();
  });

  test("each callback is called once, with its request and its result", async () => {
    const results = new Map<number, number>();
    const values = Array.from({ length: 500 }, (_, index) => index);
    const requests = cluster.makeRequests("echo", values, (request, result) => {
      expect(results.has(request.args[0] as number)).toBe(false);
      results.set(request.args[0] as number, result as number);
    });
    for (const request of requests) await cluster.putRequest(request);
    await cluster.settled();
    expect([...results].filter(([argument, result]) => argument === result)).toHaveLength(500);
  });

  test("requests of makeRequests of the package work too, with keywords as the last argument", async () => {
    const results: unknown[] = [];
    const items = [[[1], { b: 2 }]];
    const requests = makeRequests("add" as never, items as never, (_, result) =>
      results.push(result),
    );
    for (const request of requests) await cluster.putRequest(request);
    await cluster.settled();
    expect(results).toEqual(["1[object Object]"]);
  });

  test("a failure comes as itself, with its cause, where it happened and where it was put", async () => {
    const failure = await cluster.run("fail", ["oops"]).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(RangeError);
    expect(failure).toMatchObject({
      message: "oops",
      code: "E_TEST",
      at: new Date(0),
      cause: { message: "the cause" },
      machine: machine.id,
      attempt: 1,
    });
    expect((failure as Error).stack).toContain("fixtures/tasks.ts");
    expect((failure as Error).stack).toContain("put here");
    expect((failure as Error).stack).toContain("requests.test.ts");
  });

  test("excCallback gets the type, the error and the traceback; without one the callback gets them", async () => {
    const told: unknown[] = [];
    const [one] = cluster.makeRequests("fail", ["one"], null, (_, excInfo) => told.push(excInfo));
    const [two] = cluster.makeRequests("fail", ["two"], (_, excInfo) => told.push(excInfo), null);
    await cluster.putRequest(one!);
    await cluster.putRequest(two!);
    await cluster.settled();
    expect(told).toHaveLength(2);
    for (const info of told as [string, Error, string][]) {
      expect(info[0]).toBe("RangeError");
      expect(info[1]).toBeInstanceOf(RangeError);
      expect(info[2]).toContain("fixtures/tasks.ts");
    }
    expect(one!.exception).toBe(true);
    await expect(cluster.putRequest(one!)).rejects.toThrow(ThreadPoolError);
  });

  test("callables run in threads of the machine, never in the one that renews locks", async () => {
    const { isMain } = await cluster.run("thread", []);
    expect(isMain).toBe(false);
  });

  test("a function is refused, with what to do", async () => {
    const request = new WorkRequest(registry.add, [1, 2]);
    const refusal = cluster.putRequest(request);
    await expect(refusal).rejects.toThrow(CallableError);
    await expect(refusal).rejects.toThrow(/by name.*registry of serveMachine.*callable=add/);
    await expect(cluster.run(registry.add as never, [] as never)).rejects.toThrow(CallableError);
    expect(() => cluster.imap(registry.echo as never, [])).toThrow(CallableError);
  });

  test("a name that the registry has not fails, with the names that it has", async () => {
    const missing = ["nothing", "constructor", "toString", "__proto__"];
    for (const name of missing) {
      const refusal = cluster.run(name as never, [] as never);
      await expect(refusal).rejects.toThrow(CallableError);
      await expect(refusal).rejects.toThrow(/it has add, echo/);
    }
    await cluster.settled();
  });

  test("a requestID that is pending is refused", async () => {
    const request = new WorkRequest("wait" as never, [20] as never, {}, { requestID: "mine" });
    await cluster.putRequest(request);
    const other = new WorkRequest("wait" as never, [20] as never, {}, { requestID: "mine" });
    await expect(cluster.putRequest(other)).rejects.toThrow(DuplicateRequest);
    await cluster.settled();
    await cluster.putRequest(other);
    await cluster.settled();
  });

  test("a request that is put in a callback is waited for", async () => {
    const results: number[] = [];
    const [second] = cluster.makeRequests("echo", [2], (_, value) => results.push(value as number));
    const [first] = cluster.makeRequests("echo", [1], (_, value) => {
      results.push(value as number);
      void cluster.putRequest(second!);
    });
    await cluster.putRequest(first!);
    await cluster.settled();
    expect(results).toEqual([1, 2]);
  });

  test("the time limit of a run holds on the machine", async () => {
    const run = cluster.run("wait", [60_000], { timeoutMs: 20 });
    await expect(run).rejects.toThrow(RequestTimeout);
    await cluster.settled();
  });

  test("what a callable reports comes in its order, before the result", async () => {
    const told: unknown[] = [];
    const values = [1, "two", new Date(3)];
    const length = await cluster.run("report", [values], { onProgress: (it) => told.push(it) });
    expect(told).toEqual(values);
    expect(length).toBe(3);
  });

  test("maxOutstanding holds putRequest up until there is room", async () => {
    const { url: connection } = redis;
    const narrow = await ClusterPool.connect<typeof registry>({
      name: "t",
      connection,
      maxOutstanding: 2,
    });
    let most = 0;
    const requests = narrow.makeRequests("echo", [1, 2, 3, 4, 5], () => {
      most = Math.max(most, narrow.stats().pending + 1);
    });
    for (const request of requests) await narrow.putRequest(request);
    await narrow.settled();
    expect(most).toBeLessThanOrEqual(2);
    expect(narrow.stats().succeeded).toBe(5);

    const [one, two, three] = narrow.makeRequests("wait", [30, 30, 30]);
    await narrow.putRequest(one!);
    await narrow.putRequest(two!);
    await expect(narrow.putRequest(three!, false)).rejects.toThrow(QueueFull);
    await expect(narrow.putRequest(three!, true, 1)).rejects.toThrow(/maxOutstanding=2/);
    await narrow.close();
    await expect(narrow.putRequest(three!)).rejects.toThrow(PoolClosed);
  });

  test("close with a limit fails what is left", async () => {
    const { url: connection } = redis;
    const brief = await ClusterPool.connect<typeof registry>({ name: "t", connection });
    const run = brief.run("wait", [60_000]);
    const outcome = run.catch((error: unknown) => error);
    await brief.close({ timeoutMs: 5 });
    expect(await outcome).toBeInstanceOf(PoolClosed);
  });

  test("a version that no machine serves is reported, with the versions that are served", async () => {
    const { url: connection } = redis;
    const third = await serveMachine({
      name: "v",
      connection,
      registry,
      registryVersion: "3",
      threads: 1,
    });
    const fourth = await ClusterPool.connect<typeof registry>({
      name: "v",
      connection,
      registryVersion: "4",
      versionTimeoutMs: 1,
    });
    const run = fourth.run("add", [1, 2]);
    await expect(run).rejects.toThrow(NoWorkersAvailable);
    await expect(run).rejects.toThrow(/registryVersion="4" served=3/);
    await run.catch(() => {});
    await fourth.close();

    const same = await ClusterPool.connect<typeof registry>({
      name: "v",
      connection,
      registryVersion: "3",
    });
    expect(await same.run("add", [1, 2])).toBe(3);
    await same.close();
    await third.dismiss();
  });

  test("a machine without a version serves the producers of every version", async () => {
    const { url: connection } = redis;
    for (const registryVersion of ["1", "2"]) {
      const some = await ClusterPool.connect<typeof registry>({
        name: "t",
        connection,
        registryVersion,
      });
      expect(await some.run("add", [1, 2])).toBe(3);
      await some.close();
    }
  });

  test("arguments and results that are too large are refused, with their size", async () => {
    const { url: connection } = redis;
    const small = await ClusterPool.connect<typeof registry>({
      name: "t",
      connection,
      maxPayloadBytes: 100,
    });
    await expect(small.run("echo", ["x".repeat(200)])).rejects.toThrow(PayloadError);
    await expect(small.run("echo", ["x".repeat(200)])).rejects.toThrow(
      /bytes=20\d maxPayloadBytes=100/,
    );
    expect(await small.run("echo", ["x"])).toBe("x");
    await small.close();
  });

  test("the trace of the place that puts a request goes on in the thread that runs it", async () => {
    const { url: connection } = redis;
    const active: unknown[] = [];
    const withTraceContext = <R>(call: () => R): R => {
      active.push(traceContext.getStore());
      return call();
    };
    const traced = { name: "traced", connection, trace: { traceContext, withTraceContext } };
    const other = await serveMachine({ ...traced, registry, threads: 1 });
    const producer = await ClusterPool.connect<typeof registry>(traced);
    const headers = { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" };
    expect(await traceContext.run(headers, () => producer.run("trace", []))).toEqual(headers);
    expect(active).toEqual([headers]);
    expect(await producer.run("trace", [])).toBe(undefined);
    expect(other.pool.stats().succeeded).toBe(2);
    await producer.close();
    await other.dismiss();
  });

  test("many large results come, in several jobs", async () => {
    const items = Array.from({ length: 40 }, (_, index) => String(index).repeat(300_000));
    expect(await cluster.map("echo", items, { chunkSize: 40 })).toEqual(items);
  });

  test("the figures are by machine, and their sums are those of the pool", async () => {
    const stats = cluster.stats();
    expect(stats.machines.map(({ id }) => id)).toEqual([machine.id]);
    const [{ succeeded, failed, state, threads }] = stats.machines as [(typeof stats.machines)[0]];
    expect({ state, threads }).toEqual({ state: "serving", threads: 2 });
    expect(succeeded).toBe(stats.succeeded);
    expect(failed).toBe(stats.failed);
    expect(stats.put).toBe(stats.succeeded + stats.failed + stats.cancelled);
  });
});

test("a server that is not there is named without credentials", async () => {
  const connection = "redis://user:secret-word@127.0.0.1:1/0";
  const connecting = ClusterPool.connect({ name: "t", connection });
  const error = (await connecting.catch((it: unknown) => it)) as Error;
  expect(error).toBeInstanceOf(ThreadPoolError);
  expect(error.message).toContain("server=127.0.0.1:1");
  expect(Bun.inspect(error)).not.toContain("secret-word");
});

test.each([
  [{ name: "a:b", connection: "redis://127.0.0.1" }, /name has 1 to 100 letters.*name="a:b"/],
  [{ name: "a", connection: 5 }, /connection is a URL.*connection=5/],
  [{ name: "a", connection: { hosts: "x" } }, /no such option.*option=hosts/],
  [{ name: "a", connection: "http://user:secret-word@x" }, /begins with redis:/],
  [
    { name: "a", connection: "redis://x", maxOutstanding: 0 },
    /maxOutstanding is a number from 1.*=0/,
  ],
  [{ name: "a", connection: "redis://x", retries: 1 }, /no such option.*option=retries/],
] as const)("bad options are refused: %j", async (options, message) => {
  const error = (await ClusterPool.connect(options as never).catch((it: unknown) => it)) as Error;
  expect(error.message).toMatch(message);
  expect(Bun.inspect(error)).not.toContain("secret-word");
});
