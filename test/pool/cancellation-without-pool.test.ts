/** What ends a request before its time, step by step, without a `ThreadPool` around it and without threads. */
import { describe, expect, test } from "bun:test";
import { RequestTimeout } from "../../src/errors.ts";
import { TASKS } from "../../src/pool/queue/task-table.ts";
import { playWorkers } from "./played-worker.ts";
import type { PlayedWorker } from "./played-worker.ts";
import { outcome, poolRoom, put, putMany } from "./pool-parts.ts";
import type { PoolOptions, PoolRoom, Put } from "./pool-parts.ts";

const played = playWorkers();
const LONG_MS = 1e9;

interface Room extends PoolRoom {
  readonly worker: PlayedWorker;
}

function roomWithWorker(options: Partial<PoolOptions> = {}): Room {
  const room = poolRoom(options);
  room.supervisor.create(1);
  const [worker] = played as [PlayedWorker];
  worker.becomeReady();
  return { ...room, worker };
}

/** Puts a request that is watched. */
function watched(room: Room, limits: Parameters<typeof put>[2]): Put {
  const made = put(room, [], limits);
  room.cancellation.watch(made.pending);
  return made;
}

/** Blocks as a parent does until it has reacted to a deadline. */
function passTime(room: Room, isDone: () => boolean): void {
  room.supervisor.reactor.reactUntil(isDone);
}

describe("an abort of a request that waits", () => {
  test("withdraws it, and no worker claims it", () => {
    const room = roomWithWorker();
    const abort = new AbortController();
    const made = watched(room, { signal: abort.signal });
    abort.abort("a reason");
    expect(outcome(room, made)).toBe("a reason");
    expect(room.table.cancelled).toBe(1);
    expect(room.worker.claim()).toBe(-1);
    expect(room.worker.received).toEqual([]);
  });

  test("gives its task to the next of the backlog at once", () => {
    const room = roomWithWorker();
    const abort = new AbortController();
    watched(room, { signal: abort.signal });
    putMany(room, TASKS - 1);
    const behind = put(room);
    expect(behind.pending.location).toBeObject();
    abort.abort();
    expect(behind.pending.location).toBeNumber();
  });
});

describe("an abort of a request that runs", () => {
  test("settles it at once, and asks its run to stop in shared memory and by a message", () => {
    const room = roomWithWorker();
    const abort = new AbortController();
    const made = watched(room, { signal: abort.signal });
    const task = room.worker.take();
    abort.abort("a reason");
    expect(outcome(room, made)).toBe("a reason");
    expect(room.worker.received).toEqual([{ stopTask: task, generation: 0 }]);
    expect(room.tasks.inUse).toBe(1);
    room.worker.succeed(task, "late");
    room.supervisor.reactor.react();
    expect(room.tasks.inUse).toBe(0);
    expect(made.delivered).toEqual(["a reason"]);
  });

  test("ends its worker when the grace period is over, and no sooner", () => {
    const room = roomWithWorker({ graceMs: 1 });
    const abort = new AbortController();
    watched(room, { signal: abort.signal });
    room.worker.take();
    abort.abort();
    expect(room.worker.isTerminated).toBe(false);
    passTime(room, () => room.worker.isTerminated);
    expect(played).toHaveLength(2);
  });

  test("spares the worker when the run ends in time, and leaves no deadline behind", () => {
    const room = roomWithWorker({ graceMs: LONG_MS });
    const before = room.deadlines.size;
    const abort = new AbortController();
    watched(room, { signal: abort.signal });
    const task = room.worker.take();
    abort.abort();
    expect(room.deadlines.size).toBe(before + 1);
    room.worker.succeed(task, "stopped");
    room.supervisor.reactor.react();
    expect(room.deadlines.size).toBe(before);
    expect(room.worker.isTerminated).toBe(false);
  });

  test("never ends its worker when the grace period has no end", () => {
    const room = roomWithWorker({ graceMs: Infinity });
    const before = room.deadlines.size;
    const abort = new AbortController();
    watched(room, { signal: abort.signal });
    room.worker.take();
    abort.abort();
    expect(room.deadlines.size).toBe(before);
  });

  test("does nothing when its worker has died meanwhile", () => {
    const room = roomWithWorker();
    const abort = new AbortController();
    const made = watched(room, { signal: abort.signal });
    room.worker.take();
    room.worker.end(7);
    room.supervisor.reactor.react();
    abort.abort("too late");
    expect(outcome(room, made)).toMatchObject({ name: "WorkerDied" });
  });
});

describe("the limit of the time in the queue", () => {
  test("fails a request that waits", () => {
    const room = roomWithWorker();
    const made = watched(room, { queueTimeoutMs: 1 });
    passTime(room, () => made.pending.outcome !== "pending");
    expect(outcome(room, made)).toBeInstanceOf(RequestTimeout);
    expect((outcome(room, made) as Error).message).toContain("queueTimeoutMs=1");
    expect(room.worker.claim()).toBe(-1);
  });

  test("is no concern of a request that runs", () => {
    const room = roomWithWorker();
    const made = watched(room, { queueTimeoutMs: 1 });
    const before = room.deadlines.size;
    room.worker.take();
    passTime(room, () => room.deadlines.size < before);
    expect(outcome(room, made)).toBe("pending");
  });
});

describe("the limit of the time of a run", () => {
  test("begins with the run, and not with the put", () => {
    const room = roomWithWorker();
    const made = watched(room, { timeoutMs: 1 });
    let looks = 0;
    room.deadlines.add(5, () => looks++);
    passTime(room, () => looks === 1);
    expect(outcome(room, made)).toBe("pending");
    room.worker.begin(room.worker.take());
    passTime(room, () => made.pending.outcome !== "pending");
    expect(outcome(room, made)).toBeInstanceOf(RequestTimeout);
    expect((outcome(room, made) as Error).message).toContain("timeoutMs=1");
    expect(room.worker.received).toHaveLength(1);
  });

  test("leaves no deadline behind when the run ends in time", () => {
    const room = roomWithWorker();
    const before = room.deadlines.size;
    watched(room, { timeoutMs: LONG_MS, queueTimeoutMs: LONG_MS });
    expect(room.deadlines.size).toBe(before + 2);
    room.worker.serve("done");
    room.supervisor.reactor.react();
    expect(room.deadlines.size).toBe(before);
  });
});

test("a request that has its outcome already is not watched", () => {
  const room = roomWithWorker();
  const before = room.deadlines.size;
  const made = put(room, [], { timeoutMs: 5 });
  room.table.settle(made.pending, "succeeded", 1);
  room.cancellation.watch(made.pending);
  expect(room.deadlines.size).toBe(before);
});

describe("the request that has waited longest", () => {
  const reason = (): Error => new Error("discarded");

  test("is discarded, and not one that runs or has its outcome", () => {
    const room = roomWithWorker();
    const [running, settled, waiting, last] = putMany(room, 4) as [Put, Put, Put, Put];
    room.worker.take();
    room.table.settle(settled.pending, "succeeded", 1);
    expect(room.cancellation.tryDiscardOldest(reason)).toBe(true);
    expect(outcome(room, waiting)).toEqual(new Error("discarded"));
    expect(outcome(room, running)).toBe("pending");
    expect(outcome(room, last)).toBe("pending");
  });

  test("may be none", () => {
    const room = roomWithWorker();
    expect(room.cancellation.tryDiscardOldest(reason)).toBe(false);
    put(room);
    room.worker.take();
    expect(room.cancellation.tryDiscardOldest(reason)).toBe(false);
  });
});
