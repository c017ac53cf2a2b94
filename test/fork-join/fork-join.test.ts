/** Children of running requests: on real pools, with one worker and with two. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { ThreadPool, ThreadPoolError } from "../../src/index.ts";
import * as otherPool from "./fixtures/other-pool.ts";
import * as trees from "./fixtures/trees.ts";

setDefaultTimeout(60_000);

function meeting(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(64));
}

async function reasonOf(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error("It did not fail.");
}

function idsOf(pool: ThreadPool): Set<number> {
  return new Set(pool.workers.map(({ id }) => id));
}

/** Runs trees until the workers have taken children of each other: then each has loaded what that needs. */
async function warm(pool: ThreadPool): Promise<void> {
  while (pool.stats().children.taken < 4) await pool.run(trees.fib, [20, 8]);
}

describe.each([1, 2, 3])("with %d workers", (workers) => {
  let pool: ThreadPool;
  beforeAll(() => {
    pool = new ThreadPool(workers);
  });
  afterAll(() => pool.close());

  test("a tree of asynchronous children gives what a plain recursion gives", async () => {
    for (let i = 0; i < 5; i++) expect(await pool.run(trees.fib, [18, 4])).toBe(2584);
  });
  test("a tree of synchronous children gives the same", async () => {
    for (let i = 0; i < 5; i++) expect(await pool.run(trees.fibSync, [[18, 4]])).toBe(2584);
  });
  test("many trees at a time do not wait for each other for ever", async () => {
    const roots = Array.from({ length: 20 }, (_, i) =>
      i % 2 === 0 ? pool.run(trees.fib, [15, 3]) : pool.run(trees.fibSync, [[15, 3]]),
    );
    expect(await Promise.all(roots)).toEqual(roots.map(() => 610));
  });
  test("a parent that blocks for the request does not stop the tree", () => {
    expect(pool.runSync(trees.fib, [15, 3])).toBe(610);
    expect(pool.runSync(trees.fibSync, [[15, 3]])).toBe(610);
  });
  test("10,000 children stand in each other", async () => {
    expect(await pool.run(trees.depth, [10_000])).toBe(10_000);
  });
  test("synchronous children in each other fill the stack with a clear error", async () => {
    const error = await reasonOf(pool.run(trees.depthSync, [1_000_000]));
    expect(error.message).toMatch(/make the callable asynchronous .*depth=\d+$/);
  });
  test("map and parallelFor cover all items", async () => {
    expect(await pool.run(trees.squares, [5])).toEqual([0, 1, 4, 9, 16]);
    expect(await pool.run(trees.squares, [0])).toEqual([]);
    expect(await pool.run(trees.countedItems, [3000])).toBe(3000);
    const shared = new Float64Array(new SharedArrayBuffer(8 * 1000));
    expect(await pool.run(trees.fill, [shared])).toBe(499_500);
    expect(shared[999]).toBe(999);
  });
  test("short items are shared out many at a time, and none is lost or done twice", async () => {
    const halves = Array.from({ length: 8000 }, (_, i) => i / 2);
    for (const callable of [trees.halves, trees.halvesSync]) {
      const before = pool.stats().children;
      expect(await pool.run(callable as typeof trees.halves, [8000])).toEqual(halves);
      const { inPlace, taken, failed } = pool.stats().children;
      expect(inPlace + taken - before.inPlace - before.taken).toBeGreaterThanOrEqual(8000);
      expect(failed).toBe(before.failed);
    }
    const counts = new Int32Array(new SharedArrayBuffer(4 * 10_001));
    await pool.run(trees.countedRange, [counts]);
    expect(counts.findIndex((count) => count !== 1)).toBe(10_000);
  });
  test("an item that fails in the middle of many has its index", async () => {
    for (const callable of [trees.failingLate, trees.failingLateSync]) {
      const error = await reasonOf(pool.run(callable as typeof trees.failingLate, [8000]));
      expect(error).toMatchObject({ message: "seven thousand", index: 7000 });
      expect(error.stack).toContain("at halfOrFail ");
      expect(error.stack).toContain(
        `at ${callable.name === "failingLate" ? "" : "failingLateSync "}`,
      );
    }
  });
  test("the first failure of a map says which item it was", async () => {
    expect(await pool.run(trees.failingMap)).toEqual({ index: 3, message: "three" });
  });
  test("a failing child fails its parent, with the stack of both", async () => {
    for (const callable of [trees.failingChild, trees.failingItem]) {
      const error = await reasonOf(pool.run(callable));
      expect(error).toBeInstanceOf(RangeError);
      expect(error.stack).toContain("at fail ");
    }
    const { stack } = await reasonOf(pool.run(trees.failingChild));
    expect(stack).toMatch(/--- put here(?:, or nearby)? ---\n\s+at failingChild /);
  });
  test("taskContext is that of the child in a child", async () => {
    const found = (await pool.run(trees.contexts)) as { id: unknown; worker: number }[];
    const ids = found.map(({ id }) => String(id));
    expect(ids[0]).toBe(ids[3] as string);
    expect(new Set(ids).size).toBe(3);
    expect(ids[1]).toStartWith(`${ids[0]}/`);
  });
  test("a child that runs over its time fails with RequestTimeout", async () => {
    expect(await pool.run(trees.timesOut)).toBe("RequestTimeout");
  });
  test("a child reports to its own listener, and its parent to that of the request", async () => {
    const heard: unknown[] = [];
    const own = await pool.run(trees.reports, [], { onProgress: (value) => heard.push(value) });
    expect(own).toEqual(["child 1", "child 2"]);
    expect(heard).toEqual(["parent"]);
  });
  test("a signal ends the children that have it", async () => {
    const shared = meeting();
    const outcomes = await pool.run(trees.abortOne, [shared]);
    expect(outcomes).toEqual(["RangeError: enough", "RangeError: enough"]);
  });
  test("an item of mapSync that aborts the signal ends the collection", async () => {
    const outcome = await pool.run(trees.abortsInItem);
    expect(outcome).toMatchObject({ error: "RangeError: enough items", heard: true });
    if (workers === 1) expect(outcome).toHaveProperty("begunItems", 3);
  });
  test("an inline child runs, and a closure is refused wherever it would run", async () => {
    expect(await pool.run(trees.inlineChild)).toBe(42);
    const error = await reasonOf(pool.run(trees.closure, [4]));
    expect(error.name).toMatch(/CallableError|ReferenceError/);
  });
  test("runSync waits for an asynchronous child that waits for children only", async () => {
    expect(await pool.run(trees.runSyncAsync)).toBe(144);
    const error = await reasonOf(pool.run(trees.runSyncAsleep));
    expect(error.message).toMatch(/needs|waits for the event loop.*callable=sleepy$/);
  });
});

describe("one worker alone", () => {
  let pool: ThreadPool;
  beforeAll(() => {
    pool = new ThreadPool(1);
  });
  afterAll(() => pool.close());

  test("gives a child the very objects that it was put with", async () => {
    expect(await pool.run(trees.sameObject)).toBe(true);
  });
  test("ends what a callable has left behind before it began", async () => {
    expect(await pool.run(trees.leavesBehind)).toBe("left");
    expect(await pool.run(trees.outcomeOfLeft)).toContain("ended before the child began");
  });
  test("refuses children of a run that is over", async () => {
    expect(await pool.run(trees.usesLater)).toBe("used");
    expect(await pool.run(trees.outcomeOfLate)).toContain("after the run was over");
  });
  test("counts its children apart from the requests", async () => {
    const before = pool.stats();
    await pool.run(trees.squares, [10]);
    const after = pool.stats();
    expect(after.children.inPlace - before.children.inPlace).toBe(10);
    expect(after.children.taken).toBe(0);
    expect(after.put - before.put).toBe(1);
  });
});

describe("a pool inside a child", () => {
  afterAll(() => otherPool.other.close());

  test.each([otherPool.asksOtherInChild, otherPool.asksOtherLater, otherPool.constructsInChild])(
    "is refused and named, because its wait could be a cycle: %p",
    async (callable) => {
      await using pool = new ThreadPool(1);
      const error = await reasonOf(pool.run(callable as typeof otherPool.asksOtherInChild, [3]));
      expect(error).toBeInstanceOf(ThreadPoolError);
      expect(error.message).toMatch(/inside a worker|inside a request|in a worker/);
      expect(error.message).toContain("other-pool.ts:");
    },
  );
});

describe("without another worker", () => {
  test("callables that put children can be called directly", async () => {
    expect(await trees.fib(12, 3)).toBe(144);
    expect(trees.fibSync([12, 3])).toBe(144);
  });
  test("a request that runs in the caller has children too", async () => {
    await using pool = new ThreadPool(1, { qSize: 1, rejectionPolicy: "callerRuns" });
    const roots = Array.from({ length: 12 }, () => pool.run(trees.fib, [12, 3]));
    expect(await Promise.all(roots)).toEqual(roots.map(() => 144));
    const contexts = Array.from({ length: 12 }, () => pool.run(trees.contexts));
    for (const found of (await Promise.all(contexts)) as { id: unknown }[][]) {
      const ids = found.map(({ id }) => String(id));
      expect(ids[1]).toStartWith(`${ids[0]}/`);
      expect(ids[3]).toBe(ids[0] as string);
    }
  });
  test.each([{ inline: true }, {}])(
    "a tree that never waits lets timers fire: %p",
    async (options) => {
      await using pool = new ThreadPool("inline" in options ? 0 : 1, options);
      const controller = new AbortController();
      setTimeout(() => controller.abort(new RangeError("by a timer")), 20);
      const { signal } = controller;
      const error = await reasonOf(pool.run(trees.untilAborted, [], { signal }));
      expect(error.message).toBe("by a timer");
    },
  );
  test("an inline pool has children, in the thread of the program", async () => {
    await using pool = new ThreadPool(0, { inline: true });
    expect(await pool.run(trees.fib, [12, 3])).toBe(144);
    expect(pool.runSync(trees.fib, [12, 3])).toBe(144);
    expect(await pool.run(trees.fibSync, [[12, 3]])).toBe(144);
    expect(await pool.run(trees.squares, [4])).toEqual([0, 1, 4, 9]);
    const [own, child] = (await pool.run(trees.contexts)) as { id: unknown }[];
    expect(String(child?.id)).toStartWith(`${String(own?.id)}/`);
  });
  test("bad arguments are named", async () => {
    await using pool = new ThreadPool(1);
    for (const [callable, message] of [
      [trees.badArguments, /args=/],
      [trees.badOption, /no such option.*option=prio$/],
      [trees.badCallable, /callable/i],
      [trees.badLength, /length=-1$/],
    ] as const) {
      const error = await reasonOf(pool.run(callable));
      expect(error.message).toMatch(message);
    }
  });
});

describe("two workers", () => {
  let pool: ThreadPool;
  beforeAll(async () => {
    pool = new ThreadPool(2, { graceMs: 100 });
    await pool.ready();
    await warm(pool);
  });
  afterAll(() => pool.close());

  test.each([trees.meetAsync, trees.meetSync])(
    "run two children at a time: %p",
    async (callable) => {
      const found = await pool.run(callable as typeof trees.meetAsync, [meeting()]);
      expect(new Set(found)).toEqual(idsOf(pool));
    },
  );
  test("do so while the parent computes and hears nothing", async () => {
    const shared = meeting();
    const running = pool.run(trees.meetAsync, [shared]);
    // The parent blocks without a call of the pool.
    while (Atomics.load(shared, 0) < 2) Atomics.wait(shared, 0, Atomics.load(shared, 0), 100);
    expect(new Set(await running)).toEqual(idsOf(pool));
  });
  test("send the error of a child back, with both stacks", async () => {
    const error = await reasonOf(pool.run(trees.failingElsewhere, [meeting()]));
    expect(error).toBeInstanceOf(RangeError);
    expect(error.stack).toContain("at failElsewhere ");
    expect(error.stack).toMatch(/at failingElsewhere /);
  });
  test.each([10, 5000, 300_000])("send back a result of %d characters", async (length) => {
    for (const callable of [trees.longTexts, trees.longTextsSync]) {
      const found = await pool.run(callable as typeof trees.longTexts, [meeting(), length]);
      const ids = found.map((text) => Number(text.slice(length)));
      expect(new Set(ids)).toEqual(idsOf(pool));
      for (const text of found) expect(text.slice(0, length)).toBe("x".repeat(length));
    }
  });
  test.each([10, 1000, 5000, 300_000])(
    "get arguments of %d characters and numbers",
    async (length) => {
      for (const callable of [trees.longArguments, trees.longArgumentsSync]) {
        const found = (await pool.run(callable as typeof trees.longArguments, [
          meeting(),
          length,
        ])) as [number, ...unknown[]][];
        expect(new Set(found.map(([id]) => id))).toEqual(idsOf(pool));
        for (const [, ...rest] of found) expect(rest).toEqual([length, length, length]);
      }
    },
  );
  test("stop when an item elsewhere aborts the signal of mapSync", async () => {
    expect(await pool.run(trees.abortsOther, [meeting()])).toBe("RangeError: enough items");
  });
  test("send shared memory back that a child has made", async () => {
    const found = await pool.run(trees.sharedResults, [meeting()]);
    expect(new Set(found)).toEqual(idsOf(pool));
  });
  test("fail the child whose worker dies, and run it again with retries", async () => {
    const died = (await pool.run(trees.dyingElsewhere, [meeting(), 0])) as unknown[];
    expect(died.map(String).toSorted()).toEqual(["1", "WorkerDied"]);
    await pool.ready();
    await warm(pool);
    const again = (await pool.run(trees.dyingElsewhere, [meeting(), 1])) as unknown[];
    expect(again.map(String).toSorted()).toEqual(["1", "2"]);
  });
  test("stop the children of a request that is aborted", async () => {
    await pool.ready();
    await warmAgain(pool);
    const shared = meeting();
    const controller = new AbortController();
    const running = pool.run(trees.untilStoppedTwice, [shared], { signal: controller.signal });
    while (Atomics.load(shared, 2) < 2) await Bun.sleep(1);
    controller.abort(new RangeError("enough"));
    expect((await reasonOf(running)).message).toBe("enough");
    while (Atomics.load(shared, 1) < 2) await Bun.sleep(1);
    expect(await pool.run(trees.fib, [15, 3])).toBe(610);
  });
  test("end the worker of a child that does not hear that its request was aborted", async () => {
    await warmAgain(pool);
    const shared = meeting();
    const controller = new AbortController();
    const running = pool.run(trees.deafChild, [shared], { signal: controller.signal });
    while (Atomics.load(shared, 2) < 2) await Bun.sleep(1);
    const ids = idsOf(pool);
    controller.abort();
    await reasonOf(running);
    while (pool.workers.every(({ id }) => ids.has(id))) await Bun.sleep(1);
    expect(await pool.run(trees.fib, [15, 3])).toBe(610);
  });
});

/** As `warm`, for a pool that has a new worker. */
async function warmAgain(pool: ThreadPool): Promise<void> {
  await pool.ready();
  const { taken } = pool.stats().children;
  while (pool.stats().children.taken < taken + 4) await pool.run(trees.fib, [20, 8]);
}
