import { describe, expect, test } from "bun:test";
import { NO_TASK } from "../../src/protocol/flags.ts";
import { ActiveRuns } from "../../src/worker/active-runs.ts";
import { turns } from "./fixtures/turns.ts";

/** A promise of a run that does not end in the test. */
const ENDLESS = new Promise<void>(() => {});

/** Whether a promise is resolved, once the event loop has turned. */
async function isResolved(promise: Promise<unknown>): Promise<boolean> {
  let isOver = false;
  void promise.finally(() => {
    isOver = true;
  });
  await turns(1);
  return isOver;
}

describe("the runs of a worker", () => {
  test("are the one at hand first, then those that wait in the event loop", () => {
    const runs = new ActiveRuns(4);
    for (const task of [1, 2]) {
      runs.begin(task);
      void runs.goOn(task, ENDLESS);
    }
    runs.begin(3);
    expect(runs.tasks).toEqual([3, 1, 2]);
    expect(runs.waitingCount).toBe(2);
    runs.end(3);
    runs.end(1);
    expect(runs.tasks).toEqual([2]);
    expect(runs.waitingCount).toBe(1);
  });

  test("hold up the next claim until the run itself is over, one at a time", () => {
    const runs = new ActiveRuns(1);
    runs.begin(1);
    expect(runs.goOn(1, ENDLESS)).toBe(ENDLESS);
    expect(runs.tasks).toEqual([1]);
    expect(runs.waitingCount).toBe(0);
  });

  test("hold up the next claim until any one is over, when there are as many as there may be", async () => {
    const runs = new ActiveRuns(2);
    runs.begin(1);
    expect(runs.goOn(1, ENDLESS)).toBeUndefined();
    runs.begin(2);
    const awaited = runs.goOn(2, ENDLESS) as Promise<void>;
    expect(await isResolved(awaited)).toBe(false);
    runs.end(1);
    expect(await isResolved(awaited)).toBe(true);
  });

  test("do not hold up the next claim when the run was over before it went on", () => {
    const runs = new ActiveRuns(2);
    runs.begin(1);
    runs.end(1);
    expect(runs.goOn(1, ENDLESS)).toBeUndefined();
    expect(runs.waitingCount).toBe(0);
  });

  test("are all done when the last one that waits is over", async () => {
    const runs = new ActiveRuns(3);
    for (const task of [1, 2]) {
      runs.begin(task);
      void runs.goOn(task, ENDLESS);
    }
    const done = runs.allDone();
    runs.end(2);
    expect(await isResolved(done)).toBe(false);
    runs.end(1);
    expect(await isResolved(done)).toBe(true);
  });
});

describe("the calling code", () => {
  test("belongs to no run before runs are marked", () => {
    const runs = new ActiveRuns(1);
    runs.begin(1);
    expect(runs.isMarking).toBe(false);
    expect(runs.current).toBe(NO_TASK);
  });

  test("belongs to the run at hand, when that begins the marking", () => {
    const runs = new ActiveRuns(1);
    runs.begin(1);
    runs.markRuns();
    expect(runs.current).toBe(1);
    runs.end(1);
    expect(runs.current).toBe(NO_TASK);
  });

  test("belongs to the run that it was called in, also in a promise, while others run", async () => {
    const runs = new ActiveRuns(2);
    const seen: number[] = [];
    const run = async (): Promise<void> => {
      seen.push(runs.current);
      await turns(1);
      seen.push(runs.current);
    };
    const both = [1, 2].map((task) => {
      runs.begin(task);
      return runs.mark(task, run);
    });
    await Promise.all(both);
    expect(seen).toEqual([1, 2, 1, 2]);
    expect(runs.current).toBe(NO_TASK);
  });

  test("belongs to no run when its run is over, although the task runs for another request", async () => {
    const runs = new ActiveRuns(2);
    let seen = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    runs.begin(1);
    const left = runs.mark(1, async () => {
      await promise;
      seen = runs.current;
    });
    runs.end(1);
    runs.begin(1);
    const second = runs.mark(1, () => runs.current);
    resolve();
    await left;
    expect(second).toBe(1);
    expect(seen).toBe(NO_TASK);
  });

  test("belongs to a run that it is called within from outside", () => {
    const runs = new ActiveRuns(2);
    runs.begin(1);
    runs.mark(1, () => {});
    expect(runs.within(1, () => runs.current)).toBe(1);
    runs.end(1);
    expect(runs.within(1, () => runs.current)).toBe(NO_TASK);
  });
});
