import { workerData } from "node:worker_threads";
import {
  EMPTY,
  QueueViews,
  ResultWriter,
  WorkerGate,
  announceStart,
  awaitWork,
  endSearch,
  generationOfTask,
  wakeParent,
} from "ringpool/native-queue";
import type { BareQueueInit } from "./bare-queue.ts";

const SPIN_US = 50;

const { memory, ring, slot } = workerData as BareQueueInit;
const views = new QueueViews(memory);
const gate = new WorkerGate(views, slot);
const writer = new ResultWriter(ring);
let isSearching = true;
announceStart(views, slot);
for (;;) {
  const task = gate.claim();
  if (task === EMPTY) {
    isSearching = true;
    void awaitWork(gate, SPIN_US, Infinity);
    continue;
  }
  if (isSearching) endSearch(gate);
  isSearching = false;
  gate.leave();
  const value = views.taskFloats[views.inline(task) / 8] as number;
  const at = writer.tryReserve(8);
  writer.floats[at / 8] = value;
  gate.tryEnter();
  writer.publish(task, generationOfTask(views, task), 0, 8);
  wakeParent(views);
}
