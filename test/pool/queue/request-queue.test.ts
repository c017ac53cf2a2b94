import { describe, expect, test } from "bun:test";
import { EMPTY, claim, parkEpoch, publishSlotsInUse } from "../../../native-queue/index.ts";
import { enterIdleSet } from "../../../native-queue/parker.ts";
import { QueueParts, fakeChannel } from "./parts.ts";

const WORKER = 0;

/** A queue beside which a worker sleeps. `wakes` tells whether something has unparked the worker. */
function besideSleeper(): QueueParts & { wakes: (action: () => void) => boolean } {
  const parts = new QueueParts();
  const { views } = parts.channels;
  publishSlotsInUse(views, 1);
  const wakes = (action: () => void): boolean => {
    enterIdleSet(views, WORKER);
    const epoch = parkEpoch(views, WORKER);
    action();
    return parkEpoch(views, WORKER) !== epoch;
  };
  return Object.assign(parts, { wakes });
}

describe("a worker that sleeps is woken", () => {
  test.each([
    ["numbers, written into the task", 1],
    ["a value that is encoded", { of: "more than a few bytes" }],
  ])("by a request that is published at once: %s", (_, value) => {
    const parts = besideSleeper();
    expect(parts.wakes(() => parts.submit(value))).toBe(true);
  });

  test("by a request that leaves the backlog, and not by one that goes there", () => {
    const parts = besideSleeper();
    parts.tasks.limit = 0;
    expect(parts.wakes(() => parts.submit(1))).toBe(false);
    parts.tasks.limit = 1;
    expect(parts.wakes(() => parts.queue.refill())).toBe(true);
  });
});

test("a request does not overtake the backlog, although a task has become free", () => {
  const parts = new QueueParts();
  const { tasks, queue, channels } = parts;
  tasks.limit = 1;
  const order = [parts.submit("first"), parts.submit("in the backlog")];
  tasks.limit = 3;
  order.push(parts.submit("last"));
  expect(queue.waiting).toBe(3);
  const claimed = order.map(() => tasks.requestOf(claim(channels.views, WORKER)));
  expect(claimed).toEqual(order);
  expect(claim(channels.views, WORKER)).toBe(EMPTY);
});

test("a new worker is told what was posted to the others for requests that it may claim", () => {
  const parts = new QueueParts();
  const [old, young] = [fakeChannel(WORKER), fakeChannel(1)];
  parts.channels.add(old);
  const shared = new SharedArrayBuffer(8);
  parts.submit(shared);
  parts.queue.introduce(young);
  expect(old.posted).toHaveLength(1);
  expect(young.posted).toEqual(old.posted);
});
