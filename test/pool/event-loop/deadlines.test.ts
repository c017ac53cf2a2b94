import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Deadlines } from "../../../src/pool/event-loop/deadlines.ts";

const LONG_MS = 1e9;

function nothing(): void {}

describe("deadlines", () => {
  test("are done in the order of their times, however they were added and removed", () => {
    // Many, so that one that is removed leaves a gap deep in the heap.
    const removals = fc.array(fc.tuple(fc.integer({ min: -1000, max: -1 }), fc.boolean()), {
      maxLength: 60,
      size: "max",
    });
    fc.assert(
      fc.property(removals, (plan) => {
        const deadlines = new Deadlines({ request: nothing });
        const done: number[] = [];
        const added = plan.map(([delayMs]) => {
          const deadline = deadlines.add(delayMs, () => done.push(deadline.atMs));
          return deadline;
        });
        const kept = added.filter((deadline, i) => {
          if (plan[i]?.[1]) deadlines.remove(deadline);
          return !plan[i]?.[1];
        });
        deadlines.runDue();
        expect(done).toEqual(kept.map(({ atMs }) => atMs).sort((a, b) => a - b));
        expect(deadlines.size).toBe(0);
      }),
    );
  });

  test("that are not due are left alone", () => {
    const deadlines = new Deadlines({ request: nothing });
    let done = 0;
    deadlines.add(LONG_MS, () => done++);
    deadlines.add(-1, () => done++);
    deadlines.runDue();
    expect(done).toBe(1);
    expect(deadlines.size).toBe(1);
    expect(deadlines.remainingMs).toBeGreaterThan(0);
    deadlines.clear();
    expect(deadlines.remainingMs).toBe(Infinity);
  });

  test("may be removed twice, and after they are done", () => {
    const deadlines = new Deadlines({ request: nothing });
    const done = deadlines.add(-1, nothing);
    const removed = deadlines.add(LONG_MS, nothing);
    const kept = [1, 2, 3].map(() => deadlines.add(LONG_MS, nothing));
    deadlines.runDue();
    for (let i = 0; i < 2; i++) {
      deadlines.remove(done);
      deadlines.remove(removed);
      expect(deadlines.size).toBe(3);
    }
    for (const deadline of kept) deadlines.remove(deadline);
    expect(deadlines.size).toBe(0);
  });

  test("may add others when they are done", () => {
    const deadlines = new Deadlines({ request: nothing });
    const done: string[] = [];
    deadlines.add(-2, () => {
      done.push("first");
      deadlines.add(-1, () => done.push("second"));
    });
    deadlines.runDue();
    expect(done).toEqual(["first", "second"]);
  });

  test("are done by the event loop too, which is told", async () => {
    const done: string[] = [];
    await new Promise<void>((resolve) => {
      const deadlines = new Deadlines({
        request: () => {
          done.push("told");
          resolve();
        },
      });
      deadlines.add(1, () => done.push("done"));
    });
    expect(done).toEqual(["done", "told"]);
  });

  test("are done by the event loop one after the other, each at its time", async () => {
    const done: number[] = [];
    const last = Promise.withResolvers<void>();
    const deadlines = new Deadlines({ request: nothing });
    deadlines.add(1, () => done.push(1));
    deadlines.add(20, () => last.resolve());
    deadlines.add(10, () => done.push(10));
    // The timer of a deadline keeps no process alive.
    const holding = setInterval(nothing, LONG_MS);
    await last.promise;
    clearInterval(holding);
    expect(done).toEqual([1, 10]);
  });
});
