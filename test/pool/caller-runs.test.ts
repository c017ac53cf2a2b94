import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  PoolClosed,
  RequestTimeout,
  ThreadPoolError,
  WorkRequest,
  fromModule,
} from "../../src/index.ts";
import { awaitAbort, facts, report } from "./fixtures/context.ts";
import { arrivals, newGate, open } from "./fixtures/gate.ts";
import { never } from "./fixtures/semantics.ts";
import { echo, echoLater, fail } from "./fixtures/tasks.ts";
import type * as Tasks from "./fixtures/tasks.ts";
import { fullPool } from "./full-pool.ts";
import { rejection } from "./rejection.ts";
import { SCRIPT_TEST_MS } from "./script.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

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
    // The runs themselves have received the signal.
    await arrivals(aborted, 1);
    await arrivals(late, 1);
    expect(pool.stats()).toMatchObject({ cancelled: 1, failed: 1 });
    open(gate);
    pool.wait();
    expect(await Promise.all([held, queued])).toEqual(["held", "queued"]);
  });

  test("says so when a blocked caller would wait for its own event loop", async () => {
    await using full = await fullPool("callerRuns");
    const { pool, gate, held, queued } = full;
    expect(() => pool.runSync(echoLater, ["never"])).toThrow(ThreadPoolError);
    open(gate);
    expect(await Promise.all([held, queued])).toEqual(["held", "queued"]);
    await pool.settled();
  });

  test("does not keep using from its end: it throws, and what is left fails", async () => {
    const { pool, gate, held, queued } = await fullPool("callerRuns");
    const run = rejection(pool.run(never));
    open(gate);
    await Promise.all([held, queued]);
    expect(() => pool[Symbol.dispose]()).toThrow(ThreadPoolError);
    expect(await run).toBeInstanceOf(PoolClosed);
  });
});
