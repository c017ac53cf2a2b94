import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  PayloadError,
  PoolClosed,
  RequestTimeout,
  ThreadPool,
  WorkRequest,
  WorkerDied,
} from "../../../src/index.ts";
import {
  blockInInitializer,
  failToInitialize,
  failToInitializeLater,
  initialize,
  initializeAtGate,
  initializeLater,
  serve,
} from "../fixtures/worker-callables.ts";
import { arrivals, newGate, open } from "../fixtures/gate.ts";
import { exit } from "../fixtures/tasks.ts";
import { rejection } from "../rejection.ts";
import { SCRIPT_TEST_MS } from "../script.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

describe("an initializer", () => {
  test.each([initialize, initializeLater])(
    "%p has run before a worker's first request",
    async (initializer) => {
      const value = { shared: new Uint8Array(3), map: new Map([[1, 2]]) };
      await using pool = new ThreadPool(2, { initializer, initargs: [value] });
      const served = await Promise.all(Array.from({ length: 20 }, () => pool.run(serve)));
      for (const { initialized } of served) expect(initialized).toEqual(value);
      expect(pool.runSync(serve).initialized).toEqual(value);
    },
  );

  test("runs again in the successor of a worker that died", async () => {
    await using pool = new ThreadPool(1, { initializer: initialize, initargs: ["again"] });
    expect(await rejection(pool.run(exit, [3]))).toBeInstanceOf(WorkerDied);
    expect(await pool.run(serve)).toMatchObject({ initialized: "again", served: 1 });
  });

  test("has requests wait while it runs", async () => {
    const gate = newGate();
    await using pool = new ThreadPool(1, { initializer: initializeAtGate, initargs: [gate] });
    const served = pool.run(serve);
    const late = rejection(pool.run(serve, [], { queueTimeoutMs: 1 }));
    await arrivals(gate, 1);
    expect(await late).toBeInstanceOf(RequestTimeout);
    open(gate);
    expect((await served).served).toBe(1);
  });

  test("that never ends does not keep the pool from being terminated", async () => {
    const gate = newGate();
    const pool = new ThreadPool(1, { initializer: initializeAtGate, initargs: [gate] });
    const served = pool.run(serve);
    await arrivals(gate, 1);
    pool.terminate();
    expect(await rejection(served)).toBeInstanceOf(PoolClosed);
  });

  describe("that never ends", () => {
    const endings: [string, (pool: ThreadPool) => unknown][] = [
      ["close", (pool) => pool.close()],
      ["await using", (pool) => pool[Symbol.asyncDispose]()],
      ["using", (pool) => pool[Symbol.dispose]()],
      ["dismissWorkers and join", (pool) => pool.dismissWorkers(2, true)],
    ];
    for (const block of [initializeAtGate, blockInInitializer]) {
      test.each(endings)(`holds up %s for graceMs only: ${block.name}`, async (_, end) => {
        const gate = newGate();
        const pool = new ThreadPool(2, { initializer: block, initargs: [gate], graceMs: 1 });
        await arrivals(gate, 2);
        const threads = [...pool.workers];
        await end(pool);
        expect(threads.map(({ state }) => state)).toEqual(["ended", "ended"]);
        expect(pool.workers).toEqual([]);
      });
    }
  });

  test("that takes a while may end after its worker was dismissed", async () => {
    const gate = newGate();
    const pool = new ThreadPool(1, { initializer: initializeAtGate, initargs: [gate] });
    const deaths: unknown[] = [];
    pool.on("workerDied", (_, error) => deaths.push(error));
    await arrivals(gate, 1);
    const closed = pool.close();
    open(gate);
    await closed;
    expect(deaths).toEqual([]);
  });

  for (const initializer of [failToInitialize, failToInitializeLater]) {
    test(`that fails closes the pool, and says why: ${initializer.name}`, async () => {
      const pool = new ThreadPool(2, { initializer, initargs: ["no"] });
      const errors = await Promise.all([rejection(pool.run(serve)), rejection(pool.run(serve))]);
      for (const error of errors) {
        expect(error).toBeInstanceOf(PoolClosed);
        expect((error as Error).message).toContain("initializer");
        expect((error as Error).cause).toMatchObject({
          message: "no",
          code: "E_INITIALIZER",
          cause: "a cause",
        });
      }
      const late = await rejection(pool.run(serve));
      expect(late).toBeInstanceOf(PoolClosed);
      expect(((late as Error).cause as Error).message).toBe("no");
      expect(() => pool.putRequest(new WorkRequest(serve))).toThrow(PoolClosed);
      await pool.close();
    });
  }

  test("that fails is heard of by a parent that blocks", () => {
    const pool = new ThreadPool(2, { initializer: failToInitialize, initargs: ["no"] });
    expect(() => pool.runSync(serve)).toThrow("initializer");
    const other = new ThreadPool(1, { initializer: failToInitialize, initargs: ["no"] });
    const failures: string[] = [];
    const excCallback = (_: unknown, [name]: readonly unknown[]): void => {
      failures.push(String(name));
    };
    other.putRequest(new WorkRequest(serve, [], {}, { excCallback }));
    other.wait();
    expect(failures).toEqual(["PoolClosed"]);
  });

  test("whose arguments cannot cross is refused by the constructor", () => {
    expect(() => new ThreadPool(1, { initializer: initialize, initargs: [() => {}] })).toThrow(
      PayloadError,
    );
    const { port1, port2 } = new MessageChannel();
    expect(() => new ThreadPool(1, { initializer: initialize, initargs: [port1] })).toThrow(
      "initargs",
    );
    port1.close();
    port2.close();
  });
});
