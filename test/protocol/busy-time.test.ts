import { describe, expect, spyOn, test } from "bun:test";
import { replaceable } from "../replaceable.ts";
import { QueueViews, createQueueMemory } from "../../native-queue/index.ts";
import { BusyTime, busyMsOf } from "../../src/protocol/busy-time.ts";

const SLOT = 3;

/** A worker's count, on a clock that the test sets. */
class Scene {
  readonly views: QueueViews = new QueueViews(createQueueMemory(2, 256));
  readonly #clock = spyOn(replaceable, "now");
  readonly busy: BusyTime;

  constructor(nowMs: number) {
    this.at(nowMs);
    this.busy = new BusyTime(this.views, SLOT);
  }

  /** Sets the clock. */
  at(ms: number): void {
    this.#clock.mockReturnValue(ms);
  }

  get busyMs(): number {
    return busyMsOf(this.views, SLOT);
  }

  [Symbol.dispose](): void {
    this.#clock.mockRestore();
  }
}

describe("the time that a worker has been busy", () => {
  test("grows while it is busy, and stands still while it is not", () => {
    using scene = new Scene(1000);
    expect(scene.busyMs).toBe(0);
    scene.busy.begin();
    scene.at(1030);
    expect(scene.busyMs).toBe(30);
    scene.busy.count(false);
    scene.at(5000);
    expect(scene.busyMs).toBe(30);
    scene.busy.begin();
    scene.at(5012);
    expect(scene.busyMs).toBe(42);
  });

  test("is not counted twice when the worker tells it and goes on", () => {
    using scene = new Scene(1000);
    scene.busy.begin();
    scene.at(1010);
    scene.busy.count(true);
    scene.at(1025);
    expect(scene.busyMs).toBe(25);
    scene.busy.count(false);
    expect(scene.busyMs).toBe(25);
  });

  test("adds up the parts of a millisecond of many short runs", () => {
    using scene = new Scene(0);
    for (let i = 0; i < 100; i++) {
      scene.at(i);
      scene.busy.begin();
      scene.at(i + 0.5);
      scene.busy.count(false);
    }
    expect(scene.busyMs).toBe(50);
  });

  test("is counted although the shared clock reads 0, which stands for an idle worker", () => {
    using scene = new Scene(0);
    // The shared clock is the time of day; it wraps at 2^32 milliseconds.
    const zero = 2 ** 32 - (Math.trunc(performance.timeOrigin) % 2 ** 32);
    scene.at(zero);
    scene.busy.begin();
    scene.at(zero + 10);
    // One millisecond is lost: the start is stored as 1.
    expect(scene.busyMs).toBeWithin(9, 11);
  });
});

test("the beginning of work tells how long the worker had none", () => {
  using scene = new Scene(1000);
  scene.busy.begin();
  scene.at(1010);
  scene.busy.count(false);
  scene.at(1017.5);
  expect(scene.busy.begin()).toBe(7.5);
});
