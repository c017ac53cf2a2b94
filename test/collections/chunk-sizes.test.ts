import { describe, expect, test } from "bun:test";
import { ChunkSizes } from "../../src/collections/chunk-sizes.ts";

const MANY = 1_000_000;
const WORKERS = 2;
const BYTES = 8;

/** Sizes that know that an item takes so long. */
function sizesAfter(msAnItem: number, callable: () => void = () => {}): ChunkSizes {
  const sizes = new ChunkSizes(undefined, callable);
  for (let items = 16; items < MANY; items *= 16)
    sizes.measure(items, items * msAnItem, items * BYTES);
  return sizes;
}

describe("the size of a chunk", () => {
  test("is small before anything was measured, and grows step by step", () => {
    const sizes = new ChunkSizes(undefined, () => {});
    const first = sizes.next(MANY, WORKERS);
    expect(first).toBeLessThan(100);
    sizes.measure(first, first * 0.0001, first * BYTES);
    const second = sizes.next(MANY, WORKERS);
    expect(second).toBeGreaterThan(first);
    expect(second).toBeLessThan(1000);
    sizes.measure(second, second * 0.0001, second * BYTES);
    expect(sizes.next(MANY, WORKERS)).toBeGreaterThan(second);
  });

  test("makes a chunk take the same time, however long an item takes", () => {
    const sizes = [0.01, 0.1, 1].map((ms) => ms * sizesAfter(ms).next(MANY, WORKERS));
    for (const ms of sizes) expect(ms).toBeCloseTo(sizes[0]!, 5);
    expect(sizesAfter(50).next(MANY, WORKERS)).toBe(1);
  });

  test("is right from the beginning for a callable that ran before", () => {
    const callable = (): void => {};
    const before = sizesAfter(0.01, callable).next(MANY, WORKERS);
    expect(new ChunkSizes(undefined, callable).next(MANY, WORKERS)).toBe(before);
    expect(new ChunkSizes(undefined, () => {}).next(MANY, WORKERS)).toBeLessThan(before);
  });

  test("shrinks towards the end, but no chunk is not worth its way", () => {
    const sizes = sizesAfter(0.001);
    let left = 5000;
    let chunks = 0;
    let last = Infinity;
    while (left > 0) {
      const size = sizes.next(left, WORKERS);
      expect(size).toBeLessThanOrEqual(last);
      last = size;
      left -= size;
      chunks += 1;
    }
    expect(chunks).toBeGreaterThan(3);
    expect(chunks).toBeLessThan(12);
  });

  test("is what the user has chosen, whatever was measured", () => {
    const callable = (): void => {};
    sizesAfter(0.01, callable);
    const sizes = new ChunkSizes(7, callable);
    expect(sizes.next(MANY, WORKERS)).toBe(7);
    expect(sizes.isFixed).toBe(true);
    expect(sizes.mostBytes).toBe(Infinity);
  });

  test("follows the bytes of the results", () => {
    const sizes = new ChunkSizes(undefined, () => {});
    for (let round = 0; round < 4; round++) sizes.measure(1000, 1, 1000 * 10_000);
    expect(sizes.next(MANY, WORKERS)).toBeLessThan(20);
  });
});
