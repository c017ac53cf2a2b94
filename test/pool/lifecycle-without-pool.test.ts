/** The ends of a pool as its lifecycle brings them about, without a `ThreadPool` around it and without threads. */
import { describe, expect, spyOn, test } from "bun:test";
import { PoolClosed } from "../../src/errors.ts";
import { Lifecycle } from "../../src/pool/lifecycle.ts";
import type { PoolFailure } from "../../src/pool/supervision/restart-policy.ts";
import type { WorkerRecord } from "../../src/pool/supervision/worker-record.ts";
import { playWorkers } from "./played-worker.ts";
import type { PlayedWorker } from "./played-worker.ts";
import { poolRoom, put, putMany } from "./pool-parts.ts";
import type { PoolRoom, Put } from "./pool-parts.ts";
import { turnUntil } from "./turns.ts";

const played = playWorkers();

function roomWith(workers: number): PoolRoom {
  const room = poolRoom();
  room.supervisor.create(workers);
  for (const each of played) each.becomeReady();
  return room;
}

function worker(index: number): PlayedWorker {
  return played[index] as PlayedWorker;
}

function checkOf({ lifecycle }: PoolRoom): () => void {
  return () => lifecycle.checkOpen();
}

describe("close", () => {
  test("refuses requests from the call on, and dismisses the workers when everything is delivered", async () => {
    const room = roomWith(2);
    const made = put(room);
    const closed = room.lifecycle.close({});
    expect(checkOf(room)).toThrow("state=closing");
    await turnUntil(() => room.turns.isAwaiting);
    expect(room.supervisor.running).toHaveLength(2);
    worker(0).serve("done");
    await turnUntil(() => room.supervisor.running.length === 0);
    expect(made.delivered).toEqual(["done"]);
    worker(0).end(0);
    await turnUntil(() => room.channels.size === 1);
    expect(Bun.peek.status(closed)).toBe("pending");
    worker(1).end(0);
    await closed;
    expect(room.supervisor.dismissed).toEqual([]);
    expect(checkOf(room)).toThrow("state=closed");
  });

  test("is one promise", () => {
    const room = roomWith(0);
    expect(room.lifecycle.close({})).toBe(room.lifecycle.close({}));
  });

  test("fails what no worker is left to run, after the workers have ended", async () => {
    const room = roomWith(1);
    const [, lost] = putMany(room, 2) as [Put, Put];
    room.supervisor.dismissNewest(1);
    const closed = room.lifecycle.close({});
    worker(0).end(0);
    await closed;
    expect(lost.delivered).toEqual([expect.any(PoolClosed)]);
    expect(room.table.size).toBe(0);
  });

  test("of a pool that was terminated is over at once", async () => {
    const room = roomWith(1);
    room.lifecycle.terminate();
    await room.lifecycle.close({});
    expect(checkOf(room)).toThrow("state=closed");
  });

  test("is over when the pool is terminated meanwhile", async () => {
    const room = roomWith(1);
    const made = put(room);
    worker(0).take();
    const closed = room.lifecycle.close({});
    await turnUntil(() => room.turns.isAwaiting);
    room.lifecycle.terminate();
    await closed;
    expect(made.delivered).toEqual([expect.any(PoolClosed)]);
  });

  test("leaves no deadline behind", async () => {
    const room = roomWith(0);
    room.deadlines.add(1e9, () => {});
    await room.lifecycle.close({});
    expect(room.deadlines.size).toBe(0);
  });
});

describe("terminate", () => {
  test("ends the workers, forgets the queue, and fails everything pending, in one call", () => {
    const room = roomWith(2);
    const puts = putMany(room, 5);
    worker(0).take();
    room.deadlines.add(1e9, () => {});
    room.lifecycle.terminate();
    expect(played.map(({ isTerminated }) => isTerminated)).toEqual([true, true]);
    expect(room.tasks.inUse).toBe(0);
    expect(room.deadlines.size).toBe(0);
    expect(puts.map(({ pending }) => pending.outcome)).toEqual(Array(5).fill("failed"));
    room.lifecycle.terminate();
    room.table.deliverAll();
    expect(puts.map(({ delivered }) => delivered.length)).toEqual([1, 1, 1, 1, 1]);
  });
});

describe("dispose", () => {
  test("waits, joins the workers, and fails what is left", () => {
    const room = roomWith(2);
    const made = put(room);
    for (const each of played) each.end(0);
    room.lifecycle.dispose(() => {});
    room.table.deliverAll();
    expect(made.delivered).toEqual([expect.any(PoolClosed)]);
    expect(checkOf(room)).toThrow("state=closed");
  });

  test("waits for a worker that has been dismissed because it was idle, and does not kill it", () => {
    const room = roomWith(1);
    const [idle] = room.supervisor.running;
    room.supervisor.dismissUnjoined(idle as WorkerRecord);
    worker(0).end(0);
    room.lifecycle.dispose(() => {});
    expect(worker(0).isTerminated).toBe(false);
  });

  test("goes on with the wait after each error, and throws it, or all as one", () => {
    for (const count of [1, 3]) {
      const room = roomWith(0);
      let left = count;
      const dispose = (): void =>
        room.lifecycle.dispose(() => {
          room.table.handedOut += 1; // it was a callback that threw
          if (left > 0) throw new Error(`error ${left--}`);
        });
      expect(dispose).toThrow(count === 1 ? "error 1" : "Several callbacks of a pool have thrown.");
      expect(left).toBe(0);
      expect(checkOf(room)).toThrow(PoolClosed);
    }
  });

  test("of a closed pool does nothing", () => {
    const room = roomWith(0);
    room.lifecycle.terminate();
    let waits = 0;
    room.lifecycle.dispose(() => void waits++);
    expect(waits).toBe(0);
  });
});

describe("a pool that cannot go on", () => {
  const cause = new Error("of the initializer");

  /** A pool, and what its supervisor calls when the pool cannot go on. */
  function failingRoom(): PoolRoom & { fail: () => void } {
    const room = roomWith(1);
    let fail: (failure: PoolFailure) => void = () => {};
    spyOn(room.supervisor, "failWith").mockImplementation((bound) => {
      fail = bound;
    });
    const lifecycle = new Lifecycle(room);
    return { ...room, lifecycle, fail: () => fail({ why: "its initializer has failed", cause }) };
  }

  test("fails what is pending and what is put later, with the reason as cause", () => {
    const room = failingRoom();
    const printed = spyOn(console, "error").mockImplementation(() => {});
    const made = put(room);
    room.fail();
    expect(printed).not.toHaveBeenCalled();
    printed.mockRestore();
    room.table.deliverAll();
    expect(made.delivered).toEqual([expect.objectContaining({ name: "PoolClosed", cause })]);
    expect(checkOf(room)).toThrow("because its initializer has failed; see cause");
    expect(worker(0).isTerminated).toBe(true);
  });

  test("prints the reason once when nothing is pending that would tell of it", () => {
    const room = failingRoom();
    const printed = spyOn(console, "error").mockImplementation(() => {});
    room.fail();
    room.fail();
    expect(printed.mock.calls).toEqual([
      ["The pool has closed: its initializer has failed.\n", cause],
    ]);
    printed.mockRestore();
  });
});
