import { describe, expect, spyOn, test } from "bun:test";
import { QueueViews, postedCount } from "../../../native-queue/index.ts";
import { ThreadPool } from "../../../src/index.ts";
import { SharedBuffers } from "../../../src/pool/queue/shared-buffers.ts";
import {
  addOne,
  addOneAfter,
  addOneIn,
  countCollected,
  numberOf,
} from "../fixtures/shared-buffers.ts";
import type { WorkerInit } from "../../../src/protocol/index.ts";
import { playWorkers } from "../played-worker.ts";
import type { PlayedWorker } from "../played-worker.ts";
import { addWorker, queueRoom } from "../pool-parts.ts";
import type { QueueRoom } from "../pool-parts.ts";
import { turn } from "../turns.ts";

const original = Reflect.get(Worker.prototype, "postMessage") as (...args: unknown[]) => void;

function words(): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(8));
}

describe("shared memory that is sent again and again", () => {
  test("is the same object in the worker from the second time on, as a view and as itself", async () => {
    using pool = new ThreadPool(1);
    const [one, other] = [words(), words()];
    const numbers: number[] = [];
    for (const value of [one, other, one, other, one.buffer, other.buffer, one]) {
      numbers.push(await pool.run(numberOf, [value]));
    }
    const [ofOne, ofOther] = [numbers[2], numbers[3]];
    expect(ofOne).not.toBe(ofOther);
    expect(numbers.slice(2)).toEqual([ofOne, ofOther, ofOne, ofOther, ofOne] as number[]);
  });

  test("is shared with every worker, with one that starts later and with a successor too", async () => {
    await using pool = new ThreadPool(2);
    const shared = words();
    const addMany = () => Promise.all(Array.from({ length: 50 }, () => pool.run(addOne, [shared])));
    await addMany();
    pool.createWorkers(2);
    await addMany();
    for (const worker of pool.workers) worker.terminate();
    await addMany();
    expect(shared[0]).toBe(150);
  });

  test("is named to a new worker before that can claim anything", async () => {
    await using pool = new ThreadPool(1);
    const shared = words();
    for (let i = 0; i < 2; i++) await pool.run(addOne, [shared]);
    const post = spyOn(Worker.prototype, "postMessage");
    const namedBefore: number[] = [];
    post.mockImplementation(function seen(this: Worker, ...[message, transferList]: unknown[]) {
      const { memory, slot } = message as WorkerInit;
      namedBefore.push(postedCount(new QueueViews(memory), slot));
      Reflect.apply(original, this, [message, transferList]);
    });
    pool.createWorkers(1);
    post.mockRestore();
    expect(namedBefore).toEqual([1]);
  });

  test("arrives in requests that waited while the queue was full", async () => {
    await using pool = new ThreadPool(1);
    const [gate, shared] = [words(), words()];
    await pool.run(addOne, [shared]);
    await pool.run(addOne, [shared]);
    const held = pool.run(addOneAfter, [gate, shared]);
    const requests = Array.from({ length: 3000 }, () => pool.run(addOne, [shared]));
    Atomics.store(gate, 0, 1);
    Atomics.notify(gate, 0);
    await Promise.all([held, ...requests]);
    expect(shared[0]).toBe(3003);
  });

  test("is shared by hundreds of buffers at a time", async () => {
    await using pool = new ThreadPool(2);
    const buffers = Array.from({ length: 200 }, words);
    for (let round = 0; round < 3; round++) {
      await Promise.all(buffers.map((shared) => pool.run(addOne, [shared])));
    }
    expect(buffers.map((shared) => shared[0])).toEqual(buffers.map(() => 3));
  });

  test("works in blocking calls, the event loop never turning", () => {
    using pool = new ThreadPool(2);
    const shared = words();
    for (let i = 0; i < 100; i++) expect(pool.runSync(addOne, [shared])).toBe(i);
  });

  test("is kept until its requests are done, also when the caller has let go of it", async () => {
    await using pool = new ThreadPool(1);
    const gate = words();
    // Many, since the engine may take one or two for still in use: it looks at the stack conservatively.
    const holders = Array.from({ length: 20 }, (): { words: Int32Array | undefined } => ({
      words: words(),
    }));
    const addAll = () => holders.map((holder) => pool.run(addOneIn, [holder]));
    await Promise.all(addAll());
    await Promise.all(addAll());
    const held = pool.run(addOneAfter, [gate, words()]);
    const results = addAll();
    for (const holder of holders) holder.words = undefined;
    for (let i = 0; i < 5; i++) {
      Bun.gc(true);
      await turn();
    }
    Atomics.store(gate, 0, 1);
    Atomics.notify(gate, 0);
    await held;
    expect(await Promise.all(results)).toEqual(holders.map(() => 2));
  });

  test("is let go of by the workers when the program has let go of it", async () => {
    await using pool = new ThreadPool(1);
    const buffers = 16;
    const send = async (): Promise<void> => {
      for (let i = 0; i < buffers; i++) {
        const shared = words();
        for (let time = 0; time < 3; time++) await pool.run(addOne, [shared]);
        await pool.run(numberOf, [shared]);
      }
    };
    await send();
    // The engine may take one or two for still in use: it looks at the stack conservatively.
    while ((await pool.run(countCollected)) < buffers / 2) {
      Bun.gc(true);
      await turn();
    }
    expect(await pool.run(countCollected)).toBeGreaterThanOrEqual(buffers / 2);
  });
});

/** Sends a buffer so often that it has a number. */
function remember(buffers: SharedBuffers, buffer: SharedArrayBuffer): number | undefined {
  buffers.idOf(buffer);
  return buffers.idOf(buffer);
}

describe("a shared buffer", () => {
  const played = playWorkers();

  function roomWithWorker(): { room: QueueRoom; buffers: SharedBuffers; worker: PlayedWorker } {
    const room = queueRoom();
    const { worker } = addWorker(room, played);
    return { room, buffers: new SharedBuffers(room.channels), worker };
  }

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
      await turn();
      Bun.gc(true);
      forgotten.push(...worker.readPort());
    }
    expect(forgotten[0]).toEqual({ id: expect.any(Number), buffer: undefined });
    expect(buffers.messages().length).toBeLessThanOrEqual(10);
    expect(worker.wakeUps - before).toBeGreaterThanOrEqual(forgotten.length);
  });
});
