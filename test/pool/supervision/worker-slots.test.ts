import { expect, test } from "bun:test";
import { MAX_WORKERS, createQueueMemory, QueueViews } from "../../../native-queue/index.ts";
import type { WorkerRecord } from "../../../src/pool/supervision/worker-record.ts";
import { WorkerSlots } from "../../../src/pool/supervision/worker-slots.ts";
import { enterIdleSet, wakeOne } from "../../../native-queue/parker.ts";

function emptySlots(): { slots: WorkerSlots; views: QueueViews } {
  const views = new QueueViews(createQueueMemory(2, 256));
  return { slots: new WorkerSlots(views), views };
}

/** As much of a record as the slots look at. */
function recordIn(slot: number): WorkerRecord {
  return { channel: { slot } } as unknown as WorkerRecord;
}

function fill(slots: WorkerSlots, count: number): WorkerRecord[] {
  return Array.from({ length: count }, () => {
    const slot = slots.take();
    const record = recordIn(slot);
    slots.set(slot, record);
    return record;
  });
}

test("slots are taken in order, and the lowest free one first", () => {
  const { slots } = emptySlots();
  fill(slots, 5);
  slots.free(3);
  slots.free(1);
  expect(fill(slots, 3).map(({ channel }) => channel.slot)).toEqual([1, 3, 5]);
});

test("a slot names its worker until it is free", () => {
  const { slots } = emptySlots();
  const [first, second] = fill(slots, 2) as [WorkerRecord, WorkerRecord];
  expect(slots.at(0)).toBe(first);
  expect(slots.recordsOf([second.channel, first.channel])).toEqual([second, first]);
  slots.free(0);
  expect(slots.at(0)).toBeUndefined();
  expect(slots.recordsOf([second.channel, first.channel])).toEqual([second]);
  expect(slots.at(77)).toBeUndefined();
});

test("as many slots are there as the queue can serve, and those of killed workers count", () => {
  const { slots } = emptySlots();
  fill(slots, MAX_WORKERS - 1);
  expect(slots.hasFree).toBe(true);
  slots.checkRoom(1);
  const tooMany = (): void => slots.checkRoom(2);
  expect(tooMany).toThrow(RangeError);
  expect(tooMany).toThrow("workers=257");
  fill(slots, 1);
  expect(slots.hasFree).toBe(false);
  slots.checkRoom(0);
  slots.free(100);
  expect(slots.hasFree).toBe(true);
  slots.checkRoom(1);
  expect(slots.take()).toBe(100);
});

test.each(["the last", "one that was free again"])(
  "a put finds a parked worker in the last slot, whichever slot was taken last: %s",
  (which) => {
    const { slots, views } = emptySlots();
    const last = fill(slots, 40).at(-1) as WorkerRecord;
    if (which !== "the last") {
      slots.free(2);
      fill(slots, 1);
    }
    enterIdleSet(views, last.channel.slot);
    expect(wakeOne(views)).toBe(true);
  },
);
