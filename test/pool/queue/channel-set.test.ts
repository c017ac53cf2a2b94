import { describe, expect, test } from "bun:test";
import { awaitWork } from "../../../native-queue/index.ts";
import { playWorkers } from "../played-worker.ts";
import type { PlayedWorker } from "../played-worker.ts";
import { addWorker, put, queueRoom } from "../pool-parts.ts";
import type { QueueRoom } from "../pool-parts.ts";

const played = playWorkers();

function roomWith(workers: number): { room: QueueRoom; workers: PlayedWorker[] } {
  const room = queueRoom();
  return {
    room,
    workers: Array.from({ length: workers }, () => addWorker(room, played).worker),
  };
}

/** Lets a worker look for work, find none, and park. */
function park(worker: PlayedWorker): void {
  void awaitWork(worker.gate, 0, 0);
}

test("a channel set lists its channels, oldest first", () => {
  const { room } = roomWith(3);
  const { channels } = room;
  expect(channels.all.map(({ workerId }) => workerId)).toEqual([1, 2, 3]);
  expect(channels.size).toBe(3);
  channels.clear();
  expect(channels.all).toEqual([]);
});

test("a loop over the channels goes on when one is added or removed meanwhile", () => {
  const { room } = roomWith(3);
  const seen: number[] = [];
  for (const channel of room.channels.all) {
    seen.push(channel.workerId);
    room.channels.remove(channel);
    if (seen.length === 1) addWorker(room, played);
  }
  expect(seen).toEqual([1, 2, 3]);
  expect(room.channels.size).toBe(1);
});

test("hasResults tells of results that were not read, of whichever worker", () => {
  const { room, workers } = roomWith(2);
  put(room);
  expect(room.channels.hasResults()).toBe(false);
  workers[1]?.serve("done");
  expect(room.channels.hasResults()).toBe(true);
  for (const channel of room.channels.all) room.collector.readResults(channel);
  expect(room.channels.hasResults()).toBe(false);
});

test("a message and a callable reach every worker", () => {
  const { room, workers } = roomWith(2);
  const message = { id: 1, buffer: undefined };
  room.channels.post(message);
  room.channels.define({ id: 2, definition: "of a callable" as never });
  for (const worker of workers) {
    expect(worker.readPort()).toEqual([message]);
    expect(worker.received).toEqual([{ id: 2, definition: "of a callable" }]);
  }
});

describe("one worker is woken for a request", () => {
  test("when it is parked, and it is waking until its first result is read", () => {
    const { room, workers } = roomWith(2);
    for (const worker of workers) park(worker);
    const before = workers.map(({ wakeUps }) => wakeUps);
    put(room);
    put(room);
    expect(workers.map(({ wakeUps }, i) => wakeUps - (before[i] as number))).toEqual([1, 0]);
    expect(room.channels.isWorkerWaking).toBe(true);
  });

  test("and none is waking when no worker is parked", () => {
    const { room } = roomWith(1);
    put(room);
    expect(room.channels.isWorkerWaking).toBe(false);
  });
});

test("wakeAll wakes every worker once", () => {
  const { room, workers } = roomWith(3);
  const before = workers.map(({ wakeUps }) => wakeUps);
  room.channels.wakeAll();
  expect(workers.map(({ wakeUps }, i) => wakeUps - (before[i] as number))).toEqual([1, 1, 1]);
});

describe("messages that parked workers do not read", () => {
  const message = { id: 1, buffer: undefined };

  test.each([
    ["many", 64, 0],
    ["large", 2, 1 << 24],
  ])("wake all workers when they are %s, and not before", (_, count, bytes) => {
    const { room, workers } = roomWith(2);
    const before = workers.map(({ wakeUps }) => wakeUps);
    const woken = (): number[] => workers.map(({ wakeUps }, i) => wakeUps - (before[i] as number));
    for (let round = 1; round <= 2; round++) {
      for (let i = 0; i < count; i++) {
        room.channels.wakeIfMuchUnread();
        expect(woken()).toEqual([round - 1, round - 1]);
        room.channels.postUnread(message, bytes);
      }
      room.channels.wakeIfMuchUnread();
      expect(woken()).toEqual([round, round]);
    }
    expect(workers.map((worker) => worker.readPort().length)).toEqual([2 * count, 2 * count]);
  });

  test("count although they could not be posted, and the error is not thrown", () => {
    const { room, workers } = roomWith(1);
    const before = workers[0]?.wakeUps as number;
    const unsendable = { id: 1, buffer: Symbol("not cloneable") as never };
    for (let i = 0; i < 64; i++) room.channels.postUnread(unsendable, 0);
    room.channels.wakeIfMuchUnread();
    expect(workers[0]?.wakeUps).toBe(before + 1);
  });
});
