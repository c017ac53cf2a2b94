/** `map`, `starmap` and `mapSync` whose results go into a typed array. */
import { afterAll, describe, expect, test } from "bun:test";
import { ThreadPool } from "../../src/index.ts";
import { add, failAtThree, identity } from "./fixtures/items.ts";
import { rejection } from "../pool/rejection.ts";

const pool = new ThreadPool(2);
afterAll(() => pool.close());

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe("results in a typed array", () => {
  test("are those that an array would hold, at their places", async () => {
    const items = upTo(20_000).map((n) => n / 4);
    expect(await pool.map(identity<number>, items, { into: Float64Array })).toEqual(
      Float64Array.from(items),
    );
    expect(
      await pool.starmap(
        add,
        [
          [1, 2],
          [3, 4],
        ],
        { into: Int16Array },
      ),
    ).toEqual(Int16Array.of(3, 7));
    expect(pool.mapSync(identity<number>, items, { into: Float32Array, chunkSize: 7 })).toEqual(
      Float32Array.from(items),
    );
  });

  test("are converted as an assignment to an element converts them", async () => {
    expect(await pool.map(identity<number>, [-1, 300, 1.5], { into: Uint8ClampedArray })).toEqual(
      Uint8ClampedArray.of(-1, 300, 1.5),
    );
  });

  test("may be bigints, and may be none", async () => {
    expect(await pool.map(identity<bigint>, [1n, -2n], { into: BigInt64Array })).toEqual(
      BigInt64Array.of(1n, -2n),
    );
    expect(await pool.map(identity<number>, [], { into: Float64Array })).toHaveLength(0);
  });

  test("come from a source without a length, too", async () => {
    async function* source(): AsyncGenerator<number> {
      yield* upTo(5000);
    }
    const results = await pool.map(identity<number>, source(), { into: Int32Array });
    expect(results).toEqual(Int32Array.from(upTo(5000)));
  });
});

describe("a map into a typed array fails", () => {
  test("with the callable's own error and the index", async () => {
    const map = pool.map(failAtThree, upTo(10), { into: Float64Array });
    expect(await rejection(map)).toMatchObject({ index: 3 });
    // In the middle of a chunk, too.
    const together = pool.map(failAtThree, upTo(10), { into: Float64Array, chunkSize: 10 });
    expect(await rejection(together)).toMatchObject({ index: 3 });
  });

  test.each([
    ["a text", Float64Array, ["text"], /^A Float64Array holds a number .* index=0 result="text"$/],
    ["a bigint for numbers", Int8Array, [1n], /^A Int8Array holds a number .* result=1n$/],
    [
      "a number for bigints",
      BigUint64Array,
      [2n, 1],
      /^A BigUint64Array holds a bigint .* index=1 result=1$/,
    ],
  ] as const)("with a TypeError for %s", async (_, into, items, message) => {
    const error = await rejection(
      pool.map(identity<unknown>, items as readonly unknown[], { into } as never),
    );
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toMatch(message);
    expect(error).toMatchObject({ index: items.length - 1 });
  });

  test.each([
    [{ into: Array }, "into is the class of a typed array, such as Float64Array: into=Array"],
    [{ into: DataView }, "into is the class of a typed array, such as Float64Array: into=DataView"],
    [{ into: new Float64Array(1) }, "into=an instance of Float64Array"],
    [{ into: Float64Array, settle: true }, "leave one of the two out: settle=true"],
  ])("with a TypeError for bad options: %#", async (options, message) => {
    const error = await rejection(pool.map(identity, [1], options as never));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toContain(message);
  });
});
