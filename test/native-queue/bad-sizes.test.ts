import { describe, expect, test } from "bun:test";
import {
  Arena,
  QueueViews,
  ResultReader,
  ResultWriter,
  createQueueMemory,
  createResultRing,
} from "../../native-queue/index.ts";
import { testMisuses, untyped } from "../misuse.ts";
import type { Misuse } from "../misuse.ts";

describe("the queue by itself", () => {
  const memory = (tasks: unknown, arenaBytes: unknown): unknown =>
    createQueueMemory(untyped<number>(tasks), untyped<number>(arenaBytes));
  const tasks = [0, 1, -1, 65_537, 2.5, NaN, "16", undefined].map((count): Misuse => [
    `of ${Bun.inspect(count)} tasks`,
    () => memory(count, 256),
    RangeError,
    /2 to 65536 tasks: tasks=/,
  ]);
  const arenas = [0, -256, 128, 300, 2 ** 31, NaN, "256", null].map((bytes): Misuse => [
    `with ${Bun.inspect(bytes)} bytes of arena`,
    () => memory(16, bytes),
    RangeError,
    /power of two of bytes, 256 to 2\^30: arenaBytes=/,
  ]);
  const capacities = [0, 255, 2 ** 31, Infinity].map((bytes): Misuse => [
    `an arena of ${bytes} bytes`,
    () => new Arena(bytes),
    RangeError,
    /256 to 2\^30: capacityBytes=/,
  ]);
  const rings = [-1, 0.5, NaN, 2 ** 31, "128", undefined].map((bytes): Misuse => [
    `a result ring of ${Bun.inspect(bytes)} bytes`,
    () => createResultRing(untyped<number>(bytes)),
    RangeError,
    /0 to 2\^30 bytes of frames: bytes=/,
  ]);
  testMisuses([
    ...tasks,
    ...arenas,
    ...capacities,
    ...rings,
    [
      "a block of a negative length",
      () => new Arena(256).tryAllocate(-1),
      RangeError,
      /0 bytes or more: bytes=-1$/,
    ],
    ["a block of no length", () => new Arena(256).tryAllocate(NaN), RangeError, /: bytes=NaN$/],
    ["a block freed twice", freeTwice, RangeError, /No block.*: offset=0$/],
    ["a block freed that never was", () => new Arena(512).free(256), RangeError, /: offset=256$/],
    ["a block freed in its middle", () => new Arena(512).free(7), RangeError, /: offset=7$/],
    [
      "a writer on memory of another size",
      () => new ResultWriter(new SharedArrayBuffer(400)),
      RangeError,
      /createResultRing: bytes=400$/,
    ],
    [
      "a reader on the queue's memory",
      () => new ResultReader(createQueueMemory(2, 256).queue),
      RangeError,
      /createResultRing: bytes=/,
    ],
    [
      "a reader on nothing",
      () => new ResultReader(new SharedArrayBuffer(0)),
      RangeError,
      /: bytes=0$/,
    ],
    ["views on nothing", () => new QueueViews(untyped(undefined)), TypeError, /./],
  ]);

  function freeTwice(): void {
    const arena = new Arena(256);
    const block = arena.tryAllocate(1);
    arena.free(block);
    arena.free(block);
  }

  test("an arena has no block for more than it holds, however much that is", () => {
    const arena = new Arena(1024);
    for (const bytes of [1025, 2 ** 31, 2 ** 31 + 1, 2 ** 32, 2 ** 33, Infinity]) {
      expect(arena.tryAllocate(bytes)).toBe(-1);
    }
    expect(arena.freeBytes).toBe(1024);
  });
});
