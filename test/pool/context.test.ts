import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { PayloadError, ThreadPool, ThreadPoolError, WorkRequest } from "../../src/index.ts";
import type { RequestID } from "../../src/index.ts";
import { taskContext } from "../../src/worker/index.ts";
import {
  facts,
  idsAcross,
  leaveGetter,
  leaveGetterLater,
  leavePromise,
  leaveTimer,
  leaveTimerLater,
  rememberFacts,
  rememberedFacts,
  report,
  reportAcross,
  reportAndHold,
  reportAroundGate,
  reportFunction,
} from "./fixtures/context.ts";
import type * as Asking from "./fixtures/context.ts";
import type { Answers, Facts } from "./fixtures/context.ts";
import { arrivals, arrivedAt, newGate, open } from "./fixtures/gate.ts";
import type { Gate } from "./fixtures/gate.ts";
import { add } from "./fixtures/tasks.ts";
import { fullPool } from "./full-pool.ts";
import { rejection } from "./rejection.ts";
import { SCRIPT_TEST_MS } from "./script.ts";
import { turn } from "./turns.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

describe("a callable's context", () => {
  const IDS: readonly RequestID[] = [7, -0.5, 2 ** 53, "name", "", 2n ** 70n, Symbol("symbol")];
  test.each(IDS)("knows its requestID: %p", async (requestID) => {
    await using pool = new ThreadPool(1);
    const seen: Facts[] = [];
    const callback = (_: unknown, result: Facts): void => {
      seen.push(result);
    };
    pool.putRequest(new WorkRequest(facts, [], {}, { requestID, callback }));
    pool.wait();
    const arrived = typeof requestID === "symbol" ? String(requestID) : requestID;
    expect(seen).toEqual([
      {
        requestID: arrived,
        workerId: pool.workers[0]?.id ?? 0,
        attempt: 1,
        isCancelled: false,
        isAborted: false,
      },
    ]);
  });

  test("knows the requestID that the pool has given", async () => {
    await using pool = new ThreadPool(1);
    const run = pool.run(facts);
    const [requestID] = [...pool.workRequests.keys()];
    expect((await run).requestID).toBe(requestID as number);
    expect(pool.runSync(facts).requestID).toBeGreaterThan(requestID as number);
  });

  test("is each request's own where several take turns", async () => {
    await using pool = new ThreadPool(1, { concurrencyPerWorker: 4 });
    const gate = newGate();
    const runs = Array.from({ length: 4 }, () => pool.run(idsAcross, [gate]));
    await arrivals(gate, 4);
    const between = await rejection(pool.run(facts, [], { queueTimeoutMs: 1 }));
    expect(between).toBeInstanceOf(ThreadPoolError);
    open(gate);
    const ids = await Promise.all(runs);
    for (const [before, after] of ids) expect(after).toBe(before);
    expect(new Set(ids.map(([id]) => id)).size).toBe(4);
  });

  const leftovers = [leaveTimer, leavePromise, leaveTimerLater];
  const cases = [1, 2].flatMap((concurrency) =>
    leftovers.map((leave) => [leave.name, concurrency, leave] as const),
  );
  test.each(cases)(
    "is not another request's for what %s has left behind, %i at a time",
    async (_, concurrencyPerWorker, leave) => {
      await using pool = new ThreadPool(1, { concurrencyPerWorker });
      const [late, answers] = [newGate(), newAnswers()];
      await pool.run(leave, [late, answers]);
      expect(await reportsDuringAnswer(pool, late, answers)).toEqual(["mine"]);
      expect(arrivedAt(answers.refused)).toBe(1);
    },
  );

  test("is its own for an inline callable that is the first to ask, and no other's for what it has left behind", async () => {
    await using pool = new ThreadPool(1);
    const first = (path: string, late: Gate, answers: Answers): Promise<Facts> =>
      import(path).then(async (asking: typeof Asking) => {
        asking.leaveTimer(late, answers);
        await Bun.sleep(0);
        return asking.facts();
      });
    const [late, answers] = [newGate(), newAnswers()];
    const path = import.meta.resolve("./fixtures/context.ts");
    await pool.run(add, [1, 2]);
    const run = pool.run(first, [path, late, answers]);
    const [requestID] = [...pool.workRequests.keys()];
    expect((await run).requestID).toBe(requestID as number);
    expect(await reportsDuringAnswer(pool, late, answers)).toEqual(["mine"]);
    expect(arrivedAt(answers.refused)).toBe(1);
  });

  const getters = [leaveGetter, leaveGetterLater];
  for (const concurrencyPerWorker of [1, 2]) {
    test.each(getters)(
      `is there for getters of the result of %p, ${concurrencyPerWorker} at a time`,
      async (leave) => {
        await using pool = new ThreadPool(1, { concurrencyPerWorker });
        const run = pool.run(leave);
        const [requestID] = [...pool.workRequests.keys()];
        expect((await run).requestID).toBe(requestID as number);
      },
    );
  }
});

describe("outside a run the context is inert", () => {
  const outside: Facts = {
    requestID: 0,
    workerId: 0,
    attempt: 1,
    isCancelled: false,
    isAborted: false,
  };

  test("for a callable that is called directly", () => {
    expect(facts()).toEqual(outside);
    expect(report([1, () => {}])).toBe(2);
    expect(() => taskContext.throwIfCancelled()).not.toThrow();
    expect(() => taskContext.signal.throwIfAborted()).not.toThrow();
    expect(taskContext.signal).toBe(taskContext.signal);
  });

  test("beside a pool whose callables run in this thread", async () => {
    await using full = await fullPool("callerRuns");
    await full.pool.run(facts);
    expect(facts()).toEqual(outside);
    open(full.gate);
  });

  test("in a worker that the program has made itself", async () => {
    const worker = new Worker(new URL("./fixtures/asks-outside.ts", import.meta.url));
    const answer = new Promise((resolve) => {
      worker.addEventListener("message", ({ data }) => resolve(data));
    });
    expect(await answer).toEqual(outside);
    await worker.terminate();
  });

  test("in an initializer", async () => {
    await using pool = new ThreadPool(1, { initializer: rememberFacts });
    expect(await pool.run(rememberedFacts)).toEqual(outside);
  });

  test.each([1, 2])(
    "for what an initializer has left behind, %i at a time",
    async (concurrency) => {
      const [late, answers] = [newGate(), newAnswers()];
      await using pool = new ThreadPool(1, {
        concurrencyPerWorker: concurrency,
        initializer: leaveTimer,
        initargs: [late, answers],
      });
      expect(await reportsDuringAnswer(pool, late, answers)).toEqual(["mine"]);
      expect(arrivedAt(answers.refused)).toBe(0);
    },
  );

  test("and holds no listener that its signal was given", async () => {
    const listeners = Array.from({ length: 20 }, () => {
      const listener = (): void => {};
      taskContext.signal.addEventListener("abort", listener);
      return new WeakRef(listener);
    });
    // The target of a WeakRef lives until the end of the job that has read it.
    await turn();
    Bun.gc(true);
    await turn();
    Bun.gc(true);
    expect(listeners.filter((listener) => listener.deref() !== undefined).length).toBeLessThan(10);
  });
});

function newAnswers(): Answers {
  return { asked: newGate(), refused: newGate() };
}

/** What arrives at a request that runs while code asks that an earlier request has left behind. */
async function reportsDuringAnswer(
  pool: ThreadPool,
  late: Gate,
  answers: Answers,
): Promise<unknown[]> {
  const reports: unknown[] = [];
  const gate = newGate();
  const held = pool.run(reportAcross, [gate, "mine"], {
    onProgress: (value) => reports.push(value),
  });
  await arrivals(gate, 1);
  open(late);
  await arrivals(answers.asked, 1);
  open(gate);
  await held;
  return reports;
}

describe("progress", () => {
  const VALUES = [1, "two", { three: 3 }, undefined, [4, [5]], new Uint8Array(300_000).fill(6)];

  test("arrives in order, before the result", async () => {
    await using pool = new ThreadPool(1);
    const events: unknown[] = [];
    const run = pool.run(report, [VALUES], { onProgress: (value) => events.push(value) });
    events.push(await run);
    expect(events).toEqual([...VALUES, VALUES.length]);
  });

  test("arrives while the callable runs", async () => {
    await using pool = new ThreadPool(1);
    const gate = newGate();
    const reported = Promise.withResolvers<unknown>();
    const run = pool.run(reportAndHold, [gate, "early"], { onProgress: reported.resolve });
    expect(await reported.promise).toBe("early");
    open(gate);
    expect(await run).toBe("done");
  });

  test("arrives in a parent that blocks", async () => {
    await using pool = new ThreadPool(1);
    const events: unknown[] = [];
    const count = pool.runSync(report, [VALUES], { onProgress: (value) => events.push(value) });
    expect(events).toEqual(VALUES);
    expect(count).toBe(VALUES.length);
  });

  test.each([
    ["runSync", (pool: ThreadPool) => pool.runSync(add, [1, 2])],
    ["wait", (pool: ThreadPool) => pool.wait()],
    [
      "putRequest and wait",
      (pool: ThreadPool) => {
        pool.putRequest(new WorkRequest(add, [1, 2]));
        pool.wait();
      },
    ],
  ])("is not lost when it arrives while onProgress calls the pool: %s", async (_, call) => {
    await using pool = new ThreadPool(1);
    const put = [pool.run.bind(pool), pool.runSync.bind(pool)] as (typeof pool.run)[];
    for (const run of put) {
      const events: unknown[] = [];
      const gate = newGate();
      const onProgress = (value: unknown): void => {
        events.push(value);
        // The rest comes, and the result, while the pool is called from here.
        open(gate);
        call(pool);
      };
      events.push(await run(reportAroundGate, [gate, [0, 1, 2, 3]], { onProgress }));
      expect(events).toEqual([0, 1, 2, 3, 4]);
    }
  });

  test("without a listener costs nothing and disturbs no request", async () => {
    await using pool = new ThreadPool(1);
    expect(await pool.run(report, [[() => {}, 2].slice(1)])).toBe(1);
  });

  test("of more than the way to the parent holds is not lost", async () => {
    await using pool = new ThreadPool(1);
    const values = Array.from({ length: 400 }, (_, i) => new Uint8Array(20_000).fill(i));
    let events = 0;
    await pool.run(report, [values], { onProgress: () => (events += 1) });
    expect(events).toBe(400);
  });

  test("that cannot cross is the callable's error", async () => {
    await using pool = new ThreadPool(1);
    const run = pool.run(reportFunction, [], { onProgress: () => {} });
    const error = await rejection(run);
    expect(error).toBeInstanceOf(PayloadError);
    expect((error as PayloadError).path).toBe("progress");
  });
});
