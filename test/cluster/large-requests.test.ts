/** How much a job holds: all that travels counts, and what no machine reads is told at once. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { PayloadError, WorkRequest } from "../../src/index.ts";
import { ClusterPool, serveMachine } from "../../src/cluster/index.ts";
import type { ClusterPoolOptions, Machine } from "../../src/cluster/index.ts";
import { registry } from "./fixtures/tasks.ts";
import { IF_REDIS, NO_REDIS, RedisServerOfTest } from "./redis-server.ts";

type Served = typeof registry;

/** What a machine of these tests takes. */
const MACHINE_BYTES = 200_000;
/** Longer than any test: nothing is told by the search for overdue requests. */
const overdueMs = 3_600_000;

describe.skipIf(NO_REDIS !== undefined)(`large requests of a cluster${IF_REDIS}`, () => {
  let redis: RedisServerOfTest;
  let machine: Machine;

  function connect(options: Partial<ClusterPoolOptions> = {}): Promise<ClusterPool<Served>> {
    const { url: connection } = redis;
    return ClusterPool.connect<Served>({ name: "t", connection, overdueMs, ...options });
  }

  beforeAll(async () => {
    redis = await RedisServerOfTest.start();
    const { url: connection } = redis;
    const maxPayloadBytes = MACHINE_BYTES;
    machine = await serveMachine({ name: "t", connection, registry, threads: 1, maxPayloadBytes });
  });
  afterAll(async () => {
    await machine.dismiss();
    await redis.remove();
  });

  /** Puts requests with such long ids. Returns how many succeeded, and the texts of the failures. */
  async function putWithIDs(
    cluster: ClusterPool<Served>,
    count: number,
    idLength: number,
  ): Promise<{ succeeded: number; failures: string[] }> {
    let succeeded = 0;
    const failures: string[] = [];
    const values = Array.from({ length: count }, (_, i) => i);
    // Chunks grow while requests are short to run.
    await cluster.map("echo", values);
    for (const value of values) {
      const requestID = "r".repeat(idLength) + String(value);
      const callback = (): void => void (succeeded += 1);
      const excCallback = (_: unknown, [, error]: readonly unknown[]): void =>
        void failures.push(String(error));
      const callbacks = { requestID, callback, excCallback };
      await cluster.putRequest(new WorkRequest("echo" as never, [value] as never, {}, callbacks));
    }
    await cluster.settled();
    return { succeeded, failures };
  }

  test.each([1000, 9000, 25_000, 150_000])(
    "requestIDs of %d characters count, so their chunks are small enough",
    async (idLength) => {
      await using cluster = await connect({ maxPayloadBytes: MACHINE_BYTES });
      expect(await putWithIDs(cluster, 200, idLength)).toEqual({ succeeded: 200, failures: [] });
    },
  );

  test("a chunk that is too large for the machines goes on in smaller ones", async () => {
    await using cluster = await connect();
    expect(await putWithIDs(cluster, 200, 9000)).toEqual({ succeeded: 200, failures: [] });
  });

  test("what no machine with this limit reads is refused at the put, with the part that is too large", async () => {
    await using cluster = await connect({ maxPayloadBytes: MACHINE_BYTES });
    const requestID = "r".repeat(400_000);
    const request = new WorkRequest("echo" as never, [1] as never, {}, { requestID });
    const ofID = cluster.putRequest(request);
    await expect(ofID).rejects.toBeInstanceOf(PayloadError);
    await expect(ofID).rejects.toMatchObject({ path: "requestID" });
    const ofArgs = cluster.run("echo", ["x".repeat(400_000)]);
    await expect(ofArgs).rejects.toMatchObject({ name: "PayloadError", path: "args" });
    expect(await cluster.run("echo", [1])).toBe(1);
  });

  test("a request that only the producer takes fails, although nothing looks for overdue ones", async () => {
    await using cluster = await connect();
    const failure = cluster.run("echo", ["x".repeat(400_000)]);
    await expect(failure).rejects.toThrow(/No machine could read/);
    expect(await cluster.run("echo", [1])).toBe(1);
  });
});
