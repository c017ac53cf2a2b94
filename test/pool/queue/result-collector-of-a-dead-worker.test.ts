/** What the collector makes of a worker that dies: of its last words, and of the requests that it leaves. */
import { describe, expect, test } from "bun:test";
import { beginItems } from "../../../native-queue/index.ts";
import { WorkerDied } from "../../../src/errors.ts";
import type { RequestControl } from "../../../src/pool/request/request-control.ts";
import { NOT_INITIALIZED, NOT_LOADED, NO_TASK, UNCAUGHT } from "../../../src/protocol/index.ts";
import { encoded, playWorkers } from "../played-worker.ts";
import { outcome, payloadIn, put, putMany, request, staffedQueueRoom } from "../pool-parts.ts";
import type { StaffedQueueRoom } from "../pool-parts.ts";

const played = playWorkers();

function roomWithWorker(): StaffedQueueRoom {
  return staffedQueueRoom(played);
}

describe("the last words of a worker", () => {
  test("tell that its initializer has failed", () => {
    const room = roomWithUnreadyWorker();
    room.worker.publish(NO_TASK, NOT_INITIALIZED, encoded(new Error("of the initializer")));
    expect(room.collector.readResults(room.channel)).toBe(true);
    expect(room.channel.initializerError).toEqual({ error: new Error("of the initializer") });
  });

  test("tell that its code could not be loaded", () => {
    const room = roomWithUnreadyWorker();
    room.worker.publish(NO_TASK, NOT_LOADED, encoded("no such file"));
    expect(room.collector.readResults(room.channel)).toBe(true);
    expect(room.channel.errorText).toBe("no such file");
  });

  test("tell of an uncaught error outside any request", () => {
    const room = roomWithWorker();
    room.worker.publish(NO_TASK, UNCAUGHT, encoded(new Error("not caught")));
    expect(room.collector.readResults(room.channel)).toBe(true);
    expect(room.channel.uncaughtError).toEqual(new Error("not caught"));
  });

  test.each([NOT_INITIALIZED, NOT_LOADED])(
    "about its start are refused from a worker that is ready: %d",
    (status) => {
      const room = roomWithWorker();
      room.worker.publish(NO_TASK, status, encoded("forged"));
      expect(room.collector.readResults(room.channel)).toBe(false);
      expect(room.channel.initializerError).toBeUndefined();
    },
  );

  test("are read with the results before them", () => {
    const room = roomWithWorker();
    const made = put(room);
    room.worker.serve("done");
    room.worker.publish(NO_TASK, UNCAUGHT, encoded("at last"));
    room.collector.readResults(room.channel);
    expect(outcome(room, made)).toBe("done");
    expect(room.channel.uncaughtError).toBe("at last");
  });

  function roomWithUnreadyWorker(): StaffedQueueRoom {
    return staffedQueueRoom(played, "starting");
  }
});

describe("a request of several items", () => {
  test("knows how many of them its worker had begun, and a killed worker that goes on for a while begins no more", () => {
    const room = roomWithWorker();
    const { pending } = request({});
    const own = pending.control as RequestControl;
    own.items = 5;
    room.queue.submit(pending, [], undefined);
    const task = room.worker.take();
    beginItems(room.worker.views, task, 2);
    room.collector.settleLost(room.channel, task, null);
    expect(own.itemsBegun).toBe(2);
    expect(beginItems(room.worker.views, task, 1)).toBeGreaterThanOrEqual(5);
  });
});

describe("a request that a dead worker has left", () => {
  test("fails with the death of the worker", () => {
    const room = roomWithWorker();
    const made = put(room);
    const task = room.worker.take();
    room.collector.settleLost(room.channel, task, 7);
    expect(outcome(room, made)).toMatchObject({ name: "WorkerDied", exitCode: 7, workerId: 1 });
    expect((outcome(room, made) as Error).message).toContain("ended with exit code 7");
    expect(room.tasks.inUse).toBe(0);
  });

  test.each([
    [undefined, "Worker 1 was terminated while it ran"],
    ["of a frame", "Worker 1 was terminated because its results made no sense, while"],
  ])("says how the worker was terminated: fault=%s", (fault, text) => {
    const room = roomWithWorker();
    const made = put(room);
    const task = room.worker.take();
    room.channel.fault = fault;
    room.collector.settleLost(room.channel, task, null);
    expect((outcome(room, made) as Error).message).toStartWith(text);
    expect((outcome(room, made) as Error).cause).toBe(fault);
  });

  test("runs again as often as it may, with its bytes, in front of the backlog", () => {
    const room = roomWithWorker();
    const others = putMany(room, 1023);
    const made = put(room, ["some", { argument: 1 }], { retries: 1 });
    const behind = put(room, ["behind"]);
    for (let i = 0; i < 1023; i++) room.worker.take();
    const task = room.worker.take();
    const bytes = payloadIn(room, task);
    room.collector.settleLost(room.channel, task, 7);
    expect(made.pending.outcome).toBe("pending");
    expect(room.table.retried).toBe(1);
    room.tasks.free(task);
    room.queue.refill();
    expect(made.pending.location).toBe(task);
    expect(behind.pending.location).toBeObject();
    expect(payloadIn(room, room.worker.take())).toEqual(bytes);
    room.collector.settleLost(room.channel, task, 7);
    expect(outcome(room, made)).toBeInstanceOf(WorkerDied);
    expect(others.every(({ pending }) => pending.outcome === "pending")).toBe(true);
  });

  test("runs again with bytes that lie in the arena, and with those that are spilled", () => {
    const room = roomWithWorker();
    for (const length of [10_000, 5_000_000]) {
      const { pending } = put(room, ["a".repeat(length)], { retries: 1 });
      const task = room.worker.take();
      const { outOfBand } = pending;
      const bytes = payloadIn(room, task);
      room.worker.readPort();
      room.collector.settleLost(room.channel, task, 7);
      room.tasks.free(task);
      room.queue.refill();
      expect(room.worker.take()).toBe(task);
      expect(payloadIn(room, task)).toEqual(bytes);
      expect(pending.outOfBand).toBe(outOfBand);
      expect(room.worker.readPort()).toHaveLength(outOfBand === undefined ? 0 : 1);
    }
  });

  test("does not run again when its arguments were moved", () => {
    const room = roomWithWorker();
    const { pending, delivered } = request({ retries: 5 });
    const buffer = new ArrayBuffer(16);
    room.queue.submit(pending, [buffer], [buffer]);
    room.collector.settleLost(room.channel, room.worker.take(), 7);
    room.table.deliverAll();
    expect(delivered).toEqual([expect.any(WorkerDied)]);
    expect(room.table.retried).toBe(0);
  });

  test("does not run again when it was stopped, and its watches end", () => {
    const room = roomWithWorker();
    const made = put(room, [], { retries: 5 });
    const task = room.worker.take();
    room.table.settle(made.pending, "cancelled", "aborted");
    made.pending.control?.watchTime(room.deadlines, 1e9, () => {});
    room.collector.settleLost(room.channel, task, 7);
    expect(outcome(room, made)).toBe("aborted");
    expect(room.table.retried).toBe(0);
    expect(room.queue.waiting).toBe(0);
    expect(room.deadlines.size).toBe(0);
  });

  test("is none when its task is free", () => {
    const room = roomWithWorker();
    room.collector.settleLost(room.channel, 5, 7);
    expect(room.table.hasArrived).toBe(false);
  });
});
