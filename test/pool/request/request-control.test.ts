import { describe, expect, test } from "bun:test";
import { Deadlines } from "../../../src/pool/event-loop/deadlines.ts";
import {
  IS_TIMED,
  MAY_BE_STOPPED,
  WANTS_PROGRESS,
  attemptOf,
} from "../../../src/protocol/index.ts";
import { control } from "../pool-parts.ts";

const LONG_MS = 1e9;

function deadlines(): Deadlines {
  return new Deadlines({ request: () => {} });
}

describe("the flags of a request tell a worker", () => {
  test("nothing without options", () => {
    expect(control({}).taskFlags).toBe(0);
  });

  test.each([
    [
      "that it may be stopped, for a signal",
      { signal: new AbortController().signal },
      MAY_BE_STOPPED,
    ],
    [
      "that it is timed and may be stopped, for a limit",
      { timeoutMs: 5 },
      IS_TIMED | MAY_BE_STOPPED,
    ],
    ["that reports are wanted", { onProgress: () => {} }, WANTS_PROGRESS],
    ["nothing of what only the parent does", { queueTimeoutMs: 5, priority: 3, retries: 2 }, 0],
  ])("%s", (_, limits, flags) => {
    expect(control(limits).taskFlags).toBe(flags);
  });

  test("which attempt it is, beside the others", () => {
    const limits = control({ retries: 3, onProgress: () => {} });
    expect(attemptOf(limits.taskFlags)).toBe(1);
    limits.tryAgain();
    limits.tryAgain();
    expect(attemptOf(limits.taskFlags)).toBe(3);
    expect(limits.taskFlags & WANTS_PROGRESS).toBe(WANTS_PROGRESS);
  });
});

test("a request may be tried again as often as it has retries", () => {
  const limits = control({ retries: 2 });
  expect([1, 2, 3, 4].map(() => limits.tryAgain())).toEqual([true, true, false, false]);
  expect(limits.attempt).toBe(3);
  expect(control({}).tryAgain()).toBe(false);
});

describe("a watched signal", () => {
  test("passes its reason on, once", () => {
    const abort = new AbortController();
    const reasons: unknown[] = [];
    control({ signal: abort.signal }).watchSignal((reason) => void reasons.push(reason));
    abort.abort("a reason");
    abort.abort("another");
    expect(reasons).toEqual(["a reason"]);
  });

  test("passes nothing on when the watches have ended", () => {
    const abort = new AbortController();
    const reasons: unknown[] = [];
    const limits = control({ signal: abort.signal });
    limits.watchSignal((reason) => void reasons.push(reason));
    limits.endWatches();
    abort.abort("a reason");
    expect(reasons).toEqual([]);
  });

  test("is none without a signal", () => {
    const limits = control({});
    limits.watchSignal(() => {});
    limits.endWatches();
    expect(limits.signal).toBeUndefined();
  });
});

describe("a watched time", () => {
  test("calls when it is due", () => {
    const heap = deadlines();
    let calls = 0;
    control({}).watchTime(heap, -1, () => void calls++);
    heap.runDue();
    expect(calls).toBe(1);
  });

  test("is taken out when the watches end, with all the others", () => {
    const heap = deadlines();
    const limits = control({ signal: new AbortController().signal });
    let calls = 0;
    for (let i = 0; i < 3; i++) limits.watchTime(heap, -1, () => void calls++);
    limits.watchTime(heap, LONG_MS, () => {});
    limits.watchSignal(() => {});
    expect(heap.size).toBe(4);
    limits.endWatches();
    expect(heap.size).toBe(0);
    heap.runDue();
    limits.endWatches();
    expect(calls).toBe(0);
  });

  test("may end the watches when it is due", () => {
    const heap = deadlines();
    const limits = control({});
    limits.watchTime(heap, -1, () => limits.endWatches());
    limits.watchTime(heap, LONG_MS, () => {});
    heap.runDue();
    expect(heap.size).toBe(0);
  });
});
