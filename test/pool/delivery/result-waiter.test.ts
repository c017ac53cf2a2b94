import { expect, test } from "bun:test";
import { ARM_FOR_CLAIMS, ARM_FOR_RESULTS, EMPTY } from "../../../native-queue/index.ts";
import { PARENT_ARM } from "../../../native-queue/layout.ts";
import { wakeParentForClaim } from "../../../native-queue/parker.ts";
import { ThreadPool } from "../../../src/index.ts";
import { echo } from "../fixtures/tasks.ts";
import { rejection } from "../rejection.ts";
import { ThreadlessWorkers } from "../threadless-workers.ts";
import type { ThreadlessWorker } from "../threadless-workers.ts";
import { turnUntil } from "../turns.ts";

test("an event loop that waits for results is woken by claims too, once a request has found the queue full", async () => {
  using workers = new ThreadlessWorkers();
  const pool = new ThreadPool(1, { qSize: 1, rejectionPolicy: "throw" });
  const [worker] = workers.started as [ThreadlessWorker];
  const { views } = worker;
  const armed = (): number => Atomics.load(views.words, PARENT_ARM);
  const waiting = rejection(pool.run(echo, ["waiting"]));
  await turnUntil(() => armed() !== 0);
  expect(armed()).toBe(ARM_FOR_RESULTS);
  await rejection(pool.run(echo, ["refused"]));
  // It is woken, finds no result, and waits again, for either.
  worker.wakeParent();
  await turnUntil(() => armed() !== 0);
  expect(armed()).toBe(ARM_FOR_CLAIMS);
  const drained = Promise.withResolvers<void>();
  pool.once("drain", drained.resolve);
  expect(worker.claim()).not.toBe(EMPTY);
  wakeParentForClaim(views);
  await drained.promise;
  pool.terminate();
  await waiting;
});
