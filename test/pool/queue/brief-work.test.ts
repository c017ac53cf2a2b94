import { describe, expect, test } from "bun:test";
import { HeldBackTasks } from "../../../src/pool/queue/held-back-tasks.ts";
import { playWorkers } from "../played-worker.ts";
import type { PlayedWorker } from "../played-worker.ts";
import { addWorker, poolRoom, putMany } from "../pool-parts.ts";
import type { PoolRoom } from "../pool-parts.ts";
import type { WorkerChannel } from "../../../src/pool/queue/worker-channel.ts";

const played = playWorkers();
const BRIEF_MS = 0.0005;
const LONGER_MS = 0.02;

interface Room extends PoolRoom {
  readonly workers: readonly PlayedWorker[];
  /** How many workers were woken. */
  woken(): number;
}

/** A pool whose two workers sleep, and have run requests that took so long. */
function roomOf(ranMs: number): Room {
  const room = poolRoom();
  const workers = [addWorker(room, played).worker, addWorker(room, played).worker];
  for (const worker of workers) worker.sleep();
  for (let i = 0; i < 20; i++) room.tasks.heldBack.noteRun(ranMs);
  const before = workers.map(({ wakeUps }) => wakeUps);
  const woken = (): number =>
    workers.filter(({ wakeUps }, index) => wakeUps !== before[index]).length;
  return { ...room, workers, woken };
}

/** The worker that was woken has claimed a request. */
function findOne({ workers }: Room): void {
  workers[0]?.find();
}

describe("work is brief", () => {
  test("when it is done before a worker that sleeps has risen", () => {
    const heldBack = new HeldBackTasks();
    for (let i = 0; i < 100; i++) heldBack.noteRun(0.001);
    expect(heldBack.areBrief(200)).toBe(true);
    expect(heldBack.areBrief(300)).toBe(false);
  });

  test("for the requests to come as soon as one long run is past", () => {
    const heldBack = new HeldBackTasks();
    for (let i = 0; i < 100; i++) heldBack.noteRun(0.0001);
    heldBack.noteRun(5);
    expect(heldBack.areBrief(1)).toBe(false);
    for (let i = 0; i < 40; i++) heldBack.noteRun(0.0001);
    expect(heldBack.areBrief(1000)).toBe(true);
  });

  test("never before runs were timed", () => {
    expect(new HeldBackTasks().areBrief(1)).toBe(false);
  });
});

describe("brief work", () => {
  test("is left to one worker", () => {
    const room = roomOf(BRIEF_MS);
    putMany(room, 100);
    findOne(room);
    room.tasks.publishHeldBack();
    expect(room.woken()).toBe(1);
    expect(room.tasks.brief.isWaiting).toBe(true);
  });

  test("is what the others are woken for too when it becomes more", () => {
    const room = roomOf(BRIEF_MS);
    putMany(room, 100);
    findOne(room);
    putMany(room, 900);
    room.tasks.publishHeldBack();
    expect(room.woken()).toBe(2);
  });

  test("is what another worker is woken for when the first does not get on with it", () => {
    const room = roomOf(BRIEF_MS);
    putMany(room, 100);
    findOne(room);
    while (room.woken() < 2) room.queue.watchSearch();
    expect(room.tasks.brief.isWaiting).toBe(false);
  });

  test("is left to one again only after all were woken for a while, when that was wrong", () => {
    const room = roomOf(BRIEF_MS);
    const [worker] = room.workers as [PlayedWorker];
    const [channel] = room.channels.all as [WorkerChannel];
    putMany(room, 2);
    const tasks = [worker.find()];
    room.queue.handSearchOn();
    expect(room.woken()).toBe(2);
    tasks.push(worker.find());
    for (const task of tasks) worker.succeed(task, 0);
    room.collector.readResults(channel);
    const keeps = [1, 2].map(() => {
      putMany(room, 1);
      const isKept = room.channels.keepsSearch;
      worker.serve(0);
      room.collector.readResults(channel);
      return isKept;
    });
    expect(keeps).toEqual([false, true]);
  });

  test("is shared where a request runs that was put before", () => {
    const room = roomOf(BRIEF_MS);
    putMany(room, 1);
    findOne(room);
    room.queue.handSearchOn();
    putMany(room, 10);
    expect(room.woken()).toBe(2);
  });

  test("stays with the first worker while that gets on", () => {
    const room = roomOf(BRIEF_MS);
    putMany(room, 100);
    for (let i = 0; i < 100; i++) {
      room.tasks.publishHeldBack();
      findOne(room);
      room.queue.watchSearch();
    }
    expect(room.woken()).toBe(1);
  });

  test.each<[string, (room: Room) => void]>([
    ["for one request", (room) => room.waiter.blockForOne()],
    ["for many", (room) => room.waiter.blockForMany()],
    [
      "for the end of a worker",
      (room) => {
        let rounds = 0;
        room.supervisor.reactor.reactUntil(() => ++rounds > 1);
      },
    ],
  ])("is what another worker is woken for before the parent blocks %s", (_name, block) => {
    const room = roomOf(BRIEF_MS);
    putMany(room, 100);
    findOne(room);
    // It ends the wait, for which nothing else comes.
    room.deadlines.add(5, () => {});
    block(room);
    expect(room.woken()).toBe(2);
  });
});

test("work that takes longer wakes one worker by the other", () => {
  const room = roomOf(LONGER_MS);
  putMany(room, 100);
  findOne(room);
  expect(room.woken()).toBe(2);
  expect(room.tasks.brief.isWaiting).toBe(false);
});
