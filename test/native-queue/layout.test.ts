import { describe, expect, test } from "bun:test";
import {
  HEAD,
  INLINE_BYTES,
  MAX_WORKERS,
  PARENT_ARM,
  PARENT_EPOCH,
  QueueViews,
  SLEEP,
  SLEEP_WORDS_IN_USE,
  TASK_CALLABLE,
  TASK_FLAGS,
  TASK_LENGTH,
  TASK_PLACE,
  TASK_RUN,
  TASK_WORDS,
  WORKERS_PER_SLEEP_WORD,
  busyMsWord,
  busySinceWord,
  createQueueMemory,
  exitCodeWord,
  gateWord,
  holderWord,
  parkWord,
  postedWord,
  readyWord,
  resetWorker,
  stopsHeardWord,
} from "../../native-queue/layout.ts";

const WORKER_WORDS = [
  parkWord,
  gateWord,
  exitCodeWord,
  busyMsWord,
  postedWord,
  stopsHeardWord,
  readyWord,
  busySinceWord,
  holderWord,
];
const WORKERS = Array.from({ length: MAX_WORKERS }, (_, worker) => worker);
const SLEEP_WORDS = Array.from(
  { length: MAX_WORKERS / WORKERS_PER_SLEEP_WORD },
  (_, i) => SLEEP + i,
);

describe("a queue's memory", () => {
  test("puts no two control words, ready entries or task fields in the same place", () => {
    const views = new QueueViews(createQueueMemory(8, 256));
    const places = [
      HEAD,
      ...SLEEP_WORDS,
      PARENT_ARM,
      PARENT_EPOCH,
      SLEEP_WORDS_IN_USE,
      ...WORKERS.flatMap((worker) => WORKER_WORDS.map((word) => word(worker))),
      ...Array.from({ length: views.readyMask + 1 }, (_, slot) => views.ready + slot),
      ...Array.from({ length: views.tasks }, (_, task) => views.state(task)),
      ...Array.from({ length: views.tasks }, (_, task) =>
        [TASK_CALLABLE, TASK_PLACE, TASK_LENGTH, TASK_FLAGS, TASK_RUN].map(
          (field) => views.task(task) + field,
        ),
      ).flat(),
    ];
    expect(new Set(places).size).toBe(places.length);
    expect(Math.max(...places)).toBeLessThan(views.words.length);
  });

  test("keeps words of different writers at least 128 bytes apart", () => {
    const lines = [
      [HEAD],
      SLEEP_WORDS,
      [PARENT_ARM, PARENT_EPOCH],
      [SLEEP_WORDS_IN_USE],
      ...WORKERS.map((worker) => WORKER_WORDS.map((word) => word(worker))),
      [new QueueViews(createQueueMemory(2, 256)).ready],
    ].map((words) => new Set(words.map((word) => Math.floor((word * 4) / 128))));
    for (const line of lines) expect(line.size).toBe(1);
    expect(new Set(lines.flatMap((line) => [...line])).size).toBe(lines.length);
  });

  test("has an inline payload at the end of each task, and the last one ends the memory", () => {
    const memory = createQueueMemory(4, 256);
    const views = new QueueViews(memory);
    for (let task = 0; task < 4; task++) {
      expect(views.inline(task)).toBeGreaterThan(views.id(task) * 8);
      expect(views.inline(task) + INLINE_BYTES).toBe((views.task(task) + TASK_WORDS) * 4);
    }
    expect(views.inline(3) + INLINE_BYTES).toBe(memory.queue.byteLength);
  });

  test.each([
    [2, 2],
    [3, 4],
    [1024, 1024],
    [65_535, 65_536],
  ])("for %d tasks has room for %d", (asked, tasks) => {
    const memory = createQueueMemory(asked, 256);
    expect(memory.tasks).toBe(tasks);
    const views = new QueueViews(memory);
    expect(views.task(tasks)).toBe(views.words.length);
    expect(2 ** views.taskBits).toBe(tasks);
    expect(2 ** views.lapShift).toBe(views.readyMask + 1);
  });

  test.each([1, 0, -4, 65_537, Number.NaN])("is refused for %d tasks", (tasks) => {
    expect(() => createQueueMemory(tasks, 256)).toThrow(`tasks=${tasks}`);
  });

  test.each([2, 65_536])(
    "for %d tasks starts with ready entries that no position matches",
    (tasks) => {
      const views = new QueueViews(createQueueMemory(tasks, 256));
      for (const position of [0, 1, 0x7fffffff, -0x80000000, -1]) {
        const entry = Atomics.load(views.words, views.ready + (position & views.readyMask));
        expect(entry >>> views.taskBits).not.toBe(position >>> views.lapShift);
      }
    },
  );
});

test("resetting a slot clears the figures and the gate of its last worker, and keeps the park counter", () => {
  const views = new QueueViews(createQueueMemory(2, 256));
  for (const worker of [0, 7, MAX_WORKERS - 1]) {
    for (const word of WORKER_WORDS) Atomics.store(views.words, word(worker), 9);
  }
  resetWorker(views, 7);
  expect(WORKER_WORDS.map((word) => Atomics.load(views.words, word(7)))).toEqual([
    9, 0, 0, 0, 0, 0, 0, 0, 0,
  ]);
  for (const other of [0, MAX_WORKERS - 1]) {
    for (const word of WORKER_WORDS) expect(Atomics.load(views.words, word(other))).toBe(9);
  }
});
