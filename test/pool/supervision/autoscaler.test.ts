import { describe, expect, setDefaultTimeout, spyOn, test } from "bun:test";
import { MAX_WORKERS } from "../../../native-queue/index.ts";
import { ThreadPool, WorkRequest } from "../../../src/index.ts";
import { Autoscaler } from "../../../src/pool/supervision/autoscaler.ts";
import type { ScaledWorkers } from "../../../src/pool/supervision/autoscaler.ts";
import type { Deadlines } from "../../../src/pool/event-loop/deadlines.ts";
import { letThrough, occupy } from "../fixtures/worker-callables.ts";
import { arrivals, arrivedAt, newGate, open } from "../fixtures/gate.ts";
import { add, spin } from "../fixtures/tasks.ts";
import { SCRIPT_TEST_MS } from "../script.ts";
import { turnUntil } from "../turns.ts";
import { replaceable } from "../../replaceable.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

/** A busy worker, and room for more. */
function busyPool() {
  const due: (() => void)[] = [];
  const queue = { waiting: 0 };
  const runs = { busySlots: () => new Set([0]) };
  const workers = {
    running: ["first"],
    ready: [{ channel: { slot: 0 } }],
    mayStart: true,
    grow: (): void => void workers.running.push("new"),
  };
  const deadlines = { add: (_: number, action: () => void): number => due.push(action) };
  const autoscaler = new Autoscaler(
    workers as unknown as ScaledWorkers,
    queue,
    runs,
    deadlines as unknown as Pick<Deadlines, "add">,
    { minWorkers: 1, maxWorkers: 3, idleTimeoutMs: Infinity },
  );
  return {
    workers,
    put: (count: number): void => {
      for (let i = 0; i < count; i++) {
        queue.waiting += 1;
        autoscaler.notePut();
      }
    },
    claim: (count: number): void => void (queue.waiting -= count),
    passTime: (): void => due.shift()?.(),
    isWatched: (): boolean => due.length > 0,
  };
}

test("A pool grows when a request has waited for the whole time", () => {
  const { workers, put, passTime } = busyPool();
  put(2);
  passTime();
  expect(workers.running).toHaveLength(2);
});

test("Requests that are claimed in time are no reason, though others wait by then", () => {
  const { workers, put, claim, passTime } = busyPool();
  put(50);
  for (let burst = 0; burst < 10; burst++) {
    claim(50);
    put(50);
    passTime();
  }
  expect(workers.running).toHaveLength(1);
});

test("One that still waits is a reason, though as many have been claimed as were put", () => {
  const { workers, put, claim, passTime } = busyPool();
  put(50);
  passTime();
  expect(workers.running).toHaveLength(2);
  workers.ready.push({ channel: { slot: 0 } });
  claim(10);
  put(10);
  passTime();
  expect(workers.running).toHaveLength(3);
});

test("A worker that is just being started is waited for", () => {
  const { workers, put, passTime } = busyPool();
  put(2);
  passTime();
  passTime();
  passTime();
  expect(workers.running).toHaveLength(2);
});

test("A pool without a free slot goes on when it has one", () => {
  const { workers, put, passTime } = busyPool();
  workers.mayStart = false;
  put(2);
  passTime();
  expect(workers.running).toHaveLength(1);
  workers.mayStart = true;
  passTime();
  expect(workers.running).toHaveLength(2);
});

test("Nothing is watched while no request waits", () => {
  const { put, claim, passTime, isWatched } = busyPool();
  put(1);
  claim(1);
  passTime();
  expect(isWatched()).toBe(false);
});

describe("workers that have nothing to do", () => {
  const IDLE_TIMEOUT_MS = 20;

  /** Three workers, of which those in `busy` run something, on a clock that the test moves. */
  function threeWorkers(busy: ReadonlySet<number>) {
    const gone: string[] = [];
    const due: (() => void)[] = [];
    const records = ["oldest", "middle", "newest"].map((name, slot) => ({
      name,
      channel: { slot, results: 0 },
    }));
    const workers = {
      running: records,
      ready: records,
      dismissUnjoined: ({ name }: { name: string }): void => {
        gone.push(name);
        workers.running = workers.ready = workers.running.filter((other) => other.name !== name);
      },
    };
    const autoscaler = new Autoscaler(
      workers as unknown as ScaledWorkers,
      { waiting: 0 },
      { busySlots: () => new Set(busy) },
      { add: (_: number, action: () => void) => due.push(action) } as unknown as Deadlines,
      { minWorkers: 1, maxWorkers: 3, idleTimeoutMs: IDLE_TIMEOUT_MS },
    );
    autoscaler.watchIdle();
    const lookAt = (nowMs: number): void => {
      using clock = spyOn(replaceable, "now");
      clock.mockReturnValue(nowMs);
      due.shift()?.();
    };
    return { gone, lookAt, isWatched: (): boolean => due.length > 0 };
  }

  test("go newest first once they have been idle for so long, and as many as are not needed", () => {
    const { gone, lookAt, isWatched } = threeWorkers(new Set());
    lookAt(0);
    lookAt(IDLE_TIMEOUT_MS - 1);
    expect(gone).toEqual([]);
    lookAt(IDLE_TIMEOUT_MS);
    expect(gone).toEqual(["newest", "middle"]);
    expect(isWatched()).toBe(false);
  });

  test("go, and not a newer one that runs something", () => {
    const { gone, lookAt } = threeWorkers(new Set([2]));
    lookAt(0);
    lookAt(IDLE_TIMEOUT_MS);
    expect(gone).toEqual(["middle", "oldest"]);
  });
});

type Ending = (pool: ThreadPool) => unknown;

function putAnd(end: Ending): (pool: ThreadPool, request: WorkRequest) => unknown {
  return (pool, request) => {
    pool.putRequest(request);
    return end(pool);
  };
}

describe("minWorkers and maxWorkers", () => {
  test("let a pool grow while requests wait and every worker is busy, and no further", async () => {
    await using pool = new ThreadPool(1, { maxWorkers: 3 });
    const gate = newGate();
    const occupied = Array.from({ length: 5 }, () => pool.run(occupy, [gate]));
    await arrivals(gate, 3);
    expect(pool.workers).toHaveLength(3);
    expect(pool.stats().running).toBe(3);
    open(gate);
    await Promise.all(occupied);
  });

  test("let it grow while the parent blocks", () => {
    using pool = new ThreadPool(1, { maxWorkers: 2 });
    const gate = newGate();
    pool.putRequest(new WorkRequest(occupy, [gate]));
    // Only a second worker can run this one.
    pool.runSync(letThrough, [gate]);
    pool.wait();
    expect(pool.workers).toHaveLength(2);
  });

  test("let it start without workers", async () => {
    await using pool = new ThreadPool(0, { minWorkers: 0, maxWorkers: 1 });
    expect(await pool.run(add, [1, 2])).toBe(3);
    expect(pool.runSync(add, [3, 4])).toBe(7);
  });

  const firsts: [string, (pool: ThreadPool, request: WorkRequest) => unknown][] = [
    ["runSync", (pool) => pool.runSync(add, [3, 4])],
    ["putRequest and wait", putAnd((pool) => pool.wait())],
    ["putRequest and settled", putAnd((pool) => pool.settled())],
    ["putRequest and close", putAnd((pool) => pool.close())],
  ];
  test.each(firsts)("have a worker there for the first request: %s", async (_, first) => {
    await using pool = new ThreadPool(0, { maxWorkers: 1 });
    const results: unknown[] = [];
    const callback = (__: unknown, result: unknown): void => void results.push(result);
    const result = await first(pool, new WorkRequest(add, [3, 4], {}, { callback }));
    expect(result ?? results[0]).toBe(7);
  });

  test("have one there again after the last was dismissed", async () => {
    await using pool = new ThreadPool(1, { minWorkers: 0, idleTimeoutMs: 1 });
    for (let round = 0; round < 3; round++) {
      await turnUntil(() => pool.workers.length === 0);
      expect(pool.runSync(add, [3, 4])).toBe(7);
      await turnUntil(() => pool.workers.length === 0);
      expect(await pool.run(add, [3, 4])).toBe(7);
    }
  });

  test("have no more started than there are slots, those of workers included that have not quite ended", () => {
    using pool = new ThreadPool(1, { maxWorkers: 2 });
    pool.runSync(add, [1, 2]);
    for (let kill = 0; kill < MAX_WORKERS - 1; kill++) pool.workers[0]?.terminate();
    const spinning = Array.from({ length: 4 }, () => new WorkRequest(spin, [20_000]));
    for (const request of spinning) pool.putRequest(request);
    pool.wait();
    expect(pool.stats().succeeded).toBe(5);
    expect(pool.workers).toHaveLength(1);
  });

  test("let workers go that have nothing to do, and no more than that", async () => {
    await using pool = new ThreadPool(1, { maxWorkers: 3, idleTimeoutMs: 20 });
    const gate = newGate();
    const occupied = Array.from({ length: 3 }, () => pool.run(occupy, [gate]));
    await arrivals(gate, 3);
    const ids = pool.workers.map(({ id }) => id);
    const gone: number[] = [];
    pool.on("workerDismissed", ({ id }) => gone.push(id));
    open(gate);
    await Promise.all(occupied);
    await turnUntil(() => pool.workers.length === 1);
    // Which ones: the newest of those that are idle then, and one may still be running.
    expect(gone).toHaveLength(2);
    const all = [...gone, pool.workers[0]?.id];
    expect(all.toSorted((a, b) => Number(a) - Number(b))).toEqual(ids);
    expect(pool.dismissedWorkers).toEqual([]);
    expect(await pool.run(add, [1, 2])).toBe(3);
  });

  test("let workers go that never had anything to do", async () => {
    await using pool = new ThreadPool(3, { minWorkers: 1, idleTimeoutMs: 5 });
    await turnUntil(() => pool.workers.length === 1);
    pool.createWorkers(2);
    await turnUntil(() => pool.workers.length === 1);
    expect(await pool.run(add, [1, 2])).toBe(3);
  });

  test("leave a worker alone that runs one long request", async () => {
    await using pool = new ThreadPool(2, { minWorkers: 1, idleTimeoutMs: 5 });
    const gate = newGate();
    const occupied = pool.run(occupy, [gate]);
    await turnUntil(() => arrivedAt(gate) === 1 && pool.workers.length === 1);
    open(gate);
    await occupied;
  });

  test("do not hinder workers that are made or dismissed by hand", async () => {
    await using pool = new ThreadPool(1, { maxWorkers: 2, idleTimeoutMs: 1e9 });
    pool.createWorkers(3);
    expect(pool.workers).toHaveLength(4);
    pool.dismissWorkers(4);
    pool.createWorkers(1);
    expect(await pool.run(add, [1, 2])).toBe(3);
  });
});
