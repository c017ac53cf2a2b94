import { describe, expect, spyOn, test } from "bun:test";
import { QueueViews, postedCount } from "../../../native-queue/index.ts";
import { ThreadPool } from "../../../src/index.ts";
import {
  addOne,
  addOneAfter,
  addOneIn,
  countCollected,
  numberOf,
} from "../fixtures/shared-buffers.ts";
import type { WorkerInit } from "../../../src/protocol/index.ts";
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
