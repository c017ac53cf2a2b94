/** When a pool grows, told by a queue whose length and time the test sets. */
import { expect, test } from "bun:test";
import { Autoscaler } from "../../../src/pool/supervision/autoscaler.ts";
import type { AutoscalerOptions } from "../../../src/pool/supervision/autoscaler.ts";

/** A busy worker, and room for more. */
function busyPool() {
  const due: (() => void)[] = [];
  const exchange = { waiting: 0, runs: { busySlots: () => new Set([0]) } };
  const crew = {
    workers: ["first"],
    ready: [{ channel: { slot: 0 } }],
    mayStart: true,
    create: (count: number): void => void crew.workers.push(...Array(count).fill("new")),
  };
  const deadlines = { add: (_: number, action: () => void): number => due.push(action) };
  const bounds = { minWorkers: 1, maxWorkers: 3, idleTimeoutMs: Infinity };
  const scaling = new Autoscaler({
    crew,
    exchange,
    deadlines,
    ...bounds,
  } as unknown as AutoscalerOptions);
  return {
    crew,
    put: (count: number): void => {
      for (let i = 0; i < count; i++) {
        exchange.waiting += 1;
        scaling.requestPut();
      }
    },
    claim: (count: number): void => void (exchange.waiting -= count),
    passTime: (): void => due.shift()?.(),
    isWatched: (): boolean => due.length > 0,
  };
}

test("A pool grows when a request has waited for the whole time", () => {
  const { crew, put, passTime } = busyPool();
  put(2);
  passTime();
  expect(crew.workers).toHaveLength(2);
});

test("Requests that are claimed in time are no reason, though others wait by then", () => {
  const { crew, put, claim, passTime } = busyPool();
  put(50);
  for (let burst = 0; burst < 10; burst++) {
    claim(50);
    put(50);
    passTime();
  }
  expect(crew.workers).toHaveLength(1);
});

test("One that still waits is a reason, though as many have been claimed as were put", () => {
  const { crew, put, claim, passTime } = busyPool();
  put(50);
  passTime();
  expect(crew.workers).toHaveLength(2);
  crew.ready.push({ channel: { slot: 0 } });
  claim(10);
  put(10);
  passTime();
  expect(crew.workers).toHaveLength(3);
});

test("A worker that is just being started is waited for", () => {
  const { crew, put, passTime } = busyPool();
  put(2);
  passTime();
  passTime();
  passTime();
  expect(crew.workers).toHaveLength(2);
});

test("A pool without a free slot goes on when it has one", () => {
  const { crew, put, passTime } = busyPool();
  crew.mayStart = false;
  put(2);
  passTime();
  expect(crew.workers).toHaveLength(1);
  crew.mayStart = true;
  passTime();
  expect(crew.workers).toHaveLength(2);
});

test("Nothing is watched while no request waits", () => {
  const { put, claim, passTime, isWatched } = busyPool();
  put(1);
  claim(1);
  passTime();
  expect(isWatched()).toBe(false);
});
