/**
 * Code of the program runs in the middle of a put: listeners of `full`, getters of arguments. What it does to the request's
 * signal, to the pool or to the workers counts for that put as if it had been done before.
 */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  DuplicateRequest,
  NoWorkersAvailable,
  PayloadError,
  PoolClosed,
  ThreadPool,
  WorkRequest,
} from "../../src/index.ts";
import type { RejectionPolicy } from "../../src/index.ts";
import { arrivals, arrivedAt, newGate, open } from "./fixtures/gate.ts";
import type { Gate } from "./fixtures/gate.ts";
import { actHere, here } from "./fixtures/in-caller.ts";
import { add, collectArguments, echo, hold } from "./fixtures/tasks.ts";
import { fullPool } from "./full-pool.ts";
import { rejection, thrownBy } from "./rejection.ts";
import { SCRIPT_TEST_MS } from "./script.ts";
import { turn } from "./turns.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

class Reason extends Error {}

/** What a promise resolves to or is rejected with. */
function rejectionOr(promise: Promise<unknown>): Promise<unknown> {
  return promise.catch((error: unknown) => error);
}

/** Counts its runs. */
function note(ran: Gate): string {
  Atomics.add(ran, 0, 1);
  return "ran";
}

/** The ways to put a request with a signal. Each returns the error. */
const SIGNALLED: Record<
  string,
  (pool: ThreadPool, args: readonly unknown[], signal: AbortSignal) => Promise<unknown>
> = {
  run: (pool, args, signal) => rejection(pool.run(note, args as [Gate], { signal })),
  runSync: async (pool, args, signal) =>
    thrownBy(() => pool.runSync(note, args as [Gate], { signal })),
};

/** Arguments while which are read something happens. */
const READINGS: Record<string, (ran: Gate, happen: () => void) => readonly unknown[]> = {
  "a getter of an argument": (ran, happen) => [
    ran,
    {
      get property() {
        happen();
        return 1;
      },
    },
  ],
  "a getter deep in a large argument": (ran, happen) => [
    ran,
    [
      1,
      {
        deep: {
          get property() {
            happen();
            return "x".repeat(1e6);
          },
        },
      },
    ],
  ],
};

describe.each(Object.entries(SIGNALLED))("%s", (_, putWith) => {
  test.each(Object.entries(READINGS))(
    "an abort by %s refuses the request, which never runs",
    async (__, argsOf) => {
      await using pool = new ThreadPool(1);
      const controller = new AbortController();
      const ran = newGate();
      const reason = new Reason();
      const args = argsOf(ran, () => controller.abort(reason));
      expect(await putWith(pool, args, controller.signal)).toBe(reason);
      expect(pool.stats()).toMatchObject({ put: 0, pending: 0 });
      expect(await pool.run(add, [1, 2])).toBe(3);
      expect(ran[0]).toBe(0);
    },
  );

  test("an abort by a getter of an element ends the request", async () => {
    await using pool = new ThreadPool(1, { graceMs: 1e9 });
    // Its worker is busy: what is put now cannot begin before the abort.
    const [gate, ran] = [newGate(), newGate()];
    const held = pool.run(hold, [gate, "held"]);
    await arrivals(gate, 1);
    const controller = new AbortController();
    const args: unknown[] = [1];
    Object.defineProperty(args, 0, { get: () => (controller.abort("element"), 1) });
    expect(await putWith(pool, args, controller.signal)).toBe("element");
    open(gate);
    expect(await held).toBe("held");
    await pool.settled();
    expect(ran[0]).toBe(0);
  });

  const POLICIES: readonly RejectionPolicy[] = ["block", "discardOldest", "callerRuns"];
  test.each(POLICIES)(
    'an abort by a listener of "full" refuses the request: %s',
    async (policy) => {
      const full = await fullPool(policy);
      const { pool, gate, held } = full;
      const controller = new AbortController();
      const ran = newGate();
      pool.on("full", () => controller.abort("full"));
      const put = pool.stats().put;
      expect(await putWith(pool, [ran], controller.signal)).toBe("full");
      expect(pool.stats().put).toBe(put);
      open(gate);
      await held;
      await pool.close();
      expect(ran[0]).toBe(0);
    },
  );
});

type Put = (pool: ThreadPool, args: readonly unknown[]) => Promise<unknown>;

/** All ways to put a request. Each returns the error. */
const PUTS: Record<string, Put> = {
  run: (pool, args) => rejection(pool.run(note, args as [Gate])),
  runSync: async (pool, args) => thrownBy(() => pool.runSync(note, args as [Gate])),
  putRequest: async (pool, args) =>
    thrownBy(() => pool.putRequest(new WorkRequest(note, args as [Gate]))),
  "putRequest with keywords": async (pool, args) =>
    thrownBy(() =>
      pool.putRequest(
        new WorkRequest(note as (...all: unknown[]) => unknown, args, { keyword: "given" }),
      ),
    ),
};

const ENDINGS: Record<string, (pool: ThreadPool) => unknown> = {
  close: (pool) => pool.close(),
  terminate: (pool) => pool.terminate(),
  using: (pool) => pool[Symbol.dispose](),
};

const combinations = Object.entries(PUTS).flatMap(([put, putWith]) =>
  Object.entries(ENDINGS).map(([ending, end]) => ({ put, putWith, ending, end })),
);

describe.each(combinations)("$put, and $ending meanwhile", ({ putWith, end }) => {
  test("by a getter of an argument: refused, and the pool ends", async () => {
    const pool = new ThreadPool(1);
    const ran = newGate();
    const ends: unknown[] = [];
    const args = [
      ran,
      {
        get property() {
          ends.push(end(pool));
          return 1;
        },
      },
    ];
    expect(await putWith(pool, args)).toBeInstanceOf(PoolClosed);
    await Promise.all(ends);
    await pool.close();
    expect(pool.stats()).toMatchObject({ put: 0, pending: 0, workers: [] });
    expect(ran[0]).toBe(0);
  });

  test("by a getter of an element: refused or run, and nothing is left pending", async () => {
    const pool = new ThreadPool(1);
    const args: unknown[] = [1, 2];
    Object.defineProperty(args, 0, { get: () => (end(pool), 1) });
    expect(await putWith(pool, args)).toBeInstanceOf(PoolClosed);
    await pool.close();
    expect(pool.stats()).toMatchObject({ pending: 0, workers: [] });
  });

  const POLICIES: readonly RejectionPolicy[] = ["block", "discardOldest", "callerRuns"];
  test.each(POLICIES)('by a listener of "full": refused, and the pool ends: %s', async (policy) => {
    const { pool, gate, held, queued } = await fullPool(policy);
    const ran = newGate();
    let ended: unknown;
    pool.on("full", () => {
      // `using` waits for the request that holds the worker.
      open(gate);
      ended = end(pool);
    });
    expect(await putWith(pool, [ran])).toBeInstanceOf(PoolClosed);
    await Promise.allSettled([held, queued, ended]);
    await pool.close();
    expect(pool.stats()).toMatchObject({ put: 2, pending: 0, workers: [] });
    expect(ran[0]).toBe(0);
  });
});

describe("a getter of an argument", () => {
  test("that puts the same request makes the outer put a duplicate", async () => {
    await using pool = new ThreadPool(1);
    const results: unknown[] = [];
    let isInner = false;
    const argument = {
      get property(): number {
        if (isInner) return 1;
        isInner = true;
        pool.putRequest(new WorkRequest(add, [1, 2], {}, { requestID: "same", callback }));
        return 2;
      },
    };
    const callback = (__: unknown, result: unknown): void => void results.push(result);
    const request = new WorkRequest(echo, [argument], {}, { requestID: 7 });
    const same = new WorkRequest(echo<unknown>, [argument], {}, { requestID: "same", callback });
    // Encoding one value in the middle of another is refused; numbers need no encoder.
    isInner = true;
    pool.putRequest(request);
    isInner = false;
    const error = thrownBy(() => pool.putRequest(same));
    expect((error as Error).name).toMatch(/^(DuplicateRequest|PayloadError)$/);
    await pool.settled();
    expect(results.length).toBeLessThanOrEqual(1);
  });

  test("that puts many others leaves every request its own arguments", async () => {
    await using pool = new ThreadPool(1);
    const gate = newGate();
    const held = pool.run(hold, [gate, "held"]);
    await arrivals(gate, 1);
    const inner: Promise<unknown>[] = [];
    const outer = pool.run(echo<unknown>, [
      {
        get property() {
          // The queue takes them until its last task; after that they would have to be encoded, which is refused here.
          for (let i = 0; i < 2000; i++) inner.push(rejectionOr(pool.run(add, [i, 1])));
          return 1;
        },
      },
    ]);
    open(gate);
    expect(await outer).toEqual({ property: 1 });
    const outcomes = await Promise.all(inner);
    const taken = outcomes.filter((outcome) => typeof outcome === "number");
    expect(taken).toEqual(Array.from({ length: taken.length }, (__, i) => i + 1));
    expect(taken.length).toBeGreaterThan(1000);
    expect(outcomes.slice(taken.length).every((it) => it instanceof PayloadError)).toBe(true);
    expect(await held).toBe("held");
  });

  test("as an element: puts others whose arguments the rest of it does not overwrite", async () => {
    await using pool = new ThreadPool(1);
    const gate = newGate();
    const held = pool.run(hold, [gate, "held"]);
    await arrivals(gate, 1);
    let inner: Promise<unknown[]> | undefined;
    const args: unknown[] = [1, 20, 30];
    Object.defineProperty(args, 0, {
      get: (): number => {
        inner ??= pool.run(collectArguments, [7, 8, 9]);
        return 10;
      },
    });
    const outer = pool.run(collectArguments, args);
    open(gate);
    expect(await inner).toEqual([7, 8, 9]);
    expect(await outer).toEqual([10, 20, 30]);
    expect(await held).toBe("held");
  });

  test("that dismisses and joins the workers makes runSync throw, and run reject", async () => {
    await using pool = new ThreadPool(1);
    const leave = {
      get property() {
        pool.dismissWorkers(1, true);
        return 1;
      },
    };
    expect(thrownBy(() => pool.runSync(echo<unknown>, [leave]))).toBeInstanceOf(NoWorkersAvailable);
    pool.createWorkers(1);
    expect(await rejection(pool.run(echo<unknown>, [leave]))).toBeInstanceOf(NoWorkersAvailable);
    expect(pool.stats()).toMatchObject({ pending: 0, queueLength: 0 });
  });
});

describe('a listener of "full"', () => {
  test("that puts the same request makes the outer put a duplicate", async () => {
    const { pool, gate, held, queued } = await fullPool("callerRuns");
    const results: unknown[] = [];
    const callback = (__: unknown, result: unknown): void => void results.push(result);
    const request = new WorkRequest(echo, ["once"], {}, { callback });
    pool.on("full", () => pool.putRequest(request));
    expect(thrownBy(() => pool.putRequest(request))).toBeInstanceOf(DuplicateRequest);
    open(gate);
    await Promise.all([held, queued]);
    await pool.close();
    expect(results).toEqual(["once"]);
  });
});

describe("a callable that runs in its caller", () => {
  const fail = (): never => {
    throw new Error("own error");
  };
  const ENDS: readonly [string, () => unknown][] = [
    ["returns", () => "value"],
    ["throws", fail],
    ["goes on", () => new Promise<never>(() => {})],
  ];
  test.each(ENDS)("and aborts its own signal is cancelled, when it %s", async (__, then) => {
    const { pool, gate, held, queued } = await fullPool("callerRuns");
    const controller = new AbortController();
    here.act = () => {
      controller.abort("own abort");
      return then();
    };
    const run = rejection(pool.run(actHere, [], { signal: controller.signal, timeoutMs: 1e6 }));
    expect(await run).toBe("own abort");
    expect(pool.stats()).toMatchObject({ cancelled: 1 });
    open(gate);
    await Promise.all([held, queued]);
    await pool.close();
  });

  test("and terminates the pool fails with PoolClosed", async () => {
    const { pool, held, queued } = await fullPool("callerRuns");
    here.act = () => {
      pool.terminate();
      return new Promise<never>(() => {});
    };
    const errors = await Promise.all([
      rejection(pool.run(actHere)),
      rejection(held),
      rejection(queued),
    ]);
    for (const error of errors) expect(error).toBeInstanceOf(PoolClosed);
    await pool.settled();
  });
});

test("a request that a worker claims just as its queue time is over is in time", async () => {
  await using pool = new ThreadPool(1, { delivery: "manual" });
  const gate = newGate();
  const run = pool.run(hold, [gate, "in time"], { queueTimeoutMs: 1 });
  // The event loop, which would look at the time, does not turn before the claim.
  while (arrivedAt(gate) === 0) Atomics.wait(gate, 0, 0);
  for (let turns = 0; turns < 20; turns++) await turn();
  await Bun.sleep(5);
  open(gate);
  await pool.settled();
  expect(await run).toBe("in time");
});
