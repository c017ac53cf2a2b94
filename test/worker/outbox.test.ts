import { describe, expect, test } from "bun:test";
import {
  ARM_FOR_RESULTS,
  WorkerGate,
  announceStart,
  awaitWorkersAsync,
  shutGate,
  tryDecideEnd,
} from "../../native-queue/index.ts";
import { PARENT_ARM } from "../../native-queue/layout.ts";
import { Encoder } from "../../src/codec/objects.ts";
import {
  FAILED,
  MAY_BE_STOPPED,
  PROGRESS,
  RESULT_IS_TIMED,
  SUCCEEDED,
} from "../../src/protocol/flags.ts";
import { Outbox } from "../../src/worker/outbox.ts";
import { SLOT, WorkerScene } from "./fixtures/worker-scene.ts";

/** An outbox with a small ring, of a worker that has claimed a task. */
class OutboxScene extends WorkerScene {
  readonly outbox: Outbox;
  readonly task: number;
  readonly #gate: WorkerGate;

  constructor(flags: number = 0) {
    super({}, 128);
    announceStart(this.views, SLOT);
    this.#gate = new WorkerGate(this.views, SLOT);
    this.outbox = new Outbox(this.init, this.#gate);
    this.task = this.put([], { flags });
    this.claim();
  }

  /** The worker claims the oldest request, and leaves the queue. */
  claim(): void {
    this.#gate.claim();
    this.#gate.leave();
  }

  /** The values of all frames that are published. */
  values(): unknown[] {
    return this.read().map(({ value }) => value);
  }
}

type TryPublish = (scene: OutboxScene, value: unknown) => boolean;

/** Publishes any value by the encoder. */
function publishEncoded({ outbox, task }: OutboxScene, value: unknown, status: number): boolean {
  const encoder = new Encoder();
  return outbox.tryPublish(task, status, encoder, encoder.prepare(value, "result"));
}

const WAYS: [string, TryPublish, unknown[]][] = [
  [
    "numbers",
    ({ outbox, task }, value) => outbox.tryPublishNumber(task, value as number),
    [1, -0.5, 3, 4, 5, 6],
  ],
  [
    "texts and constants",
    ({ outbox, task }, value) => outbox.tryPublishPrimitive(task, value),
    ["a text of some length", true, null, undefined, "", "ÿ".repeat(24)],
  ],
  [
    "encoded values",
    (scene, value) => publishEncoded(scene, value, SUCCEEDED),
    Array.from({ length: 10 }, (_, i) => [i, { a: i }]),
  ],
];

test("numbers of tasks without flags are published until the ring is full, and wake the parent", async () => {
  using scene = new OutboxScene();
  const woken = awaitWorkersAsync(scene.views, ARM_FOR_RESULTS, () => false);
  expect(scene.outbox.tryPublishPlainNumber(scene.task, 1)).toBe(true);
  expect(Atomics.load(scene.views.words, PARENT_ARM)).toBe(0);
  await woken;
  let published = 1;
  while (scene.outbox.tryPublishPlainNumber(scene.task, 1)) published += 1;
  expect(published).toBe(5);
});

describe.each(WAYS)("%s", (_, tryPublish, values) => {
  test("wake a parent that waits for results", async () => {
    using scene = new OutboxScene();
    const woken = awaitWorkersAsync(scene.views, ARM_FOR_RESULTS, () => false);
    expect(tryPublish(scene, values[0])).toBe(true);
    expect(Atomics.load(scene.views.words, PARENT_ARM)).toBe(0);
    await woken;
  });

  test("are published until the ring is full, and again when it has been read", () => {
    using scene = new OutboxScene();
    for (const round of [1, 2, 3]) {
      const published = values.filter((value) => tryPublish(scene, value));
      expect(published.length, `round ${round}`).toBeGreaterThan(1);
      expect(published.length, `round ${round}`).toBeLessThan(values.length);
      expect(scene.values()).toEqual(published);
    }
  });

  test("follow the times of their run in the frame, when the request is timed", () => {
    using scene = new OutboxScene();
    for (const value of values) {
      const before = performance.timeOrigin + performance.now();
      scene.outbox.beginTimes(scene.task, performance.timeOrigin + performance.now());
      expect(tryPublish(scene, value)).toBe(true);
      const [reply] = scene.read();
      expect(reply?.value).toEqual(value);
      expect(reply?.times?.[0]).toBeGreaterThanOrEqual(before);
      expect(reply?.times?.[1]).toBeGreaterThanOrEqual(0);
    }
  });

  test("have no times when an earlier run of the task was timed", () => {
    using scene = new OutboxScene();
    scene.outbox.beginTimes(scene.task, performance.timeOrigin + performance.now());
    for (const value of values.slice(0, 2)) tryPublish(scene, value);
    expect(scene.read().map(({ times }) => times !== undefined)).toEqual([true, false]);
  });
});

test("a value that is no short text or constant is left to the encoder, and publishes nothing", () => {
  using scene = new OutboxScene();
  const { outbox, task } = scene;
  for (const value of [{}, [], 5n, "x".repeat(25), "ž"])
    expect(outbox.tryPublishPrimitive(task, value)).toBe(false);
  expect(scene.values()).toEqual([]);
  expect(outbox.tryPublishPrimitive(task, "after")).toBe(true);
  expect(scene.values()).toEqual(["after"]);
});

test("progress has no times, and leaves them to the outcome of the run", () => {
  using scene = new OutboxScene();
  scene.outbox.beginTimes(scene.task, performance.timeOrigin + performance.now());
  publishEncoded(scene, "half", PROGRESS);
  expect(scene.reader.next()).toBe(true);
  expect(scene.reader.status & RESULT_IS_TIMED).toBe(0);
  scene.reader.commit();
  publishEncoded(scene, "whole", SUCCEEDED);
  expect(scene.reader.next()).toBe(true);
  expect(scene.reader.status & RESULT_IS_TIMED).toBe(RESULT_IS_TIMED);
});

describe("the end of a run that may be stopped", () => {
  test.each([
    ["its result", SUCCEEDED],
    ["its failure", FAILED],
  ])("is decided by %s, when the parent has not decided it before", (_, status) => {
    using scene = new OutboxScene(MAY_BE_STOPPED);
    publishEncoded(scene, "done", status);
    expect(scene.values()).toEqual(["done"]);
    expect(tryDecideEnd(scene.views, scene.task)).toBe(false);
  });

  test("is not decided by its progress", () => {
    using scene = new OutboxScene(MAY_BE_STOPPED);
    publishEncoded(scene, "half", PROGRESS);
    expect(tryDecideEnd(scene.views, scene.task)).toBe(true);
  });

  test("drops its outcome and all that follows, when the parent has decided to end the worker", () => {
    using scene = new OutboxScene(MAY_BE_STOPPED);
    const second = scene.put([]);
    scene.claim();
    expect(tryDecideEnd(scene.views, scene.task)).toBe(true);
    expect(scene.outbox.tryPublishNumber(scene.task, 1)).toBe(true);
    expect(scene.outbox.tryPublishNumber(second, 2)).toBe(true);
    expect(scene.values()).toEqual([]);
  });
});

test("what a killed worker publishes is dropped", () => {
  using scene = new OutboxScene();
  shutGate(scene.views, SLOT);
  expect(scene.outbox.tryPublishNumber(scene.task, 1)).toBe(true);
  expect(scene.values()).toEqual([]);
});
