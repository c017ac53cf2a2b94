import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { ThreadPool, WorkRequest, WorkerDied } from "../../src/index.ts";
import type { WorkerThread } from "../../src/index.ts";
import { postAtGate } from "./fixtures/worker-callables.ts";
import { arrivals, newGate, open } from "./fixtures/gate.ts";
import { add, answerAndThrow, echo, exit, fail, hold, throwFromTimer } from "./fixtures/tasks.ts";
import { rejection } from "./rejection.ts";
import { SCRIPT_TEST_MS } from "./script.ts";
import { turn, turnUntil } from "./turns.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

describe("a pool tells", () => {
  test("that its workers have started", async () => {
    await using pool = new ThreadPool(2);
    const started: WorkerThread[] = [];
    pool.on("workerStarted", (worker) => started.push(worker));
    await turnUntil(() => started.length === 2);
    expect(new Set(started)).toEqual(new Set(pool.workers));
  });

  test("that one has died, and why; not that one has ended as it should", async () => {
    await using pool = new ThreadPool(1);
    const deaths: [WorkerThread, WorkerDied][] = [];
    pool.on("workerDied", (worker, error) => deaths.push([worker, error]));
    const [first] = pool.workers;
    await rejection(pool.run(exit, [3]));
    const [second] = pool.workers;
    second?.terminate();
    await turnUntil(() => deaths.length === 2);
    expect(deaths.map(([worker]) => worker)).toEqual([first, second] as never[]);
    expect(deaths.map(([, { exitCode }]) => exitCode)).toEqual([3, null]);
    expect(deaths[0]?.[1]).toBeInstanceOf(WorkerDied);
    expect(pool.stats().workers[0]?.deaths).toBe(2);
    pool.dismissWorkers(1, true);
    expect(deaths).toHaveLength(2);
  });

  test("the error that ended one", async () => {
    await using pool = new ThreadPool(1);
    const deaths: WorkerDied[] = [];
    pool.on("workerDied", (_, error) => deaths.push(error));
    await rejection(pool.run(throwFromTimer, ["uncaught"]));
    await turnUntil(() => deaths.length === 1);
    expect(deaths[0]?.cause).toEqual(new RangeError("uncaught"));
  });

  test("the error that ended one that ran no request", async () => {
    await using pool = new ThreadPool(1);
    const deaths: WorkerDied[] = [];
    pool.on("workerDied", (_, error) => deaths.push(error));
    expect(await pool.run(answerAndThrow, [5, "left behind"])).toBe(5);
    await turnUntil(() => deaths.length === 1);
    expect(deaths[0]?.cause).toEqual(new RangeError("left behind"));
  });

  test("nothing of the start of one that is dismissed before", async () => {
    const gate = newGate();
    const pool = new ThreadPool(1, { initializer: postAtGate, initargs: [gate] });
    const told: string[] = [];
    pool.on("workerStarted", () => told.push("started"));
    pool.on("workerDismissed", () => told.push("dismissed"));
    await arrivals(gate, 1);
    const closed = pool.close();
    open(gate);
    await closed;
    expect(told).toEqual(["dismissed"]);
  });

  test("of a death whatever its exit code", async () => {
    await using pool = new ThreadPool(1, { maxRequestsPerWorker: 1 });
    const codes: (number | null)[] = [];
    pool.on("workerDied", (_, { exitCode }) => codes.push(exitCode));
    const every = [0, 1, 2, 82, 255];
    for (const code of every) await rejection(pool.run(exit, [code]));
    await turnUntil(() => codes.length === every.length);
    expect(codes).toEqual(every);
    expect(pool.stats().workers[0]?.deaths).toBe(every.length);
  });

  test("that one has started when it takes requests, whatever it posts before", async () => {
    const gate = newGate();
    await using pool = new ThreadPool(1, { initializer: postAtGate, initargs: [gate] });
    const started: WorkerThread[] = [];
    pool.on("workerStarted", (worker) => started.push(worker));
    await arrivals(gate, 1);
    // It has posted by now; as many turns as would bring the message.
    for (let turns = 0; turns < 100; turns++) await turn();
    expect(started).toEqual([]);
    open(gate);
    await turnUntil(() => started.length === 1);
    expect(await pool.run(add, [1, 2])).toBe(3);
    expect(started).toHaveLength(1);
  });

  test("that one is dismissed", async () => {
    await using pool = new ThreadPool(2);
    const dismissed: WorkerThread[] = [];
    pool.on("workerDismissed", (worker) => dismissed.push(worker));
    const [, newest] = pool.workers;
    pool.dismissWorkers(1);
    expect(dismissed).toEqual([newest] as never[]);
  });

  test.each(["in the event loop", "while the parent blocks"])(
    "that nothing is pending any more, %s",
    async (how) => {
      await using pool = new ThreadPool(1);
      const events: string[] = [];
      const settle = async (): Promise<void> => {
        if (how === "in the event loop") await pool.settled();
        else pool.wait();
      };
      pool.on("idle", () => events.push("idle"));
      const callback = (_: unknown, result: unknown): unknown => events.push(String(result));
      for (const value of [1, 2]) pool.putRequest(new WorkRequest(echo, [value], {}, { callback }));
      await settle();
      expect(events).toEqual(["1", "2", "idle"]);
      const again = (): void => pool.putRequest(new WorkRequest(echo, [4], {}, { callback }));
      pool.putRequest(new WorkRequest(echo, [3], {}, { callback: again }));
      await settle();
      expect(events).toEqual(["1", "2", "idle", "4", "idle"]);
      expect(pool.runSync(add, [1, 2])).toBe(3);
      expect(events.at(-1)).toBe("idle");
      expect(events).toHaveLength(6);
    },
  );

  test("that its queue is full, and that it has room again", async () => {
    await using pool = new ThreadPool(1, { qSize: 1, rejectionPolicy: "throw" });
    const events: string[] = [];
    const drained = Promise.withResolvers<void>();
    pool.on("full", () => events.push("full"));
    pool.on("drain", () => events.push("drain"));
    pool.once("drain", drained.resolve);
    const gate = newGate();
    const held = pool.run(hold, [gate, "held"]);
    await arrivals(gate, 1);
    const last = newGate();
    const waiting = pool.run(hold, [last, "waiting"]);
    await rejection(pool.run(echo, [1]));
    await rejection(pool.run(echo, [1]));
    expect(events).toEqual(["full"]);
    open(gate);
    // The request that waited is claimed, and runs on: no result tells of the room.
    await drained.promise;
    expect(events).toEqual(["full", "drain"]);
    expect(await held).toBe("held");
    open(last);
    expect(await waiting).toBe("waiting");
  });
});

describe("listeners", () => {
  test("may be taken back, or hear only once", async () => {
    await using pool = new ThreadPool(1);
    const heard: string[] = [];
    const always = (): void => void heard.push("always");
    pool.on("idle", always).once("idle", () => heard.push("once"));
    await pool.run(add, [1, 2]);
    await pool.run(add, [1, 2]);
    pool.off("idle", always);
    await pool.run(add, [1, 2]);
    expect(heard).toEqual(["always", "once", "always"]);
  });

  test("are told of requests that fail like of others", async () => {
    await using pool = new ThreadPool(1);
    let idle = 0;
    pool.on("idle", () => (idle += 1));
    await rejection(pool.run(fail, ["failed"]));
    expect(idle).toBe(1);
  });

  test("must be functions, of events that there are", () => {
    using pool = new ThreadPool(0);
    expect(() => pool.on("ready" as "idle", () => {})).toThrow("workerStarted, workerDied");
    expect(() => pool.on("idle", "listener" as never)).toThrow("listener is a function");
  });
});
