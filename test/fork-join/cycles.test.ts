/** A request, or a child of it, that waits for a pool which may wait for it in turn: refused and named, in every way and at any time. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { ThreadPool, ThreadPoolError } from "../../src/index.ts";
import * as pools from "./fixtures/three-pools.ts";

setDefaultTimeout(60_000);

const PLACES = [
  pools.asks,
  pools.asksLater,
  pools.asksInChild,
  pools.asksLaterInChild,
  pools.asksInChildOfChild,
  pools.asksInItem,
  pools.asksInSyncItem,
  pools.asksInSyncChild,
] as const;

async function reasonOf(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error("It did not fail.");
}

let pool: ThreadPool;
beforeAll(async () => {
  pool = new ThreadPool(2);
  await pool.ready();
});
afterAll(async () => {
  await Promise.all([pool, pools.first, pools.second, pools.third].map((each) => each.close()));
});

describe.each(Object.keys(pools.WAYS) as pools.Way[])("a pool that is used by %s", (way) => {
  test.each(PLACES)("is refused inside a worker: %p", async (place) => {
    const error = await reasonOf(pool.run(place as typeof pools.asks, [way]));
    expect(error).toBeInstanceOf(ThreadPoolError);
    expect(error.message).toMatch(/inside a worker.*three-pools\.ts:\d+/);
  });
});

test.each([pools.asksSecond, pools.asksSecondInChild])(
  "a cycle over three pools ends at its first step: %p",
  async (callable) => {
    const error = await reasonOf(pool.run(callable));
    expect(error).toBeInstanceOf(ThreadPoolError);
    expect(error.message).toContain("three-pools.ts:");
  },
);

test.each([
  pools.inlineAsksB,
  pools.childInlineAsksB,
  pools.inlineWaits as (n: number) => number,
  pools.childInlineWaits as (n: number) => Promise<number>,
])("a cycle over pools in the thread of the program is told: %p", async (callable) => {
  const error = await reasonOf(
    pools.makeInline().run(callable as typeof pools.childInlineAsksB, [3]),
  );
  expect(error).toBeInstanceOf(ThreadPoolError);
  expect(error.message).toMatch(/a call that blocks would wait for ever.*inline=true$/);
});

test.each([pools.inlineAwaitsB, pools.inlineAwaitsBOfThree, pools.childInlineAwaitsB])(
  "a cycle over pools in the thread of the program that is awaited is told: %p",
  async (callable) => {
    const error = await reasonOf(pools.makeInline().run(callable, [3]));
    expect(error).toBeInstanceOf(ThreadPoolError);
    expect(error.message).toMatch(
      /has put the request .* would wait for ever, and so would an await\. .*inline=true$/,
    );
  },
);

test("a child that awaits the pool in the thread of the program that runs it is told so", async () => {
  const error = await reasonOf(pools.makeInline().run(pools.childInlineAwaitsItsOwn, [3]));
  expect(error).toBeInstanceOf(ThreadPoolError);
  expect(error.message).toMatch(/^A callable uses the ThreadPool that runs it.*inline=true$/);
});

describe("pools in the thread of the program that use each other", () => {
  test("are not refused in a chain that leads to no run that goes on", async () => {
    expect(await pools.makeInline().run(pools.inlineChain, [3])).toBe(9);
  });
  test("are not refused when the run that has put the request is over", async () => {
    pools.makeInline();
    expect(await pools.whatIsLeft(3)).toBe(9);
  });
  test("are not refused when the program has put the request", async () => {
    pools.makeInline();
    expect(await pools.askedByProgram(3)).toBe(9);
  });
});
