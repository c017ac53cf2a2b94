/** Workers that end before they are ready for requests, or never become ready. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { cp, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PoolClosed, ThreadPool, WorkerDied } from "../../../src/index.ts";
import type { Deadline, Deadlines } from "../../../src/pool/event-loop/deadlines.ts";
import { RestartPolicy, startFailure } from "../../../src/pool/supervision/restart-policy.ts";
import type { WhatIsLeft } from "../../../src/pool/supervision/restart-policy.ts";
import { NO_HISTORY, WorkerRecord } from "../../../src/pool/supervision/worker-record.ts";
import type {
  RecordSupervisor,
  RestartHistory,
} from "../../../src/pool/supervision/worker-record.ts";
import { exitInInitializer, exitSoManyTimes, serve } from "../fixtures/worker-callables.ts";
import { playWorkers } from "../played-worker.ts";
import { addWorker, queueRoom } from "../pool-parts.ts";
import { rejection } from "../rejection.ts";
import { SCRIPT_TEST_MS, reportOf, runScript } from "../script.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

const root = join(import.meta.dir, "../../..");

let folder = "";

/** A copy of the package, to be damaged. */
async function copy(): Promise<string> {
  const place = await mkdtemp(join(tmpdir(), "ringpool loading "));
  for (const part of ["src", "native-queue"]) {
    await cp(join(root, part), join(place, part), { recursive: true });
  }
  return place;
}

beforeAll(async () => {
  folder = await copy();
});

afterAll(() => rm(folder, { recursive: true }));

describe("workers that end before they are ready", () => {
  test("are started again, until they are", async () => {
    const left = new Int32Array(new SharedArrayBuffer(4));
    left[0] = 3;
    await using pool = new ThreadPool(1, { initializer: exitSoManyTimes, initargs: [left] });
    expect((await pool.run(serve)).served).toBe(1);
    expect(pool.workers).toHaveLength(1);
  });

  test("are started again while the parent blocks", () => {
    const left = new Int32Array(new SharedArrayBuffer(4));
    left[0] = 3;
    using pool = new ThreadPool(2, { initializer: exitSoManyTimes, initargs: [left] });
    expect(pool.runSync(serve).served).toBe(1);
  });

  test("again and again close the pool, with the reason", async () => {
    const pool = new ThreadPool(2, { initializer: exitInInitializer, initargs: [7] });
    const error = (await rejection(pool.run(serve))) as Error;
    expect(error).toBeInstanceOf(PoolClosed);
    expect(error.cause).toBeInstanceOf(WorkerDied);
    expect(error.cause).toMatchObject({ exitCode: 7 });
    expect(await rejection(pool.run(serve))).toBeInstanceOf(PoolClosed);
  });

  test("again and again close the pool of a parent that blocks", () => {
    const pool = new ThreadPool(2, { initializer: exitInInitializer, initargs: [7] });
    expect(() => pool.runSync(serve)).toThrow(PoolClosed);
  });

  test("may be dismissed before they are started again", async () => {
    const pool = new ThreadPool(1, { initializer: exitInInitializer, initargs: [7] });
    const died = Promise.withResolvers<void>();
    pool.once("workerDied", () => died.resolve());
    const served = pool.run(serve);
    await died.promise;
    pool.dismissWorkers(1);
    expect(pool.workers).toEqual([]);
    const closed = pool.close();
    expect(await rejection(served)).toBeInstanceOf(PoolClosed);
    await closed;
  });
});

test("workers that end as soon as they are ready are started later each time, for as long as no request waits", async () => {
  const report = await runScript("ends-when-ready.ts");
  expect(report).toMatchObject({ exitCode: 0, lines: [{}] });
  const [{ delaysMs }] = report.lines as [{ readonly delaysMs: readonly number[] }];
  // A slow machine makes these times longer only.
  const leastMs = [0, 10, 20, 40, 80, 160, 320];
  expect(delaysMs.map((ms, index) => ms >= (leastMs[index] as number))).toEqual(
    leastMs.map(() => true),
  );
});

describe("a worker whose code cannot be loaded", () => {
  beforeAll(() => rm(join(folder, "src/worker/inbox.ts")));

  test.each(["turning", "blocking"])(
    "closes the pool of a parent that is %s, with the reason",
    async (way) => {
      expect(await reportOf("loading.ts", folder, way)).toEqual({
        name: "PoolClosed",
        causeName: "WorkerDied",
        reason: expect.stringContaining("inbox.ts") as string,
      });
    },
  );
});

test("a worker whose thread comes to a halt before it runs is replaced, while the parent blocks", async () => {
  const place = await copy();
  const halted = JSON.stringify(join(place, "halted"));
  await rename(join(place, "src/worker/main.ts"), join(place, "src/worker/real-main.ts"));
  await writeFile(
    join(place, "src/worker/main.ts"),
    `import "./halt-once.ts";
     import "./real-main.ts";`,
  );
  await writeFile(
    join(place, "src/worker/halt-once.ts"),
    `import { existsSync, writeFileSync } from "node:fs";
     if (!existsSync(${halted})) {
       writeFileSync(${halted}, "");
       for (;;);
     }`,
  );
  expect(await reportOf("loading.ts", place, "stuck")).toEqual({ result: 42 });
  await rm(place, { recursive: true });
});

const NO_SUPERVISOR: RecordSupervisor = {
  dismiss: () => {},
  join: () => {},
  kill: () => {},
  workerReady: () => {},
  workerClosed: () => {},
};

/** Nothing waits, and no other worker is there. */
const NOTHING: WhatIsLeft = { leavesRequests: false, readyWorkers: 0 };

describe("the policy without a pool around it:", () => {
  const played = playWorkers();

  /** A policy whose deadlines the test runs, and a worker that has not started. */
  function policyFor(history: Partial<RestartHistory> = {}, graceMs: number = 100) {
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
    const record = new WorkerRecord(channel, { ...NO_HISTORY, ...history }, NO_SUPERVISOR);
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

  /** The same for a worker that has ended when it was ready. */
  function readyPolicyFor(history: Partial<RestartHistory> = {}) {
    const policy = policyFor(history);
    policy.record.lastPhase = "ready";
    return policy;
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
      const { policy, record, delays, actions } = policyFor({ failedStarts });
      const histories: RestartHistory[] = [];
      const replace = (history: RestartHistory): void => void histories.push(history);
      expect(policy.tryReplace(record, { ...NOTHING, readyWorkers: 1 }, replace)).toBe(true);
      expect(delays).toEqual([delayMs]);
      expect(histories).toEqual([]);
      actions[0]?.();
      expect(histories).toEqual([{ deaths: 1, failedStarts: failedStarts + 1, uselessStarts: 1 }]);
    });

    test("is given up after five failures in a row, while no other worker is ready", () => {
      const { policy, record, actions } = policyFor({ failedStarts: 4, uselessStarts: 4 });
      expect(policy.tryReplace(record, NOTHING, () => {})).toBe(false);
      expect(actions).toEqual([]);
    });

    test("is not given up before, nor while another worker is ready", () => {
      const fourth = policyFor({ failedStarts: 3, uselessStarts: 3 });
      expect(fourth.policy.tryReplace(fourth.record, NOTHING, () => {})).toBe(true);
      const fifth = policyFor({ failedStarts: 4, uselessStarts: 4 });
      const end = { ...NOTHING, readyWorkers: 1 };
      expect(fifth.policy.tryReplace(fifth.record, end, () => {})).toBe(true);
    });
  });

  describe("the successor of a worker that has ended without a request", () => {
    test.each([
      [1, 10],
      [2, 20],
      [7, 640],
      [8, 1000],
    ])("after %d failures before comes in %d ms", (failedStarts, delayMs) => {
      const { policy, record, delays } = readyPolicyFor({ failedStarts });
      const replace = (): never => {
        throw new Error("It comes later.");
      };
      expect(policy.tryReplace(record, NOTHING, replace)).toBe(true);
      expect(delays).toEqual([delayMs]);
    });

    test("comes at once the first time", () => {
      const { policy, record, delays } = readyPolicyFor();
      const histories: RestartHistory[] = [];
      expect(policy.tryReplace(record, NOTHING, (history) => void histories.push(history))).toBe(
        true,
      );
      expect(delays).toEqual([]);
      expect(histories).toEqual([{ deaths: 1, failedStarts: 1, uselessStarts: 0 }]);
    });

    test("is given up after five that have left requests waiting, while no other worker is ready", () => {
      const before = { failedStarts: 4, uselessStarts: 4 };
      const end = { ...NOTHING, leavesRequests: true };
      const fifth = readyPolicyFor(before);
      expect(fifth.policy.tryReplace(fifth.record, end, () => {})).toBe(false);
      const helped = readyPolicyFor(before);
      expect(helped.policy.tryReplace(helped.record, { ...end, readyWorkers: 1 }, () => {})).toBe(
        true,
      );
      const idle = readyPolicyFor({ failedStarts: 50, uselessStarts: 4 });
      expect(idle.policy.tryReplace(idle.record, NOTHING, () => {})).toBe(true);
    });
  });

  describe("the successor of a worker", () => {
    test("that has completed a request, or lost one, comes at once, and nothing counts against it", () => {
      for (const way of ["completed", "lost"]) {
        const { policy, record, delays } = readyPolicyFor({ failedStarts: 9, uselessStarts: 4 });
        if (way === "completed") record.channel.results = 1;
        else record.hasLostRequests = true;
        const histories: RestartHistory[] = [];
        const end = { ...NOTHING, leavesRequests: true };
        expect(policy.tryReplace(record, end, (history) => void histories.push(history))).toBe(
          true,
        );
        expect(delays).toEqual([]);
        expect(histories).toEqual([{ ...NO_HISTORY, deaths: 1 }]);
      }
    });

    test("that was recycled has no death before it", () => {
      const { policy, record } = readyPolicyFor();
      record.channel.results = 1;
      record.lastPhase = "recycling";
      const histories: RestartHistory[] = [];
      policy.tryReplace(record, NOTHING, (history) => void histories.push(history));
      expect(histories).toEqual([NO_HISTORY]);
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
      const { policy, record, delays, actions } = policyFor({}, 123);
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
      const patient = policyFor({}, Infinity);
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

  test("the failure of a pool whose workers were ready has the uncaught error of the last one", () => {
    const { record } = policyFor();
    record.lastPhase = "ready";
    record.channel.uncaughtError = new RangeError("left behind");
    expect(startFailure(record, 1)).toMatchObject({
      why: "its workers end before they run a request",
      cause: { name: "WorkerDied", workerId: 1, exitCode: 1, cause: new RangeError("left behind") },
    });
  });
});
