import { describe, expect, test } from "bun:test";
import {
  QueueViews,
  clearRun,
  createQueueMemory,
  isStopRequested,
  noteStart,
  requestStop,
  runningForMs,
  tryDecideEnd,
} from "../../native-queue/index.ts";

const TASK = 3;

function newViews(): QueueViews {
  return new QueueViews(createQueueMemory(8, 256));
}

describe("the end of a run", () => {
  test("is decided once, by the side that comes first", () => {
    const views = newViews();
    expect(tryDecideEnd(views, TASK)).toBe(true);
    expect(tryDecideEnd(views, TASK)).toBe(false);
    expect(tryDecideEnd(views, TASK + 1)).toBe(true);
  });

  test("is undecided again in the next use of the task", () => {
    const views = newViews();
    tryDecideEnd(views, TASK);
    requestStop(views, TASK);
    noteStart(views, TASK, performance.timeOrigin + performance.now());
    clearRun(views, TASK);
    expect(isStopRequested(views, TASK)).toBe(false);
    expect(runningForMs(views, TASK)).toBeUndefined();
    expect(tryDecideEnd(views, TASK)).toBe(true);
  });

  test("leaves the start and the request to stop as they are", () => {
    const views = newViews();
    noteStart(views, TASK, performance.timeOrigin + performance.now());
    requestStop(views, TASK);
    tryDecideEnd(views, TASK);
    expect(isStopRequested(views, TASK)).toBe(true);
    expect(runningForMs(views, TASK)).toBeWithin(0, 60_000);
  });
});
