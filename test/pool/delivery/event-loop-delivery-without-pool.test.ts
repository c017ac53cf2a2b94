/** When the event loop has its turns and what each delivers, without a `ThreadPool` around it and without threads. */
import { describe, expect, spyOn, test } from "bun:test";
import { NoWorkersAvailable, PoolClosed, RequestTimeout, WorkerDied } from "../../../src/errors.ts";
import { Admission } from "../../../src/pool/admission.ts";
import { CallerRuns } from "../../../src/pool/caller-runs.ts";
import { SyncRequest } from "../../../src/pool/request/pending-request.ts";
import { NOT_INITIALIZED, NO_TASK } from "../../../src/protocol/index.ts";
import { encoded, playWorkers } from "../played-worker.ts";
import type { PlayedWorker } from "../played-worker.ts";
import { poolRoom, put, putMany, request } from "../pool-parts.ts";
import type { PoolOptions, PoolRoom } from "../pool-parts.ts";
import { turn, turnUntil } from "../turns.ts";
import { replaceable } from "../../replaceable.ts";

const played = playWorkers();

/** A pool with workers that are ready. */
function poolOf(workers: number, options: Partial<PoolOptions> = {}): PoolRoom {
  const room = poolRoom(options);
  room.supervisor.create(workers);
  for (const worker of played) worker.becomeReady();
  return room;
}

function firstWorker(): PlayedWorker {
  return played[0] as PlayedWorker;
}

/** A worker that has a request, and the event loop waits to be woken. */
async function busyPool(options: Partial<PoolOptions> = {}): Promise<{
  room: PoolRoom;
  worker: PlayedWorker;
  task: number;
  delivered: unknown[];
}> {
  const room = poolOf(1, options);
  const { delivered } = put(room);
  const worker = firstWorker();
  const task = worker.take();
  await turnUntil(() => room.turns.isAwaiting);
  return { room, worker, task, delivered };
}

/** The timer of a pool that keeps the process alive while it is ref'd. */
function roomWithTimer(options: Partial<PoolOptions> = {}): {
  room: PoolRoom;
  isKeptAlive: () => boolean;
} {
  const spy = spyOn(replaceable, "setInterval");
  const room = poolRoom(options);
  const timer = spy.mock.results[0]?.value as NodeJS.Timeout;
  spy.mockRestore();
  return { room, isKeptAlive: () => timer.hasRef() };
}

/** Settles what it returns: a request that was added to the table without a worker. */
function settleMany(room: PoolRoom, count: number): unknown[][] {
  return Array.from({ length: count }, (_, i) => {
    const { pending, delivered } = request();
    room.table.add(pending);
    room.table.settle(pending, "succeeded", i);
    return delivered;
  });
}

describe("a turn", () => {
  test("is scheduled once for any number of requests that are put before it", () => {
    const room = poolOf(1);
    const schedule = spyOn(room.turns, "schedule");
    putMany(room, 100);
    expect(schedule).toHaveBeenCalledTimes(1);
  });

  test("is not planned while another one is taken, and once when that has ended", async () => {
    const room = poolOf(1);
    const { turns, table } = room;
    const schedule = spyOn(turns, "schedule");
    const scheduleAfter = spyOn(turns, "scheduleAfter");
    const planned = (): number => schedule.mock.calls.length + scheduleAfter.mock.calls.length;
    const { pending } = request();
    table.add(pending);
    let plannedInTurn = 0;
    spyOn(pending, "deliver").mockImplementation(() => {
      putMany(room, 10);
      settleMany(room, 10);
      turns.request();
      plannedInTurn = planned();
    });
    table.settle(pending, "succeeded", 1);
    await turn();
    expect(plannedInTurn).toBe(1);
    expect(planned()).toBe(2);
  });

  test("is never scheduled twice, and one promise is out at most, in whatever order things come", async () => {
    const room = poolOf(2);
    const { turns } = room;
    const mistakes: string[] = [];
    const schedule = turns.schedule.bind(turns);
    const scheduleAfter = turns.scheduleAfter.bind(turns);
    spyOn(turns, "schedule").mockImplementation((delayMs) => {
      if (turns.isScheduled) mistakes.push("scheduled twice");
      schedule(delayMs);
    });
    spyOn(turns, "scheduleAfter").mockImplementation((promise) => {
      if (turns.isAwaiting || turns.isScheduled) mistakes.push("a second promise");
      scheduleAfter(promise);
    });
    const all: unknown[][] = [];
    for (let step = 0; step < 200; step++) {
      if (step % 3 !== 0) all.push(put(room).delivered);
      if (step % 7 === 0) all.push(...settleMany(room, 2));
      const task = played[step % 2]?.claim() ?? -1;
      if (task >= 0) played[step % 2]?.succeed(task, step);
      if (step % 5 === 0) turns.request();
      if (step % 4 === 0) await turn();
      if (step % 11 === 0) await turnUntil(() => turns.isAwaiting || room.table.size === 0);
    }
    while (room.queue.waiting > 0) firstWorker().serve("late");
    await turnUntil(() => room.table.size === 0);
    expect(all.filter((delivered) => delivered.length !== 1)).toEqual([]);
    expect(mistakes).toEqual([]);
  });

  test("that delivers while a promise is out asks for no second promise", async () => {
    const { room, worker, task, delivered } = await busyPool();
    const scheduleAfter = spyOn(room.turns, "scheduleAfter");
    const [settled] = settleMany(room, 1) as [unknown[]];
    await turnUntil(() => settled.length > 0);
    await turn();
    expect(room.turns.isAwaiting).toBe(true);
    expect(scheduleAfter).not.toHaveBeenCalled();
    worker.succeed(task, "done");
    await turnUntil(() => delivered.length > 0);
  });

  test("is scheduled also when a worker was just woken, which then has begun by that turn", async () => {
    const room = poolOf(1);
    room.channels.isWorkerWaking = true;
    put(room);
    expect(room.turns.isAwaiting).toBe(false);
    expect(room.turns.isScheduled).toBe(true);
  });

  test("comes for requests that are held back, although the parent waits to be woken", async () => {
    const room = poolOf(1);
    put(room);
    while (!room.turns.isAwaiting || room.turns.isScheduled) await turn();
    for (let i = 0; i < 8; i++) room.tasks.heldBack.noteRun(0);
    putMany(room, 100);
    expect(room.tasks.heldBack.count).toBeGreaterThan(0);
    expect(room.turns).toHaveProperty("isScheduled", true);
    await turn();
    expect(room.tasks.heldBack.count).toBe(0);
  });

  test("delivers 1,024 outcomes at most, and what the program has set comes between two turns", async () => {
    const room = poolRoom();
    const all = settleMany(room, 2500);
    const counts: number[] = [];
    for (let i = 0; i < 4; i++) {
      await turn();
      counts.push(all.filter((delivered) => delivered.length === 1).length);
    }
    expect(counts).toEqual([1024, 2048, 2500, 2500]);
  });

  test("in which a callback throws delivers the other outcomes, and reports the error", async () => {
    const reported: unknown[] = [];
    const spy = spyOn(replaceable, "reportError").mockImplementation((error) => {
      reported.push(error);
    });
    const room = poolRoom();
    const { pending } = request();
    const before = settleMany(room, 1);
    room.table.add(pending);
    const error = new Error("of a callback");
    spyOn(pending, "deliver").mockImplementation(() => {
      throw error;
    });
    room.table.settle(pending, "succeeded", 1);
    const after = settleMany(room, 1);
    await turn();
    spy.mockRestore();
    expect(reported).toEqual([error]);
    expect([...before, ...after]).toEqual([[0], [0]]);
    expect(room.table.size).toBe(0);
  });

  test("ends the burst of puts whose call sites are captured one by one", async () => {
    const room = poolRoom();
    const endBurst = spyOn(room.callSites, "endBurst");
    settleMany(room, 1);
    await turn();
    expect(endBurst).toHaveBeenCalledTimes(1);
  });
});

describe("the event loop comes to deliver, without another call,", () => {
  test("a result that is there before the first turn", async () => {
    const room = poolOf(1);
    const { delivered } = put(room);
    firstWorker().serve("done");
    await turnUntil(() => delivered.length > 0);
    expect(delivered).toEqual(["done"]);
  });

  test("a result that wakes it", async () => {
    const { worker, task, delivered } = await busyPool();
    worker.succeed(task, "done");
    await turnUntil(() => delivered.length > 0);
    expect(delivered).toEqual(["done"]);
  });

  test("a result that a blocking call has read", async () => {
    const { room, worker, task, delivered } = await busyPool();
    worker.succeed(task, "done");
    room.supervisor.reactor.react();
    expect(delivered).toEqual([]);
    await turnUntil(() => delivered.length > 0);
    expect(delivered).toEqual(["done"]);
  });

  test("a failure", async () => {
    const { worker, task, delivered } = await busyPool();
    worker.fail(task, new RangeError("of the callable"));
    await turnUntil(() => delivered.length > 0);
    expect(delivered).toEqual([new RangeError("of the callable")]);
  });

  test.each(["waits", "runs"])("an abort of a request that %s", async (where) => {
    const { room } = await busyPool();
    const abort = new AbortController();
    const { pending, delivered } = put(room, [], { signal: abort.signal });
    room.cancellation.watch(pending);
    if (where === "runs") firstWorker().take();
    await turnUntil(() => room.turns.isAwaiting && !room.turns.isScheduled);
    abort.abort(new Error("of the program"));
    await turnUntil(() => delivered.length > 0);
    expect(delivered).toEqual([new Error("of the program")]);
  });

  test("the end of the time that a request may wait", async () => {
    const { room } = await busyPool();
    const { pending, delivered } = put(room, [], { queueTimeoutMs: 1 });
    room.cancellation.watch(pending);
    await turnUntil(() => delivered.length > 0);
    expect(delivered).toEqual([expect.any(RequestTimeout)]);
  });

  test("the end of the time that a request may run", async () => {
    const room = poolOf(1);
    const { pending, delivered } = put(room, [], { timeoutMs: 1 });
    room.cancellation.watch(pending);
    const worker = firstWorker();
    worker.begin(worker.take());
    await turnUntil(() => delivered.length > 0);
    expect(delivered).toEqual([expect.any(RequestTimeout)]);
  });

  test("the end of a time limit that a blocking call has noticed", async () => {
    const { room } = await busyPool();
    const { pending, delivered } = put(room, [], { queueTimeoutMs: 1 });
    room.cancellation.watch(pending);
    room.supervisor.reactor.reactUntil(() => pending.outcome !== "pending");
    expect(delivered).toEqual([]);
    await turnUntil(() => delivered.length > 0);
    expect(delivered).toEqual([expect.any(RequestTimeout)]);
  });

  test("a request that was discarded for a newer one", async () => {
    const { room } = await busyPool({ qSize: 1 });
    const { delivered } = put(room);
    await turnUntil(() => room.turns.isAwaiting && !room.turns.isScheduled);
    const rules = { qSize: 1, rejectionPolicy: "discardOldest" } as const;
    expect(new Admission(room, rules).admit(request().pending, 0)).toBe("in a worker");
    await turnUntil(() => delivered.length > 0);
    expect(delivered).toEqual([expect.objectContaining({ name: "QueueFull" })]);
  });

  test.each([
    ["returns", () => "done", "done"],
    [
      "throws",
      (): never => {
        throw new Error("of the callable");
      },
      new Error("of the callable"),
    ],
    ["resolves", () => Promise.resolve("done"), "done"],
    ["rejects", () => Promise.reject(new Error("later")), new Error("later")],
  ])("a request that ran in its caller and %s", async (_, callable, outcome) => {
    const room = poolRoom();
    const { pending, delivered } = request();
    new CallerRuns(room).run(pending, callable, []);
    expect(delivered).toEqual([]);
    await turnUntil(() => delivered.length > 0);
    expect(delivered).toEqual([outcome as never]);
  });

  test("an abort of a request that runs in its caller", async () => {
    const room = poolRoom();
    const abort = new AbortController();
    const { pending, delivered } = request({ signal: abort.signal });
    new CallerRuns(room).run(pending, () => new Promise(() => {}), []);
    await turn();
    abort.abort(new Error("of the program"));
    await turnUntil(() => delivered.length > 0);
    expect(delivered).toEqual([new Error("of the program")]);
  });

  test("the end of its time for a request that runs in its caller", async () => {
    const room = poolRoom();
    const { pending, delivered } = request({ timeoutMs: 1 });
    new CallerRuns(room).run(pending, () => new Promise(() => {}), []);
    await turnUntil(() => delivered.length > 0);
    expect(delivered).toEqual([expect.any(RequestTimeout)]);
  });

  test.each([
    ["announces its end", (worker: PlayedWorker) => worker.end(7)],
    ["ends without a word", (worker: PlayedWorker) => worker.close(7)],
    [
      "publishes what makes no sense",
      (worker: PlayedWorker) => worker.publish(5, 77, undefined, 0),
    ],
  ])("the death of a worker that %s", async (_, die) => {
    const { worker, delivered } = await busyPool();
    die(worker);
    await turnUntil(() => delivered.length > 0);
    expect(delivered).toEqual([expect.any(WorkerDied)]);
  });

  test("the kill of a worker", async () => {
    const { room, delivered } = await busyPool();
    room.supervisor.running[0]?.terminate();
    await turnUntil(() => delivered.length > 0);
    expect(delivered).toEqual([expect.any(WorkerDied)]);
  });

  test("the death of a worker that a blocking call has noticed", async () => {
    const { room, worker, delivered } = await busyPool();
    worker.end(7);
    room.supervisor.reactor.react();
    await turnUntil(() => delivered.length > 0);
    expect(delivered).toEqual([expect.any(WorkerDied)]);
  });

  test("a request whose parts cannot be sent", async () => {
    const { room, worker } = await busyPool();
    const { port1 } = new MessageChannel();
    const { pending, delivered } = request();
    room.queue.submit(pending, [port1], [port1]);
    const task = worker.take();
    port1.close();
    worker.publish(task, 4);
    await turnUntil(() => delivered.length > 0);
    expect(delivered).toEqual([expect.objectContaining({ name: "PayloadError" })]);
  });

  test("what terminate fails", async () => {
    const { room, delivered } = await busyPool();
    room.lifecycle.terminate();
    expect(delivered).toEqual([]);
    await turnUntil(() => delivered.length > 0);
    expect(delivered).toEqual([expect.any(PoolClosed)]);
  });

  test("what close fails because no worker is left to run it", async () => {
    const room = poolRoom();
    const { delivered } = put(room);
    const closed = room.lifecycle.close({});
    await turnUntil(() => delivered.length > 0);
    expect(delivered).toEqual([expect.any(PoolClosed)]);
    await closed;
  });

  test("what a failed initializer fails", async () => {
    const room = poolRoom();
    room.supervisor.create(1);
    const { delivered } = put(room);
    const worker = firstWorker();
    worker.start();
    await turnUntil(() => room.turns.isAwaiting);
    worker.publish(NO_TASK, NOT_INITIALIZED, encoded(new Error("of the initializer")));
    worker.end(1);
    await turnUntil(() => delivered.length > 0);
    const [error] = delivered as [PoolClosed];
    expect(error).toBeInstanceOf(PoolClosed);
    expect(error.cause).toEqual(new Error("of the initializer"));
  });

  test("what workers fail that never become ready", async () => {
    const room = poolRoom();
    room.supervisor.create(1);
    const { delivered } = put(room);
    for (let ended = 0; delivered.length === 0; await turn()) {
      for (; ended < played.length; ended++) played[ended]?.close(1);
    }
    expect(delivered).toEqual([expect.any(PoolClosed)]);
  });

  test("a report, and after it the result", async () => {
    const { room, worker } = await busyPool();
    const seen: unknown[] = [];
    const { delivered } = put(room, [], { onProgress: (value) => void seen.push(value) });
    const task = worker.take();
    await turnUntil(() => room.turns.isAwaiting && !room.turns.isScheduled);
    worker.publish(task, 5, encoded("half"));
    await turnUntil(() => seen.length > 0);
    expect(seen).toEqual(["half"]);
    expect(delivered).toEqual([]);
    worker.succeed(task, "done");
    await turnUntil(() => delivered.length > 0);
    expect(delivered).toEqual(["done"]);
  });
});

describe("the event loop reads", () => {
  test("the result of a run that was stopped, with nothing pending", async () => {
    const { room, worker, task } = await busyPool();
    room.table.failAll(() => new Error("stopped"));
    await turnUntil(() => room.table.size === 0 && !room.turns.isScheduled);
    expect(room.tasks.inUse).toBe(1);
    worker.succeed(task, "late");
    await turnUntil(() => room.tasks.inUse === 0);
    await turn();
    expect(room.turns.isScheduled || room.turns.isAwaiting).toBe(false);
  });

  test("nothing once nothing is expected", async () => {
    const { room, worker, task, delivered } = await busyPool();
    worker.succeed(task, "done");
    await turnUntil(() => delivered.length > 0);
    await turn();
    await turn();
    expect(room.turns.isScheduled || room.turns.isAwaiting).toBe(false);
  });
});

describe("in manual mode", () => {
  test("results are read ahead and not delivered", async () => {
    const { room, worker, task, delivered } = await busyPool({ isAuto: false });
    worker.succeed(task, "done");
    await turnUntil(() => room.table.hasArrived);
    for (let i = 0; i < 5; i++) await turn();
    expect(delivered).toEqual([]);
    room.table.deliverAll();
    expect(delivered).toEqual(["done"]);
  });

  test("results are not read while their number is bounded", async () => {
    const room = poolOf(1, { isAuto: false, readsAhead: false });
    const { delivered } = put(room);
    firstWorker().serve("done");
    for (let i = 0; i < 5; i++) await turn();
    expect(room.table.hasArrived).toBe(false);
    expect(room.turns.isScheduled || room.turns.isAwaiting).toBe(false);
    room.supervisor.reactor.react();
    room.table.deliverAll();
    expect(delivered).toEqual(["done"]);
  });

  test("a run that was stopped is read all the same, once nothing is pending", async () => {
    const room = poolOf(1, { isAuto: false, readsAhead: false });
    put(room);
    const worker = firstWorker();
    worker.serve("late");
    room.table.failAll(() => new Error("stopped"));
    await turn();
    expect(room.tasks.inUse).toBe(1);
    room.table.deliverAll();
    await turnUntil(() => room.tasks.inUse === 0);
  });

  test("until delivers, and nothing is delivered once it has resolved", async () => {
    const { room, worker, task, delivered } = await busyPool({ isAuto: false });
    const later = put(room);
    let isDone = false;
    const until = room.delivery.until(() => isDone);
    worker.succeed(task, "done");
    await turnUntil(() => delivered.length > 0);
    isDone = true;
    room.turns.request();
    await until;
    worker.serve("later");
    await turnUntil(() => room.table.hasArrived);
    await turn();
    await turn();
    expect(later.delivered).toEqual([]);
  });
});

describe("until", () => {
  test("resolves in a turn when its condition holds already", async () => {
    const room = poolRoom();
    await room.delivery.until(() => true);
  });

  test("resolves when the last request is delivered, for each caller", async () => {
    const { room, worker, task } = await busyPool();
    const isEmpty = (): boolean => room.table.size === 0;
    const all = Promise.all([room.delivery.until(isEmpty), room.delivery.until(isEmpty)]);
    worker.succeed(task, "done");
    await all;
    expect(room.table.size).toBe(0);
  });

  test("resolves when a blocking call has delivered the last request", async () => {
    const { room, worker, task } = await busyPool();
    const until = room.delivery.until(() => room.table.size === 0);
    worker.succeed(task, "done");
    room.supervisor.reactor.react();
    room.table.deliverAll();
    await until;
  });

  test("resolves when a request of runSync was the last", async () => {
    const room = poolOf(1);
    const pending = new SyncRequest(() => 1, [], 0, undefined);
    room.queue.submit(pending, [], undefined);
    const until = room.delivery.until(() => room.table.size === 0);
    firstWorker().serve("done");
    room.supervisor.reactor.react();
    expect(room.table.size).toBe(0);
    await until;
  });

  test("resolves when the pool is terminated", async () => {
    const { room } = await busyPool();
    const until = room.delivery.until(() => room.table.size === 0);
    room.lifecycle.terminate();
    await until;
  });

  const endings: [string, (room: PoolRoom, worker: PlayedWorker) => void][] = [
    ["announced its end", (_, worker) => worker.end(0)],
    ["ended without a word", (_, worker) => worker.close(0)],
    ["was killed", (room) => room.supervisor.dismissed[0]?.terminate()],
    [
      "was joined by a blocking call",
      (room, worker) => {
        worker.end(0);
        room.supervisor.joinAndForget(room.supervisor.dismissed);
      },
    ],
  ];

  test.each(endings)(
    "resolves when the last worker has %s, if that is waited for",
    async (_, end) => {
      const room = poolOf(1);
      room.supervisor.dismissNewest(1);
      const until = room.delivery.until(() => !room.supervisor.canDeliver);
      await turnUntil(() => room.turns.isAwaiting);
      end(room, firstWorker());
      await until;
    },
  );

  test.each(endings)("rejects when the last worker has %s and requests wait", async (_, end) => {
    const room = poolOf(1);
    put(room);
    room.supervisor.dismissNewest(1);
    const until = room.delivery.until(() => room.table.size === 0);
    await turnUntil(() => room.turns.isAwaiting);
    end(room, firstWorker());
    await expect(until).rejects.toBeInstanceOf(NoWorkersAvailable);
    expect(room.table.size).toBe(1);
  });

  test("rejects in the first turn when there is no worker", async () => {
    const room = poolRoom();
    put(room);
    const until = room.delivery.until(() => room.table.size === 0);
    await expect(until).rejects.toThrow("No worker is left that could deliver a result");
  });

  test("delivers what has arrived before it rejects", async () => {
    const room = poolRoom();
    const all = settleMany(room, 1500);
    put(room);
    const until = room.delivery.until(() => room.table.size === 0);
    await expect(until).rejects.toBeInstanceOf(NoWorkersAvailable);
    expect(all.every((delivered) => delivered.length === 1)).toBe(true);
  });

  test("rejects those whose condition does not hold, and resolves the others", async () => {
    const room = poolRoom();
    put(room);
    const hopeless = room.delivery.until(() => room.table.size === 0);
    const done = room.delivery.until(() => !room.supervisor.canDeliver);
    await expect(hopeless).rejects.toBeInstanceOf(NoWorkersAvailable);
    await done;
  });

  test("goes on while the successor of a worker that could not start is planned", async () => {
    const room = poolRoom();
    room.supervisor.create(1);
    const { delivered } = put(room);
    const until = room.delivery.until(() => room.table.size === 0);
    firstWorker().close(1);
    await turnUntil(() => played.length === 2);
    played[1]?.becomeReady();
    played[1]?.serve("done");
    await until;
    expect(delivered).toEqual(["done"]);
  });
});

describe("a wait for the end of the workers, while the successor of a dead one is planned", () => {
  /** A worker has ended before it was ready, and the event loop waits to be woken. */
  async function waiting(): Promise<{ room: PoolRoom; until: Promise<void> }> {
    const room = poolRoom();
    room.supervisor.create(1);
    firstWorker().close(1);
    const until = room.delivery.until(() => !room.supervisor.canDeliver);
    await turnUntil(() => room.turns.isAwaiting);
    return { room, until };
  }

  test.each<[string, (room: PoolRoom) => unknown]>([
    ["the dead one is dismissed", (room) => room.supervisor.dismissNewest(1)],
    ["the pool closes", (room) => room.lifecycle.close({})],
    ["the pool is disposed of", (room) => room.lifecycle.dispose(() => {})],
    ["the pool is terminated", (room) => room.lifecycle.terminate()],
    [
      "the dead one is dismissed, and a blocking call comes to the time of the successor",
      (room) => {
        room.supervisor.dismissNewest(1);
        room.supervisor.reactor.reactUntil(() => room.deadlines.size === 0);
      },
    ],
  ])("is over when %s, without another call", async (_, end) => {
    const { room, until } = await waiting();
    const ended = end(room);
    await until;
    await ended;
    expect(played).toHaveLength(1);
  });

  test("is over with an error for those who wait for a request, when the dead one is dismissed", async () => {
    const room = poolRoom();
    room.supervisor.create(1);
    firstWorker().close(1);
    put(room);
    const until = room.delivery.until(() => room.table.size === 0);
    await turnUntil(() => room.turns.isAwaiting);
    room.supervisor.dismissNewest(1);
    await expect(until).rejects.toBeInstanceOf(NoWorkersAvailable);
  });

  test("goes on when the successor is started", async () => {
    const { room, until } = await waiting();
    await turnUntil(() => played.length === 2);
    expect(room.supervisor.canDeliver).toBe(true);
    room.supervisor.dismissNewest(1);
    played[1]?.end(0);
    await until;
  });
});

describe("the process is kept alive", () => {
  test("from a put to its delivery", async () => {
    const { room, isKeptAlive } = roomWithTimer();
    room.supervisor.create(1);
    const worker = firstWorker();
    worker.becomeReady();
    expect(isKeptAlive()).toBe(false);
    const { delivered } = put(room);
    expect(isKeptAlive()).toBe(true);
    const task = worker.take();
    await turnUntil(() => room.turns.isAwaiting);
    expect(isKeptAlive()).toBe(true);
    worker.succeed(task, "done");
    await turnUntil(() => delivered.length > 0);
    expect(isKeptAlive()).toBe(false);
  });

  test("in manual mode until the program delivers", async () => {
    const { room, isKeptAlive } = roomWithTimer({ isAuto: false });
    settleMany(room, 1);
    put(room);
    await turn();
    expect(isKeptAlive()).toBe(true);
    room.table.failAll(() => new Error("no worker"));
    room.table.deliverAll();
    await turn();
    expect(isKeptAlive()).toBe(false);
  });

  test("while somebody waits by until, with nothing pending", async () => {
    const { room, isKeptAlive } = roomWithTimer();
    room.supervisor.create(1);
    let isDone = false;
    const until = room.delivery.until(() => isDone);
    expect(isKeptAlive()).toBe(true);
    await turnUntil(() => room.turns.isAwaiting);
    expect(isKeptAlive()).toBe(true);
    isDone = true;
    room.turns.request();
    await until;
    expect(isKeptAlive()).toBe(false);
  });

  test("not for a run that was stopped", async () => {
    const { room, isKeptAlive } = roomWithTimer();
    room.supervisor.create(1);
    const worker = firstWorker();
    worker.becomeReady();
    put(room);
    worker.take();
    room.table.failAll(() => new Error("stopped"));
    await turnUntil(() => room.table.size === 0);
    expect(room.tasks.inUse).toBe(1);
    expect(isKeptAlive()).toBe(false);
  });

  test("by a closed pool until its last outcome is delivered, and then its timer ends", async () => {
    const { room, isKeptAlive } = roomWithTimer();
    const end = spyOn(room.turns, "end");
    settleMany(room, 1);
    room.delivery.close();
    expect(isKeptAlive()).toBe(true);
    expect(end).not.toHaveBeenCalled();
    await turnUntil(() => room.table.size === 0);
    expect(end).toHaveBeenCalled();
  });
});
