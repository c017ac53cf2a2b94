import { describe, expect, test } from "bun:test";
import { PayloadError, WorkerDied } from "../../../../src/errors.ts";
import { SyncRequest } from "../../../../src/pool/request/pending-request.ts";
import type { WorkerChannel } from "../../../../src/pool/queue/worker-channel.ts";
import {
  DYING,
  FETCH,
  NOT_INITIALIZED,
  NOT_LOADED,
  NO_TASK,
  PROGRESS,
  RESULT_HAS_OUT_OF_BAND,
  RESULT_IS_NUMBER,
  RESULT_IS_TIMED,
  SUCCEEDED,
  UNCAUGHT,
  encoded,
  playWorkers,
} from "../played-worker.ts";
import type { PlayedWorker } from "../played-worker.ts";
import { addWorker, put, putMany, queueRoom, request } from "../pool-parts.ts";
import type { Put, QueueRoom } from "../pool-parts.ts";

const played = playWorkers();

interface Room extends QueueRoom {
  readonly channel: WorkerChannel;
  readonly worker: PlayedWorker;
}

function roomWithWorker(): Room {
  const room = queueRoom();
  return { ...room, ...addWorker(room, played) };
}

/** What the callbacks of a request got. */
function outcome({ table }: QueueRoom, { delivered }: Put): unknown {
  table.deliverAll();
  return delivered[0];
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
    room.queue.submit(pending, [], undefined, putAt);
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

describe("a report", () => {
  test("is delivered before the result, to the request that runs", () => {
    const room = roomWithWorker();
    const seen: unknown[] = [];
    const made = put(room, [], { onProgress: (value) => void seen.push(value) });
    const task = room.worker.take();
    room.worker.publish(task, PROGRESS, encoded("half"));
    room.worker.succeed(task, "done");
    room.collector.readResults(room.channel);
    room.table.deliverNext();
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
    room.queue.submit(pending, [], undefined, 0);
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
    room.queue.submit(pending, [buffer], [buffer], 0);
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
    room.queue.submit(pending, [port1], [port1], 0);
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
  function twoWorkers(): { room: QueueRoom; first: Room; second: Room } {
    const room = queueRoom();
    const first = { ...room, ...addWorker(room, played) };
    return { room, first, second: { ...room, ...addWorker(room, played) } };
  }

  test("the result of a task that another worker has claimed", () => {
    const { room, first, second } = twoWorkers();
    const made = put(room);
    const task = first.worker.take();
    second.worker.succeed(task, "forged");
    expect(room.collector.readResults(second.channel)).toBe(false);
    expect(second.channel.fault).toMatchObject({
      message: `A result names a task that its worker has not claimed: task=${task}`,
    });
    expect(made.pending.outcome).toBe("pending");
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

  test("an unknown status", () => {
    const room = roomWithWorker();
    put(room);
    room.worker.publish(room.worker.take(), 99);
    expect(room.collector.readResults(room.channel)).toBe(false);
    expect(room.channel.fault).toMatchObject({ message: "Unknown result status: status=99" });
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

  function roomWithUnreadyWorker(): Room {
    const room = queueRoom();
    return { ...room, ...addWorker(room, played, "starting") };
  }
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
    room.queue.submit(pending, [buffer], [buffer], 0);
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

/** The encoded arguments in a task. */
function payloadIn({ tasks }: QueueRoom, task: number): Uint8Array {
  const { encoded: payload, arrival } = tasks.payloadOf(task);
  const bytes = new Uint8Array(arrival.length);
  payload.copyTo(bytes, 0);
  return bytes;
}
