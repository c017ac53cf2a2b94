/** Every state of a worker and every way out of it, without a `ThreadPool` around the supervisor and without threads. */
import { describe, expect, spyOn, test } from "bun:test";
import {
  ARM_FOR_RESULTS,
  MAX_WORKERS,
  NOBODY_HOLDS,
  awaitWorkersAsync,
  noteHolder,
} from "../../../native-queue/index.ts";
import type { QueueViews } from "../../../native-queue/index.ts";
import { NoWorkersAvailable, ThreadPoolError, WorkerDied } from "../../../src/errors.ts";
import type { Run } from "../../../src/pool/queue/run.ts";
import type { PendingRequest } from "../../../src/pool/request/pending-request.ts";
import type { PoolFailure } from "../../../src/pool/supervision/restart-policy.ts";
import type { RequestedStop } from "../../../src/pool/supervision/run-stops.ts";
import { NO_HISTORY } from "../../../src/pool/supervision/worker-record.ts";
import type { WorkerRecord } from "../../../src/pool/supervision/worker-record.ts";
import { NOT_INITIALIZED, NO_TASK, UNCAUGHT } from "../../../src/protocol/index.ts";
import { encoded, playWorkers } from "../played-worker.ts";
import type { PlayedWorker } from "../played-worker.ts";
import { outcome, poolRoom, put, putMany, workRoom } from "../pool-parts.ts";
import type { PoolOptions, PoolRoom, Put, WorkRoom } from "../pool-parts.ts";
import { replaceable } from "../../replaceable.ts";
import { turnUntil } from "../turns.ts";

const played = playWorkers();

interface Room extends WorkRoom {
  readonly failures: PoolFailure[];
  /** The names of the events, and the ids of their workers. */
  readonly log: string[];
}

/** A supervisor whose workers are ready. */
function crewOf(workers: number, options: Partial<PoolOptions> = {}): Room {
  const room = workRoom(options);
  const failures: PoolFailure[] = [];
  room.supervisor.failWith((failure) => void failures.push(failure));
  const log: string[] = [];
  room.events.on("workerStarted", ({ id }) => void log.push(`workerStarted ${id}`));
  room.events.on("workerDied", ({ id }) => void log.push(`workerDied ${id}`));
  room.events.on("workerDismissed", ({ id }) => void log.push(`workerDismissed ${id}`));
  room.supervisor.create(workers);
  for (const each of played) each.becomeReady();
  return { ...room, failures, log };
}

function worker(index: number): PlayedWorker {
  return played[index] as PlayedWorker;
}

function record({ supervisor }: WorkRoom, index: number): WorkerRecord {
  return supervisor.running[index] as WorkerRecord;
}

function ids(records: readonly WorkerRecord[]): number[] {
  return records.map(({ thread }) => thread.id);
}

/** Waits as a parent does that sleeps until it is woken. The promise resolves when the epoch is bumped. */
async function waitForBump(views: QueueViews): Promise<void> {
  await awaitWorkersAsync(views, ARM_FOR_RESULTS, () => false);
}

const DIED: unknown = expect.any(WorkerDied);

describe("a worker is", () => {
  test("running, and ready when it takes requests", () => {
    const room = workRoom();
    room.supervisor.create(2);
    expect(ids(room.supervisor.running)).toEqual([1, 2]);
    expect(room.supervisor.ready).toEqual([]);
    expect(record(room, 0).workerState).toBe("running");
    worker(1).becomeReady();
    expect(ids(room.supervisor.ready)).toEqual([2]);
  });

  test("announced by an event when its event loop says that it is ready", () => {
    const room = crewOf(1);
    expect(room.log).toEqual([]);
    worker(0).sayReady();
    expect(room.log).toEqual(["workerStarted 1"]);
    worker(0).sayReady();
    expect(room.log).toEqual(["workerStarted 1"]);
  });

  test("not announced when it was dismissed before it was ready", () => {
    const room = crewOf(1);
    room.supervisor.dismissNewest(1);
    worker(0).sayReady();
    expect(room.log).toEqual(["workerDismissed 1"]);
  });

  test("dismissed from its dismissal to its end, and ended then, without a successor", () => {
    const room = crewOf(2);
    const [newest] = room.supervisor.dismissNewest(1) as [WorkerRecord];
    expect(newest.thread.id).toBe(2);
    expect([newest.workerState, newest.state]).toEqual(["dismissed", "dismissed"]);
    expect(ids(room.supervisor.running)).toEqual([1]);
    expect(ids(room.supervisor.dismissed)).toEqual([2]);
    worker(1).end(0);
    room.supervisor.reactor.react();
    expect([newest.workerState, newest.state]).toEqual(["ended", "ended"]);
    expect(ids(room.supervisor.dismissed)).toEqual([2]);
    room.supervisor.joinAndForget([newest]);
    expect(room.supervisor.dismissed).toEqual([]);
    expect(played).toHaveLength(2);
    expect(room.log).toEqual(["workerDismissed 2"]);
  });

  test("ended when it dies, and a successor is at its index", () => {
    const room = crewOf(3);
    const dead = record(room, 1);
    worker(1).end(7);
    room.supervisor.reactor.react();
    expect(dead.workerState).toBe("ended");
    expect(ids(room.supervisor.running)).toEqual([1, 4, 3]);
    expect(room.log).toEqual(["workerDied 2"]);
    expect(record(room, 1).history).toEqual({
      deaths: 1,
      failedStarts: 1,
      uselessStarts: 0,
    });
    expect(record(room, 1).channel.slot).toBe(1);
  });

  test("ended when the system says that its thread is gone, and buried once", () => {
    const room = crewOf(1);
    const request = put(room);
    worker(0).take();
    worker(0).close(7);
    expect(ids(room.supervisor.running)).toEqual([2]);
    worker(0).close(7);
    room.supervisor.reactor.react();
    expect(ids(room.supervisor.running)).toEqual([2]);
    expect(outcome(room, request)).toEqual(DIED);
    expect(room.log).toEqual(["workerDied 1"]);
  });

  test("ended without a death when it has reached a limit", () => {
    const room = crewOf(1);
    put(room);
    worker(0).serve("done");
    worker(0).recycle();
    worker(0).end(0);
    room.supervisor.reactor.react();
    expect(ids(room.supervisor.running)).toEqual([2]);
    expect(record(room, 0).history).toEqual(NO_HISTORY);
    expect(room.log).toEqual([]);
  });

  test("killed until its thread is gone, and ended then; its successor is there at once", () => {
    const room = crewOf(2);
    const killed = record(room, 0);
    killed.terminate();
    expect([killed.workerState, killed.state]).toEqual(["killed", "ended"]);
    expect(worker(0).isTerminated).toBe(true);
    expect(ids(room.supervisor.running)).toEqual([3, 2]);
    expect(room.log).toEqual(["workerDied 1"]);
    worker(0).close(0);
    expect(killed.workerState).toBe("ended");
    expect(room.log).toEqual(["workerDied 1"]);
    expect(ids(room.supervisor.running)).toEqual([3, 2]);
  });

  test("not killed a second time, nor after its end", () => {
    const room = crewOf(1);
    const killed = record(room, 0);
    killed.terminate();
    killed.terminate();
    worker(0).close(0);
    killed.terminate();
    expect(killed.workerState).toBe("ended");
    expect(ids(room.supervisor.running)).toEqual([2]);
  });

  test("killed without a successor when it was dismissed", () => {
    const room = crewOf(1);
    const [dismissed] = room.supervisor.dismissNewest(1) as [WorkerRecord];
    dismissed.terminate();
    expect(dismissed.workerState).toBe("killed");
    expect(room.supervisor.running).toEqual([]);
    expect(played).toHaveLength(1);
  });

  test("dismissed once", () => {
    const room = crewOf(1);
    const dismissed = record(room, 0);
    dismissed.dismiss();
    dismissed.dismiss();
    expect(ids(room.supervisor.dismissed)).toEqual([1]);
    expect(room.log).toEqual(["workerDismissed 1"]);
  });

  test("not joined while it runs", () => {
    const room = crewOf(1);
    expect(() => record(room, 0).join()).toThrow(ThreadPoolError);
  });
});

describe("a dismissal", () => {
  test("lets the worker claim no more, and wakes it", () => {
    const room = crewOf(1);
    const before = worker(0).wakeUps;
    room.supervisor.dismissNewest(1);
    putMany(room, 1);
    expect(worker(0).wakeUps).not.toBe(before);
    expect(worker(0).claim()).toBe(-2);
  });

  test("takes the newest first, and all when there are fewer", () => {
    const room = crewOf(3);
    expect(ids(room.supervisor.dismissNewest(2))).toEqual([3, 2]);
    expect(ids(room.supervisor.dismissNewest(5))).toEqual([1]);
    expect(ids(room.supervisor.dismissed)).toEqual([3, 2, 1]);
  });

  test("by the autoscaler leaves the worker out of the list that users join", () => {
    const room = crewOf(1);
    room.supervisor.dismissUnjoined(record(room, 0));
    expect(room.supervisor.running).toEqual([]);
    expect(room.supervisor.dismissed).toEqual([]);
    expect(room.log).toEqual(["workerDismissed 1"]);
  });

  test("of a worker that has ended before it was ready leaves out its successor", () => {
    const room = workRoom();
    room.supervisor.create(1);
    worker(0).close(1);
    expect(room.supervisor.canDeliver).toBe(true);
    const [dead] = room.supervisor.dismissNewest(1) as [WorkerRecord];
    expect(dead.state).toBe("ended");
    expect(room.supervisor.canDeliver).toBe(false);
    room.supervisor.reactor.reactUntil(() => room.deadlines.size === 0);
    expect(played).toHaveLength(1);
  });
});

describe("a burial", () => {
  test("frees the tasks of the worker at once", () => {
    const room = crewOf(1);
    putMany(room, 3);
    worker(0).take();
    worker(0).take();
    const other = worker(0).take();
    worker(0).succeed(other, "done");
    worker(0).end(7);
    room.supervisor.reactor.react();
    expect(room.tasks.inUse).toBe(0);
    for (let i = 0; i < 1024; i++) {
      expect(room.tasks.hasRoom).toBe(true);
      put(room);
    }
    expect(room.tasks.hasRoom).toBe(false);
  });

  test("reads the last results first, so that what was done counts", () => {
    const room = crewOf(1);
    const [done, lost] = putMany(room, 2) as [Put, Put];
    worker(0).serve("done");
    worker(0).take();
    worker(0).end(7);
    room.supervisor.reactor.react();
    expect(outcome(room, done)).toBe("done");
    expect(outcome(room, lost)).toEqual(DIED);
  });

  test("says the exit code and the number of the worker", () => {
    const room = crewOf(1);
    const request = put(room);
    worker(0).take();
    worker(0).end(7);
    room.supervisor.reactor.react();
    expect(outcome(room, request)).toMatchObject({ exitCode: 7, workerId: 1 });
  });

  const deaths: [string, (room: Room) => void][] = [
    [
      "end",
      (room) => {
        worker(1).end(7);
        room.supervisor.reactor.react();
      },
    ],
    ["silent end", () => worker(1).close(7)],
    ["kill", (room) => record(room, 1).terminate()],
  ];

  test.each(deaths)("after a worker's %s wakes every live worker", (_, die) => {
    const room = crewOf(3);
    const before = [worker(0).wakeUps, worker(2).wakeUps];
    die(room);
    expect(worker(0).wakeUps).not.toBe(before[0] as number);
    expect(worker(2).wakeUps).not.toBe(before[1] as number);
  });

  test.each(deaths)("after a worker's %s wakes a parent that waits", async (_, die) => {
    const room = crewOf(3);
    const bumped = waitForBump(room.channels.views);
    die(room);
    await bumped;
  });

  test.each(deaths)("after a worker's %s asks for a turn of the event loop", (_, die) => {
    const room = crewOf(3);
    let asked = 0;
    room.turns.takeWith({ plan: () => void asked++, takeTurn: () => {}, planNext: () => {} });
    die(room);
    expect(asked).toBeGreaterThan(0);
  });

  test("leaves alone what other workers have", () => {
    const room = crewOf(2);
    const [first, second] = putMany(room, 2) as [Put, Put];
    const task = worker(0).take();
    worker(1).take();
    worker(1).end(7);
    room.supervisor.reactor.react();
    expect(outcome(room, first)).toBe("pending");
    expect(outcome(room, second)).toEqual(DIED);
    worker(0).succeed(task, "done");
    room.supervisor.reactor.react();
    expect(outcome(room, first)).toBe("done");
  });
});

describe("a kill", () => {
  test("settles the request at once, and frees its task when the thread is gone", () => {
    const room = crewOf(1);
    const request = put(room);
    const task = worker(0).take();
    record(room, 0).terminate();
    expect(outcome(room, request)).toEqual(DIED);
    expect(outcome(room, request)).toMatchObject({ exitCode: null, workerId: 1 });
    expect(room.tasks.inUse).toBe(0);
    const taken = Array.from({ length: 1023 }, () => put(room).pending.location);
    expect(taken).not.toContain(task);
    expect(room.tasks.hasRoom).toBe(false);
    const behind = put(room);
    expect(behind.pending.location).toBeObject();
    worker(0).close(0);
    expect(behind.pending.location).toBe(task);
  });

  test("gives the slot to another worker when the thread is gone, and not before", () => {
    const room = crewOf(1);
    record(room, 0).terminate();
    expect(record(room, 0).channel.slot).toBe(1);
    room.supervisor.create(1);
    expect(record(room, 1).channel.slot).toBe(2);
    worker(0).close(0);
    room.supervisor.create(1);
    expect(record(room, 2).channel.slot).toBe(0);
  });

  test("lets the worker publish nothing more", () => {
    const room = crewOf(1);
    const request = put(room);
    const task = worker(0).take();
    record(room, 0).terminate();
    worker(0).succeed(task, "too late");
    room.supervisor.reactor.react();
    expect(outcome(room, request)).toEqual(DIED);
  });

  test("counts what the worker had published", () => {
    const room = crewOf(1);
    const [done, lost] = putMany(room, 2) as [Put, Put];
    worker(0).serve("done");
    worker(0).take();
    record(room, 0).terminate();
    expect(outcome(room, done)).toBe("done");
    expect(outcome(room, lost)).toEqual(DIED);
  });

  test("in the middle of a pass spares the worker a burial that the pass has planned", () => {
    const room = crewOf(2);
    worker(1).end(7);
    const second = record(room, 1);
    // A worker that ends and is killed by what the pass does about the first.
    const request = put(room, [], { onProgress: () => {} });
    const task = worker(0).take();
    room.events.on("workerDied", () => second.terminate());
    worker(0).publish(task, 77);
    room.supervisor.reactor.react();
    expect(second.workerState).toBe("killed");
    expect(ids(room.supervisor.running)).toEqual([3, 4]);
    expect(room.log).toEqual(["workerDied 1", "workerDied 2"]);
    expect(outcome(room, request)).toEqual(DIED);
    worker(1).close(7);
    expect(second.workerState).toBe("ended");
    expect(ids(room.supervisor.running)).toEqual([3, 4]);
  });

  test("is what a worker gets whose results make no sense", () => {
    const room = crewOf(1);
    const request = put(room);
    worker(0).publish(worker(0).take(), 77);
    const faulty = record(room, 0);
    room.supervisor.reactor.react();
    expect(faulty.workerState).toBe("killed");
    expect(outcome(room, request)).toMatchObject({
      name: "WorkerDied",
      cause: expect.objectContaining({ message: "Unknown result status: status=77" }),
    });
  });
});

describe("when every slot is taken", () => {
  test("no worker more is started, and the error says how many there may be", () => {
    const room = crewOf(MAX_WORKERS);
    expect(() => room.supervisor.create(1)).toThrow("workers=257");
    expect(room.supervisor.mayStart).toBe(false);
  });

  test("the successors of killed workers wait for the ends of the threads, and none is forgotten", () => {
    const room = crewOf(MAX_WORKERS);
    for (const killed of room.supervisor.running.slice(0, 3)) killed.terminate();
    expect(room.supervisor.running).toHaveLength(MAX_WORKERS - 3);
    expect(played).toHaveLength(MAX_WORKERS);
    worker(1).close(0);
    expect(room.supervisor.running).toHaveLength(MAX_WORKERS - 2);
    expect(room.supervisor.running.at(-1)?.channel.slot).toBe(1);
    worker(0).close(0);
    worker(2).close(0);
    expect(room.supervisor.running).toHaveLength(MAX_WORKERS);
    expect(played).toHaveLength(MAX_WORKERS + 3);
    expect(room.supervisor.mayStart).toBe(false);
  });

  test("a successor gets the slot of a worker that has ended by itself", () => {
    const room = crewOf(MAX_WORKERS);
    worker(9).end(7);
    room.supervisor.reactor.react();
    expect(room.supervisor.running).toHaveLength(MAX_WORKERS);
    expect(record(room, 9).channel.slot).toBe(9);
  });

  /** A pool all of whose workers were killed. Their successors wait for the ends of the threads. */
  function poolThatWasKilled(): PoolRoom {
    const room = poolRoom();
    room.supervisor.create(MAX_WORKERS);
    for (const each of played) each.becomeReady();
    for (const each of room.supervisor.running) each.terminate();
    return room;
  }

  test("settled and ready wait for the successors that wait for slots", async () => {
    const room = poolThatWasKilled();
    const { delivered } = put(room);
    const settled = room.delivery.until(() => room.table.size === 0);
    let isReady = false;
    const ready = room.delivery
      .until(() => room.supervisor.areAllReady, false)
      .then(() => (isReady = true));
    await turnUntil(() => room.turns.isAwaiting);
    for (const killed of played.slice()) killed.close(0);
    expect(isReady).toBe(false);
    const successors = played.slice(MAX_WORKERS);
    expect(successors).toHaveLength(MAX_WORKERS);
    for (const each of successors) each.becomeReady();
    successors[7]?.serve("done");
    for (const each of successors) each.sayReady();
    await Promise.all([settled, ready]);
    expect(delivered).toEqual(["done"]);
  });

  test("no worker of a pool counts as ready while a successor waits", () => {
    const room = crewOf(MAX_WORKERS);
    expect(room.supervisor.areAllReady).toBe(true);
    record(room, 3).terminate();
    expect(room.supervisor.areAllReady).toBe(false);
    worker(3).close(0);
    expect(room.supervisor.areAllReady).toBe(false);
    worker(MAX_WORKERS).becomeReady();
    expect(room.supervisor.areAllReady).toBe(true);
  });

  test("a dismissal of all workers takes back the successors that wait, and those who wait for a result hear of it", async () => {
    const room = poolThatWasKilled();
    put(room);
    const settled = room.delivery.until(() => room.table.size === 0);
    await turnUntil(() => room.turns.isAwaiting);
    room.supervisor.dismissNewest(MAX_WORKERS);
    await expect(settled).rejects.toBeInstanceOf(NoWorkersAvailable);
    for (const killed of played.slice()) killed.close(0);
    expect(played).toHaveLength(MAX_WORKERS);
  });

  test("a dismissal of some takes back as many of them as there are too few workers", () => {
    const room = crewOf(MAX_WORKERS);
    for (const killed of room.supervisor.running.slice(2)) killed.terminate();
    expect(ids(room.supervisor.dismissNewest(3))).toEqual([2, 1]);
    for (const killed of played.slice(2)) killed.close(0);
    expect(room.supervisor.running).toHaveLength(MAX_WORKERS - 3);
  });

  test("a pool that closes waits for no successor", async () => {
    const room = poolThatWasKilled();
    await room.lifecycle.close();
    for (const killed of played.slice()) killed.close(0);
    expect(played).toHaveLength(MAX_WORKERS);
  });

  test("a parent that blocks is told that no worker is left, because it would not hear of the end of a thread", () => {
    const { supervisor } = poolThatWasKilled();
    expect([supervisor.mayDeliver(true), supervisor.mayDeliver(false)]).toEqual([false, true]);
  });

  test("a pool that is disbanded starts no successor that waits", () => {
    const room = crewOf(MAX_WORKERS);
    record(room, 0).terminate();
    room.supervisor.disband();
    worker(0).close(0);
    expect(room.supervisor.running).toEqual([]);
    expect(played).toHaveLength(MAX_WORKERS);
  });
});

/** Asks the run of a request to stop. */
function stopOf(room: WorkRoom, pending: PendingRequest): RequestedStop {
  const run = room.tasks.runOf(pending) as Run;
  return room.supervisor.stops.request(run, undefined) as RequestedStop;
}

describe("a worker that has a stuck run", () => {
  test("is killed at once when it runs one request at a time", () => {
    const room = crewOf(1);
    const { pending } = put(room);
    worker(0).take();
    const stuck = record(room, 0);
    const stop = stopOf(room, pending);
    expect(room.supervisor.stops.couldHear(stop)).toBe(true);
    room.supervisor.stops.end(stop, pending);
    expect(stuck.workerState).toBe("killed");
    expect(ids(room.supervisor.running)).toEqual([2]);
  });

  test("is killed at once when its event loop has not come to the request to stop, because the run holds it", () => {
    const room = crewOf(1, { concurrency: 2 });
    const [gone] = putMany(room, 2) as [Put, Put];
    const task = worker(0).take();
    worker(0).take();
    const stuck = record(room, 0);
    room.table.settle(gone.pending, "cancelled", "aborted");
    const stop = stopOf(room, gone.pending);
    expect(worker(0).received).toEqual([{ stopTask: task, generation: 0 }]);
    noteHolder(room.channels.views, 0, task);
    expect(room.supervisor.stops.couldHear(stop)).toBe(true);
    room.supervisor.stops.end(stop, gone.pending);
    expect(stuck.workerState).toBe("killed");
  });

  test("is not held to the grace period of a run that a neighbour keeps from hearing", () => {
    const room = crewOf(1, { concurrency: 2 });
    const [gone, other] = putMany(room, 2) as [Put, Put];
    worker(0).take();
    const neighbour = worker(0).take();
    room.table.settle(gone.pending, "cancelled", "aborted");
    const stop = stopOf(room, gone.pending);
    const { stops } = room.supervisor;
    const now = spyOn(replaceable, "now");
    try {
      // A neighbour that is known holds it up for as long as it likes.
      noteHolder(room.channels.views, 0, neighbour);
      for (const at of [0, 1e4, 1e5]) {
        now.mockReturnValue(at);
        expect(stops.couldHear(stop)).toBe(false);
      }
      // Where it is not known which run it is, the patience has an end.
      noteHolder(room.channels.views, 0, NOBODY_HOLDS);
      const looks = [2e5, 2e5 + 4999, 2e5 + 5000].map((at) => {
        now.mockReturnValue(at);
        return stops.couldHear(stop);
      });
      expect(looks).toEqual([false, false, true]);
    } finally {
      now.mockRestore();
    }
    // Nothing else that is pending runs there: nothing is lost.
    room.table.settle(other.pending, "failed", "settled");
    stop.standstillSinceMs = undefined;
    expect(stops.couldHear(stop)).toBe(true);
  });

  test("counts the requests to stop one by one: a later one that is not heard says nothing of an earlier one", () => {
    const room = crewOf(1, { concurrency: 3 });
    const puts = putMany(room, 3) as [Put, Put, Put];
    for (let i = 0; i < 3; i++) worker(0).take();
    const first = stopOf(room, puts[0].pending);
    worker(0).hearStop();
    const second = stopOf(room, puts[1].pending);
    const { stops } = room.supervisor;
    expect([stops.couldHear(first), stops.couldHear(second)]).toEqual([true, false]);
  });

  test("is spared when the run has ended by itself meanwhile", () => {
    const room = crewOf(1);
    const { pending } = put(room);
    const task = worker(0).take();
    const { supervisor } = room;
    const stop = stopOf(room, pending);
    room.tasks.tryDecideEnd(pending);
    supervisor.stops.end(stop, pending);
    expect(record(room, 0).workerState).toBe("running");
    worker(0).succeed(task, "done");
    supervisor.reactor.react();
    expect(ids(supervisor.running)).toEqual([1]);
  });

  /** A worker with a stuck run, whose request is settled, and another run beside it. */
  function stuckBesideAnother(room: Room): {
    stuck: WorkerRecord;
    other: Put;
    task: number;
    end: () => void;
  } {
    const [gone, other] = putMany(room, 2) as [Put, Put];
    worker(0).take();
    const task = worker(0).take();
    const stuck = record(room, 0);
    room.table.settle(gone.pending, "cancelled", "aborted");
    const stop = stopOf(room, gone.pending);
    worker(0).hearStop();
    expect(room.supervisor.stops.couldHear(stop)).toBe(true);
    return { stuck, other, task, end: () => room.supervisor.stops.end(stop, gone.pending) };
  }

  test("retires: it takes no more requests, and its successor does", () => {
    const room = crewOf(1, { concurrency: 2 });
    const { stuck, other, end } = stuckBesideAnother(room);
    end();
    expect([stuck.workerState, stuck.state]).toEqual(["retiring", "dismissed"]);
    expect(worker(0).isTerminated).toBe(false);
    expect(ids(room.supervisor.running)).toEqual([2]);
    expect(room.supervisor.dismissed).toEqual([]);
    const later = put(room);
    expect(worker(0).claim()).toBe(-2);
    worker(1).becomeReady();
    worker(1).serve("later");
    room.supervisor.reactor.react();
    expect(outcome(room, later)).toBe("later");
    expect(outcome(room, other)).toBe("pending");
  });

  test("is killed when only stuck runs are left in it, and has no second successor", () => {
    const room = crewOf(1, { concurrency: 2 });
    const { stuck, other, task, end } = stuckBesideAnother(room);
    end();
    worker(0).succeed(task, "done");
    room.supervisor.reactor.react();
    expect(outcome(room, other)).toBe("done");
    expect(stuck.workerState).toBe("killed");
    worker(0).close(0);
    expect(stuck.workerState).toBe("ended");
    expect(ids(room.supervisor.running)).toEqual([2]);
  });

  test("is killed at once when nothing else runs in it", () => {
    const room = crewOf(1, { concurrency: 2 });
    const { pending } = put(room);
    worker(0).take();
    room.table.settle(pending, "cancelled", "aborted");
    const stuck = record(room, 0);
    const stop = stopOf(room, pending);
    expect(room.supervisor.stops.couldHear(stop)).toBe(true);
    room.supervisor.stops.end(stop, pending);
    expect(stuck.workerState).toBe("killed");
    expect(ids(room.supervisor.running)).toEqual([2]);
  });

  test("may end by itself while it retires", () => {
    const room = crewOf(1, { concurrency: 2 });
    const { stuck, other, end } = stuckBesideAnother(room);
    end();
    worker(0).end(0);
    room.supervisor.reactor.react();
    expect(stuck.workerState).toBe("ended");
    expect(outcome(room, other)).toEqual(DIED);
    expect(ids(room.supervisor.running)).toEqual([2]);
    expect(room.log).toEqual([]);
  });

  test("has no successor when it was dismissed before", () => {
    const room = crewOf(1, { concurrency: 2 });
    const { stuck, end } = stuckBesideAnother(room);
    stuck.dismiss();
    end();
    expect(stuck.workerState).toBe("retiring");
    expect(room.supervisor.running).toEqual([]);
    expect(ids(room.supervisor.dismissed)).toEqual([1]);
  });

  test("is no concern when it is gone by then", () => {
    const room = crewOf(1);
    const { pending } = put(room);
    worker(0).take();
    const { stops } = room.supervisor;
    const run = room.tasks.runOf(pending) as Run;
    const stop = stopOf(room, pending);
    record(room, 0).terminate();
    expect(ids(room.supervisor.running)).toEqual([2]);
    stops.end(stop, pending);
    expect(ids(room.supervisor.running)).toEqual([2]);
    expect(stops.request(run, undefined)).toBeUndefined();
    expect(stops.request({ slot: 200, task: 0, generation: 0 }, undefined)).toBeUndefined();
  });
});

describe("a worker that ends before it is ready", () => {
  test("stays in its place until the time of its successor has come", () => {
    const room = workRoom();
    room.supervisor.create(1);
    const dead = record(room, 0);
    worker(0).close(1);
    expect(dead.state).toBe("ended");
    expect(room.supervisor.running).toEqual([dead]);
    expect(room.supervisor.canDeliver).toBe(true);
    room.supervisor.reactor.reactUntil(() => record(room, 0) !== dead);
    expect(ids(room.supervisor.running)).toEqual([2]);
    expect(record(room, 0).history).toEqual({
      deaths: 1,
      failedStarts: 1,
      uselessStarts: 1,
    });
  });

  test("tells of its death, also when it was dismissed", () => {
    const room = workRoom();
    const died: unknown[] = [];
    room.events.on("workerDied", ({ id }, error) => void died.push([id, error.message]));
    room.supervisor.create(1);
    room.supervisor.dismissNewest(1);
    worker(0).reportError("no memory");
    worker(0).close(3);
    expect(died).toEqual([[1, "Worker 1 ended: exitCode=3"]]);
  });

  test("because a module that it loads first has failed ends the pool, with the error", () => {
    const room = workRoom();
    const failures: PoolFailure[] = [];
    room.supervisor.failWith((failure) => void failures.push(failure));
    room.supervisor.create(1);
    worker(0).start();
    worker(0).publish(NO_TASK, NOT_INITIALIZED, encoded(new RangeError("of the module")));
    worker(0).end(1);
    room.supervisor.reactor.react();
    expect(failures).toEqual([
      {
        why: "a module that its workers load first has failed",
        cause: new RangeError("of the module"),
      },
    ]);
    expect(played).toHaveLength(1);
  });
});

describe("a worker that ends ready, and has served no request,", () => {
  /** The newest worker becomes ready, and ends. Returns whether it has a successor at once. */
  function endNewest(room: Room, act: (newest: PlayedWorker) => void = () => {}): boolean {
    const { length } = played;
    const newest = played.at(-1) as PlayedWorker;
    newest.becomeReady();
    act(newest);
    newest.end(1);
    room.supervisor.reactor.react();
    return played.length > length;
  }

  function awaitSuccessor(room: Room): void {
    const { length } = played;
    room.supervisor.reactor.reactUntil(() => played.length > length);
  }

  test("has a successor at once the first time, and later the next times", () => {
    const room = crewOf(1);
    expect(endNewest(room)).toBe(true);
    expect(endNewest(room)).toBe(false);
    awaitSuccessor(room);
    expect(endNewest(room)).toBe(false);
    expect(room.failures).toEqual([]);
  });

  test("five times while a request waits ends the pool, with its uncaught error", () => {
    const room = crewOf(1);
    put(room);
    endNewest(room);
    for (let ends = 2; ends < 5; ends++) {
      endNewest(room);
      expect(room.failures).toEqual([]);
      awaitSuccessor(room);
    }
    endNewest(room, (newest) =>
      newest.publish(NO_TASK, UNCAUGHT, encoded(new RangeError("left behind"))),
    );
    expect(room.failures).toMatchObject([
      {
        why: "its workers end before they run a request",
        cause: { name: "WorkerDied", cause: new RangeError("left behind") },
      },
    ]);
  });

  test("any number of times while nothing waits does not end the pool", () => {
    const room = crewOf(1);
    endNewest(room);
    for (let ends = 2; ends < 7; ends++) {
      endNewest(room);
      expect(room.failures).toEqual([]);
      awaitSuccessor(room);
    }
  });

  test("has a history that the next request ends, whether it was completed or lost", () => {
    const room = crewOf(1);
    endNewest(room);
    putMany(room, 2);
    expect(endNewest(room, (newest) => void newest.serve("done"))).toBe(true);
    expect(endNewest(room, (newest) => void newest.take())).toBe(true);
    expect(record(room, 0).history).toEqual({ ...NO_HISTORY, deaths: 3 });
  });

  test("has a successor at once when a request that is put again has ended it", () => {
    const room = crewOf(1);
    const poison = put(room, [], { retries: 9 });
    for (let ends = 0; ends < 9; ends++)
      expect(endNewest(room, (newest) => void newest.take())).toBe(true);
    expect(outcome(room, poison)).toBe("pending");
    expect(endNewest(room, (newest) => void newest.take())).toBe(true);
    expect(outcome(room, poison)).toEqual(DIED);
  });

  test("has a successor at once however often the user ends it", () => {
    const room = crewOf(1);
    put(room);
    for (let ends = 0; ends < 9; ends++) {
      record(room, 0).terminate();
      expect(played).toHaveLength(ends + 2);
    }
    expect(room.failures).toEqual([]);
  });

  test("or whose results make no sense without a request, has a successor that comes later the second time", () => {
    const room = crewOf(1);
    const talkNonsense = (newest: PlayedWorker): void => newest.publish(5, 99, undefined, 1);
    expect(endNewest(room, talkNonsense)).toBe(true);
    expect(endNewest(room, talkNonsense)).toBe(false);
  });
});

describe("a new worker", () => {
  test("has the lowest free slot, and the next number", () => {
    const room = crewOf(3);
    room.supervisor.dismissNewest(3);
    worker(1).end(0);
    room.supervisor.reactor.react();
    room.supervisor.create(2);
    expect(ids(room.supervisor.running)).toEqual([4, 5]);
    expect(room.supervisor.running.map(({ channel }) => channel.slot)).toEqual([1, 3]);
  });

  test("knows nothing of the worker that had its slot before", () => {
    const room = crewOf(1);
    worker(0).end(7);
    room.supervisor.reactor.react();
    expect(record(room, 0).channel.slot).toBe(0);
    expect(record(room, 0).isReady).toBe(false);
    worker(1).start();
    expect(worker(1).gate.tryEnter()).toBe(true);
  });
});

describe("disband", () => {
  test("ends every worker without a successor, and wakes an event loop that waits", async () => {
    const room = crewOf(2);
    room.supervisor.dismissNewest(1);
    const bumped = waitForBump(room.channels.views);
    room.supervisor.disband();
    await bumped;
    expect(played.map(({ isTerminated }) => isTerminated)).toEqual([true, true]);
    expect(room.supervisor.running).toEqual([]);
    expect(ids(room.supervisor.dismissed)).toEqual([2, 1]);
    expect(room.supervisor.canDeliver).toBe(false);
    expect(room.supervisor.mayStart).toBe(false);
    for (const each of played) each.close(0);
    expect(played).toHaveLength(2);
  });

  test("lets no worker claim or publish any more", () => {
    const room = crewOf(1);
    putMany(room, 2);
    const task = worker(0).take();
    room.supervisor.disband();
    worker(0).succeed(task, "too late");
    expect(worker(0).claim()).toBe(-2);
    expect(room.channels.hasResults()).toBe(false);
  });
});

test("figures tell of the workers that have not ended", () => {
  const room = crewOf(2);
  putMany(room, 2);
  worker(0).serve("done");
  worker(0).serve("done");
  room.supervisor.reactor.react();
  worker(1).end(7);
  room.supervisor.reactor.react();
  expect(room.supervisor.figures()).toMatchObject([
    { id: 1, requests: 2, deaths: 0 },
    { id: 3, requests: 0, deaths: 1 },
  ]);
});
