import { beforeAll, describe, expect, spyOn, test } from "bun:test";
import jsc from "bun:jsc";
import {
  createArenaMemory,
  createQueueMemory,
  createResultRing,
} from "../../native-queue/index.ts";
import type { WorkerInit } from "../../src/protocol/messages.ts";
import { ReceivedArenas } from "../../src/worker/received-arenas.ts";
import { RecycleLimits } from "../../src/worker/recycle-limits.ts";
import { compute } from "./fixtures/turns.ts";

const ARENA_BYTES = 1 << 20;

function newLimits(
  limits: Partial<Pick<WorkerInit, "maxRequests" | "memoryLimitBytes">>,
): RecycleLimits {
  const memory = createQueueMemory(2);
  const ring = createResultRing(128);
  const init = { maxRequests: Infinity, memoryLimitBytes: Infinity, memory, ring, ...limits };
  const arenas = new ReceivedArenas({ sharedBuffer: () => createArenaMemory(ARENA_BYTES) });
  arenas.bytesOf(0);
  return new RecycleLimits(init as WorkerInit, arenas);
}

describe("a limit on requests", () => {
  test("is reached with the last of them, and not before", () => {
    const limits = newLimits({ maxRequests: 2 });
    const reached = [limits.isReached()];
    for (let i = 0; i < 2; i++) {
      limits.countRequest();
      reached.push(limits.isReached());
    }
    expect(reached).toEqual([false, false, true]);
  });

  test("is never reached when there is none", () => {
    const limits = newLimits({});
    for (let i = 0; i < 1000; i++) limits.countRequest();
    expect(limits.isReached()).toBe(false);
  });
});

describe("a limit on the heap", () => {
  const LIMIT = 1000;
  /** The engine counts the queue, the arena and the ring as memory of each thread; none of it is the worker's own. */
  const POOL_BYTES =
    createQueueMemory(2).queue.byteLength +
    createQueueMemory(2).board.byteLength +
    ARENA_BYTES +
    createResultRing(128).byteLength;

  // A thread does not measure its heap in its first 50 milliseconds.
  beforeAll(() => compute(51));

  /** Limits of a worker whose heap has these sizes before and after a garbage collection. */
  function reachedWith(before: number, after: number): boolean {
    using stats = spyOn(jsc, "heapStats");
    using size = spyOn(jsc, "heapSize");
    stats.mockReturnValue({ heapCapacity: before } as never);
    size.mockReturnValue(after);
    return newLimits({ memoryLimitBytes: LIMIT }).isReached();
  }

  test("is reached when the heap stays larger after a garbage collection", () => {
    expect(reachedWith(POOL_BYTES + LIMIT + 1, POOL_BYTES + LIMIT + 1)).toBe(true);
  });

  test("is not reached when a garbage collection helps", () => {
    expect(reachedWith(POOL_BYTES + LIMIT + 1, POOL_BYTES + LIMIT)).toBe(false);
  });

  test("does not count the memory of the pool", () => {
    expect(reachedWith(POOL_BYTES + LIMIT, POOL_BYTES + LIMIT)).toBe(false);
  });

  test("is measured again only after some time, because to measure takes long", () => {
    using stats = spyOn(jsc, "heapStats");
    stats.mockReturnValue({ heapCapacity: 0 } as never);
    const limits = newLimits({ memoryLimitBytes: LIMIT });
    for (let i = 0; i < 100; i++) limits.isReached();
    expect(stats).toHaveBeenCalledTimes(1);
    compute(51);
    limits.isReached();
    expect(stats).toHaveBeenCalledTimes(2);
  });

  test("stays reached", () => {
    const limits = newLimits({ memoryLimitBytes: 1 });
    {
      using stats = spyOn(jsc, "heapStats");
      using size = spyOn(jsc, "heapSize");
      stats.mockReturnValue({ heapCapacity: Infinity } as never);
      size.mockReturnValue(Infinity);
      expect(limits.isReached()).toBe(true);
      compute(51);
      size.mockReturnValue(0);
      expect(limits.isReached()).toBe(true);
    }
  });
});
