import { describe, expect, test } from "bun:test";
import { SharedBuffers } from "../../../../src/pool/queue/shared-buffers.ts";
import { playWorkers } from "../played-worker.ts";
import type { PlayedWorker } from "../played-worker.ts";
import { addWorker, queueRoom } from "../pool-parts.ts";
import type { QueueRoom } from "../pool-parts.ts";

const played = playWorkers();

function roomWithWorker(): { room: QueueRoom; buffers: SharedBuffers; worker: PlayedWorker } {
  const room = queueRoom();
  const { worker } = addWorker(room, played);
  return { room, buffers: new SharedBuffers(room.channels), worker };
}

/** Sends a buffer so often that it has a number. */
function remember(buffers: SharedBuffers, buffer: SharedArrayBuffer): number | undefined {
  buffers.idOf(buffer);
  return buffers.idOf(buffer);
}

describe("a shared buffer", () => {
  test("has no number when it is sent first, and keeps one from the second time on", () => {
    const { buffers, worker } = roomWithWorker();
    const buffer = new SharedArrayBuffer(8);
    expect([1, 2, 3].map(() => buffers.idOf(buffer))).toEqual([undefined, 1, 1]);
    expect(worker.readPort()).toEqual([{ id: 1, buffer }]);
  });

  test("has another number than every other one", () => {
    const { buffers } = roomWithWorker();
    const numbers = [1, 2, 3].map(() => remember(buffers, new SharedArrayBuffer(8)));
    expect(numbers).toEqual([1, 2, 3]);
  });

  test("is told to a worker that is started later, while it has a number", () => {
    const { buffers } = roomWithWorker();
    const [once, twice] = [new SharedArrayBuffer(8), new SharedArrayBuffer(8)];
    buffers.idOf(once);
    remember(buffers, twice);
    expect(buffers.messages()).toEqual([{ id: 1, buffer: twice }]);
  });

  test("has no number while 64 others have one", () => {
    const { buffers } = roomWithWorker();
    const others = Array.from({ length: 64 }, () => new SharedArrayBuffer(8));
    for (const other of others) remember(buffers, other);
    const buffer = new SharedArrayBuffer(8);
    expect(remember(buffers, buffer)).toBeUndefined();
    expect(buffers.idOf(buffer)).toBeUndefined();
    expect(buffers.messages()).toHaveLength(others.length);
  });

  test("is forgotten by the workers, which are woken for it, when the program has let go of it", async () => {
    const { buffers, worker } = roomWithWorker();
    const before = worker.wakeUps;
    for (let i = 0; i < 20; i++) remember(buffers, new SharedArrayBuffer(8));
    worker.readPort();
    const forgotten: unknown[] = [];
    // The collector is conservative about what it finds on the stack, so most of them are enough.
    while (forgotten.length < 10) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      Bun.gc(true);
      forgotten.push(...worker.readPort());
    }
    expect(forgotten[0]).toEqual({ id: expect.any(Number), buffer: undefined });
    expect(buffers.messages().length).toBeLessThanOrEqual(10);
    expect(worker.wakeUps - before).toBeGreaterThanOrEqual(forgotten.length);
  });
});
