import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  NoResultsPending,
  PoolClosed,
  ThreadPool,
  WorkRequest,
  WorkerDied,
  makeRequests,
} from "../../../src/index.ts";
import type { ExcInfo, WorkerThread } from "../../../src/index.ts";
import { ascending } from "../fixtures/ascending.ts";
import { arrivals, newGate, open } from "../fixtures/gate.ts";
import {
  add,
  double,
  echo,
  exit,
  exitAtGate,
  hold,
  holdTurning,
  rejectUnawaited,
  throwFromTimer,
} from "../fixtures/tasks.ts";
import { rejection } from "../rejection.ts";
import { SCRIPT_TEST_MS, reportOf, runScript } from "../script.ts";
import { turnUntil } from "../turns.ts";
import { Ledger, death, worker } from "./deaths.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

describe("a worker that ends in the middle of a request", () => {
  test.each([7, 0])("fails it with WorkerDied, which has the exit code: %d", async (code) => {
    await using pool = new ThreadPool(2);
    const ids = pool.workers.map(({ id }) => id);
    const error = await death(pool.run(exit, [code]));
    expect(error.exitCode).toBe(code);
    expect(ids).toContain(error.workerId);
    expect(error.message).toContain(`exit code ${code}`);
    expect(error.stack).toContain("death.test.ts");
  });

  test("is replaced by a successor in its place", async () => {
    await using pool = new ThreadPool(2);
    const before = [...pool.workers];
    const { workerId } = await death(pool.run(exit, [1]));
    expect(pool.workers.length).toBe(2);
    const at = before.findIndex(({ id }) => id === workerId);
    expect(before[at]?.state).toBe("ended");
    expect(worker(pool, at).id).toBe(3);
    expect(pool.workers.map(({ state }) => state)).toEqual(["running", "running"]);
    expect(worker(pool, 1 - at)).toBe(before[1 - at] as WorkerThread);
    expect(pool.dismissedWorkers).toEqual([]);
    expect(await pool.run(add, [1, 2])).toBe(3);
  });

  test("leaves those behind it in the queue to its successor, however many", async () => {
    await using pool = new ThreadPool(1);
    const died = death(pool.run(exit, [1]));
    // More than the ring holds, so that some wait in the backlog.
    const behind = Array.from({ length: 3000 }, (_, i) => pool.run(echo<number>, [i]));
    await died;
    expect(await Promise.all(behind)).toEqual(Array.from({ length: 3000 }, (_, i) => i));
  });

  test("has delivered what it had done before", async () => {
    await using pool = new ThreadPool(1, { delivery: "manual" });
    const ledger = new Ledger(pool);
    for (let i = 0; i < 500; i++) ledger.put(echo, i);
    ledger.put(exit, 1);
    for (let i = 0; i < 500; i++) ledger.put(echo, i);
    await pool.settled();
    ledger.expectAllSettledOnce();
    expect(ledger.died).toBe(1);
  });

  test.each([
    ["a timer throws", throwFromTimer],
    ["a promise without a handler is rejected", rejectUnawaited],
  ])("because %s tells the error as cause", async (_, callable) => {
    await using pool = new ThreadPool(1);
    const error = await death(pool.run(callable, ["the cause"]));
    expect(error.cause).toBeInstanceOf(RangeError);
    const { message, stack } = error.cause as RangeError;
    expect(message).toBe("the cause");
    expect(stack).toContain("tasks.ts");
    expect(error.workerId).toBe(1);
    expect(await pool.run(echo, ["served"])).toBe("served");
  });

  test("because of something thrown that is no error tells that as cause", async () => {
    await using pool = new ThreadPool(1);
    const throwing = async (): Promise<void> => {
      setTimeout(() => {
        throw { some: "object" };
      }, 0);
      await new Promise(() => {});
    };
    expect((await death(pool.run(throwing))).cause).toEqual({ some: "object" });
    const rejecting = async (): Promise<void> => {
      void Promise.reject("some text");
      await new Promise(() => {});
    };
    expect((await death(pool.run(rejecting))).cause).toBe("some text");
    const uncloneable = async (): Promise<void> => {
      void Promise.reject(Symbol("some symbol"));
      await new Promise(() => {});
    };
    expect((await death(pool.run(uncloneable))).cause).toMatchObject({ name: "PayloadError" });
  });

  test("fails a request with parts that were moved to it", async () => {
    await using pool = new ThreadPool(1);
    const buffer = new ArrayBuffer(100);
    const ending = (seen: ArrayBuffer): never => process.exit(seen.byteLength);
    expect((await death(pool.run(ending, [buffer], { transfer: [buffer] }))).exitCode).toBe(100);
    expect((await death(pool.run(exit, [1]))).workerId).toBe(2);
  });

  test("may do so in a turn of its own event loop", async () => {
    await using pool = new ThreadPool(1);
    const gate = newGate();
    const ending = async (): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      process.exit(3);
    };
    const died = death(pool.run(ending));
    const behind = pool.run(holdTurning, [gate, "behind"]);
    expect((await died).exitCode).toBe(3);
    open(gate);
    expect(await behind).toBe("behind");
  });

  test("fails the request it had with WorkerDied, and no other", async () => {
    await using pool = new ThreadPool(1);
    const results: number[] = [];
    const failures: ExcInfo[] = [];
    const callback = (_: unknown, result: number): void => void results.push(result);
    const excCallback = (_: unknown, excInfo: ExcInfo): void => void failures.push(excInfo);
    pool.putRequest(new WorkRequest(double, [1], {}, { callback, excCallback }));
    const doomed = new WorkRequest(exit, [3], {}, { excCallback });
    pool.putRequest(doomed);
    for (const request of makeRequests(double, [2, 3], callback, excCallback))
      pool.putRequest(request);
    pool.wait();
    expect(results).toEqual([2, 4, 6]);
    expect(failures).toEqual([
      ["WorkerDied", expect.any(WorkerDied), expect.stringContaining("WorkerDied")],
    ]);
    expect(failures[0]?.[1]).toHaveProperty("exitCode", 3);
    expect(doomed.exception).toBe(true);
  });

  test("does not make poll throw NoWorkersAvailable", async () => {
    await using pool = new ThreadPool(1);
    let deaths = 0;
    for (let i = 0; i < 3; i++) {
      pool.putRequest(new WorkRequest(exit, [1], {}, { excCallback: () => (deaths += 1) }));
    }
    expect(() => pool.poll(true)).toThrow(NoResultsPending);
    expect(deaths).toBe(3);
  });

  test("while its peers are at work does not disturb them", async () => {
    await using pool = new ThreadPool(3, { delivery: "manual" });
    const [held, doomed] = [newGate(), newGate()];
    const results: number[] = [];
    for (const value of [1, 2]) {
      pool.putRequest(
        new WorkRequest(
          hold<number>,
          [held, value],
          {},
          { callback: (_, result) => results.push(result) },
        ),
      );
    }
    pool.putRequest(
      new WorkRequest(exitAtGate, [doomed, 1], {}, { excCallback: () => open(held) }),
    );
    await arrivals(held, 2);
    await arrivals(doomed, 1);
    open(doomed);
    pool.wait();
    expect(results.sort(ascending)).toEqual([1, 2]);
  });
});

describe("an error in a worker that has no request", () => {
  test.each([
    ["timer", "RangeError: from a timer"],
    ["rejection", "RangeError: not awaited"],
    ["exit", ""],
  ])("costs no request, is printed, and a successor serves: %s", async (kind, printed) => {
    const { exitCode, signal, lines, stderr } = await runScript("outside.ts", kind);
    expect({ exitCode, signal, lines }).toEqual({
      exitCode: 0,
      signal: null,
      lines: [{ sums: [3, 7], failed: 0, before: "ended", workers: 1 }],
    });
    expect(stderr).toContain(printed);
  });
});

describe("deaths in a row", () => {
  test("cost each its own request, with others in flight", async () => {
    await using pool = new ThreadPool(4);
    const ledger = new Ledger(pool);
    for (let i = 0; i < 200; i++) {
      ledger.put(exit, i % 100);
      for (let j = 0; j < 10; j++) ledger.put(echo, j);
    }
    await pool.settled();
    ledger.expectAllSettledOnce();
    expect(ledger.died).toBe(200);
    expect(pool.workers.length).toBe(4);
    expect(pool.stats()).toMatchObject({ put: 2200, pending: 0, succeeded: 2000, failed: 200 });
    expect(new Set(pool.workers.map(({ state }) => state))).toEqual(new Set(["running"]));
  });

  test("are delivered by wait as well", async () => {
    using pool = new ThreadPool(2, { delivery: "manual" });
    const ledger = new Ledger(pool);
    for (let i = 0; i < 30; i++) {
      ledger.put(throwFromTimer, "again");
      ledger.put(echo, i);
    }
    pool.wait();
    ledger.expectAllSettledOnce();
    expect(ledger.died).toBe(30);
  });

  test("does not take the pool along, though every worker dies, again and again", async () => {
    await using pool = new ThreadPool(2, { delivery: "manual" });
    const results: number[] = [];
    let deaths = 0;
    for (let round = 0; round < 5; round++) {
      const gate = newGate();
      for (let i = 0; i < 2; i++) {
        pool.putRequest(
          new WorkRequest(exitAtGate, [gate, 1], {}, { excCallback: () => (deaths += 1) }),
        );
      }
      await arrivals(gate, 2);
      for (const request of makeRequests(double, [1, 2, 3, 4], (_, result) => results.push(result)))
        pool.putRequest(request);
      open(gate);
      pool.wait();
      expect(results.splice(0).sort(ascending)).toEqual([2, 4, 6, 8]);
    }
    expect(deaths).toBe(10);
    expect(pool.workers).toHaveLength(2);
  });
});

describe("a dismissed worker", () => {
  test.each([
    ["exits", 5],
    ["is terminated", null],
  ])("that %s in the middle of its last request fails it and has no successor", async (_, code) => {
    await using pool = new ThreadPool(2);
    const gate = newGate();
    const held = [pool.run(exitAtGate, [gate, 5]), pool.run(exitAtGate, [gate, 5])];
    const deaths = held.map(death);
    await arrivals(gate, 2);
    const dismissed = worker(pool, 1);
    dismissed.dismiss();
    expect(dismissed.state).toBe("dismissed");
    if (code === null) dismissed.terminate();
    open(gate);
    const errors = await Promise.all(deaths);
    expect(new Map(errors.map(({ workerId, exitCode }) => [workerId, exitCode]))).toEqual(
      new Map([
        [1, 5],
        [2, code],
      ]),
    );
    await turnUntil(() => dismissed.state === "ended");
    expect(pool.workers.map(({ id }) => id)).toEqual([3]);
    expect(pool.dismissedWorkers).toEqual([dismissed]);
    pool.joinAllDismissedWorkers();
    expect(pool.dismissedWorkers).toEqual([]);
    expect(await pool.run(add, [1, 2])).toBe(3);
  });

  test("that was parked may be terminated", async () => {
    await using pool = new ThreadPool(1);
    await pool.run(add, [1, 2]);
    const dismissed = worker(pool);
    dismissed.dismiss();
    dismissed.terminate();
    dismissed.join();
    expect(dismissed.state).toBe("ended");
    expect(pool.workers).toEqual([]);
  });
});

test("a worker that dies while the pool is closing does not keep it from closing", async () => {
  const pool = new ThreadPool(1);
  const gate = newGate();
  const died = death(pool.run(exitAtGate, [gate, 1]));
  const behind = pool.run(echo, ["behind"]);
  await arrivals(gate, 1);
  const closed = pool.close();
  open(gate);
  await died;
  expect(await behind).toBe("behind");
  await closed;
  expect(await rejection(pool.run(echo, [1]))).toBeInstanceOf(PoolClosed);
});

/** Each case of fixtures/blocking.ts that is about a death, what is promised of it, and what it returns. */
const whileBlocked: readonly (readonly [title: string, name: string, result: unknown])[] = [
  [
    "any number of workers may exit",
    "exit of every worker, again and again",
    { died: 20, all: 40, workers: 2 },
  ],
  ["runSync throws when its worker exits", "exit in runSync", ["WorkerDied", "after"]],
  [
    "putRequest gets its room although workers exit",
    "exit while a put waits for room",
    [6, "after"],
  ],
  [
    "a dismissed worker that exits counts as ended",
    "exit of a dismissed worker that is joined",
    [2, 1, 0],
  ],
  [
    "a worker may be terminated before it has started",
    "terminate of a worker before it has started",
    { outcomes: [1], workers: 1 },
  ],
  [
    "terminated workers have successors, two hundred in one turn",
    "terminate of two hundred workers in one turn",
    { killed: 200, outcomes: ["after"], workers: 1 },
  ],
  [
    "what a terminated worker held takes up no room among few results",
    "terminate of workers whose tasks would be all that may be in the queue",
    { died: 4, last: "after" },
  ],
  [
    "a worker that waits for room for its result may be terminated",
    "terminate of a worker that waits for room for its result",
    [1, 20],
  ],
  [
    "a dismissed worker that is terminated counts as ended and has no successor",
    "terminate of a dismissed worker that is joined",
    {
      thrown: "nothing",
      outcomes: [{ name: "WorkerDied", exitCode: null, workerId: 1 }],
      state: "ended",
      workers: 0,
    },
  ],
];

describe("while the event loop never turns", () => {
  test.each(whileBlocked)("%s", async (_, name, result) => {
    expect(await reportOf("blocking.ts", name)).toEqual({ result, hasTurned: false });
  });
});
