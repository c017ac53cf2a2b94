import { describe, expect, setDefaultTimeout, spyOn, test } from "bun:test";
import { EMPTY } from "../../native-queue/index.ts";
import { RequestTimeout, ThreadPool, WorkRequest, WorkerDied } from "../../src/index.ts";
import type { RunOptions, ThreadPoolOptions } from "../../src/index.ts";
import {
  awaitAbort,
  awaitAndTellWhy,
  loopAndTellWhy,
  takeWord,
  tellWhyLate,
  hearAndIgnore,
  awaitAbortAsking,
  awaitAborted,
  ignore,
  loopUntilAborted,
  loopUntilCancelled,
  loopUntilHeldAborted,
  loopUntilHeldThrows,
  loopUntilThrown,
} from "./fixtures/context.ts";
import type { Seen } from "./fixtures/context.ts";
import { arrivals, arrivedAt, newGate, open } from "./fixtures/gate.ts";
import type { Gate } from "./fixtures/gate.ts";
import {
  add,
  computeAtGate,
  computeLaterAtGate,
  echo,
  hold,
  holdTurning,
  loop,
} from "./fixtures/tasks.ts";
import { rejection } from "./rejection.ts";
import { PlayedWorkers } from "./played-worker.ts";
import type { PlayedWorker } from "./played-worker.ts";
import { SCRIPT_TEST_MS } from "./script.ts";
import { turn, turnUntil } from "./turns.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

/** Long enough to never be over in these tests: what stops, stops by itself. */
const NEVER_KILLS: ThreadPoolOptions = { graceMs: 1e9 };

/** Enough for a run to stop once it has heard that it should. */
const GRACE_MS = 250;

class Reason extends Error {}

describe("a signal that is aborted before", () => {
  test("refuses the request, which never comes to a worker", async () => {
    await using pool = new ThreadPool(1);
    const reason = new Reason();
    const signal = AbortSignal.abort(reason);
    expect(await rejection(pool.run(add, [1, 2], { signal }))).toBe(reason);
    expect(() => pool.runSync(add, [1, 2], { signal })).toThrow(reason);
    expect(pool.stats().put).toBe(0);
  });
});

describe("a signal that is aborted while requests wait", () => {
  test("withdraws them at once, from the queue and from behind it, and no others", async () => {
    await using pool = new ThreadPool(1, NEVER_KILLS);
    const gate = newGate();
    const held = pool.run(hold, [gate, "held"]);
    await arrivals(gate, 1);
    const controller = new AbortController();
    const { signal } = controller;
    const ran = new Int32Array(new SharedArrayBuffer(4));
    const doomed = Array.from({ length: 3000 }, () => pool.run(arriveAt, [ran], { signal }));
    const spared = pool.run(echo, ["spared"]);
    const reason = new Reason();
    controller.abort(reason);
    const outcomes = await Promise.allSettled(doomed);
    expect(outcomes.every((it) => it.status === "rejected" && it.reason === reason)).toBe(true);
    expect(pool.stats()).toMatchObject({ cancelled: 3000, pending: 2 });
    open(gate);
    expect(await Promise.all([held, spared])).toEqual(["held", "spared"]);
    expect(Atomics.load(ran, 0)).toBe(0);
  });

  test("withdraws what would not fit the queue as bytes", async () => {
    await using pool = new ThreadPool(1, NEVER_KILLS);
    const gate = newGate();
    const held = pool.run(hold, [gate, "held"]);
    await arrivals(gate, 1);
    const controller = new AbortController();
    const { signal } = controller;
    const doomed = [
      pool.run(echo<unknown>, [new Uint8Array(1e5)], { signal }),
      pool.run(echo<unknown>, [new Uint8Array(1e7)], { signal }),
      pool.run(echo<unknown>, [new Blob(["blob"])], { signal }),
    ];
    controller.abort();
    const outcomes = await Promise.allSettled(doomed);
    expect(outcomes.map((it) => it.status)).toEqual(["rejected", "rejected", "rejected"]);
    open(gate);
    await held;
    expect(await pool.run(echo<Uint8Array>, [new Uint8Array(1e7)])).toHaveLength(1e7);
  });

  test("makes room for others in a bounded queue", async () => {
    await using pool = new ThreadPool(1, { ...NEVER_KILLS, qSize: 2 });
    const gate = newGate();
    const held = pool.run(hold, [gate, "held"]);
    await arrivals(gate, 1);
    const controller = new AbortController();
    const { signal } = controller;
    const doomed = [pool.run(echo, [1], { signal }), pool.run(echo, [2], { signal })];
    controller.abort();
    await Promise.allSettled(doomed);
    const results: unknown[] = [];
    const callback = (_: unknown, result: unknown): unknown => results.push(result);
    pool.putRequest(new WorkRequest(echo, [3], {}, { callback }), false);
    pool.putRequest(new WorkRequest(echo, [4], {}, { callback }), false);
    expect(pool.stats().queueLength).toBe(2);
    open(gate);
    await held;
    await pool.settled();
    expect(results).toEqual([3, 4]);
  });

  test("leaves the room of what it withdraws to the backlog, before anything else happens", async () => {
    using workers = new PlayedWorkers();
    // One result and one request in the hands of the worker: two tasks.
    const pool = new ThreadPool(1, { resqSize: 1 });
    const [worker] = workers.started as [PlayedWorker];
    worker.becomeReady();
    const controller = new AbortController();
    const runs = [
      pool.run(echo, ["first"]),
      pool.run(echo, ["withdrawn"], { signal: controller.signal }),
      pool.run(echo, ["in the backlog"]),
    ].map((run) => rejection(run));
    expect(worker.claim()).toBeGreaterThanOrEqual(0);
    controller.abort("stop");
    expect(worker.claim()).toBeGreaterThanOrEqual(0);
    expect(worker.claim()).toBe(EMPTY);
    pool.terminate();
    expect((await Promise.all(runs))[1]).toBe("stop");
  });
});

function arriveAt(ran: Int32Array): void {
  Atomics.add(ran, 0, 1);
}

describe("a signal that is aborted while its request runs", () => {
  const heeding = [
    loopUntilCancelled,
    loopUntilThrown,
    loopUntilAborted,
    loopUntilHeldAborted,
    loopUntilHeldThrows,
    awaitAbort,
    awaitAbortAsking,
    awaitAborted,
  ];
  for (const callable of heeding) {
    test(`is seen by ${callable.name}, in the same worker`, async () => {
      await using pool = new ThreadPool(1, NEVER_KILLS);
      const [running, stopped] = [newGate(), newGate()];
      const { workers } = pool;
      const controller = new AbortController();
      const run = pool.run(callable, [running, stopped], { signal: controller.signal });
      await arrivals(running, 1);
      const reason = new Reason();
      controller.abort(reason);
      expect(await rejection(run)).toBe(reason);
      await turnUntil(() => arrivedAt(stopped) === 1);
      expect(await pool.run(add, [1, 2])).toBe(3);
      expect(pool.workers).toEqual(workers);
      expect(pool.stats()).toMatchObject({ cancelled: 1, failed: 0, running: 0 });
    });
  }

  const heedless = [loop, ignore];
  for (const callable of heedless) {
    test(`has the worker of ${callable.name} replaced after graceMs, and no other`, async () => {
      await using pool = new ThreadPool(2, { graceMs: 1 });
      const [running, neighbour] = [newGate(), newGate()];
      const other = pool.run(hold, [neighbour, "untouched"]);
      await arrivals(neighbour, 1);
      const controller = new AbortController();
      const run = pool.run(callable, [running], { signal: controller.signal });
      await arrivals(running, 1);
      const before = new Set(pool.workers);
      const reason = new Reason();
      controller.abort(reason);
      expect(await rejection(run)).toBe(reason);
      await turnUntil(() => pool.workers.some((worker) => !before.has(worker)));
      expect(pool.workers.filter((worker) => before.has(worker))).toHaveLength(1);
      open(neighbour);
      expect(await other).toBe("untouched");
      expect(pool.runSync(add, [1, 2])).toBe(3);
    });
  }

  test("does not touch a request that is done before the abort", async () => {
    await using pool = new ThreadPool(1, { graceMs: 0 });
    const controller = new AbortController();
    const { workers } = pool;
    expect(await pool.run(add, [1, 2], { signal: controller.signal })).toBe(3);
    controller.abort();
    expect(await pool.run(add, [3, 4])).toBe(7);
    expect(pool.workers).toEqual(workers);
  });

  for (const options of [{}, { delivery: "manual", resqSize: 3 }] as const) {
    test(`leaves no worker busy once its run has ended, with nothing else pending: ${JSON.stringify(options)}`, async () => {
      await using pool = new ThreadPool(2, { ...NEVER_KILLS, ...options });
      const gate = newGate();
      const controller = new AbortController();
      const stopped = rejection(pool.run(hold, [gate, "late"], { signal: controller.signal }));
      await arrivals(gate, 1);
      controller.abort();
      // The other worker runs the last request that is pending.
      const last = pool.run(echo, ["last"]);
      await pool.settled();
      await Promise.all([stopped, last]);
      expect(pool.stats()).toMatchObject({ pending: 0, running: 1 });
      // The pool has gone to rest by then.
      for (let turns = 0; turns < 20; turns++) await turn();
      open(gate);
      await turnUntil(() => pool.stats().running === 0);
    });
  }

  test("is heard while the pool closes, and the pool closes", async () => {
    const pool = new ThreadPool(1, { graceMs: 1 });
    const running = newGate();
    const controller = new AbortController();
    const run = pool.run(loop, [running], { signal: controller.signal });
    await arrivals(running, 1);
    const closed = pool.close();
    controller.abort();
    await rejection(run);
    await closed;
    expect(pool.workers).toHaveLength(0);
  });

  test("leaves the pool able to join its worker while it blocks", async () => {
    const pool = new ThreadPool(1, { graceMs: 1 });
    const running = newGate();
    const controller = new AbortController();
    const run = pool.run(loop, [running], { signal: controller.signal });
    await arrivals(running, 1);
    controller.abort();
    await rejection(run);
    pool.dismissWorkers(1, true);
    expect(pool.workers).toHaveLength(0);
    pool.terminate();
  });

  test("leaves alone the request that its worker has gone on to, when it ends just as its grace does", async () => {
    // Nobody reads a result before the grace period is over.
    await using pool = new ThreadPool(1, { graceMs: 1, delivery: "manual", resqSize: 2 });
    const [running, next] = [newGate(), newGate()];
    const { workers } = pool;
    const controller = new AbortController();
    const run = rejection(pool.run(hold, [running, "stopped"], { signal: controller.signal }));
    await arrivals(running, 1);
    const neighbour = pool.run(hold, [next, "untouched"]);
    controller.abort();
    open(running);
    // Blocking: the event loop would find the grace period over before the run is.
    while (arrivedAt(next) === 0) Atomics.wait(next, 0, 0);
    // The grace period is over when a later one of the same length is.
    await new Promise((resolve) => setTimeout(resolve, 2));
    open(next);
    await pool.settled();
    await run;
    expect(await neighbour).toBe("untouched");
    expect(pool.workers).toEqual(workers);
  });

  test("with several requests in the worker: spares the others where the event loop turns, and has it replaced", async () => {
    const pool = new ThreadPool(1, { graceMs: 1, concurrencyPerWorker: 3 });
    const [running, heard, neighbour] = [newGate(), newGate(), newGate()];
    const [before] = pool.workers;
    const ends: unknown[] = [];
    pool.on("workerDied", (worker) => ends.push(worker));
    const other = pool.run(holdTurning, [neighbour, "untouched"]);
    const controller = new AbortController();
    const run = pool.run(hearAndIgnore, [running, heard], { signal: controller.signal });
    await arrivals(running, 1);
    await arrivals(neighbour, 1);
    controller.abort();
    // Blocking: the event loop would find the grace period over before the worker has heard.
    while (arrivedAt(heard) === 0) Atomics.wait(heard, 0, 0);
    await rejection(run);
    await turnUntil(() => pool.workers[0] !== before);
    expect(await pool.run(add, [1, 2])).toBe(3);
    expect(ends).toEqual([]);
    open(neighbour);
    expect(await other).toBe("untouched");
    await turnUntil(() => ends.length === 1);
    expect(ends).toEqual([before]);
    await pool.close();
  });

  test("with several requests in the worker: replaces it at once where none of them stops", async () => {
    const pool = new ThreadPool(1, { graceMs: 1, concurrencyPerWorker: 2 });
    const running = newGate();
    const controller = new AbortController();
    const { signal } = controller;
    const runs = [1, 2].map(() => rejection(pool.run(ignore, [running], { signal })));
    await arrivals(running, 2);
    controller.abort("stop");
    expect(await Promise.all(runs)).toEqual(["stop", "stop"]);
    expect(await pool.run(add, [1, 2])).toBe(3);
    await pool.close();
  });

  describe.each([
    ["from its first line on", computeAtGate],
    ["after an await", computeLaterAtGate],
  ])("with a neighbour in its worker that computes %s", (_, compute) => {
    test("has time to hear it until the neighbour is done, and nothing dies", async () => {
      await using pool = new ThreadPool(1, { graceMs: GRACE_MS, concurrencyPerWorker: 3 });
      const workers = [...pool.workers];
      const deaths: unknown[] = [];
      pool.on("workerDied", (worker) => deaths.push(worker));
      const [running, stopped, computing] = [newGate(), newGate(), newGate()];
      const controller = new AbortController();
      const run = rejection(
        pool.run(awaitAbort, [running, stopped], { signal: controller.signal }),
      );
      await arrivals(running, 1);
      const neighbour = pool.run(compute, [computing, "computed"]);
      await arrivals(computing, 1);
      controller.abort("stop");
      expect(await run).toBe("stop");
      await Bun.sleep(2 * GRACE_MS);
      expect(arrivedAt(stopped)).toBe(0);
      open(computing);
      expect(await neighbour).toBe("computed");
      await turnUntil(() => arrivedAt(stopped) === 1);
      expect(await pool.run(add, [1, 2])).toBe(3);
      expect(pool.workers).toEqual(workers);
      expect(deaths).toEqual([]);
    });

    test("is ended after its grace period when it ignores what it has heard then; the neighbour is done", async () => {
      await using pool = new ThreadPool(1, { graceMs: 1, concurrencyPerWorker: 3 });
      const [before] = pool.workers;
      const [running, heard, computing] = [newGate(), newGate(), newGate()];
      const controller = new AbortController();
      const run = rejection(
        pool.run(hearAndIgnore, [running, heard], { signal: controller.signal }),
      );
      await arrivals(running, 1);
      const neighbour = pool.run(compute, [computing, "computed"]);
      await arrivals(computing, 1);
      controller.abort("stop");
      expect(await run).toBe("stop");
      await Bun.sleep(50);
      open(computing);
      expect(await neighbour).toBe("computed");
      await turnUntil(() => pool.workers[0] !== before);
      expect(await pool.run(add, [1, 2])).toBe(3);
    });

    test("is left alone by a time limit in the same way", async () => {
      await using pool = new ThreadPool(1, { graceMs: GRACE_MS, concurrencyPerWorker: 2 });
      const workers = [...pool.workers];
      const [running, stopped, computing] = [newGate(), newGate(), newGate()];
      const run = rejection(pool.run(awaitAbort, [running, stopped], { timeoutMs: 50 }));
      await arrivals(running, 1);
      const neighbour = pool.run(compute, [computing, "computed"]);
      await arrivals(computing, 1);
      expect(await run).toBeInstanceOf(RequestTimeout);
      await Bun.sleep(2 * GRACE_MS);
      open(computing);
      expect(await neighbour).toBe("computed");
      await turnUntil(() => arrivedAt(stopped) === 1);
      expect(await pool.run(add, [1, 2])).toBe(3);
      expect(pool.workers).toEqual(workers);
    });
  });

  test("with a neighbour that is aborted too: is not killed before its own grace period", async () => {
    await using pool = new ThreadPool(1, { graceMs: GRACE_MS, concurrencyPerWorker: 3 });
    const [running, stopped, computing] = [newGate(), newGate(), newGate()];
    const controller = new AbortController();
    const { signal } = controller;
    const runs = [1, 2].map(() => rejection(pool.run(awaitAbort, [running, stopped], { signal })));
    await arrivals(running, 2);
    const neighbour = pool.run(computeAtGate, [computing, "computed"]);
    await arrivals(computing, 1);
    controller.abort("both");
    expect(await Promise.all(runs)).toEqual(["both", "both"]);
    await Bun.sleep(2 * GRACE_MS);
    open(computing);
    expect(await neighbour).toBe("computed");
    await turnUntil(() => arrivedAt(stopped) === 2);
  });

  test("with several requests in the worker: kills it where its event loop stands still", async () => {
    await using pool = new ThreadPool(1, { graceMs: 1, concurrencyPerWorker: 2 });
    const [running, neighbour] = [newGate(), newGate()];
    const other = pool.run(holdTurning, [neighbour, "lost"]);
    await arrivals(neighbour, 1);
    const controller = new AbortController();
    const run = pool.run(loop, [running], { signal: controller.signal });
    await arrivals(running, 1);
    controller.abort("stop");
    const reasons = await Promise.all([rejection(other), rejection(run)]);
    expect(reasons).toEqual([expect.any(WorkerDied), "stop"]);
    expect(await pool.run(add, [1, 2])).toBe(3);
  });
});

describe("the reason of an abort", () => {
  const LOOKS = ["cancelled", "reason", "aborted", "throw"] as const;
  type Start = (pool: ThreadPool, gate: Gate, options: RunOptions) => Promise<unknown>;
  const RUNS: readonly (readonly [string, Start])[] = [
    ...LOOKS.map((look): [string, Start] => [
      `a synchronous loop, by ${look}`,
      (pool, gate, options) => pool.run(loopAndTellWhy, [gate, look], options),
    ]),
    ["a listener", (pool, gate, options) => pool.run(awaitAndTellWhy, [gate], options)],
    [
      "a context that is made late",
      (pool, gate, options) => pool.run(tellWhyLate, [gate], options),
    ],
  ];

  /** What the run has seen of the reason, after its abort. */
  async function seenOf(start: Start, reason: unknown, concurrencyPerWorker = 1): Promise<Seen> {
    await using pool = new ThreadPool(1, { ...NEVER_KILLS, concurrencyPerWorker });
    const gate = newGate();
    const controller = new AbortController();
    const run = rejection(start(pool, gate, { signal: controller.signal }));
    await arrivals(gate, 1);
    controller.abort(reason);
    expect(await run).toBe(controller.signal.reason);
    await turnUntil(() => arrivedAt(gate) === 2);
    return await pool.run(takeWord);
  }

  test.each(RUNS)("is seen by %s", async (_, start) => {
    for (const concurrency of [1, 3]) {
      const reason = Object.assign(new RangeError("enough"), { code: 42, cause: ["why"] });
      const { reasons, areSame } = await seenOf(start, reason, concurrency);
      expect(reasons).toEqual([reason]);
      expect(reasons[0]).toBeInstanceOf(RangeError);
      expect(reasons[0]).toMatchObject({ message: "enough", code: 42, cause: ["why"] });
      expect(areSame).toBe(true);
    }
  });

  const REASONS: readonly (readonly [string, unknown])[] = [
    ["a text", "stop"],
    ["null", null],
    ["a number", 0],
    ["false", false],
    ["an object", { code: 7, list: [1, { deep: new Map([[1, 2n]]) }] }],
    ["a large text", "x".repeat(1e6)],
    ["a shared buffer", new SharedArrayBuffer(8)],
    ["a Blob", new Blob(["blob"])],
    ["a DOMException", new DOMException("late", "TimeoutError")],
  ];
  test.each(REASONS)("may be %s", async (_, reason) => {
    const start = RUNS[0]?.[1] as Start;
    expect((await seenOf(start, reason)).reasons).toEqual([reason]);
  });

  test("is an AbortError when none is given", async () => {
    const { reasons } = await seenOf(RUNS[0]?.[1] as Start, undefined);
    expect(reasons).toMatchObject([{ name: "AbortError" }]);
  });

  const UNCROSSABLE: readonly (readonly [string, unknown])[] = [
    ["a function", () => {}],
    ["a symbol", Symbol("reason")],
    ["a port, which could go to one worker only", new MessageChannel().port1],
    [
      "an object whose getter throws",
      {
        get broken() {
          throw new Error("broken");
        },
      },
    ],
  ];
  test.each(UNCROSSABLE)("is an AbortError in the worker when it is %s", async (_, reason) => {
    const { reasons, areSame } = await seenOf(RUNS[0]?.[1] as Start, reason);
    expect(reasons).toMatchObject([{ name: "AbortError" }]);
    expect(areSame).toBe(true);
  });

  test("of an error arrives without what cannot cross of it", async () => {
    const reason = Object.assign(new TypeError("mixed"), { handler: () => {}, code: 5 });
    const { reasons } = await seenOf(RUNS[0]?.[1] as Start, reason);
    expect(reasons).toMatchObject([{ name: "TypeError", message: "mixed", code: 5 }]);
  });

  test("of a time limit is the RequestTimeout of the request", async () => {
    await using pool = new ThreadPool(1, NEVER_KILLS);
    for (const start of [RUNS[0]?.[1] as Start, RUNS[4]?.[1] as Start]) {
      const gate = newGate();
      const error = await rejection(start(pool, gate, { timeoutMs: 200 }));
      expect(error).toBeInstanceOf(RequestTimeout);
      await turnUntil(() => arrivedAt(gate) === 2);
      const [reason] = (await pool.run(takeWord)).reasons;
      expect(reason).toBeInstanceOf(RequestTimeout);
      expect((reason as Error).message).toBe((error as Error).message);
    }
  });

  test("is that of each run, where one task follows the other", async () => {
    await using pool = new ThreadPool(1, NEVER_KILLS);
    for (let round = 0; round < 50; round++) {
      const gate = newGate();
      const controller = new AbortController();
      const { signal } = controller;
      const run = rejection(pool.run(loopAndTellWhy, [gate, "aborted"], { signal }));
      await arrivals(gate, 1);
      controller.abort(round);
      expect(await run).toBe(round);
      expect((await pool.run(takeWord)).reasons).toEqual([round]);
    }
  });

  test("of a run that does not look is not kept by its worker", async () => {
    await using pool = new ThreadPool(1, NEVER_KILLS);
    for (let round = 0; round < 3; round++) {
      const gate = newGate();
      const controller = new AbortController();
      const run = rejection(pool.run(hold, [gate, "heedless"], { signal: controller.signal }));
      await arrivals(gate, 1);
      controller.abort(new Error(`of round ${round}`));
      open(gate);
      expect(await run).toEqual(new Error(`of round ${round}`));
      const next = newGate();
      const other = new AbortController();
      const { signal } = other;
      const later = rejection(pool.run(loopAndTellWhy, [next, "cancelled"], { signal }));
      await arrivals(next, 1);
      other.abort(`later ${round}`);
      await later;
      expect((await pool.run(takeWord)).reasons).toEqual([`later ${round}`]);
    }
  });

  test("may have a getter that terminates the pool", async () => {
    const pool = new ThreadPool(1, NEVER_KILLS);
    const gate = newGate();
    const controller = new AbortController();
    const run = rejection(pool.run(loop, [gate], { signal: controller.signal }));
    await arrivals(gate, 1);
    const reason = {
      get ending() {
        pool.terminate();
        return "terminated";
      },
    };
    controller.abort(reason);
    expect(await run).toBe(reason);
    await pool.close();
  });
});

describe("a signal", () => {
  test("of many requests has one listener while they are pending, and none after", async () => {
    // Without workers none is done before all are put: between two of them the signal would have no listener.
    await using pool = new ThreadPool(0, NEVER_KILLS);
    const { signal } = new AbortController();
    const [added, removed] = [new Set<unknown>(), new Set<unknown>()];
    spyOn(signal, "addEventListener").mockImplementation((_, listener) => added.add(listener));
    spyOn(signal, "removeEventListener").mockImplementation((_, listener) => removed.add(listener));
    const sums = Array.from({ length: 10_000 }, (_, i) => pool.run(add, [i, 1], { signal }));
    expect(added.size).toBe(1);
    pool.createWorkers(2);
    expect((await Promise.all(sums)).at(-1)).toBe(10_000);
    expect(removed).toEqual(added);
  });

  test("may belong to requests of several pools", async () => {
    await using one = new ThreadPool(1, { graceMs: 1 });
    await using two = new ThreadPool(1, { graceMs: 1 });
    const controller = new AbortController();
    const gate = newGate();
    const runs = [one, two].map((pool) => pool.run(loop, [gate], { signal: controller.signal }));
    await arrivals(gate, 2);
    controller.abort("both");
    expect(await Promise.all(runs.map((run) => rejection(run)))).toEqual(["both", "both"]);
  });

  test("that is aborted by a callback of the same delivery ends what is left", async () => {
    await using pool = new ThreadPool(1, NEVER_KILLS);
    const controller = new AbortController();
    const { signal } = controller;
    const first = pool.run(add, [1, 2], { signal }).then(() => controller.abort());
    const gate = newGate();
    const second = pool.run(hold, [gate, "second"]);
    const third = pool.run(add, [3, 4], { signal });
    await first;
    expect(await rejection(third)).toBe(signal.reason);
    open(gate);
    expect(await second).toBe("second");
  });
});
