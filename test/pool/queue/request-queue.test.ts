import { describe, expect, test } from "bun:test";
import { enterIdleSet } from "../../../native-queue/parker.ts";
import { PayloadError, PoolClosed } from "../../../src/errors.ts";
import { SyncRequest } from "../../../src/pool/request/pending-request.ts";
import { TASKS } from "../../../src/pool/queue/task-table.ts";
import { playWorkers } from "../played-worker.ts";
import type { PlayedWorker } from "../played-worker.ts";
import { addWorker, payloadIn, put, putMany, queueRoom, request } from "../pool-parts.ts";
import type { Put, QueueRoom } from "../pool-parts.ts";

const played = playWorkers();

/** The names of the queue's events, in their order. */
function eventsOf({ events }: QueueRoom): string[] {
  const log: string[] = [];
  events.on("full", () => void log.push("full"));
  events.on("drain", () => void log.push("drain"));
  return log;
}

function countTurns({ turns }: QueueRoom): () => number {
  let asked = 0;
  turns.takeWith({ plan: () => void asked++, takeTurn: () => {}, planNext: () => {} });
  return () => asked;
}

/** The requests in the order in which a worker claims them, when each claim makes room for the next. */
function claimed(room: QueueRoom, worker: PlayedWorker, puts: readonly Put[]): number[] {
  const order: number[] = [];
  for (let task = worker.claim(); task >= 0; task = worker.claim()) {
    const pending = room.tasks.requestOf(task);
    order.push(puts.findIndex((made) => made.pending === pending));
    room.tasks.forget(task);
    room.tasks.free(task);
    room.queue.refill();
  }
  return order;
}

describe("a request that is put", () => {
  test("is in a task while one is free, and in the backlog otherwise", () => {
    const room = queueRoom();
    const first = request();
    expect(room.queue.submit(first.pending, [1], undefined)).toBe(true);
    expect(first.pending.location).toBeNumber();
    putMany(room, TASKS - 1);
    const last = request();
    expect(room.queue.submit(last.pending, [1], undefined)).toBe(false);
    expect(last.pending.location).toBeObject();
    expect(room.queue.waiting).toBe(TASKS + 1);
    expect(room.table.size).toBe(TASKS + 1);
  });

  test("asks for a turn of the event loop, which is to read its result", () => {
    const room = queueRoom();
    const asked = countTurns(room);
    put(room, [1]);
    put(room, [{}]);
    expect(asked()).toBe(2);
  });

  test("by runSync asks for none, because its caller waits by itself", () => {
    const room = queueRoom();
    const asked = countTurns(room);
    room.queue.submit(new SyncRequest(() => 1, [], 0, undefined), [1], undefined);
    expect(asked()).toBe(0);
  });

  test("with an argument that cannot cross is refused, and nothing was put", () => {
    const room = queueRoom();
    const asked = countTurns(room);
    const { pending } = request();
    const submit = (): unknown => room.queue.submit(pending, [() => 1], undefined);
    expect(submit).toThrow(PayloadError);
    expect(room.table.size).toBe(0);
    expect(room.queue.waiting).toBe(0);
    expect(asked()).toBe(0);
  });

  test("whose argument closes the pool while it is read is refused", () => {
    const room = queueRoom();
    const refuse = (): never => {
      throw new PoolClosed("The pool takes no more requests.");
    };
    const argument = {
      get closing(): number {
        room.queue.close(refuse);
        return 1;
      },
    };
    const submit = (): unknown => put(room, [argument]);
    expect(submit).toThrow(PoolClosed);
    expect(room.table.size).toBe(0);
  });

  test("leaves the backlog in the order of the puts, as tasks become free", () => {
    const room = queueRoom();
    const { worker } = addWorker(room, played);
    const puts = Array.from({ length: TASKS + 20 }, (_, i) => put(room, [i]));
    expect(claimed(room, worker, puts)).toEqual(puts.map((_, i) => i));
  });

  test("goes behind those in the backlog, although a task is free", () => {
    const room = queueRoom();
    const { worker } = addWorker(room, played);
    putMany(room, TASKS);
    const waiting = put(room);
    const task = worker.take();
    room.tasks.forget(task);
    room.tasks.free(task);
    const { pending } = put(room);
    expect(waiting.pending.location).toBe(task);
    expect(pending.location).toBeObject();
  });

  test("wakes a parked worker, also when it comes from the backlog", () => {
    const room = queueRoom();
    const { worker } = addWorker(room, played);
    room.tasks.limit = 0;
    put(room);
    expect(worker.claim()).toBe(-1);
    room.tasks.limit = 5;
    room.queue.refill();
    expect(worker.claim()).toBeGreaterThanOrEqual(0);
  });
});

describe("the capacity", () => {
  test("has no end without a bound", () => {
    const room = queueRoom();
    putMany(room, TASKS + 5);
    expect(room.queue.hasCapacity()).toBe(true);
  });

  test("counts requests that no worker has claimed, in tasks and in the backlog", () => {
    const room = queueRoom({ qSize: 2 });
    const { worker } = addWorker(room, played);
    putMany(room, 2);
    expect(room.queue.hasCapacity()).toBe(false);
    worker.take();
    expect(room.queue.hasCapacity()).toBe(true);
    room.tasks.limit = 0;
    putMany(room, 1);
    expect(room.queue.hasCapacity()).toBe(false);
  });

  test("is told of by one full and one drain, however often it is found full", () => {
    const room = queueRoom({ qSize: 1 });
    const log = eventsOf(room);
    const { worker } = addWorker(room, played);
    put(room);
    room.queue.noteRoom();
    expect(log).toEqual([]);
    room.queue.noteFull();
    room.queue.noteFull();
    room.queue.noteRoom();
    expect(log).toEqual(["full"]);
    expect(room.queue.isFull).toBe(true);
    worker.take();
    room.queue.noteRoom();
    room.queue.noteRoom();
    expect(log).toEqual(["full", "drain"]);
    expect(room.queue.isFull).toBe(false);
  });
});

describe("the number of requests in tasks", () => {
  test("is bounded by the tasks alone in a pool without bounds and priorities", () => {
    const room = queueRoom();
    addWorker(room, played);
    room.queue.limitToWorkers();
    expect(room.tasks.limit).toBe(Infinity);
  });

  test("is as large as the bound of results, and one for each worker", () => {
    const room = queueRoom({ resqSize: 3 });
    addWorker(room, played);
    addWorker(room, played);
    room.queue.limitToWorkers();
    putMany(room, 10);
    expect(room.tasks.inUse).toBe(5);
    addWorker(room, played);
    room.queue.limitToWorkers();
    expect(room.tasks.inUse).toBe(6);
  });

  test("is two for each worker once a priority is used", () => {
    const room = queueRoom();
    addWorker(room, played);
    addWorker(room, played);
    putMany(room, 10);
    expect(room.tasks.inUse).toBe(10);
    put(room, [], { priority: 1 });
    expect(room.tasks.inUse).toBe(4);
    expect(room.queue.waiting).toBe(11);
  });
});

describe("a worker that is parked is woken", () => {
  /** A queue with a worker. `wakes` parks the worker, and tells whether an action has woken it. */
  function withParked(): QueueRoom & { wakes: (action: () => unknown) => boolean } {
    const room = queueRoom();
    const { worker } = addWorker(room, played);
    const wakes = (action: () => unknown): boolean => {
      enterIdleSet(worker.views, worker.slot);
      const before = worker.wakeUps;
      action();
      return worker.wakeUps !== before;
    };
    return { ...room, wakes };
  }

  test.each([
    ["numbers, written into the task", 1],
    ["a value that is encoded", { of: "more than a few bytes" }],
  ])("by a request that is published at once: %s", (_, value) => {
    const room = withParked();
    expect(room.wakes(() => put(room, [value]))).toBe(true);
  });

  test("by a request that leaves the backlog, and not by one that goes there", () => {
    const room = withParked();
    room.tasks.limit = 0;
    expect(room.wakes(() => put(room, [1]))).toBe(false);
    room.tasks.limit = 1;
    expect(room.wakes(() => room.queue.refill())).toBe(true);
  });
});

test("a request does not overtake the backlog, although a task has become free", () => {
  const room = queueRoom();
  const { worker } = addWorker(room, played);
  room.tasks.limit = 1;
  const puts = [put(room, ["first"]), put(room, ["in the backlog"])];
  room.tasks.limit = 3;
  puts.push(put(room, ["last"]));
  expect(room.queue.waiting).toBe(3);
  const order = puts.map(() => room.tasks.requestOf(worker.take()));
  expect(order).toEqual(puts.map(({ pending }) => pending));
  expect(worker.claim()).toBe(-1);
});

describe("priorities", () => {
  test("let a request overtake those that no worker has claimed, which keep their order", () => {
    const room = queueRoom();
    const { worker } = addWorker(room, played);
    const puts = putMany(room, 6);
    worker.take();
    puts.push(put(room, [], { priority: 1 }), put(room, [], { priority: -1 }));
    // One is claimed, and one waits in a task already.
    expect(claimed(room, worker, puts)).toEqual([1, 6, 2, 3, 4, 5, 7]);
  });

  test("take requests back with their bytes", () => {
    const room = queueRoom();
    const { worker } = addWorker(room, played);
    worker.claim();
    const argument = ["some", { text: "a".repeat(1000) }];
    const before = put(room, argument);
    const bytes = payloadIn(room, before.pending.location as number);
    put(room, [], { priority: 1 });
    put(room, [], { priority: 1 });
    for (let task = worker.claim(); task >= 0; task = worker.claim()) {
      if (room.tasks.requestOf(task) === before.pending) break;
      room.tasks.forget(task);
      room.tasks.free(task);
      room.queue.refill();
    }
    expect(payloadIn(room, before.pending.location as number)).toEqual(bytes);
  });
});

describe("a withdrawal", () => {
  test("takes a request out of its task, and out of the backlog", () => {
    const room = queueRoom();
    const { worker } = addWorker(room, played);
    const [first, ...rest] = putMany(room, TASKS + 3) as [Put, ...Put[]];
    const last = rest.at(-1) as Put;
    expect(room.queue.tryWithdraw(first.pending)).toBe(true);
    expect(room.queue.tryWithdraw(last.pending)).toBe(true);
    expect([first.pending.location, last.pending.location]).toEqual([-1, -1]);
    room.queue.refill();
    expect(claimed(room, worker, rest)).toEqual(Array.from({ length: TASKS + 1 }, (_, i) => i));
  });

  test("comes too late for a request that a worker has claimed, and for one that is nowhere", () => {
    const room = queueRoom();
    const { worker } = addWorker(room, played);
    const { pending } = put(room);
    worker.take();
    expect(room.queue.tryWithdraw(pending)).toBe(false);
    expect(room.queue.tryWithdraw(request().pending)).toBe(false);
  });
});

describe("a new worker", () => {
  test("is told what was posted to the others for requests that it may claim", () => {
    const room = queueRoom();
    const { worker: old } = addWorker(room, played);
    put(room, [new SharedArrayBuffer(8)]);
    const posted = old.readPort();
    expect(posted).toHaveLength(1);
    expect(addWorker(room, played).worker.readPort()).toEqual(posted);
  });

  test("is told of the parts of the requests that it may claim, and of shared buffers", () => {
    const room = queueRoom();
    addWorker(room, played);
    const buffer = new SharedArrayBuffer(8);
    put(room, [buffer]);
    put(room, [buffer]);
    put(room, [1]);
    const { worker } = addWorker(room, played);
    expect(worker.readPort()).toMatchObject([
      { id: 1, buffer },
      { position: 0, outOfBand: { task: 0, handles: [buffer] } },
    ]);
  });

  test("is told nothing of what was moved, because it asks for that", () => {
    const room = queueRoom();
    const buffer = new ArrayBuffer(8);
    room.queue.submit(request().pending, [buffer], [buffer]);
    const { worker } = addWorker(room, played);
    expect(worker.readPort()).toEqual([]);
  });
});

test("a queue that is abandoned has nothing waiting and no room", () => {
  const room = queueRoom();
  putMany(room, TASKS + 5);
  room.queue.abandon();
  expect(room.tasks.inUse).toBe(0);
  expect(room.tasks.hasRoom).toBe(false);
  expect([...room.tasks.occupied()]).toEqual([]);
});
