/** What an idle worker could take from the chunks of others. */
import { describe, expect, test } from "bun:test";
import { lookBack } from "../../src/collections/look-back.ts";
import type { Chunk } from "../../src/collections/chunk.ts";

function chunk(begun: number, end: number, isStuck = false): Chunk {
  return { begun, end, isStuck: () => isStuck } as unknown as Chunk;
}

describe("a look at the chunks of others", () => {
  test("is to be made again while a chunk has not begun: its worker may have claimed it, and its first item may be long", () => {
    expect(lookBack([chunk(0, 10)], 1)).toEqual({ slowest: undefined, isLeft: true });
  });

  test("finds the chunk with the most that was not begun, of those whose rest takes long", () => {
    const longest = chunk(1, 10);
    expect(lookBack([chunk(1, 5), longest, chunk(0, 20)], 1)).toEqual({
      slowest: longest,
      isLeft: true,
    });
  });

  test("takes a short rest only from a worker that stays in the same item", () => {
    expect(lookBack([chunk(1, 10)], 0.001)).toEqual({ slowest: undefined, isLeft: true });
    const stuck = chunk(1, 10, true);
    expect(lookBack([stuck], 0.001)).toEqual({ slowest: stuck, isLeft: true });
  });

  test("finds nothing where all has begun", () => {
    expect(lookBack([chunk(10, 10, true), chunk(3, 3)], 1)).toEqual({
      slowest: undefined,
      isLeft: false,
    });
  });
});
