import { describe, expect, spyOn, test } from "bun:test";
import { HeldBackTasks } from "../../../src/pool/queue/held-back-tasks.ts";
import type { PostedOutOfBandMessage } from "../../../src/protocol/index.ts";
import { playWorkers } from "../played-worker.ts";
import { addWorker, poolRoom, put, putMany, queueRoom } from "../pool-parts.ts";
import type { PoolRoom, QueueRoom } from "../pool-parts.ts";

const played = playWorkers();
const SHORT_MS = 0.001;
const LONG_MS = 5;

/** Says of so many runs that each was short. */
function noteShortRuns({ tasks }: Pick<QueueRoom, "tasks">, count: number = 8): void {
  for (let i = 0; i < count; i++) tasks.heldBack.noteRun(SHORT_MS);
}

/** Puts requests until some of them are held back. */
function holdBack(room: QueueRoom): void {
  noteShortRuns(room);
  putMany(room, 100);
  expect(room.tasks.heldBack.count).toBeGreaterThan(0);
}

describe("tasks are held back", () => {
  test("after eight timed runs in a row that were short", () => {
    const heldBack = new HeldBackTasks();
    for (let i = 0; i < 7; i++) heldBack.noteRun(SHORT_MS);
    expect(heldBack.most).toBe(1);
    heldBack.noteRun(SHORT_MS);
    expect(heldBack.most).toBeGreaterThan(1);
  });

  test("no more after one run that was long", () => {
    const heldBack = new HeldBackTasks();
    for (let i = 0; i < 20; i++) heldBack.noteRun(SHORT_MS);
    heldBack.noteRun(LONG_MS);
    expect(heldBack.most).toBe(1);
  });

  test("so many that all of them are a millisecond of work", () => {
    const heldBack = new HeldBackTasks();
    for (let i = 0; i < 8; i++) heldBack.noteRun(1 / 32);
    expect(heldBack.most).toBe(32);
    for (let i = 0; i < 8; i++) heldBack.noteRun(1 / 31);
    expect(heldBack.most).toBe(1);
  });

  test("when they are put together, whatever they take", () => {
    const room = queueRoom();
    addWorker(room, played);
    room.queue.putTogether(() => {
      putMany(room, 3);
      expect(room.tasks.heldBack.count).toBe(3);
    });
    expect(room.tasks.heldBack.count).toBe(0);
    expect(room.tasks.waiting).toBe(3);
    putMany(room, 1);
    expect(room.tasks.heldBack.count).toBe(0);
  });

  test("until something throws while they are put together", () => {
    const room = queueRoom();
    addWorker(room, played);
    const putAndThrow = (): void => {
      putMany(room, 2);
      throw new Error("mine");
    };
    expect(() => room.queue.putTogether(putAndThrow)).toThrow("mine");
    expect(room.tasks.heldBack.count).toBe(0);
    expect(room.tasks.waiting).toBe(2);
  });

  test("in a pool with qSize not even then", () => {
    const room = queueRoom({ qSize: 500 });
    addWorker(room, played);
    room.queue.limitToWorkers();
    room.queue.putTogether(() => {
      putMany(room, 3);
      expect(room.tasks.heldBack.count).toBe(0);
    });
  });

  test("not while workers may have nothing else to do", () => {
    const room = queueRoom();
    addWorker(room, played);
    noteShortRuns(room);
    putMany(room, 3);
    expect(room.tasks.heldBack.count).toBe(0);
  });

  test.each([
    ["qSize", { qSize: 500 }],
    ["resqSize", { resqSize: 500 }],
  ])("not in a pool with %s", (_name, bounds) => {
    const room = queueRoom(bounds);
    addWorker(room, played);
    room.queue.limitToWorkers();
    noteShortRuns(room);
    putMany(room, 100);
    expect(room.tasks.heldBack.count).toBe(0);
  });
});

describe("what is held back", () => {
  test("waits, is claimed by nobody, and can be withdrawn", () => {
    const room = queueRoom();
    addWorker(room, played);
    noteShortRuns(room);
    const puts = putMany(room, 100);
    const { count } = room.tasks.heldBack;
    expect(count).toBeGreaterThan(0);
    expect(room.tasks.waiting).toBe(100);
    const last = puts.at(-1)?.pending;
    if (last === undefined) throw new Error("nothing was put");
    expect(room.tasks.isRunning(last)).toBe(false);
    expect(room.queue.tryWithdraw(last)).toBe(true);
    expect(room.tasks.waiting).toBe(99);
  });

  test("does not count as claimed by the worker that has had its task before", () => {
    const room = queueRoom();
    const { worker, channel } = addWorker(room, played);
    putMany(room, 100);
    for (let i = 0; i < 100; i++) worker.succeed(worker.take(), i);
    room.collector.readResults(channel);
    noteShortRuns(room);
    putMany(room, 100);
    expect(room.tasks.heldBack.count).toBeGreaterThan(0);
    expect(room.tasks.producer.claimedBy(worker.slot)).toEqual([]);
    expect([...room.tasks.busySlots()]).toEqual([]);
    expect(room.tasks.running).toBe(0);
  });

  test("is run in the order of the puts", () => {
    const room = queueRoom();
    const { worker } = addWorker(room, played);
    noteShortRuns(room);
    const puts = putMany(room, 100);
    room.tasks.publishHeldBack();
    const claimed = puts.map(() => room.tasks.requestOf(worker.take()));
    expect(claimed).toEqual(puts.map(({ pending }) => pending));
  });

  test("is published when it is as much as may be held back", () => {
    const room = queueRoom();
    addWorker(room, played);
    noteShortRuns(room);
    let most = 0;
    for (let i = 0; i < 500; i++) {
      put(room);
      most = Math.max(most, room.tasks.heldBack.count);
    }
    expect(most).toBe(31);
  });

  test("goes before a request whose parts are posted to the workers", () => {
    const room = queueRoom();
    const { worker } = addWorker(room, played);
    noteShortRuns(room);
    const puts = putMany(room, 100);
    const post = spyOn(room.channels, "postUnread");
    puts.push(put(room, [new SharedArrayBuffer(8)]));
    room.tasks.publishHeldBack();
    const [message] = post.mock.lastCall as [PostedOutOfBandMessage, number];
    expect(message.position).toBe(room.tasks.positionOf(message.outOfBand.task));
    const claimed = puts.map(() => room.tasks.requestOf(worker.take()));
    expect(claimed).toEqual(puts.map(({ pending }) => pending));
  });
});

describe("what is held back is published, and a worker woken,", () => {
  function roomWithHeldBack(): PoolRoom & { readonly wakeUps: () => number } {
    const room = poolRoom();
    const { worker } = addWorker(room, played);
    holdBack(room);
    return { ...room, wakeUps: () => worker.wakeUps };
  }

  test.each<[string, (room: PoolRoom) => unknown]>([
    ["reads results", (room) => room.supervisor.reactor.react()],
    ["plans the next turn", (room) => room.delivery.planNext()],
    ["takes a turn", (room) => room.delivery.takeTurn()],
    ["asks which tasks run", (room) => room.tasks.running],
  ])("before the parent %s", (_name, act) => {
    const room = roomWithHeldBack();
    act(room);
    expect(room.tasks.heldBack.count).toBe(0);
  });

  test.each<[string, (room: PoolRoom) => void]>([
    ["for one request", (room) => room.waiter.blockForOne()],
    ["for many", (room) => room.waiter.blockForMany()],
  ])("before the parent blocks %s", (_name, block) => {
    const room = roomWithHeldBack();
    room.deadlines.add(0, () => {});
    block(room);
    expect(room.tasks.heldBack.count).toBe(0);
  });
});
