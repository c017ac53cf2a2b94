/** What the observers of a pool hear, and what a pool without one does for them. */
import { describe, expect, test } from "bun:test";
import { Observation } from "../../src/pool/observation.ts";
import type { PoolObserver } from "../../src/pool/request/observer.ts";
import { NOT_TIMED, PUT_BEFORE } from "../../src/pool/request/put-times.ts";
import type { PendingRequest } from "../../src/pool/request/pending-request.ts";
import { TimingBudget } from "../../src/pool/request/timing-budget.ts";
import { RESULT_IS_NUMBER, RESULT_IS_TIMED, SUCCEEDED } from "../../src/protocol/index.ts";
import { playWorkers } from "./played-worker.ts";
import { put, request, staffedQueueRoom } from "./pool-parts.ts";
import { WorkerAnnouncements } from "../../src/pool/supervision/worker-announcements.ts";

const played = playWorkers();

function noting(): { observer: PoolObserver; told: string[] } {
  const told: string[] = [];
  const note =
    (what: string) =>
    (pending: PendingRequest, ...others: unknown[]): void =>
      void told.push([what, pending.outcome, ...others].join(" "));
  return {
    told,
    observer: {
      put: note("put"),
      ran: note("ran"),
      settled: note("settled"),
      workerStarted: (id) => void told.push(`started ${id}`),
      workerReady: (id) => void told.push(`ready ${id}`),
      workerEnded: ({ workerId }) => void told.push(`ended ${workerId}`),
    },
  };
}

function observed() {
  const room = staffedQueueRoom(played);
  const announcements = new WorkerAnnouncements(room.events);
  return { ...room, announcements, observation: new Observation({ ...room, announcements }) };
}

const doubles = (...values: number[]): Uint8Array =>
  new Uint8Array(Float64Array.from(values).buffer);

describe("an observer", () => {
  test("hears of a put, a run with the worker's times, and an outcome, in this order", () => {
    const room = observed();
    const { observer, told } = noting();
    const end = room.observation.add(observer);
    const { pending } = request();
    pending.putAt = room.latency.putAt(1000);
    expect(pending.putAt).toBeGreaterThan(0);
    room.queue.submit(pending, [1], undefined);
    const status = SUCCEEDED | RESULT_IS_NUMBER | RESULT_IS_TIMED;
    room.worker.publish(room.worker.take(), status, doubles(1234.5, 6, 7));
    room.collector.readResults(room.channel);
    const { workerId } = room.channel;
    expect(told).toEqual(["put pending", `ran pending ${workerId} 1234.5 6`, "settled succeeded"]);
    end();
    put(room);
    expect(told).toHaveLength(3);
  });

  test("hears what another one hears, until it is removed", () => {
    const room = observed();
    const [first, second] = [noting(), noting()];
    const endFirst = room.observation.add(first.observer);
    const endSecond = room.observation.add(second.observer);
    room.announcements.observer?.workerStarted(7);
    endFirst();
    room.announcements.observer?.workerReady(7);
    endSecond();
    expect(room.announcements.observer).toBeUndefined();
    expect(first.told).toEqual(["started 7"]);
    expect(second.told).toEqual(["started 7", "ready 7"]);
  });

  test("may be removed while it hears", () => {
    const room = observed();
    const after = noting();
    const leaving = noting();
    const end = room.observation.add({ ...leaving.observer, workerStarted: () => end() });
    room.observation.add(after.observer);
    room.announcements.observer?.workerStarted(1);
    room.announcements.observer?.workerStarted(2);
    expect(after.told).toEqual(["started 1", "started 2"]);
  });
});

describe("a pool that is observed", () => {
  test("times every request, and none but its sample again afterwards", () => {
    const room = observed();
    expect(room.latency.putAt(1000)).toBe(NOT_TIMED);
    const end = room.observation.add(noting().observer);
    expect(room.latency.putAt(1000)).toBeGreaterThan(0);
    end();
    expect(room.latency.putAt(1000)).toBe(NOT_TIMED);
    expect(room.table.observer).toBeUndefined();
  });

  test("times what waits already, in its order, and says that its put was before", () => {
    const room = observed();
    const puts = [put(room, [1]), put(room, [2]), put(room, [3])];
    const running = room.worker.take();
    expect(room.tasks.flagsOf(running) & 8).toBe(0);
    room.observation.add(noting().observer);
    expect(puts.map(({ pending }) => pending.putAt)).toEqual([PUT_BEFORE, PUT_BEFORE, PUT_BEFORE]);
    for (const { pending } of puts.slice(1)) {
      const task = room.worker.take();
      expect(room.tasks.requestOf(task)).toBe(pending);
      expect(room.tasks.flagsOf(task) & 8).toBe(8);
    }
  });

  test("times all requests when one of several observers wants all", () => {
    const room = observed();
    const endSome = room.observation.add(noting().observer, 1000);
    expect([room.latency.isTimingAll, room.latency.budget !== undefined]).toEqual([false, true]);
    const endAll = room.observation.add(noting().observer);
    expect([room.latency.isTimingAll, room.latency.budget !== undefined]).toEqual([true, false]);
    endAll();
    expect([room.latency.isTimingAll, room.latency.budget !== undefined]).toEqual([false, true]);
    endSome();
    expect([room.latency.isTimingAll, room.latency.budget !== undefined]).toEqual([false, false]);
  });
});

describe("a budget of timings", () => {
  test("times the first ten thousand, and then counts those that it leaves out", () => {
    const budget = new TimingBudget();
    budget.perSecond = 1e-9;
    const times = Array.from({ length: 10_100 }, () => budget.putAt());
    expect(times.findIndex((time) => time === NOT_TIMED)).toBe(10_000);
    expect(times.slice(10_000).every((time) => time === NOT_TIMED)).toBe(true);
    expect(budget.skipped).toBe(100);
    budget.begin();
    expect(budget.putAt()).toBeGreaterThan(0);
  });

  test("earns more with time", () => {
    const budget = new TimingBudget();
    // So many that the shortest time earns some.
    budget.perSecond = 1e12;
    expect(Array.from({ length: 30_000 }, () => budget.putAt()).every((time) => time > 0)).toBe(
      true,
    );
  });
});
