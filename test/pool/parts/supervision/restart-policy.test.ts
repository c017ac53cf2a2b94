import { describe, expect, test } from "bun:test";
import type { Deadline, Deadlines } from "../../../../src/pool/event-loop/deadlines.ts";
import { RestartPolicy, startFailure } from "../../../../src/pool/supervision/restart-policy.ts";
import { NO_HISTORY, WorkerRecord } from "../../../../src/pool/supervision/worker-record.ts";
import type { RecordSupervisor } from "../../../../src/pool/supervision/worker-record.ts";
import { playWorkers } from "../played-worker.ts";
import { addWorker, queueRoom } from "../pool-parts.ts";

const played = playWorkers();

const NO_SUPERVISOR: RecordSupervisor = {
  dismiss: () => {},
  join: () => {},
  kill: () => {},
  workerReady: () => {},
  workerClosed: () => {},
};

/** A policy whose deadlines the test runs, and a worker that has not started. */
function policyFor(failedStarts: number = 0, graceMs: number = 100) {
  const room = queueRoom();
  const delays: number[] = [];
  const actions: (() => void)[] = [];
  const removed: unknown[] = [];
  const deadlines: Pick<Deadlines, "add" | "remove"> = {
    add: (delayMs, action) => {
      delays.push(delayMs);
      actions.push(action);
      return { number: actions.length } as unknown as Deadline;
    },
    remove: (deadline) => void removed.push(deadline),
  };
  const { channel, worker } = addWorker(room, played, "not started");
  const record = new WorkerRecord(channel, { ...NO_HISTORY, failedStarts }, NO_SUPERVISOR);
  const policy = new RestartPolicy(deadlines as Deadlines, graceMs);
  return {
    policy,
    record,
    worker,
    views: room.channels.views,
    delays,
    actions,
    removed,
  };
}

describe("the successor of a worker that has failed to start", () => {
  test.each([
    [0, 10],
    [1, 20],
    [2, 40],
    [3, 80],
    [6, 640],
    [7, 1000],
    [50, 1000],
  ])("after %d failures before comes in %d ms", (failedStarts, delayMs) => {
    const { policy, record, delays, actions } = policyFor(failedStarts);
    const failures: number[] = [];
    expect(policy.tryReplaceLater(record, 1, (count) => void failures.push(count))).toBe(true);
    expect(delays).toEqual([delayMs]);
    expect(failures).toEqual([]);
    actions[0]?.();
    expect(failures).toEqual([failedStarts + 1]);
  });

  test("is given up after five failures in a row, while no other worker is ready", () => {
    const { policy, record, actions } = policyFor(4);
    expect(policy.tryReplaceLater(record, 0, () => {})).toBe(false);
    expect(actions).toEqual([]);
  });

  test("is not given up before, nor while another worker is ready", () => {
    const fourth = policyFor(3);
    expect(fourth.policy.tryReplaceLater(fourth.record, 0, () => {})).toBe(true);
    const fifth = policyFor(4);
    expect(fifth.policy.tryReplaceLater(fifth.record, 1, () => {})).toBe(true);
  });
});

describe("a worker whose thread does not run our code", () => {
  test("is killed after a minute", () => {
    const { policy, record, views, delays, actions } = policyFor();
    let kills = 0;
    policy.limitLoading(views, record, () => void kills++);
    expect(delays).toEqual([60_000]);
    actions[0]?.();
    expect(kills).toBe(1);
  });

  test("is spared when it does by then, ready or not", () => {
    const { policy, record, worker, views, actions } = policyFor();
    let kills = 0;
    policy.limitLoading(views, record, () => void kills++);
    worker.start();
    actions[0]?.();
    expect(kills).toBe(0);
  });

  test("has its limit removed when the record says so", () => {
    const { policy, record, views, removed } = policyFor();
    policy.limitLoading(views, record, () => {});
    expect(removed).toEqual([]);
    record.endStartLimit();
    expect(removed).toEqual([{ number: 1 }]);
  });
});

describe("a worker that is dismissed before it is ready", () => {
  test("is killed when the grace period is over", () => {
    const { policy, record, delays, actions } = policyFor(0, 123);
    record.workerState = "dismissed";
    let kills = 0;
    policy.limitDismissed(record, () => void kills++);
    expect(delays).toEqual([123]);
    actions[0]?.();
    expect(kills).toBe(1);
  });

  test("is spared when it is ready by then, or has ended", () => {
    for (const change of ["is ready", "has ended"]) {
      const { policy, record, worker, actions } = policyFor();
      record.workerState = "dismissed";
      let kills = 0;
      policy.limitDismissed(record, () => void kills++);
      if (change === "is ready") worker.becomeReady();
      else record.workerState = "ended";
      actions[0]?.();
      expect(kills).toBe(0);
    }
  });

  test("has no limit when it is ready already, or the grace period has no end", () => {
    const ready = policyFor();
    ready.worker.becomeReady();
    ready.policy.limitDismissed(ready.record, () => {});
    const patient = policyFor(0, Infinity);
    patient.policy.limitDismissed(patient.record, () => {});
    expect([...ready.actions, ...patient.actions]).toEqual([]);
  });
});

test("the failure of a pool names the last worker, its exit code, and what the system said", () => {
  const { record } = policyFor();
  expect(startFailure(record, 3)).toMatchObject({
    why: "its workers end before they are ready",
    cause: { name: "WorkerDied", workerId: 1, exitCode: 3, cause: undefined },
  });
  record.channel.errorText = "no memory";
  expect(startFailure(record, null).cause).toMatchObject({
    exitCode: null,
    cause: new Error("no memory"),
  });
});
