import { describe, expect, test } from "bun:test";
import { QueueViews, createQueueMemory, resetWorker } from "../../native-queue/index.ts";
import {
  announceReady,
  announceRecycling,
  hasBecomeReady,
  hasRecycled,
} from "../../src/protocol/worker-phase.ts";

const SLOT = 3;

/** What the parent sees: whether the worker of a slot is ready, and whether it has recycled. */
function seen(views: QueueViews, slot: number = SLOT): boolean[] {
  return [hasBecomeReady(views, slot), hasRecycled(views, slot)];
}

describe("the phase of a worker", () => {
  test("goes from starting to ready to recycling", () => {
    const views = new QueueViews(createQueueMemory(2, 256));
    expect(seen(views)).toEqual([false, false]);
    announceReady(views, SLOT);
    expect(seen(views)).toEqual([true, false]);
    announceRecycling(views, SLOT);
    expect(seen(views)).toEqual([true, true]);
  });

  test("is seen through the views of another thread, and of no other slot", () => {
    const memory = createQueueMemory(2, 256);
    announceRecycling(new QueueViews(memory), SLOT);
    expect(seen(new QueueViews(memory))).toEqual([true, true]);
    expect(seen(new QueueViews(memory), SLOT + 1)).toEqual([false, false]);
  });

  test("begins anew for the next worker of the slot", () => {
    const views = new QueueViews(createQueueMemory(2, 256));
    announceRecycling(views, SLOT);
    resetWorker(views, SLOT);
    expect(seen(views)).toEqual([false, false]);
  });
});
