/** When a pool grows, told by a queue whose length and time the test sets. */
import { expect, test } from "bun:test";
import type { Deadlines } from "../../../src/pool/event-loop/deadlines.ts";
import { Autoscaler } from "../../../src/pool/supervision/autoscaler.ts";
import type { ScaledWorkers } from "../../../src/pool/supervision/autoscaler.ts";

/** A busy worker, and room for more. */
function busyPool() {
  const due: (() => void)[] = [];
  const queue = { waiting: 0 };
  const runs = { busySlots: () => new Set([0]) };
  const workers = {
    running: ["first"],
    ready: [{ channel: { slot: 0 } }],
    mayStart: true,
    create: (count: number): void => void workers.running.push(...Array(count).fill("new")),
  };
  const deadlines = { add: (_: number, action: () => void): number => due.push(action) };
  const autoscaler = new Autoscaler(
    workers as unknown as ScaledWorkers,
    queue,
    runs,
    deadlines as unknown as Pick<Deadlines, "add">,
    { minWorkers: 1, maxWorkers: 3, idleTimeoutMs: Infinity },
  );
  return {
    workers,
    put: (count: number): void => {
      for (let i = 0; i < count; i++) {
        queue.waiting += 1;
        autoscaler.notePut();
      }
    },
    claim: (count: number): void => void (queue.waiting -= count),
    passTime: (): void => due.shift()?.(),
    isWatched: (): boolean => due.length > 0,
  };
}

test("A pool grows when a request has waited for the whole time", () => {
  const { workers, put, passTime } = busyPool();
  put(2);
  passTime();
  expect(workers.running).toHaveLength(2);
});

test("Requests that are claimed in time are no reason, though others wait by then", () => {
  const { workers, put, claim, passTime } = busyPool();
  put(50);
  for (let burst = 0; burst < 10; burst++) {
    claim(50);
    put(50);
    passTime();
  }
  expect(workers.running).toHaveLength(1);
});

test("One that still waits is a reason, though as many have been claimed as were put", () => {
  const { workers, put, claim, passTime } = busyPool();
  put(50);
  passTime();
  expect(workers.running).toHaveLength(2);
  workers.ready.push({ channel: { slot: 0 } });
  claim(10);
  put(10);
  passTime();
  expect(workers.running).toHaveLength(3);
});

test("A worker that is just being started is waited for", () => {
  const { workers, put, passTime } = busyPool();
  put(2);
  passTime();
  passTime();
  passTime();
  expect(workers.running).toHaveLength(2);
});

test("A pool without a free slot goes on when it has one", () => {
  const { workers, put, passTime } = busyPool();
  workers.mayStart = false;
  put(2);
  passTime();
  expect(workers.running).toHaveLength(1);
  workers.mayStart = true;
  passTime();
  expect(workers.running).toHaveLength(2);
});

test("Nothing is watched while no request waits", () => {
  const { put, claim, passTime, isWatched } = busyPool();
  put(1);
  claim(1);
  passTime();
  expect(isWatched()).toBe(false);
});
