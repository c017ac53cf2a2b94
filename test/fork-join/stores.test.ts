/** The stores of AsyncLocalStorages in children. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { ThreadPool } from "../../src/index.ts";
import * as stores from "./fixtures/stores.ts";
import type { Seen } from "./fixtures/stores.ts";

setDefaultTimeout(60_000);

const { requestContext, otherContext } = stores;
const carry = [requestContext];

function meeting(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(64));
}

function inTwoWorkers(seen: readonly Seen[]): readonly (readonly unknown[])[] {
  expect(new Set(seen.map(({ worker }) => worker)).size).toBe(2);
  return seen.map((each) => each.stores);
}

describe.each([
  ["one worker", { workers: 1, options: {} }],
  ["an inline pool", { workers: 0, options: { inline: true } }],
])("in %s", (_name, { workers, options }) => {
  test("children of all five calls see the stores that were carried to their parent, and no other", async () => {
    await using pool = new ThreadPool(workers, options);
    const seen = await requestContext.run({ id: 7 }, () =>
      otherContext.run("other", () => pool.run(stores.lookByAll, [], { carry })),
    );
    expect(seen).toEqual(seen.map(() => [{ id: 7 }, undefined]));
  });
});

test.each([1, 2])(
  "a listener of a child's signal sees the stores of its own code, whoever stops the child: %d workers",
  async (workers) => {
    await using pool = new ThreadPool(workers);
    await pool.ready();
    expect(await pool.run(stores.stopsChild, [meeting()])).toBe(true);
  },
);

describe("in two workers", () => {
  test.each(["lookTogether", "lookLater"])(
    "a child sees them wherever it runs: %s",
    async (name) => {
      await using pool = new ThreadPool(2);
      await pool.ready();
      const seen = await requestContext.run({ id: 7 }, () =>
        pool.run(stores.twoLook, [name, meeting()], { carry }),
      );
      expect(inTwoWorkers(seen)).toEqual([
        [{ id: 7 }, undefined],
        [{ id: 7 }, undefined],
      ]);
    },
  );
  test("so does a child of a child", async () => {
    await using pool = new ThreadPool(2);
    await pool.ready();
    const seen = await requestContext.run("below", () =>
      pool.run(stores.twoLook, ["lookBelow", meeting()], { carry }),
    );
    const each = ["below", undefined, "below", undefined];
    expect(seen.map((one) => one.stores)).toEqual([each, each]);
  });
  test("so do items of mapSync", async () => {
    await using pool = new ThreadPool(2);
    await pool.ready();
    const seen = await requestContext.run("sync", () =>
      pool.run(stores.twoLookSync, [meeting()], { carry }),
    );
    expect(inTwoWorkers(seen)).toEqual([
      ["sync", undefined],
      ["sync", undefined],
    ]);
  });
  test("the store is the one of the place of the put", async () => {
    await using pool = new ThreadPool(2);
    await pool.ready();
    const seen = await requestContext.run("outer", () =>
      pool.run(stores.lookWithin, ["inner", meeting()], { carry }),
    );
    expect(inTwoWorkers(seen)).toEqual([
      ["inner", undefined],
      ["inner", undefined],
    ]);
  });
  test("a call may name storages of its own", async () => {
    await using pool = new ThreadPool(2);
    await pool.ready();
    const seen = await requestContext.run("of the request", () =>
      pool.run(stores.lookWith, [meeting()], { carry }),
    );
    expect(seen).toEqual([
      [undefined, "own"],
      [undefined, "own"],
      [undefined, "own"],
      [undefined, undefined],
    ]);
  });
});
