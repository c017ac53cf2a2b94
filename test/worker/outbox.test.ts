import { expect, test } from "bun:test";
import { MessageChannel } from "node:worker_threads";
import {
  QueueViews,
  RequestProducer,
  ResultReader,
  WorkerGate,
  announceStart,
  createQueueMemory,
  createResultRing,
} from "../../native-queue/index.ts";
import { Decoder, readNumber } from "../../src/codec/index.ts";
import { Outbox } from "../../src/worker/outbox.ts";
import { RESULT_IS_NUMBER, RESULT_IS_TIMED, TIMES_BYTES } from "../../src/protocol/index.ts";
import type { WorkerInit } from "../../src/protocol/index.ts";

const RING_BYTES = 128;
const TASK = 1;

/** An outbox with a small ring, of a worker that has claimed a task. */
function newOutbox(): { outbox: Outbox; reader: ResultReader; [Symbol.dispose](): void } {
  const views = new QueueViews(createQueueMemory(2, 256));
  announceStart(views, 0);
  const gate = new WorkerGate(views, 0);
  new RequestProducer(views).put(TASK);
  gate.claim();
  const ring = createResultRing(RING_BYTES);
  const { port1, port2 } = new MessageChannel();
  return {
    outbox: new Outbox({ port: port1, ring } as WorkerInit, gate),
    reader: new ResultReader(ring),
    [Symbol.dispose]() {
      port1.close();
      port2.close();
    },
  };
}

/** The values in the ring; the frames are given back. */
function readAll(reader: ResultReader): unknown[] {
  const values: unknown[] = [];
  while (reader.next()) {
    expect(reader.task).toBe(TASK);
    const isTimed = (reader.status & RESULT_IS_TIMED) !== 0;
    const start = reader.start + (isTimed ? TIMES_BYTES : 0);
    if (isTimed) expect(reader.floats[reader.start / 8]).toBeGreaterThan(0);
    values.push(
      (reader.status & RESULT_IS_NUMBER) === 0
        ? new Decoder().decode(reader.bytes, start, reader.end)
        : readNumber(reader.floats, start / 8),
    );
  }
  reader.commit();
  return values;
}

const SHORT_WAYS: [string, (outbox: Outbox, value: never) => boolean, unknown[]][] = [
  ["numbers", (outbox, value) => outbox.tryPublishNumber(TASK, value), [1, -0.5, 3, 4, 5, 6]],
  [
    "texts and constants",
    (outbox, value) => outbox.tryPublishPrimitive(TASK, value),
    ["a text of some length", true, null, undefined, "", "ÿ".repeat(24)],
  ],
];

for (const [name, tryPublish, values] of SHORT_WAYS) {
  test(`${name} are published until the ring is full, and again when it has been read`, () => {
    using made = newOutbox();
    const { outbox, reader } = made;
    for (const round of [1, 2, 3]) {
      const published = values.filter((value) => tryPublish(outbox, value as never));
      expect(published.length, `round ${round}`).toBeGreaterThan(1);
      expect(published.length, `round ${round}`).toBeLessThan(values.length);
      expect(readAll(reader)).toEqual(published);
    }
  });

  test(`${name} come behind the times of their run, where somebody wants to know them`, () => {
    using made = newOutbox();
    const { outbox, reader } = made;
    for (const value of values) {
      outbox.beginTimes(TASK);
      expect(tryPublish(outbox, value as never)).toBe(true);
      expect(readAll(reader)).toEqual([value]);
    }
  });
}

test("what is no short text or constant is left to the encoder, and the ring as it was", () => {
  using made = newOutbox();
  const { outbox, reader } = made;
  for (const value of [{}, [], 5n, "x".repeat(25), "ž"])
    expect(outbox.tryPublishPrimitive(TASK, value)).toBe(false);
  expect(readAll(reader)).toEqual([]);
  expect(outbox.tryPublishPrimitive(TASK, "after")).toBe(true);
  expect(readAll(reader)).toEqual(["after"]);
});
