/** The threads of a pool: the first ones start before anything else of it exists, and none is left behind. */
import { describe, expect, test } from "bun:test";
import { ThreadPool } from "../../../src/index.ts";
import { CallableError } from "../../../src/errors.ts";
import { Threads } from "../../../src/pool/queue/threads.ts";
import type { StartError, Thread } from "../../../src/pool/queue/threads.ts";
import { playWorkers } from "../played-worker.ts";
import { ScarceThreads } from "../scarce-threads.ts";

const SETTINGS = { name: "tested", env: undefined, argv: [], smol: false };

const workerOf = (started: Thread | StartError): unknown =>
  "error" in started ? started.error : started.worker;

describe("threads that are started ahead", () => {
  const played = playWorkers();

  test("are those of the first workers, by their workerId", () => {
    const threads = new Threads(SETTINGS);
    threads.startAhead(2);
    expect(played.length).toBe(2);
    expect([1, 2, 3].map((id) => workerOf(threads.start(id)))).toEqual(played);
    expect(played.length).toBe(3);
  });

  test("are taken once: a successor has another id, and a thread of its own", () => {
    const threads = new Threads(SETTINGS);
    threads.startAhead(1);
    expect(workerOf(threads.start(1))).toBe(played[0] as never);
    threads.endAhead();
    expect(played.map(({ isTerminated }) => isTerminated)).toEqual([false]);
    expect(workerOf(threads.start(2))).toBe(played[1] as never);
  });

  test("are ended when nobody takes them", () => {
    const threads = new Threads(SETTINGS);
    threads.startAhead(3);
    threads.start(1);
    threads.endAhead();
    expect(played.map(({ isTerminated }) => isTerminated)).toEqual([false, true, true]);
  });

  test("run before the pool looks at its initializer, and are ended when that cannot cross", () => {
    const startedAtLook: number[] = [];
    const value = {
      get held(): () => number {
        startedAtLook.push(played.length);
        return () => 1;
      },
    };
    const initializer = (given: unknown): unknown => given;
    expect(() => new ThreadPool(2, { initializer, initargs: [value] })).toThrow();
    expect(startedAtLook[0]).toBe(2);
    expect(played.map(({ isTerminated }) => isTerminated)).toEqual([true, true]);
  });

  test("are none where the options are wrong", () => {
    expect(() => new ThreadPool(2, { graceMs: -1 })).toThrow(RangeError);
    expect(played).toEqual([]);
    expect(() => new ThreadPool(2, { initializer: Date })).toThrow(CallableError);
    expect(played.every(({ isTerminated }) => isTerminated)).toBe(true);
  });
});

test("a start that fails ends the starts, and is told by the worker that would have had the thread", () => {
  using scarce = new ScarceThreads((attempt) => attempt === 2);
  const threads = new Threads(SETTINGS);
  threads.startAhead(4);
  expect(scarce.attempts).toBe(2);
  expect(workerOf(threads.start(1))).toBe(scarce.started[0] as never);
  expect(String(workerOf(threads.start(2)))).toContain("Failed to spawn worker thread");
  expect(scarce.attempts).toBe(2);
  for (const thread of scarce.started) thread.terminate();
});
