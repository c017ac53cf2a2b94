import { availableParallelism } from "node:os";
import { describe, expect, spyOn, test } from "bun:test";
import {
  ARM_FOR_CLAIMS,
  ARM_FOR_RESULTS,
  bumpEpoch,
  wakeParent,
} from "../../../native-queue/index.ts";
import { PARENT_ARM } from "../../../native-queue/layout.ts";
import { ThreadPool } from "../../../src/index.ts";
import { StreamHolds } from "../../../src/pool/queue/stream-holds.ts";
import { ResultWaiter } from "../../../src/pool/delivery/result-waiter.ts";
import type { WaiterParts } from "../../../src/pool/delivery/result-waiter.ts";
import { echo } from "../fixtures/tasks.ts";
import { playWorkers } from "../played-worker.ts";
import type { PlayedWorker } from "../played-worker.ts";
import { put, putMany, queueRoom, request, workRoom } from "../pool-parts.ts";
import type { QueueRoom, WorkRoom } from "../pool-parts.ts";
import { rejection } from "../rejection.ts";
import { turnUntil } from "../turns.ts";

const CORES = availableParallelism();
const NOT_ARMED = 0;
const DUE_IN_MS = 2;

const played = playWorkers();

interface Watched {
  readonly room: QueueRoom;
  readonly waiter: ResultWaiter;
  /** How often it was looked whether something is to be read. */
  looks: number;
  /** What a look says. */
  hasUnread: () => boolean;
  armed: () => number;
}

/** A waiter whose looks the test counts and answers, with so many workers and pending requests. */
function watched(workers: number, pending: number): Watched {
  const room = queueRoom();
  for (let i = 0; i < pending; i++) room.table.add(request().pending);
  const watch: Watched = {
    room,
    looks: 0,
    hasUnread: () => false,
    armed: () => room.channels.views.words[PARENT_ARM] as number,
    waiter: undefined as unknown as ResultWaiter,
  };
  const hasUnread = (): boolean => {
    watch.looks += 1;
    return watch.hasUnread();
  };
  const supervisor = { reactor: { hasUnread }, running: Array.from({ length: workers }) };
  const parts = {
    ...room,
    supervisor: supervisor as unknown as WaiterParts["supervisor"],
    holds: new StreamHolds(room, { concurrencyPerWorker: 1, maxWorkers: workers }),
  };
  return Object.assign(watch, { waiter: new ResultWaiter(parts) });
}

/** A waiter whose workers leave a core to the parent. */
const withFreeCore = (): Watched => watched(CORES - 1, 1000);
/** A waiter whose workers need every core. */
const withoutFreeCore = (pending: number = 1000): Watched => watched(CORES, pending);

/** Very many results have come since the last look at the pace. */
function streamIn({ table }: QueueRoom): void {
  table.succeeded += 1e9;
}

/** So many requests are pending that they last for several naps at any pace. */
function leaveVeryMany({ table }: QueueRoom): void {
  Object.defineProperty(table, "size", { value: 1e18 });
}

/** Waits until the clock of the waiter has gone on by more than that, so that a pace is not 0. */
function letTimePass(ms: number = 0): void {
  const before = performance.now();
  while (performance.now() - before <= ms);
}

describe("a core is free", () => {
  test("while fewer workers run than there are cores", () => {
    expect(withFreeCore().waiter.hasFreeCore).toBe(true);
    expect(withoutFreeCore().waiter.hasFreeCore).toBe(false);
  });

  test("while fewer requests are pending than there are cores", () => {
    expect(watched(CORES + 5, CORES - 1).waiter.hasFreeCore).toBe(true);
    expect(watched(CORES + 5, CORES).waiter.hasFreeCore).toBe(false);
  });
});

describe("the event loop", () => {
  test("does not spin when something is there", () => {
    const watch = withFreeCore();
    watch.hasUnread = () => true;
    expect(watch.waiter.spinInEventLoop()).toBe(true);
    expect(watch.looks).toBe(1);
  });

  test.skipIf(CORES === 1)("spins while a core is free, until something is there", () => {
    const watch = withFreeCore();
    watch.hasUnread = () => watch.looks === 20;
    expect(watch.waiter.spinInEventLoop()).toBe(true);
    expect(watch.looks).toBe(20);
  });

  test("gives up a spin in which nothing comes", () => {
    expect(withFreeCore().waiter.spinInEventLoop()).toBe(false);
  });

  test("looks once while the workers need every core", () => {
    const watch = withoutFreeCore();
    expect(watch.waiter.spinInEventLoop()).toBe(false);
    expect(watch.looks).toBe(1);
  });

  test("spins while a worker is waking, too", () => {
    const watch = withFreeCore();
    watch.room.channels.isWorkerWaking = true;
    expect(watch.waiter.isWorkerWaking).toBe(true);
    watch.hasUnread = () => watch.looks > 10;
    expect(watch.waiter.spinInEventLoop()).toBe(true);
  });

  test("does not nap while a core is free", () => {
    const watch = withFreeCore();
    leaveVeryMany(watch.room);
    for (let look = 0; look < 2; look++) {
      expect(watch.waiter.napInEventLoopMs).toBe(0);
      streamIn(watch.room);
      letTimePass();
    }
    expect(watch.waiter.napInEventLoopMs).toBe(0);
  });

  test("does not nap while fewer than two results come during one nap", () => {
    const watch = withoutFreeCore();
    leaveVeryMany(watch.room);
    expect(watch.waiter.napInEventLoopMs).toBe(0);
    watch.room.table.succeeded += 1;
    letTimePass(1);
    expect(watch.waiter.napInEventLoopMs).toBe(0);
  });

  test("naps while results stream in and the pending ones last for several naps", () => {
    const watch = withoutFreeCore();
    leaveVeryMany(watch.room);
    expect(watch.waiter.napInEventLoopMs).toBe(0);
    streamIn(watch.room);
    letTimePass();
    expect(watch.waiter.napInEventLoopMs).toBe(1);
  });

  test("does not nap when nothing has come since the last look", () => {
    const watch = withoutFreeCore();
    leaveVeryMany(watch.room);
    expect(watch.waiter.napInEventLoopMs).toBe(0);
    letTimePass();
    expect(watch.waiter.napInEventLoopMs).toBe(0);
  });

  test("does not nap when few results are to come", () => {
    const watch = withoutFreeCore(CORES);
    expect(watch.waiter.napInEventLoopMs).toBe(0);
    streamIn(watch.room);
    letTimePass();
    expect(watch.waiter.napInEventLoopMs).toBe(0);
  });
});

describe("who asks to be woken", () => {
  test("gets no promise when something is there at the second look", () => {
    const watch = withFreeCore();
    watch.hasUnread = () => true;
    expect(watch.waiter.askToBeWoken()).toBeUndefined();
    expect(watch.looks).toBe(1);
  });

  test("says so before the second look, so that no result comes in between unseen", () => {
    const watch = withFreeCore();
    let armedAtLook = NOT_ARMED;
    watch.hasUnread = () => {
      armedAtLook = watch.armed();
      return true;
    };
    void watch.waiter.askToBeWoken();
    expect(armedAtLook).toBe(ARM_FOR_RESULTS);
  });

  test("is woken by a worker that publishes", async () => {
    const watch = withFreeCore();
    const woken = watch.waiter.askToBeWoken();
    expect(watch.armed()).toBe(ARM_FOR_RESULTS);
    wakeParent(watch.room.channels.views);
    await woken;
    expect(watch.armed()).toBe(NOT_ARMED);
  });

  test("is woken by a death, whatever was asked for", async () => {
    const watch = withFreeCore();
    const woken = watch.waiter.askToBeWoken();
    bumpEpoch(watch.room.channels.views);
    await woken;
  });

  test("is woken by a claim too, while the queue is full", async () => {
    const room = workRoom({ qSize: 1 });
    room.supervisor.create(1);
    const waiter = new ResultWaiter(room);
    const [worker] = played as [PlayedWorker];
    worker.becomeReady();
    put(room);
    room.queue.noteFull();
    const woken = waiter.askToBeWoken();
    expect(room.channels.views.words[PARENT_ARM]).toBe(ARM_FOR_CLAIMS);
    worker.take();
    await woken;
  });

  test("gets no promise when a full queue has room again at the second look", () => {
    const room = workRoom({ qSize: 1 });
    room.supervisor.create(1);
    const waiter = new ResultWaiter(room);
    const [worker] = played as [PlayedWorker];
    worker.becomeReady();
    put(room);
    room.queue.noteFull();
    worker.take();
    expect(waiter.askToBeWoken()).toBeUndefined();
  });

  test("is not woken by a claim while the queue has room", () => {
    const room = workRoom({ qSize: 5 });
    room.supervisor.create(1);
    const waiter = new ResultWaiter(room);
    const [worker] = played as [PlayedWorker];
    worker.becomeReady();
    put(room);
    void waiter.askToBeWoken();
    worker.take();
    expect(room.channels.views.words[PARENT_ARM]).toBe(ARM_FOR_RESULTS);
  });
});

describe("a parent that blocks for one request", () => {
  test("does not wait when something is there", () => {
    const watch = withFreeCore();
    watch.hasUnread = () => true;
    watch.waiter.blockForOne();
    expect(watch.looks).toBe(1);
    expect(watch.armed()).toBe(NOT_ARMED);
  });

  test.skipIf(CORES === 1)("spins first, and asks for no wake-up when that is enough", () => {
    const watch = withFreeCore();
    watch.hasUnread = () => watch.looks === 20;
    watch.waiter.blockForOne();
    expect(watch.looks).toBe(20);
    expect(watch.armed()).toBe(NOT_ARMED);
  });

  test("asks to be woken, looks a second time, and does not sleep when something is there by then", () => {
    const watch = withFreeCore();
    watch.hasUnread = () => watch.armed() !== NOT_ARMED;
    watch.waiter.blockForOne();
    expect(watch.armed()).toBe(ARM_FOR_RESULTS);
  });

  test("spins while a worker is waking, too", () => {
    const watch = withFreeCore();
    watch.room.channels.isWorkerWaking = true;
    watch.hasUnread = () => watch.looks > 10;
    watch.waiter.blockForOne();
    expect(watch.armed()).toBe(NOT_ARMED);
  });

  test("sleeps until the next deadline at most", () => {
    const watch = withFreeCore();
    const { deadlines } = watch.room;
    deadlines.add(DUE_IN_MS, () => {});
    while (deadlines.size > 0) {
      watch.waiter.blockForOne();
      deadlines.runDue();
    }
    expect(watch.armed()).toBe(ARM_FOR_RESULTS);
  });
});

describe("a parent that blocks for many results", () => {
  /** Lets a waiter that would sleep or nap return: the deadline is past. */
  function withPastDeadline(watch: Watched): Watched {
    watch.room.deadlines.add(-1, () => {});
    return watch;
  }

  test("does not wait when something is there", () => {
    const watch = withoutFreeCore();
    watch.hasUnread = () => true;
    watch.waiter.beginMany();
    watch.waiter.blockForMany();
    expect(watch.looks).toBe(1);
  });

  test.skipIf(CORES === 1)("spins while a core is free", () => {
    const watch = withFreeCore();
    watch.hasUnread = () => watch.looks === 20;
    watch.waiter.beginMany();
    watch.waiter.blockForMany();
    expect(watch.looks).toBe(20);
    expect(watch.armed()).toBe(NOT_ARMED);
  });

  test("naps without asking for a wake-up while results stream in", () => {
    const watch = withoutFreeCore();
    leaveVeryMany(watch.room);
    watch.waiter.beginMany();
    withPastDeadline(watch).waiter.blockForMany();
    streamIn(watch.room);
    letTimePass();
    const { views } = watch.room.channels;
    views.words[PARENT_ARM] = NOT_ARMED;
    watch.looks = 0;
    watch.waiter.blockForMany();
    expect(watch.looks).toBe(2);
    expect(watch.armed()).toBe(NOT_ARMED);
  });

  test("asks to be woken without a spin when results have stopped coming", () => {
    const watch = withPastDeadline(withoutFreeCore());
    watch.waiter.beginMany();
    watch.waiter.blockForMany();
    letTimePass();
    watch.looks = 0;
    watch.waiter.blockForMany();
    // Before the wait, instead of a spin, and after it has asked to be woken.
    expect(watch.looks).toBe(3);
    expect(watch.armed()).toBe(ARM_FOR_RESULTS);
  });

  test.skipIf(CORES === 1)("spins at the first wait, because no pace is known", () => {
    const watch = withoutFreeCore();
    watch.hasUnread = () => watch.looks === 20;
    watch.waiter.beginMany();
    watch.waiter.blockForMany();
    expect(watch.looks).toBe(20);
  });

  test.skipIf(CORES === 1)("knows no pace again when it begins anew", () => {
    const watch = withPastDeadline(withoutFreeCore());
    watch.waiter.beginMany();
    watch.waiter.blockForMany();
    letTimePass();
    watch.waiter.beginMany();
    watch.looks = 0;
    watch.hasUnread = () => watch.looks === 20;
    watch.waiter.blockForMany();
    expect(watch.looks).toBe(20);
  });
});

test("a waiter looks for what its supervisor's reactor has not read", () => {
  const room = workRoom();
  room.supervisor.create(1);
  const [worker] = played as [PlayedWorker];
  worker.becomeReady();
  putMany(room, 1);
  const waiter = new ResultWaiter(room);
  expect(waiter.spinInEventLoop()).toBe(false);
  worker.serve("done");
  expect(waiter.spinInEventLoop()).toBe(true);
  room.supervisor.reactor.react();
  expect(waiter.spinInEventLoop()).toBe(false);
  worker.end(0);
  expect(waiter.spinInEventLoop()).toBe(true);
});

test("drain comes when a claim made room before the event loop, which waited for results, has armed itself anew", async () => {
  const pool = new ThreadPool(1, { qSize: 1, rejectionPolicy: "throw" });
  const [worker] = played as [PlayedWorker];
  worker.becomeReady();
  const waiting = rejection(pool.run(echo, ["waiting"]));
  await turnUntil(() => Atomics.load(worker.views.words, PARENT_ARM) === ARM_FOR_RESULTS);
  const drained = Promise.withResolvers<void>();
  pool.once("drain", drained.resolve);
  const refused = rejection(pool.run(echo, ["refused"]));
  // Nothing but this claim happens, and it wakes no parent that is armed for results.
  worker.take();
  await drained.promise;
  await refused;
  pool.terminate();
  await waiting;
});

test.each<[string, (room: WorkRoom) => void]>([
  ["for results", (room) => new ResultWaiter(room).blockForOne()],
  [
    "for the end of a worker",
    ({ supervisor, queue }) => supervisor.reactor.reactUntil(() => !queue.isFull),
  ],
])(
  "a parent that blocks %s is woken by a claim while its queue is full, and tells of the room",
  (_, block) => {
    const room = workRoom({ qSize: 1 });
    room.supervisor.create(1);
    const [worker] = played as [PlayedWorker];
    worker.becomeReady();
    put(room);
    room.queue.noteFull();
    const looks: unknown[] = [];
    using blocking = spyOn(room.channels, "block").mockImplementation((wish, isDone) => {
      looks.push(wish, isDone());
      worker.take();
      looks.push(isDone());
      return true;
    });
    block(room);
    expect(blocking).toHaveBeenCalledTimes(1);
    expect(looks).toEqual([ARM_FOR_CLAIMS, false, true]);
  },
);

test("an event loop that waits for results is woken by claims too, once a request has found the queue full", async () => {
  const pool = new ThreadPool(1, { qSize: 1, rejectionPolicy: "throw" });
  const [worker] = played as [PlayedWorker];
  worker.becomeReady();
  const { views } = worker;
  const armed = (): number => Atomics.load(views.words, PARENT_ARM);
  const waiting = rejection(pool.run(echo, ["waiting"]));
  await turnUntil(() => armed() !== NOT_ARMED);
  expect(armed()).toBe(ARM_FOR_RESULTS);
  await rejection(pool.run(echo, ["refused"]));
  await turnUntil(() => armed() === ARM_FOR_CLAIMS);
  const drained = Promise.withResolvers<void>();
  pool.once("drain", drained.resolve);
  // The claim wakes the parent.
  worker.take();
  await drained.promise;
  pool.terminate();
  await waiting;
});
