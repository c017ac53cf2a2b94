/** What becomes of a request that finds the queue full, by rejection policy. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { NoWorkersAvailable, QueueFull, WorkRequest } from "../../src/index.ts";
import type { ExcInfo, RejectionPolicy } from "../../src/index.ts";
import { Admission } from "../../src/pool/admission.ts";
import type { PendingRequest } from "../../src/pool/request/pending-request.ts";
import { open } from "./fixtures/gate.ts";
import { echo } from "./fixtures/tasks.ts";
import { fullPool } from "./full-pool.ts";
import { playWorkers } from "./played-worker.ts";
import type { PlayedWorker } from "./played-worker.ts";
import { poolRoom, put, request } from "./pool-parts.ts";
import type { PoolRoom, Put } from "./pool-parts.ts";
import { rejection } from "./rejection.ts";
import { SCRIPT_TEST_MS } from "./script.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

const DUE_IN_MS = 2;

describe("throw", () => {
  test("refuses what finds the queue full, and keeps what is in it", async () => {
    await using full = await fullPool("throw");
    const { pool, gate, held, queued } = full;
    expect(await rejection(pool.run(echo, [1]))).toBeInstanceOf(QueueFull);
    expect(() => pool.runSync(echo, [1])).toThrow(QueueFull);
    expect(() => pool.putRequest(new WorkRequest(echo, [1]))).toThrow("qSize=1");
    open(gate);
    expect(await Promise.all([held, queued])).toEqual(["held", "queued"]);
    expect(pool.stats()).toMatchObject({ put: 2, succeeded: 2 });
  });
});

describe("discardOldest", () => {
  test("fails what has waited longest, and nothing that runs", async () => {
    await using full = await fullPool("discardOldest");
    const { pool, gate, held, queued } = full;
    const newer = pool.run(echo, ["newer"]);
    newer.catch(() => {});
    const error = await rejection(queued);
    expect(error).toBeInstanceOf(QueueFull);
    expect((error as Error).message).toContain("discarded");
    const newest = pool.run(echo, ["newest"]);
    expect(await rejection(newer)).toBeInstanceOf(QueueFull);
    open(gate);
    expect(await Promise.all([held, newest])).toEqual(["held", "newest"]);
  });

  test("tells the exception callback of what it discards", async () => {
    await using full = await fullPool("discardOldest");
    const { pool, gate, queued, held } = full;
    const names: string[] = [];
    const excCallback = (_: unknown, [name]: ExcInfo): void => {
      names.push(name);
    };
    pool.putRequest(new WorkRequest(echo, [1], {}, { excCallback }));
    await rejection(queued);
    const last = pool.run(echo, ["last"]);
    open(gate);
    expect(await Promise.all([held, last])).toEqual(["held", "last"]);
    await pool.settled();
    expect(names).toEqual(["QueueFull"]);
  });
});

describe("block", () => {
  test("has run wait in the queue all the same, and putRequest and runSync for room", async () => {
    await using full = await fullPool("block");
    const { pool, gate, held, queued } = full;
    const more = pool.run(echo, ["more"]);
    expect(() => pool.putRequest(new WorkRequest(echo, [1]), false)).toThrow(QueueFull);
    expect(() => pool.putRequest(new WorkRequest(echo, [1]), true, 1)).toThrow(QueueFull);
    open(gate);
    expect(pool.runSync(echo, ["sync"])).toBe("sync");
    expect(await Promise.all([held, queued, more])).toEqual(["held", "queued", "more"]);
  });
});

interface Room extends PoolRoom {
  readonly admission: Admission;
  readonly worker: PlayedWorker;
  /** "full" and "drain". */
  readonly log: string[];
  /** The request that makes the queue full. */
  readonly waiting: Put;
}

describe("an admission without a pool around it:", () => {
  const played = playWorkers();

  /** A queue for one request, which has it. */
  function fullQueue(rejectionPolicy: RejectionPolicy): Room {
    const room = poolRoom({ qSize: 1 });
    const log: string[] = [];
    room.events.on("full", () => void log.push("full"));
    room.events.on("drain", () => void log.push("drain"));
    room.supervisor.create(1);
    const [worker] = played as [PlayedWorker];
    worker.becomeReady();
    const waiting = put(room);
    return {
      ...room,
      admission: new Admission(room, { qSize: 1, rejectionPolicy }),
      worker,
      log,
      waiting,
    };
  }

  /** A request that asks to be admitted. */
  function newcomer(): PendingRequest {
    return request().pending;
  }

  describe("while the queue has capacity", () => {
    test.each<RejectionPolicy>(["block", "throw", "discardOldest", "callerRuns"])(
      "a request goes to a worker: %s",
      (policy) => {
        const { admission, worker, log } = fullQueue(policy);
        worker.take();
        expect(admission.admit(newcomer(), 0)).toBe("in a worker");
        expect(log).toEqual([]);
      },
    );
  });

  describe("when the queue is full, a request", () => {
    test("runs in its caller, by that policy", () => {
      const { admission, log } = fullQueue("callerRuns");
      expect(admission.admit(newcomer(), Infinity)).toBe("in its caller");
      expect(log).toEqual(["full"]);
    });

    test("is refused by the policy throw, whatever it would wait", () => {
      const { admission, log, waiting } = fullQueue("throw");
      for (const waitMs of [undefined, 0, Infinity]) {
        const admit = (): unknown => admission.admit(newcomer(), waitMs);
        expect(admit).toThrow(QueueFull);
        expect(admit).toThrow("qSize=1");
      }
      expect(log).toEqual(["full"]);
      expect(waiting.pending.outcome).toBe("pending");
    });

    test("takes the place of the one that has waited longest, by the policy discardOldest", () => {
      const { admission, table, queue, waiting } = fullQueue("discardOldest");
      expect(admission.admit(newcomer(), 0)).toBe("in a worker");
      expect(queue.hasCapacity()).toBe(true);
      table.deliverAll();
      expect(waiting.delivered).toEqual([expect.any(QueueFull)]);
      expect((waiting.delivered[0] as Error).message).toContain("discarded");
    });

    test("is admitted without room when it can neither block nor be refused", () => {
      const { admission, log } = fullQueue("block");
      expect(admission.admit(newcomer(), undefined)).toBe("in a worker");
      expect(log).toEqual(["full"]);
    });

    test("is refused at once when it does not want to wait, and when its time is over", () => {
      const { admission } = fullQueue("block");
      for (const waitMs of [0, 1]) {
        const admit = (): unknown => admission.admit(newcomer(), waitMs);
        expect(admit).toThrow(QueueFull);
      }
    });

    test("waits until a worker has claimed another, and reads results meanwhile", () => {
      const room = fullQueue("block");
      const task = room.worker.take();
      const { pending } = put(room);
      // What another thread would do while this one blocks.
      room.deadlines.add(DUE_IN_MS, () => {
        room.worker.succeed(task, "done");
        room.worker.take();
      });
      expect(room.admission.admit(newcomer(), Infinity)).toBe("in a worker");
      expect(room.queue.hasCapacity()).toBe(true);
      expect(room.tasks.isRunning(pending)).toBe(true);
      expect(room.log).toEqual(["full", "drain"]);
      room.supervisor.reactor.react();
      expect(room.waiting.pending.outcome).toBe("succeeded");
    });

    test("does not wait for ever when no worker is left", () => {
      const room = fullQueue("block");
      room.deadlines.add(DUE_IN_MS, () => {
        room.supervisor.dismissNewest(1);
        room.worker.end(0);
      });
      const admit = (): unknown => room.admission.admit(newcomer(), Infinity);
      expect(admit).toThrow(NoWorkersAvailable);
    });

    test("waits as long as it asked for although no worker is left", () => {
      const room = fullQueue("block");
      room.supervisor.dismissNewest(1);
      room.worker.end(0);
      const admit = (): unknown => room.admission.admit(newcomer(), 1);
      expect(admit).toThrow(QueueFull);
    });
  });
});
