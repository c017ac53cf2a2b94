import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  QueueFull,
  RequestTimeout,
  ThreadPool,
  ThreadPoolError,
  WorkRequest,
  fromModule,
} from "../../src/index.ts";
import type { ExcInfo, RejectionPolicy } from "../../src/index.ts";
import { awaitAbort, facts, report } from "./fixtures/context.ts";
import { arrivals, newGate, open } from "./fixtures/gate.ts";
import type { Gate } from "./fixtures/gate.ts";
import { echo, echoLater, fail, hold } from "./fixtures/tasks.ts";
import type * as Tasks from "./fixtures/tasks.ts";
import { rejection } from "./rejection.ts";
import { SCRIPT_TEST_MS } from "./script.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

interface FullPool extends AsyncDisposable {
  readonly pool: ThreadPool;
  readonly gate: Gate;
  readonly held: Promise<string>;
  /** The one request that has room in the queue. */
  readonly queued: Promise<string>;
}

/** A pool whose worker is busy and whose queue is full. */
async function fullPool(rejectionPolicy: RejectionPolicy): Promise<FullPool> {
  const pool = new ThreadPool(1, { qSize: 1, rejectionPolicy });
  const gate = newGate();
  const held = pool.run(hold<string>, [gate, "held"]);
  await arrivals(gate, 1);
  const queued = pool.run(echo<string>, ["queued"]);
  queued.catch(() => {});
  return { pool, gate, held, queued, [Symbol.asyncDispose]: () => pool.close() };
}

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

describe("callerRuns", () => {
  test("runs the request where it was put", async () => {
    await using full = await fullPool("callerRuns");
    const { pool, gate, held, queued } = full;
    expect(await pool.run(facts)).toMatchObject({ workerId: 0, attempt: 1, isCancelled: false });
    expect(pool.runSync(echo, ["sync"])).toBe("sync");
    expect(await pool.run(echoLater, ["later"])).toBe("later");
    expect(await rejection(pool.run(fail, ["here"]))).toEqual(new RangeError("here"));
    const tasks = fromModule<typeof Tasks>(new URL("./fixtures/tasks.ts", import.meta.url));
    expect(await pool.run(tasks.add, [1, 2])).toBe(3);
    open(gate);
    expect(await Promise.all([held, queued])).toEqual(["held", "queued"]);
  });

  test("delivers its callbacks and its progress as ever", async () => {
    await using full = await fullPool("callerRuns");
    const { pool, gate, held, queued } = full;
    const events: unknown[] = [];
    const callback = (_: unknown, result: unknown): void => {
      events.push(result);
    };
    pool.putRequest(new WorkRequest(echo, ["put"], {}, { callback }));
    expect(events).toEqual([]);
    pool.poll();
    expect(events).toEqual(["put"]);
    events.push(await pool.run(report, [["r"]], { onProgress: (value) => events.push(value) }));
    expect(events).toEqual(["put", "r", 1]);
    open(gate);
    await Promise.all([held, queued]);
  });

  test("stops at once for its signal or its time limit, where the run goes on in the event loop", async () => {
    await using full = await fullPool("callerRuns");
    const { pool, gate, held, queued } = full;
    const [aborted, late] = [newGate(), newGate()];
    const controller = new AbortController();
    const run = rejection(
      pool.run(awaitAbort, [newGate(), aborted], { signal: controller.signal }),
    );
    const limited = rejection(pool.run(awaitAbort, [newGate(), late], { timeoutMs: 1 }));
    controller.abort("stop");
    expect(await run).toBe("stop");
    expect(await limited).toBeInstanceOf(RequestTimeout);
    // The runs themselves have heard of it.
    await arrivals(aborted, 1);
    await arrivals(late, 1);
    expect(pool.stats()).toMatchObject({ cancelled: 1, failed: 1 });
    open(gate);
    pool.wait();
    expect(await Promise.all([held, queued])).toEqual(["held", "queued"]);
  });

  test("says so when a blocked caller would wait for his own event loop", async () => {
    await using full = await fullPool("callerRuns");
    const { pool, gate, held, queued } = full;
    expect(() => pool.runSync(echoLater, ["never"])).toThrow(ThreadPoolError);
    open(gate);
    expect(await Promise.all([held, queued])).toEqual(["held", "queued"]);
    await pool.settled();
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
