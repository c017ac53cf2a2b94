import { describe, expect, test } from "bun:test";
import { PayloadError, WorkerDied } from "../../../src/errors.ts";
import { SyncRequest } from "../../../src/pool/request/pending-request.ts";
import { TASKS } from "../../../src/pool/queue/task-table.ts";
import {
  DYING,
  FETCH,
  NO_TASK,
  PROGRESS,
  RESULT_HAS_OUT_OF_BAND,
  RESULT_IS_NUMBER,
  RESULT_IS_TIMED,
  SUCCEEDED,
} from "../../../src/protocol/index.ts";
import { encoded, playWorkers } from "../played-worker.ts";
import {
  addWorker,
  outcome,
  put,
  putMany,
  queueRoom,
  request,
  staffedQueueRoom,
} from "../pool-parts.ts";
import type { Put, QueueRoom, StaffedQueueRoom } from "../pool-parts.ts";

const played = playWorkers();

function roomWithWorker(): StaffedQueueRoom {
  return staffedQueueRoom(played);
}

/** The bytes of doubles. */
function doubles(...values: number[]): Uint8Array {
  return new Uint8Array(new Float64Array(values).buffer);
}

describe("a frame of a worker settles its request", () => {
  test("with a result, and frees the task", () => {
    const room = roomWithWorker();
    const made = put(room);
    room.worker.serve({ some: "result" });
    expect(room.collector.readResults(room.channel)).toBe(true);
    expect(outcome(room, made)).toEqual({ some: "result" });
    expect(room.tasks.inUse).toBe(0);
    expect(room.channel.results).toBe(1);
    expect(room.collector.framesRead).toBe(1);
  });

  test("with what the callable has thrown", () => {
    const room = roomWithWorker();
    const made = put(room);
    room.worker.fail(room.worker.take(), new RangeError("of the callable"));
    room.collector.readResults(room.channel);
    expect(outcome(room, made)).toEqual(new RangeError("of the callable"));
    expect(room.table.failed).toBe(1);
  });

  test("with a bare number", () => {
    const room = roomWithWorker();
    const made = put(room);
    room.worker.publish(room.worker.take(), SUCCEEDED | RESULT_IS_NUMBER, doubles(1.5));
    room.collector.readResults(room.channel);
    expect(outcome(room, made)).toBe(1.5);
  });

  test("with times before the result, which are recorded", () => {
    const room = roomWithWorker();
    const { pending, delivered } = request();
    const putAt = performance.timeOrigin + performance.now();
    pending.putAt = putAt;
    room.queue.submit(pending, [], undefined);
    const payload = doubles(putAt + 3, 5, 1.5);
    room.worker.publish(
      room.worker.take(),
      SUCCEEDED | RESULT_IS_NUMBER | RESULT_IS_TIMED,
      payload,
    );
    room.collector.readResults(room.channel);
    room.table.deliverAll();
    expect(delivered).toEqual([1.5]);
    expect(room.latency.ran).toMatchObject({ count: 1 });
    expect(room.latency.ran.max).toBeCloseTo(5, 1);
    expect(room.latency.queued.max).toBeCloseTo(3, 1);
  });

  test("with an error when the bytes are no value, and with it alone", () => {
    const room = roomWithWorker();
    const [bad, good] = putMany(room, 2) as [Put, Put];
    room.worker.publish(room.worker.take(), SUCCEEDED, Uint8Array.of(255, 255, 255));
    room.worker.serve("good");
    expect(room.collector.readResults(room.channel)).toBe(true);
    expect(outcome(room, bad)).toBeInstanceOf(PayloadError);
    expect(outcome(room, good)).toBe("good");
  });

  test.each([
    ["a number of a wrong length", SUCCEEDED | RESULT_IS_NUMBER, new Uint8Array(4)],
    ["times that are not there", SUCCEEDED | RESULT_IS_TIMED, new Uint8Array(8)],
  ])("with an error for %s", (_, status, payload) => {
    const room = roomWithWorker();
    const made = put(room);
    room.worker.publish(room.worker.take(), status, payload);
    room.collector.readResults(room.channel);
    expect(outcome(room, made)).toMatchObject({ name: "PayloadError" });
  });

  test("once: a run that was stopped has its outcome, and its result only frees the task", () => {
    const room = roomWithWorker();
    const made = put(room);
    const task = room.worker.take();
    room.table.settle(made.pending, "cancelled", "aborted");
    room.worker.succeed(task, "late");
    room.collector.readResults(room.channel);
    expect(outcome(room, made)).toBe("aborted");
    expect(made.delivered).toHaveLength(1);
    expect(room.tasks.inUse).toBe(0);
  });

  test("that died of an uncaught error, with that error as cause", () => {
    const room = roomWithWorker();
    const made = put(room);
    room.worker.publish(room.worker.take(), DYING, encoded(new Error("not caught")));
    room.collector.readResults(room.channel);
    expect(outcome(room, made)).toBeInstanceOf(WorkerDied);
    expect(outcome(room, made)).toMatchObject({
      workerId: 1,
      exitCode: 1,
      cause: new Error("not caught"),
    });
    expect(room.channel.uncaughtError).toEqual(new Error("not caught"));
  });

  test("tells that a worker that was woken is awake", () => {
    const room = roomWithWorker();
    put(room);
    room.channels.isWorkerWaking = true;
    room.collector.readResults(room.channel);
    expect(room.channels.isWorkerWaking).toBe(true);
    room.worker.serve("done");
    room.collector.readResults(room.channel);
    expect(room.channels.isWorkerWaking).toBe(false);
  });

  test("and wakes the worker when it waits for space in its ring", () => {
    const room = roomWithWorker();
    putMany(room, 2);
    room.worker.serve("done");
    const before = room.worker.wakeUps;
    room.collector.readResults(room.channel);
    expect(room.worker.wakeUps).toBe(before);
    room.worker.serve("done");
    room.worker.writer.wantSpace();
    room.collector.readResults(room.channel);
    expect(room.worker.wakeUps).toBe(before + 1);
  });
});

test("a task is free for another request when its result is read, however many come", () => {
  const room = roomWithWorker();
  for (let i = 0; i < 2 * TASKS; i++) {
    expect(room.tasks.hasRoom).toBe(true);
    put(room);
    room.worker.serve("done");
    expect(room.collector.readResults(room.channel)).toBe(true);
    expect(room.tasks.inUse).toBe(0);
  }
});

test("the task of a result that is read has room for the next request, at the limit of tasks", () => {
  const room = roomWithWorker();
  room.tasks.limit = 1;
  putMany(room, 2);
  room.worker.serve("done");
  expect(room.tasks.hasRoom).toBe(false);
  expect(room.collector.readResults(room.channel)).toBe(true);
  expect([room.tasks.inUse, room.tasks.hasRoom]).toEqual([0, true]);
});

describe("a report", () => {
  test("is delivered before the result, to the request that runs", () => {
    const room = roomWithWorker();
    const seen: unknown[] = [];
    const made = put(room, [], { onProgress: (value) => void seen.push(value) });
    const task = room.worker.take();
    room.worker.publish(task, PROGRESS, encoded("half"));
    room.worker.succeed(task, "done");
    room.collector.readResults(room.channel);
    room.table.deliver(room.table.handedOut + 1);
    expect(seen).toEqual(["half"]);
    expect(made.delivered).toEqual([]);
    expect(outcome(room, made)).toBe("done");
    expect(room.channel.results).toBe(1);
  });

  test("of a run that was stopped is dropped", () => {
    const room = roomWithWorker();
    const seen: unknown[] = [];
    const { pending } = put(room, [], { onProgress: (value) => void seen.push(value) });
    const task = room.worker.take();
    room.table.settle(pending, "cancelled", "aborted");
    room.worker.publish(task, PROGRESS, encoded("half"));
    room.collector.readResults(room.channel);
    room.table.deliverAll();
    expect(seen).toEqual([]);
  });

  test("arrives to be delivered, and no more once its request has an outcome", () => {
    const room = roomWithWorker();
    const { pending } = put(room);
    const task = room.worker.take();
    room.worker.publish(task, PROGRESS | RESULT_IS_NUMBER, doubles(5));
    expect(room.collector.readResults(room.channel)).toBe(true);
    room.table.deliver(room.table.handedOut + 1);
    expect([room.table.handedOut, room.table.hasArrived]).toEqual([1, false]);
    room.table.settle(pending, "cancelled", "stopped");
    room.worker.publish(task, PROGRESS | RESULT_IS_NUMBER, doubles(6));
    expect(room.collector.readResults(room.channel)).toBe(true);
    room.table.deliver(room.table.handedOut + 1);
    expect([room.table.handedOut, room.table.hasArrived]).toEqual([2, false]);
    expect(room.table.cancelled).toBe(1);
  });

  test("that cannot be read is dropped, and the result counts", () => {
    const room = roomWithWorker();
    const made = put(room, [], { onProgress: () => {} });
    const task = room.worker.take();
    room.worker.publish(task, PROGRESS, Uint8Array.of(255, 255));
    room.worker.succeed(task, "done");
    expect(room.collector.readResults(room.channel)).toBe(true);
    expect(outcome(room, made)).toBe("done");
  });

  test("of a request of runSync waits in the request", () => {
    const room = roomWithWorker();
    const pending = new SyncRequest(() => 1, [], 0, undefined);
    room.queue.submit(pending, [], undefined);
    room.worker.publish(room.worker.take(), PROGRESS, encoded("half"));
    room.collector.readResults(room.channel);
    expect(pending.reports).toEqual(["half"]);
    expect(room.table.hasArrived).toBe(false);
  });
});

describe("parts that come by message", () => {
  test("complete a result", () => {
    const room = roomWithWorker();
    const made = put(room);
    const task = room.worker.take();
    const bytes = encoded("from the spill");
    const spill = new SharedArrayBuffer(bytes.length);
    new Uint8Array(spill).set(bytes);
    const generation = 0;
    room.worker.postToParent({ task, generation, spill, spillBytes: bytes.length, handles: [] });
    room.worker.publish(task, SUCCEEDED | RESULT_HAS_OUT_OF_BAND);
    room.collector.readResults(room.channel);
    expect(outcome(room, made)).toBe("from the spill");
  });

  test("and are lost fail the request", () => {
    const room = roomWithWorker();
    const made = put(room);
    room.worker.publish(room.worker.take(), SUCCEEDED | RESULT_HAS_OUT_OF_BAND);
    expect(room.collector.readResults(room.channel)).toBe(true);
    expect(outcome(room, made)).toMatchObject({
      message: "A part of the result was lost on its way.",
    });
  });

  test("are posted to the worker that asks for them, which is woken", () => {
    const room = roomWithWorker();
    const { pending } = request();
    const buffer = new ArrayBuffer(16);
    room.queue.submit(pending, [buffer], [buffer]);
    expect(buffer.byteLength).toBe(0);
    expect(room.worker.readPort()).toEqual([]);
    const task = room.worker.take();
    const before = room.worker.wakeUps;
    room.worker.publish(task, FETCH);
    room.collector.readResults(room.channel);
    expect(room.worker.readPort()).toMatchObject([
      { outOfBand: { task, handles: [{ byteLength: 16 }] } },
    ]);
    expect(room.worker.wakeUps).toBe(before + 1);
    expect(pending.outcome).toBe("pending");
    expect(room.tasks.inUse).toBe(1);
  });

  test("that cannot be sent fail the request, and the worker that waits gets a message without them", () => {
    const room = roomWithWorker();
    const { port1 } = new MessageChannel();
    const { pending } = request();
    room.queue.submit(pending, [port1], [port1]);
    const task = room.worker.take();
    port1.close();
    room.worker.publish(task, FETCH);
    expect(room.collector.readResults(room.channel)).toBe(true);
    expect(pending.value).toBeInstanceOf(PayloadError);
    expect(room.worker.readPort()).toMatchObject([{ outOfBand: { task, handles: [] } }]);
    expect(room.tasks.inUse).toBe(1);
  });
});

describe("a frame that no worker writes is refused, and nothing more is read of its worker:", () => {
  function twoWorkers(): { room: QueueRoom; first: StaffedQueueRoom; second: StaffedQueueRoom } {
    const room = queueRoom();
    const first = { ...room, ...addWorker(room, played) };
    return { room, first, second: { ...room, ...addWorker(room, played) } };
  }

  test("the result of a task that another worker has claimed", () => {
    const { room, first, second } = twoWorkers();
    const [made, others] = putMany(room, 2) as [Put, Put];
    const task = first.worker.take();
    second.worker.take();
    second.worker.succeed(task, "forged");
    expect(room.collector.readResults(second.channel)).toBe(false);
    expect(second.channel.fault).toMatchObject({
      message: `A result names a task that its worker has not claimed: task=${task}`,
    });
    expect([made, others].map(({ pending }) => pending.outcome)).toEqual(["pending", "pending"]);
    first.worker.succeed(task, "true");
    expect(room.collector.readResults(first.channel)).toBe(true);
    expect(outcome(room, made)).toBe("true");
  });

  test.each([
    ["a task that nobody has claimed", 3, undefined],
    ["a task that there is not", 5000, 0],
    ["no task", NO_TASK, 0],
  ])("the result of %s", (_, task, generation) => {
    const { room, first } = twoWorkers();
    putMany(room, 2);
    first.worker.publish(task, SUCCEEDED, encoded("forged"), generation);
    expect(room.collector.readResults(first.channel)).toBe(false);
    expect(room.table.hasArrived).toBe(false);
  });

  test("the result of an earlier use of its task", () => {
    const room = roomWithWorker();
    put(room);
    const task = room.worker.serve("done");
    room.collector.readResults(room.channel);
    room.table.deliverAll();
    const made = put(room);
    expect(room.worker.take()).toBe(task);
    room.worker.publish(task, SUCCEEDED, encoded("forged"), 0);
    expect(room.collector.readResults(room.channel)).toBe(false);
    expect(made.pending.outcome).toBe("pending");
  });

  test.each([0, 99])("an unknown status: %d", (status) => {
    const room = roomWithWorker();
    put(room);
    room.worker.publish(room.worker.take(), status);
    expect(room.collector.readResults(room.channel)).toBe(false);
    expect(room.channel.fault).toMatchObject({
      message: `Unknown result status: status=${status}`,
    });
  });

  test("and the results behind it, however often they are looked at", () => {
    const room = roomWithWorker();
    const puts = putMany(room, 2);
    room.worker.publish(room.worker.take(), 0);
    room.worker.serve("behind");
    for (let look = 0; look < 2; look++)
      expect(room.collector.readResults(room.channel)).toBe(false);
    expect(puts.map(({ pending }) => pending.outcome)).toEqual(["pending", "pending"]);
    expect(room.table.size).toBe(2);
  });

  test("and the results that it publishes later", () => {
    const room = roomWithWorker();
    const [, second] = putMany(room, 2) as [Put, Put];
    room.worker.publish(room.worker.take(), 99);
    room.collector.readResults(room.channel);
    room.worker.serve("later");
    expect(room.collector.readResults(room.channel)).toBe(false);
    expect(second.pending.outcome).toBe("pending");
    expect(room.collector.framesRead).toBe(1);
  });
});
