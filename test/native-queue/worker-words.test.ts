import { describe, expect, test } from "bun:test";
import { QueueViews, createQueueMemory, resetWorker } from "../../native-queue/layout.ts";
import {
  NOBODY_HOLDS,
  busyMsAt,
  holderOf,
  noteBusyMs,
  noteBusySince,
  noteHolder,
  notePhase,
  notePosted,
  noteStopHeard,
  phaseOf,
  postedCount,
  stopsHeard,
} from "../../native-queue/worker-words.ts";
import { atEveryStep } from "./fixtures/interleave.ts";

const WORKER = 3;

function newViews(): QueueViews {
  return new QueueViews(createQueueMemory(2, 256));
}

test("the task that holds a worker's thread is its own, and none for its successor", () => {
  const views = newViews();
  expect(holderOf(views, WORKER)).toBe(NOBODY_HOLDS);
  noteHolder(views, WORKER, 0);
  expect([holderOf(views, WORKER), holderOf(views, WORKER + 1)]).toEqual([0, NOBODY_HOLDS]);
  noteHolder(views, WORKER, NOBODY_HOLDS);
  expect(holderOf(views, WORKER)).toBe(NOBODY_HOLDS);
  noteHolder(views, WORKER, 1);
  resetWorker(views, WORKER);
  expect(holderOf(views, WORKER)).toBe(NOBODY_HOLDS);
});

test("messages posted, stops heard and phase are each one worker's own, and 0 for its successor", () => {
  const views = newViews();
  for (let i = 0; i < 3; i++) notePosted(views, WORKER);
  noteStopHeard(views, WORKER);
  notePhase(views, WORKER, 2);
  const figuresOf = (worker: number): number[] => [
    postedCount(views, worker),
    stopsHeard(views, worker),
    phaseOf(views, worker),
  ];
  expect(figuresOf(WORKER)).toEqual([3, 1, 2]);
  expect(figuresOf(WORKER + 1)).toEqual([0, 0, 0]);
  resetWorker(views, WORKER);
  expect(figuresOf(WORKER)).toEqual([0, 0, 0]);
});

describe("the busy time of a worker", () => {
  test("is what it has counted while it is idle, and grows by the clock while it is busy", () => {
    const views = newViews();
    expect(busyMsAt(views, WORKER, () => 500)).toBe(0);
    noteBusySince(views, WORKER, 100);
    expect(busyMsAt(views, WORKER, () => 130)).toBe(30);
    noteBusySince(views, WORKER, 0);
    noteBusyMs(views, WORKER, 40);
    expect(busyMsAt(views, WORKER, () => 500)).toBe(40);
    noteBusySince(views, WORKER, 200);
    expect(busyMsAt(views, WORKER, () => 205)).toBe(45);
  });

  test("does not shrink when the clock of the parent is behind, and goes on when the clock wraps", () => {
    const views = newViews();
    noteBusySince(views, WORKER, 100);
    noteBusyMs(views, WORKER, 7);
    expect(busyMsAt(views, WORKER, () => 99)).toBe(7);
    noteBusySince(views, WORKER, 0x7fffffff);
    expect(busyMsAt(views, WORKER, () => -0x80000000 + 4)).toBe(12);
  });

  test("has no stretch twice, at whatever step of the reading the stretch ends", () => {
    atEveryStep({
      arrange: () => {
        const views = newViews();
        noteBusySince(views, WORKER, 100);
        return views;
      },
      act: (views) => busyMsAt(views, WORKER, () => 150),
      meanwhile: (views) => {
        noteBusySince(views, WORKER, 0);
        noteBusyMs(views, WORKER, 50);
      },
      check: (_, end, order) => expect(end as number, order).toBe(50),
    });
  });
});
