/** How failures of children, and calls that are wrong, reach the parent and the program. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { ThreadPool } from "../../src/index.ts";
import { Place, appendPlaceHere } from "../../src/fork-join/call-sites.ts";
import * as trees from "./fixtures/trees.ts";

setDefaultTimeout(60_000);

async function reasonOf(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error("It did not fail.");
}

function meeting(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(64));
}

/** The part of a stack that begins with the first place. */
function placesOf({ stack = "" }: Error): string {
  return stack.slice(stack.indexOf("    --- put here"));
}

describe.each([1, 2])("with %d workers", (workers) => {
  const heard = meeting();
  let pool: ThreadPool;
  beforeAll(async () => {
    pool = new ThreadPool(workers);
    await pool.ready();
  });
  afterAll(() => pool.close());

  test.each([
    trees.failingByMap,
    trees.failingByMapSync,
    trees.failingByParallelFor,
    trees.failingByRunSync,
    trees.failingChild,
  ])("the stack has the line of the parent: %p", async (callable) => {
    const error = await reasonOf(pool.run(callable));
    const { name } = callable;
    expect(error).toBeInstanceOf(RangeError);
    expect(error.stack).toMatch(/^RangeError: \w+\n\s+at fail/);
    expect(placesOf(error)).toMatch(
      new RegExp(`^ +--- put here ---\\n +at (?:async )?${name} \\(.*trees\\.ts:\\d+:\\d+\\)`),
    );
  });
  test.each([trees.failingByMapSyncAtEnd, trees.failingByRunSyncAtEnd, trees.failingByRunAtEnd])(
    "the stack names a parent that the call has replaced on it: %p",
    async (callable) => {
      const error = await reasonOf(pool.run(callable));
      expect(placesOf(error)).toMatch(
        new RegExp(`^ +--- put here ---\\n +at ${callable.name} \\(.*trees\\.ts\\)\\n`),
      );
    },
  );
  test("an inline pool, and the thread of the program, name it too", async () => {
    await using inline = new ThreadPool(0, { inline: true });
    await using full = new ThreadPool(1, { qSize: 1, rejectionPolicy: "callerRuns" });
    // One runs and one waits, so the queue is full.
    const sleeping = [full.run(trees.untilHeard, [heard])];
    while (full.stats().running === 0) await Bun.sleep(1);
    sleeping.push(full.run(trees.untilHeard, [heard]));
    for (const run of [
      () => inline.run(trees.failingByMapSyncAtEnd),
      () => full.run(trees.failingByMapSyncAtEnd),
    ]) {
      const error = await reasonOf(run());
      expect(placesOf(error)).toMatch(
        /^ +--- put here ---\n +at failingByMapSyncAtEnd \(.*trees\.ts\)/,
      );
    }
    Atomics.store(heard, 4, 1);
    await Promise.all(sleeping);
  });
  test("each level of a tree adds its place", async () => {
    const error = await reasonOf(pool.run(trees.failingTwoDeep));
    const [, inner, outer] = (error.stack ?? "").split("--- put here ---\n");
    expect(inner).toContain("at failingByMapItemInner ");
    expect(outer).toContain("at failingTwoDeep ");
  });
  test("a deep recursion does not make the stack of its error ever longer", async () => {
    const error = await reasonOf(pool.run(trees.deepFailure, [400]));
    expect(error.message).toBe("deep");
    expect(placesOf(error)).toContain("at deepFailure ");
    expect((error.stack ?? "").length).toBeLessThan(30_000);
  });
  test.each([
    [trees.failingByMap, 3],
    [trees.failingByMapSync, 3],
    [trees.failingItem, 0],
    [trees.failingByParallelFor, 40],
  ])("the program sees the index of the item: %p", async (callable, index) => {
    const error = await reasonOf(pool.run(callable));
    expect(Object.getOwnPropertyDescriptor(error, "index")).toMatchObject({ value: index });
  });
  test("the index is that of the outermost collection, as in the program", async () => {
    expect(await reasonOf(pool.run(trees.failingTwoDeep))).toHaveProperty("index", 0);
    const inPool = await reasonOf(pool.map(trees.failingByMapItem, [4]));
    expect(inPool).toHaveProperty("index", 0);
  });
  test("an index is no property of the error of a single child", async () => {
    expect(Object.hasOwn(await reasonOf(pool.run(trees.failingByRunSync)), "index")).toBe(false);
  });
});

test.each([trees.failingItemElsewhere, trees.failingItemElsewhereSync])(
  "an item that fails in another worker has the place and the index: %p",
  async (callable) => {
    await using pool = new ThreadPool(2);
    await pool.ready();
    const error = await reasonOf(
      pool.run(callable as typeof trees.failingItemElsewhere, [meeting()]),
    );
    expect(error.stack).toMatch(/^RangeError: elsewhere\n\s+at failElsewhere /);
    expect(placesOf(error)).toMatch(
      new RegExp(
        `^ +--- put here ---\\n +at (?:async )?${callable.name} \\(.*trees\\.ts:\\d+:\\d+\\)`,
      ),
    );
    expect([0, 1]).toContain((error as unknown as { index: number }).index);
  },
);

describe("a child over its time that waits in the event loop", () => {
  test("fails before it ends, and is told that it is to stop", async () => {
    await using pool = new ThreadPool(1);
    const heard = meeting();
    expect(await pool.run(trees.timesOutAsleep, [heard])).toBe("RequestTimeout");
    while (Atomics.load(heard, 5) + Atomics.load(heard, 6) < 1) await Bun.sleep(1);
    expect(heard[5]).toBe(1);
  });
  test("does so in another worker, too", async () => {
    await using pool = new ThreadPool(2);
    await pool.ready();
    const heard = meeting();
    const outcomes = await pool.run(trees.bothTimeOutAsleep, [heard]);
    expect(outcomes).toEqual(["RequestTimeout", "RequestTimeout"]);
    while (Atomics.load(heard, 5) + Atomics.load(heard, 6) < 2) await Bun.sleep(1);
    expect(heard[5]).toBe(2);
    expect(await pool.run(trees.fib, [15, 3])).toBe(610);
  });
  test("a limit longer than timers have does not end it at once", async () => {
    await using pool = new ThreadPool(1);
    expect(await pool.run(trees.endsInTime)).toBeUndefined();
  });
});

test("a frozen error stays as it is", () => {
  const error = Object.freeze(new Error("frozen"));
  const { stack } = error;
  appendPlaceHere(error, { definition: undefined });
  expect(error.stack).toBe(stack as string);
});

test("the same place is not appended twice in a row", () => {
  const error = new Error("twice");
  const place = new Place(new Error("put"), { definition: undefined });
  place.appendTo(error);
  const { stack } = error;
  place.appendTo(error);
  expect(error.stack).toBe(stack as string);
  expect(stack).toContain("--- put here ---");
});

describe("wrong calls", () => {
  let pool: ThreadPool;
  beforeAll(() => {
    pool = new ThreadPool(1);
  });
  afterAll(() => pool.close());

  type Call = Parameters<typeof trees.refusalOf>[0];

  /** Rows of the same length: a test gets a callback in place of what a row lacks. */
  const rows = (
    ...given: (readonly [call: Call, input: unknown, options?: unknown])[]
  ): (readonly [Call, unknown, unknown])[] =>
    given.map(([call, input, options]) => [call, input, options]);

  const inside = (call: Call, input: unknown, options?: unknown): Promise<unknown> =>
    pool.run(trees.refusalOf, [call, input, options]);

  async function outside(
    call: Call,
    input: unknown,
    options?: unknown,
  ): Promise<string | undefined> {
    const put = pool[call].bind(pool) as (callable: unknown, ...rest: unknown[]) => unknown;
    try {
      await put(trees.square, trees.given(input), trees.given(options));
      return undefined;
    } catch (error) {
      return String(error);
    }
  }

  test.each(
    rows(
      ["run", 5],
      ["run", null],
      ["runSync", "text"],
      ["mapSync", 5],
      ["mapSync", null],
      ["mapSync", undefined],
      ["mapSync", "a function"],
      ["mapSync", "nothing iterable"],
      ["map", [1], { signal: 3 }],
      ["run", [1], { timeoutMs: "1" }],
      ["run", [1], { timeoutMs: 0 }],
      ["run", [1], { timeoutMs: -1 }],
      ["run", [1], { timeoutMs: Number.NaN }],
      ["run", [1], { retries: 1.5 }],
      ["run", [1], { retries: -1 }],
      ["run", [1], { retries: "1" }],
      ["run", [1], { signal: {} }],
      ["run", [1], { onProgress: 3 }],
      ["parallelFor", -1],
      ["parallelFor", 1.5],
      ["parallelFor", Number.NaN],
      ["parallelFor", Infinity],
      ["parallelFor", "5"],
      ["parallelFor", undefined],
      ["parallelFor", 5, { grain: 0 }],
      ["parallelFor", 5, { grain: -1 }],
      ["parallelFor", 5, { grain: 1.5 }],
      ["parallelFor", 5, { grain: "1" }],
      ["parallelFor", 5, { grain: 2 ** 40 }],
      ["parallelFor", 5, { args: 3 }],
      ["parallelFor", 5, { signal: 3 }],
    ),
  )(
    "are told in the words of the pool of the program: %s(…, %p, %p)",
    async (call, input, options) => {
      const refusal = await inside(call, input, options);
      expect(refusal).toMatch(/^\w*Error: .*=/);
      expect(refusal).toBe(await outside(call, input, options));
    },
  );

  test.each([
    [
      "map",
      5,
      undefined,
      /^TypeError: map takes its items from an array or another iterable; .*items=5$/,
    ],
    ["map", {}, undefined, /items=an instance of Object$/],
    ["map", "an async iterable", undefined, /^TypeError: map .*async iterable; .*items=/],
    ["mapSync", "an async iterable", undefined, /^TypeError: mapSync .*async iterable; .*items=/],
    [
      "map",
      [1],
      { chunkSize: 3 },
      /^TypeError: map has no such option; it knows signal, carry: option=chunkSize$/,
    ],
    [
      "mapSync",
      [1],
      { chunkSize: 3 },
      /^TypeError: mapSync has no such option; .*option=chunkSize$/,
    ],
    ["map", [1], 5, /^TypeError: The options of map are an object.*options=5$/],
    ["run", [1], { priority: 3 }, /^TypeError: A child has no such option; .*option=priority$/],
    ["runSync", [1], { priority: 3 }, /^TypeError: A child has no such option; .*option=priority$/],
    ["run", [1], 100, /^TypeError: .*\{ timeoutMs: 1000 \}: options=100$/],
    ["run", [1], "a function", /^TypeError: .*return the result: options=square$/],
    ["run", [1], null, /^TypeError: The options of a child are an object.*options=null$/],
    ["parallelFor", 5, { chunkSize: 3 }, /no such option; it knows .*grain.*option=chunkSize$/],
    ["parallelFor", 5, 7, /^TypeError: The options of parallelFor are an object.*options=7$/],
  ] as const)(
    "name what there is instead: %s(…, %p, %p)",
    async (call, input, options, message) => {
      expect(await inside(call, input, options)).toMatch(message);
    },
  );

  test.each(
    rows(
      ["map", "text"],
      ["map", new Set([1, 2])],
      ["mapSync", new Float64Array(3)],
      ["mapSync", []],
      ["map", [1], null],
      ["parallelFor", 0],
      ["parallelFor", 5, null],
    ),
  )("do not include %s(…, %p, %p)", async (call, input, options) => {
    expect(await inside(call, input, options)).toBeUndefined();
  });
});
