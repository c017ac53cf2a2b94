import { describe, expect, test } from "bun:test";
import { INLINE_BYTES, isStopRequested } from "../../../native-queue/index.ts";
import { LONGEST_IN_ARENA, MOST_FOR_LONG } from "../../../src/pool/queue/arenas.ts";
import { TASKS } from "../../../src/pool/queue/task-table.ts";
import type { Run } from "../../../src/pool/queue/run.ts";
import { LONG_ARENA } from "../../../src/protocol/index.ts";
import type { EncodedValue } from "../../../src/protocol/index.ts";
import { playWorkers } from "../played-worker.ts";
import { put, putMany, queueRoom, request, staffedQueueRoom } from "../pool-parts.ts";
import type { Put, QueueRoom, StaffedQueueRoom } from "../pool-parts.ts";

const played = playWorkers();
const NO_BYTES: EncodedValue = { copyTo: () => {} };

function roomWithWorker(): StaffedQueueRoom {
  return staffedQueueRoom(played);
}

function taskOf({ pending }: Put): number {
  return pending.location as number;
}

/** Ends the run of a task. */
function complete({ tasks }: QueueRoom, task: number): void {
  tasks.forget(task);
  tasks.free(task);
}

describe("a task is", () => {
  test("waiting from the put to the claim, running until its result is read, and free then", () => {
    const room = roomWithWorker();
    const made = put(room);
    const task = taskOf(made);
    const stateOf = (): unknown => ({
      waiting: room.tasks.waiting,
      running: room.tasks.running,
      inUse: room.tasks.inUse,
      isRunning: room.tasks.isRunning(made.pending),
      request: room.tasks.requestOf(task),
      busy: [...room.tasks.busySlots()],
    });
    expect(stateOf()).toEqual({
      waiting: 1,
      running: 0,
      inUse: 1,
      isRunning: false,
      request: made.pending,
      busy: [],
    });
    expect(room.worker.take()).toBe(task);
    expect(stateOf()).toEqual({
      waiting: 0,
      running: 1,
      inUse: 1,
      isRunning: true,
      request: made.pending,
      busy: [0],
    });
    complete(room, task);
    expect(stateOf()).toEqual({
      waiting: 0,
      running: 0,
      inUse: 0,
      isRunning: false,
      request: undefined,
      busy: [],
    });
    expect(made.pending.location).toBe(-1);
  });

  test("free again when its request is withdrawn, which comes too late after the claim", () => {
    const room = roomWithWorker();
    const [first, second] = putMany(room, 2) as [Put, Put];
    expect(room.tasks.tryWithdraw(taskOf(first))).toBe(true);
    expect(room.tasks.inUse).toBe(1);
    const task = room.worker.take();
    expect(task).toBe(taskOf(second));
    expect(room.tasks.tryWithdraw(task)).toBe(false);
    expect(room.worker.claim()).toBe(-1);
  });

  test("held after its request was forgotten, until it is freed", () => {
    const room = roomWithWorker();
    putMany(room, TASKS);
    const task = room.worker.take();
    room.tasks.forget(task);
    expect(room.tasks.inUse).toBe(TASKS - 1);
    expect(room.tasks.hasRoom).toBe(false);
    room.tasks.forget(task);
    expect(room.tasks.inUse).toBe(TASKS - 1);
    room.tasks.freeAll([task]);
    expect(room.tasks.hasRoom).toBe(true);
  });

  test("in use by its present put alone", () => {
    const room = roomWithWorker();
    put(room);
    const task = room.worker.take();
    const generation = room.tasks.positionOf(task);
    expect(room.tasks.isInUse(task, generation)).toBe(true);
    expect(room.tasks.isClaimedBy(task, generation, 0)).toBe(true);
    expect(room.tasks.isClaimedBy(task, generation, 1)).toBe(false);
    complete(room, task);
    expect(room.tasks.isInUse(task, generation)).toBe(false);
    put(room);
    expect(room.tasks.isInUse(task, generation)).toBe(false);
  });
});

describe("room", () => {
  test("is there for 1,024 requests, and for fewer when the limit says so", () => {
    const room = queueRoom();
    room.tasks.limit = 3;
    putMany(room, 5);
    expect(room.tasks.inUse).toBe(3);
    room.tasks.limit = Infinity;
    room.queue.refill();
    putMany(room, TASKS);
    expect(room.tasks.inUse).toBe(TASKS);
    expect(room.tasks.hasRoom).toBe(false);
  });

  test("is there although withdrawn requests have filled the ring, and no worker has passed them", () => {
    const room = roomWithWorker();
    for (let round = 0; round < 5; round++) {
      for (const made of putMany(room, TASKS)) room.tasks.tryWithdraw(taskOf(made));
    }
    const puts = putMany(room, 10);
    expect(puts.map(() => room.worker.take())).toEqual(puts.map(taskOf));
  });

  test("is there again for many rounds of all tasks, withdrawn ones included", () => {
    const room = roomWithWorker();
    for (let round = 0; round < 6; round++) {
      const puts = putMany(room, TASKS);
      for (const made of puts) if (round % 2 === 0) room.tasks.tryWithdraw(taskOf(made));
      for (let task = room.worker.claim(); task >= 0; task = room.worker.claim())
        complete(room, task);
      expect(room.tasks.inUse).toBe(0);
    }
  });
});

describe("a task that is free again", () => {
  test("has left its payload's place in the arena to others", () => {
    const { tasks } = queueRoom();
    for (let i = 0; i < (2 * LONG_ARENA.bytes) / LONGEST_IN_ARENA; i++) {
      const { pending } = request();
      tasks.publish(pending, NO_BYTES, { length: LONGEST_IN_ARENA, areNumbers: false });
      expect(pending.outOfBand).toBeUndefined();
      expect(tasks.tryWithdraw(pending.location as number)).toBe(true);
    }
  });

  test("may be used by another request, however often", () => {
    const { tasks } = queueRoom();
    for (let i = 0; i < 3 * TASKS; i++) {
      expect(tasks.hasRoom).toBe(true);
      const { pending } = request();
      tasks.publish(pending, NO_BYTES, { length: 8, areNumbers: false });
      expect(tasks.tryWithdraw(pending.location as number)).toBe(true);
      expect(tasks.inUse).toBe(0);
    }
  });
});

describe("a payload", () => {
  /** The bytes of a payload, and what else is kept of it. */
  function payloadOf(
    { tasks }: QueueRoom,
    task: number,
  ): { bytes: Uint8Array; areNumbers: boolean } {
    const { encoded: payload, arrival } = tasks.payloadOf(task);
    const bytes = new Uint8Array(arrival.length);
    payload.copyTo(bytes, 0);
    return { bytes, areNumbers: arrival.areNumbers };
  }

  test("of numbers is the numbers themselves", () => {
    const room = queueRoom();
    const { bytes, areNumbers } = payloadOf(room, taskOf(put(room, [1.5, -2])));
    expect(areNumbers).toBe(true);
    expect([...new Float64Array(bytes.buffer)].slice(0, 2)).toEqual([1.5, -2]);
  });

  test("that does not fit its task lies in the arena, and gives its memory back", () => {
    const room = roomWithWorker();
    const text = "a".repeat(LONGEST_IN_ARENA / 2);
    for (let i = 0; i < 100; i++) {
      const made = put(room, [text]);
      const { bytes, areNumbers } = payloadOf(room, taskOf(made));
      expect(bytes.length).toBeGreaterThan(INLINE_BYTES);
      expect(areNumbers).toBe(false);
      // Without the memory of the others there is not so much in the arena.
      expect(made.pending.outOfBand).toBeUndefined();
      complete(room, room.worker.take());
    }
  });

  test("is spilled when it is too long for the arena, and when the arena is full", () => {
    const room = queueRoom();
    const { pending } = put(room, ["a".repeat(MOST_FOR_LONG + 1)]);
    expect(pending.outOfBand?.spillBytes).toBeGreaterThan(MOST_FOR_LONG);
    const puts = Array.from({ length: 40 }, () => put(room, ["b".repeat(LONGEST_IN_ARENA / 2)]));
    expect(puts[0]?.pending.outOfBand).toBeUndefined();
    expect(puts.at(-1)?.pending.outOfBand?.spill).toBeInstanceOf(SharedArrayBuffer);
  });

  test("may take half of the arena when it is long, and the rest is left to short ones", () => {
    const room = queueRoom();
    const long = "a".repeat(LONGEST_IN_ARENA + 1);
    const puts = Array.from({ length: 8 }, () => put(room, [long]).pending.outOfBand);
    // Each takes a block of twice that size.
    expect(puts.filter((parts) => parts === undefined)).toHaveLength(4);
    expect(put(room, ["b".repeat(LONGEST_IN_ARENA / 2)]).pending.outOfBand).toBeUndefined();
  });

  test("is whole when it is long and put again", () => {
    const room = queueRoom();
    const task = taskOf(put(room, ["a".repeat(5 * LONGEST_IN_ARENA)]));
    const { bytes } = payloadOf(room, task);
    expect(bytes.length).toBeGreaterThan(5 * LONGEST_IN_ARENA);
    expect(bytes.at(-1)).toBe("a".charCodeAt(0));
  });

  test("has its length cut when a worker has overwritten it", () => {
    const room = queueRoom();
    const task = taskOf(put(room, ["some text"]));
    const { views } = room.tasks;
    for (const [written, read] of [
      [2 ** 31 - 1, MOST_FOR_LONG],
      [-5, 0],
    ] as const) {
      views.words[views.task(task) + 3] = written;
      expect(room.tasks.payloadOf(task).arrival.length).toBe(read);
    }
  });

  test("lies where the parent has put it, whatever a worker writes there", () => {
    const room = roomWithWorker();
    const task = taskOf(put(room, ["a".repeat(1000)]));
    const { bytes } = payloadOf(room, task);
    const { views } = room.tasks;
    views.words[views.task(task) + 2] = 12_345;
    expect(payloadOf(room, task).bytes).toEqual(bytes);
    expect(room.worker.take()).toBe(task);
    const free = (): void => complete(room, task);
    expect(free).not.toThrow();
  });

  test("has its parts posted to every worker before it can be claimed", () => {
    const room = roomWithWorker();
    const buffer = new SharedArrayBuffer(8);
    put(room, [buffer]);
    expect(room.worker.readPort()).toMatchObject([{ outOfBand: { handles: [buffer] } }]);
  });
});

describe("a run", () => {
  test("is where its worker runs it, from the claim on, and is told in shared memory that it is to stop", () => {
    const room = roomWithWorker();
    put(room);
    const { pending } = put(room);
    room.worker.take();
    expect(room.tasks.runOf(pending)).toBeUndefined();
    const task = room.worker.take();
    const run = room.tasks.runOf(pending) as Run;
    expect(run).toEqual({ task, slot: 0, generation: 1 });
    expect(isStopRequested(room.worker.views, task)).toBe(false);
    room.tasks.requestStop(run);
    expect(isStopRequested(room.worker.views, task)).toBe(true);
    expect(room.tasks.runOf(request().pending)).toBeUndefined();
  });

  test("is timed from its start, and from no earlier one in its task", () => {
    const room = roomWithWorker();
    const made = put(room);
    const task = room.worker.take();
    expect(room.tasks.runningForMs(made.pending)).toBeUndefined();
    room.worker.begin(task);
    expect(room.tasks.runningForMs(made.pending)).toBeGreaterThanOrEqual(0);
    complete(room, task);
    expect(room.tasks.runningForMs(made.pending)).toBeUndefined();
    const next = put(room);
    expect(taskOf(next)).toBe(task);
    expect(room.tasks.runningForMs(next.pending)).toBeUndefined();
  });

  test("has its end decided once, and while it runs alone", () => {
    const room = roomWithWorker();
    const made = put(room);
    expect(room.tasks.tryDecideEnd(made.pending)).toBe(false);
    room.worker.take();
    expect(room.tasks.tryDecideEnd(made.pending)).toBe(true);
    expect(room.tasks.tryDecideEnd(made.pending)).toBe(false);
  });

  test("counts for its worker while its request has no outcome", () => {
    const room = roomWithWorker();
    const made = put(room);
    expect(room.tasks.runsPending(0)).toBe(false);
    room.worker.take();
    expect(room.tasks.runsPending(0)).toBe(true);
    expect(room.tasks.runsPending(1)).toBe(false);
    room.table.settle(made.pending, "cancelled", "aborted");
    expect(room.tasks.runsPending(0)).toBe(false);
    expect(room.tasks.running).toBe(1);
  });
});

test("only a request that has the time of its put is timed in its worker", () => {
  const room = roomWithWorker();
  const { pending } = request();
  pending.putAt = 1234.5;
  room.queue.submit(pending, [1], undefined);
  const task = room.worker.take();
  expect(room.tasks.flagsOf(task) & 8).toBe(8);
  complete(room, task);
  put(room, [1]);
  expect(room.tasks.flagsOf(room.worker.take()) & 8).toBe(0);
});
