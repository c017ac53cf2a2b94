import { describe, expect, spyOn, test } from "bun:test";
import { Reactor } from "../../../src/pool/supervision/reactor.ts";
import type { ReactorWorkers } from "../../../src/pool/supervision/reactor.ts";
import { playWorkers } from "../played-worker.ts";
import type { PlayedWorker } from "../played-worker.ts";
import { addWorker, put, queueRoom } from "../pool-parts.ts";
import type { QueueRoom } from "../pool-parts.ts";

const played = playWorkers();
const DUE_IN_MS = 2;

interface Room extends QueueRoom {
  readonly reactor: Reactor;
  readonly workers: PlayedWorker[];
  /** What the reactor has called, in its order. */
  readonly log: string[];
}

function roomWith(count: number): Room {
  const room = queueRoom();
  const workers = Array.from({ length: count }, () => addWorker(room, played).worker);
  const log: string[] = [];
  const noting: ReactorWorkers = {
    readResults: (channel) => {
      log.push(`read ${channel.workerId}`);
      room.collector.readResults(channel);
    },
    bury: (channel, exitCode) => {
      log.push(`bury ${channel.workerId} ${exitCode}`);
      room.channels.remove(channel);
    },
    startFirst: () => void log.push("startFirst"),
  };
  const reactor = new Reactor(noting, room.channels, room.queue, room.deadlines);
  return { ...room, workers, log, reactor };
}

function worker({ workers }: Room, index: number): PlayedWorker {
  return workers[index] as PlayedWorker;
}

describe("a reaction", () => {
  test("reads every worker, buries, refills, wakes, does what is due, notes room, and starts a first worker, in this order", () => {
    const room = roomWith(2);
    const { log, queue, channels, deadlines } = room;
    spyOn(queue, "refill").mockImplementation(() => void log.push("refill"));
    spyOn(channels, "wakeIfMuchUnread").mockImplementation(() => void log.push("wake"));
    spyOn(queue, "noteRoom").mockImplementation(() => void log.push("noteRoom"));
    deadlines.add(-1, () => log.push("due"));
    worker(room, 0).end(7);
    room.reactor.react();
    expect(log).toEqual([
      "read 1",
      "read 2",
      "bury 1 7",
      "refill",
      "wake",
      "due",
      "noteRoom",
      "startFirst",
    ]);
  });

  test("buries a worker once", () => {
    const room = roomWith(2);
    worker(room, 1).end(0);
    room.reactor.react();
    room.reactor.react();
    expect(room.log.filter((call) => call.startsWith("bury"))).toEqual(["bury 2 0"]);
  });

  test("finds several ends in one pass, each after the results of all", () => {
    const room = roomWith(3);
    const { pending } = put(room);
    worker(room, 2).serve("done");
    worker(room, 0).end(1);
    worker(room, 2).end(2);
    room.reactor.react();
    expect(room.log).toEqual(["read 1", "read 2", "read 3", "bury 1 1", "bury 3 2", "startFirst"]);
    expect(pending.outcome).toBe("succeeded");
  });
});

describe("something is unread", () => {
  test("from the publishing of a result to the next reaction", () => {
    const room = roomWith(1);
    put(room);
    expect(room.reactor.hasUnread()).toBe(false);
    worker(room, 0).serve("done");
    expect(room.reactor.hasUnread()).toBe(true);
    room.reactor.react();
    expect(room.reactor.hasUnread()).toBe(false);
  });

  test("from the end of a worker to the next reaction", () => {
    const room = roomWith(1);
    worker(room, 0).end(0);
    expect(room.reactor.hasUnread()).toBe(true);
    room.reactor.react();
    expect(room.reactor.hasUnread()).toBe(false);
  });
});

describe("a blocking wait", () => {
  test("reacts once when what it waits for holds already", () => {
    const room = roomWith(1);
    room.reactor.reactUntil(() => true);
    expect(room.log).toEqual(["read 1", "startFirst"]);
  });

  test("does not sleep while something is unread", () => {
    const room = roomWith(1);
    put(room);
    let looks = 0;
    room.reactor.reactUntil(() => {
      looks += 1;
      if (looks === 1) worker(room, 0).serve("done");
      return looks === 2;
    });
    expect(room.table.hasArrived).toBe(true);
  });

  test("wakes up for a deadline, and does what is due", () => {
    const room = roomWith(1);
    let isDue = false;
    room.deadlines.add(DUE_IN_MS, () => {
      isDue = true;
    });
    room.reactor.reactUntil(() => isDue);
    expect(isDue).toBe(true);
  });
});
