import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Arena, NO_BLOCK } from "../../native-queue/arena.ts";

const CAPACITY = 1 << 14;
const SMALLEST = 256;

/** What a block of that many bytes takes: a power of two, 256 or more. */
function takenBy(bytes: number): number {
  let taken = SMALLEST;
  while (taken < bytes) taken *= 2;
  return taken;
}

/** The model: live blocks by offset. A power of two at a multiple of itself fits when nothing live touches it. */
class Model {
  readonly live = new Map<number, number>();

  hasRoomFor(bytes: number): boolean {
    const size = takenBy(bytes);
    for (let at = 0; at + size <= CAPACITY; at += size) if (this.isFree(at, size)) return true;
    return false;
  }

  isFree(at: number, size: number): boolean {
    for (const [start, bytes] of this.live)
      if (start < at + size && at < start + bytes) return false;
    return true;
  }

  get liveBytes(): number {
    return [...this.live.values()].reduce((sum, bytes) => sum + bytes, 0);
  }
}

type Act = { allocate: number } | { freeAt: number };

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ allocate: fc.integer({ min: 0, max: 4096 }) }) },
  { weight: 1, arbitrary: fc.record({ allocate: fc.integer({ min: 4097, max: CAPACITY + 1 }) }) },
  { weight: 3, arbitrary: fc.record({ freeAt: fc.nat(1000) }) },
);

describe("an arena", () => {
  test("allocates blocks that never overlap, refuses only what fits nowhere, and joins freed blocks", () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 200 }), (acts) => {
        const arena = new Arena(CAPACITY);
        const model = new Model();
        for (const step of acts) {
          if ("allocate" in step) {
            const offset = arena.tryAllocate(step.allocate);
            expect(offset !== NO_BLOCK).toBe(model.hasRoomFor(step.allocate));
            if (offset === NO_BLOCK) continue;
            const size = takenBy(step.allocate);
            expect(offset % size).toBe(0);
            expect(offset + size).toBeLessThanOrEqual(CAPACITY);
            expect(model.isFree(offset, size)).toBe(true);
            model.live.set(offset, size);
          } else if (model.live.size > 0) {
            const offset = [...model.live.keys()][step.freeAt % model.live.size] as number;
            arena.free(offset);
            model.live.delete(offset);
          }
          expect(arena.freeBytes + model.liveBytes).toBe(CAPACITY);
        }
        for (const offset of model.live.keys()) arena.free(offset);
        expect(arena.freeBytes).toBe(CAPACITY);
        expect(arena.tryAllocate(CAPACITY)).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  test("takes 256 bytes for the smallest payloads, and the next power of two for others", () => {
    const arena = new Arena(CAPACITY);
    for (const [bytes, taken] of [
      [0, 256],
      [1, 256],
      [256, 256],
      [257, 512],
      [4096, 4096],
    ] as const) {
      const before = arena.freeBytes;
      arena.tryAllocate(bytes);
      expect(before - arena.freeBytes).toBe(taken);
    }
  });

  test("of one block is full after one allocation and whole again after it is freed", () => {
    const arena = new Arena(SMALLEST);
    expect(arena.tryAllocate(SMALLEST + 1)).toBe(NO_BLOCK);
    expect(arena.tryAllocate(1)).toBe(0);
    expect(arena.tryAllocate(1)).toBe(NO_BLOCK);
    arena.free(0);
    expect(arena.tryAllocate(SMALLEST)).toBe(0);
  });

  test("that is full refuses to allocate, and loses no bytes by that", () => {
    const arena = new Arena(1024);
    const offsets = Array.from({ length: 4 }, () => arena.tryAllocate(256));
    expect(offsets.toSorted((a, b) => a - b)).toEqual([0, 256, 512, 768]);
    expect(arena.tryAllocate(1)).toBe(NO_BLOCK);
    expect(arena.freeBytes).toBe(0);
    arena.free(512);
    expect(arena.tryAllocate(300)).toBe(NO_BLOCK);
    expect(arena.tryAllocate(256)).toBe(512);
  });

  test("throws for an offset where no block starts: twice freed, never allocated, or outside", () => {
    const arena = new Arena(1024);
    const offset = arena.tryAllocate(512);
    arena.free(offset);
    for (const wrong of [offset, 256, 1024, -256]) {
      expect(() => arena.free(wrong)).toThrow(`offset=${wrong}`);
    }
    expect(arena.freeBytes).toBe(1024);
  });

  test.each([0, 128, 300, 768])("of %d bytes is refused", (bytes) => {
    expect(() => new Arena(bytes)).toThrow(`capacityBytes=${bytes}`);
  });
});
