/** What a trace of a living pool tells. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { ThreadPool, WorkRequest } from "../../src/index.ts";
import { arrivals, arrivalsSync, newGate, open } from "../pool/fixtures/gate.ts";
import { countTo } from "../pool/fixtures/generators.ts";
import { add, double, echo, fail, hold, holdTurning, loop } from "../pool/fixtures/tasks.ts";
import { fullPool } from "../pool/full-pool.ts";
import { rejection, thrownBy } from "../pool/rejection.ts";
import { turnUntil } from "../pool/turns.ts";
import { SCRIPT_TEST_MS } from "../pool/script.ts";
import { dieAtGate, dieOnce, timed, waitForOthers } from "./fixtures/callables.ts";
import { counterOf, momentsOf, runsOf, toldOf, unrunOf } from "./read.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

describe("a trace tells of every run", () => {
  test("however its request was put, by the name of its callable", async () => {
    await using pool = new ThreadPool(1);
    using trace = pool.trace();
    await pool.run(add, [1, 2]);
    await pool.run((value: number) => value, [1]);
    pool.runSync(double, [1]);
    pool.putRequest(new WorkRequest(echo, ["put"], {}, { requestID: "mine" }));
    pool.wait();
    await Array.fromAsync(pool.stream(countTo, [3]));
    await pool.broadcast(echo, ["all"]);
    expect(toldOf(trace)).toEqual([
      { name: "add", cat: "run", outcome: "succeeded" },
      { name: "(anonymous)", cat: "run", outcome: "succeeded" },
      { name: "double", cat: "runSync", outcome: "succeeded" },
      { name: "echo", cat: "putRequest", outcome: "succeeded" },
      { name: "countTo", cat: "stream", outcome: "succeeded" },
      { name: "echo", cat: "broadcast", outcome: "succeeded" },
    ]);
    const args = runsOf(trace).map((run) => run.args);
    expect(args.map(({ requestID }) => typeof requestID)).toEqual([
      "number",
      "number",
      "number",
      "string",
      "number",
      "number",
    ]);
    expect(args[3]).toMatchObject({ requestID: "mine", worker: 1, attempt: 1, priority: 0 });
  });

  test("of a pool without threads, by the names of the program's functions", async () => {
    await using pool = new ThreadPool(0, { inline: true });
    using trace = pool.trace();
    await pool.run(add, [1, 2]);
    await pool.run((value: number) => value, [1]);
    pool.runSync(double, [1]);
    await pool.map(double, [1, 2, 3]);
    expect(toldOf(trace).slice(0, 4)).toEqual([
      { name: "add", cat: "run", outcome: "succeeded" },
      { name: "(anonymous)", cat: "run", outcome: "succeeded" },
      { name: "double", cat: "runSync", outcome: "succeeded" },
      { name: "double", cat: "chunk", outcome: "succeeded" },
    ]);
  });

  test.each(["map", "mapSync"] as const)(
    "of a collection as its chunks, which tell how many items they stand for: %s",
    async (method) => {
      await using pool = new ThreadPool(2);
      using trace = pool.trace();
      const items = Array.from({ length: 500 }, (_, i) => i);
      if (method === "map") await pool.map(double, items);
      else pool.mapSync(double, items);
      const runs = runsOf(trace);
      expect(new Set(runs.map(({ name, cat }) => `${name} ${cat}`))).toEqual(
        new Set(["double chunk"]),
      );
      const counts = runs.map(({ args }) => args.items ?? NaN);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(500);
    },
  );

  test("of a chunk whose rest an idle worker has taken over, with the items that it kept", async () => {
    await using pool = new ThreadPool(2);
    const count = 500;
    const returned = new SharedArrayBuffer(4);
    const calls = Array.from({ length: count }, (_, i) => [i, count, returned] as const);
    // The size of the chunks is remembered, so the chunk of item 0 has others too next time.
    new Int32Array(returned)[0] = count;
    await pool.starmap(waitForOthers, calls);
    new Int32Array(returned)[0] = 0;
    using trace = pool.trace();
    await pool.starmap(waitForOthers, calls);
    const counts = runsOf(trace).map(({ args }) => args.items ?? NaN);
    expect(counts.reduce((sum, items) => sum + items, 0)).toBe(count);
  });

  test("with the times that the worker has measured, which enclose the callable's own", async () => {
    await using pool = new ThreadPool(2);
    using trace = pool.trace();
    const before = performance.timeOrigin + performance.now();
    const requests = Array.from({ length: 40 }, (_, i) =>
      pool.run(timed, [i % 2 === 0 ? 300 : 20]),
    );
    const own = await Promise.all(requests);
    const after = performance.timeOrigin + performance.now();
    const json = trace.stop().toJSON();
    const zero = Date.parse(json.otherData.startedAt);
    const runs = runsOf(trace).toSorted(
      (a, b) => Number(a.args.requestID) - Number(b.args.requestID),
    );
    expect(runs).toHaveLength(own.length);
    // The date of zero is cut to a millisecond, so all of the differences are the same part of one.
    const shifts = runs.map(({ ts }, i) => own[i]![0] - (zero + ts / 1000));
    const shift = Math.min(...shifts);
    expect(shift).toBeGreaterThanOrEqual(0);
    for (const [i, { ts, dur, args }] of runs.entries()) {
      const [start, end] = own[i]!;
      // What the worker does before the call is in the run, and so is the encoding of the result.
      expect(zero + ts / 1000).toBeLessThanOrEqual(start);
      expect(ts + dur).toBeGreaterThanOrEqual((end - zero - shifts[i]!) * 1000 - 1);
      expect(dur).toBeGreaterThanOrEqual((end - start) * 1000 - 1);
      expect(args.ranMs).toBeCloseTo(dur / 1000, 2);
      expect(args.queuedMs).toBeGreaterThanOrEqual(0);
      expect(args.queuedMs).toBeLessThanOrEqual(after - before);
    }
  });

  test("of which none overlaps another one in a worker", async () => {
    await using pool = new ThreadPool(2);
    using trace = pool.trace();
    await Promise.all(Array.from({ length: 300 }, () => pool.run(timed, [10])));
    expect(overlapsIn(runsOf(trace))).toEqual([]);
    expect(new Set(runsOf(trace).map(({ tid }) => tid)).size).toBeLessThanOrEqual(2);
    for (const { tid, args } of runsOf(trace)) expect(args.worker).toBe(tid);
  });

  test("on lanes of their own where a worker runs several at a time", async () => {
    await using pool = new ThreadPool(1, { concurrencyPerWorker: 3 });
    using trace = pool.trace();
    const gate = newGate();
    const held = [1, 2, 3].map((value) => pool.run(holdTurning, [gate, value]));
    await arrivals(gate, 3);
    open(gate);
    await Promise.all(held);
    const runs = runsOf(trace);
    expect(overlapsIn(runs)).toEqual([]);
    expect(new Set(runs.map(({ tid }) => tid)).size).toBe(3);
    expect(runs.map(({ args }) => args.worker)).toEqual([1, 1, 1]);
    const lanes = trace.events.flatMap((event) =>
      event.ph === "M" && event.name === "thread_name" ? [event.args] : [],
    );
    expect(lanes).toEqual([
      { name: "caller" },
      { name: "worker 1" },
      { name: "worker 1 (2)" },
      { name: "worker 1 (3)" },
    ]);
  });

  test("in the thread that has put it, by the policy callerRuns", async () => {
    await using full = await fullPool("callerRuns");
    using trace = full.pool.trace();
    await full.pool.run(double, [2]);
    await rejection(full.pool.run(fail, ["bad"]));
    open(full.gate);
    expect(runsOf(trace).filter(({ tid }) => tid === 0)).toMatchObject([
      { name: "double", args: { worker: 0, outcome: "succeeded" } },
      { name: "fail", args: { worker: 0, outcome: "failed", error: "RangeError: bad" } },
    ]);
    await full.held;
  });
});

function overlapsIn(runs: ReturnType<typeof runsOf>): string[] {
  const ends = new Map<number, number>();
  const overlaps: string[] = [];
  for (const { tid, ts, dur, name } of runs) {
    const end = ends.get(tid) ?? 0;
    // Both are rounded to a nanosecond.
    if (ts < end - 0.0015) overlaps.push(`${name} at ${ts} before ${end}`);
    ends.set(tid, ts + dur);
  }
  return overlaps;
}

describe("the outcome of a run", () => {
  test("is its failure, with what the callable has thrown", async () => {
    await using pool = new ThreadPool(1);
    using trace = pool.trace();
    await rejection(pool.run(fail, ["too bad"]));
    expect(runsOf(trace)[0]).toMatchObject({
      cname: "terrible",
      args: { outcome: "failed", error: "RangeError: too bad" },
    });
  });

  test("is told of a request that was aborted while it ran, with the end of its run", async () => {
    await using pool = new ThreadPool(1);
    using trace = pool.trace();
    const gate = newGate();
    const controller = new AbortController();
    const held = pool.run(hold, [gate, 1], { signal: controller.signal });
    await arrivals(gate, 1);
    controller.abort("enough");
    await rejection(held);
    expect(runsOf(trace)).toMatchObject([{ args: { outcome: "running" } }]);
    open(gate);
    // The worker runs it behind the other one.
    await pool.run(double, [1]);
    const [aborted, next] = runsOf(trace);
    expect(aborted).toMatchObject({ args: { outcome: "cancelled", error: '"enough"' } });
    expect(next!.ts).toBeGreaterThanOrEqual(aborted!.ts + aborted!.dur - 0.0015);
    expect(runsOf(trace)).toHaveLength(2);
  });

  test("is that of a run whose worker was ended because it did not stop", async () => {
    await using pool = new ThreadPool(1, { graceMs: 1 });
    using trace = pool.trace();
    const gate = newGate();
    const controller = new AbortController();
    const looping = pool.run(loop, [gate], { signal: controller.signal });
    await arrivals(gate, 1);
    controller.abort();
    await rejection(looping);
    await pool.run(double, [1]);
    expect(runsOf(trace)).toMatchObject([
      { name: "loop", tid: 1, args: { outcome: "cancelled" } },
      { name: "double", tid: 2, args: { outcome: "succeeded" } },
    ]);
    expect(
      momentsOf(trace).filter(({ tid, name }) => tid === 1 && name === "worker ended"),
    ).toMatchObject([{ args: { exit: "died: terminated" } }]);
  });

  test("is that of a request that was lost with its worker, and of the run that followed", async () => {
    await using pool = new ThreadPool(1);
    using trace = pool.trace();
    const deaths = new Int32Array(new SharedArrayBuffer(4));
    expect(await pool.run(dieOnce, [deaths], { retries: 1 })).toBe("lived");
    const runs = runsOf(trace);
    expect(runs).toMatchObject([
      { tid: 1, args: { outcome: "lost", attempt: 1 } },
      { tid: 2, args: { outcome: "succeeded", attempt: 2 } },
    ]);
    expect(runs[0]!.args.requestID).toBe(runs[1]!.args.requestID);
    expect(momentsOf(trace).filter(({ name }) => name === "worker ended")).toMatchObject([
      { tid: 1, args: { exit: "died: exitCode=1" } },
    ]);
  });

  test("is WorkerDied for one whose worker has died", async () => {
    await using pool = new ThreadPool(1);
    using trace = pool.trace();
    const gate = newGate();
    const dying = pool.run(dieAtGate, [gate]);
    await arrivals(gate, 1);
    open(gate);
    await rejection(dying);
    const [run] = runsOf(trace);
    expect(run).toMatchObject({ args: { outcome: "failed" } });
    expect(run!.args.error).toStartWith("WorkerDied: ");
  });
});

describe("a request that never ran", () => {
  test("is told of at its end, with how long it waited", async () => {
    await using pool = new ThreadPool(1);
    using trace = pool.trace();
    const gate = newGate();
    const held = pool.run(hold, [gate, 1]);
    await arrivals(gate, 1);
    const controller = new AbortController();
    const aborted = pool.run(double, [1], { signal: controller.signal });
    controller.abort();
    await rejection(aborted);
    await rejection(pool.run(add, [1, 2], { queueTimeoutMs: 1 }));
    open(gate);
    await held;
    expect(unrunOf(trace)).toMatchObject([
      { name: "double", args: { outcome: "cancelled" } },
      { name: "add", args: { outcome: "failed" } },
    ]);
    for (const { args } of unrunOf(trace)) expect(args.queuedMs).toBeGreaterThan(0);
    expect(runsOf(trace)).toHaveLength(1);
    expect(counterOf(trace, "queue length").at(-1)).toBe(0);
  });
});

describe("what is not over", () => {
  test("is in the trace as it stands", async () => {
    await using pool = new ThreadPool(1);
    const trace = pool.trace();
    const gate = newGate();
    const held = pool.run(hold, [gate, 1]);
    await arrivals(gate, 1);
    const waiting = pool.run(double, [1]);
    expect(trace.isRecording).toBe(true);
    trace.stop();
    expect(trace.isRecording).toBe(false);
    expect(runsOf(trace)).toMatchObject([{ name: "hold", tid: 1, args: { outcome: "running" } }]);
    expect(unrunOf(trace)).toMatchObject([{ name: "double", args: { outcome: "waiting" } }]);
    expect(counterOf(trace, "queue length").at(-1)).toBe(1);
    open(gate);
    await Promise.all([held, waiting]);
    // It was stopped before.
    expect(runsOf(trace)).toMatchObject([{ args: { outcome: "running" } }]);
  });
});

describe("a trace that begins while requests are pending", () => {
  test("knows the end of what runs, and all of what waits but the time of its put", async () => {
    await using pool = new ThreadPool(1);
    // The first requests of a pool are measured anyway.
    for (let i = 0; i < 40; i++) await pool.run(double, [i]);
    const gate = newGate();
    const held = pool.run(hold, [gate, 1]);
    await arrivals(gate, 1);
    const waiting = [1, 2, 3].map((value) => pool.run(double, [value]));
    using trace = pool.trace();
    const later = pool.run(add, [1, 2]);
    open(gate);
    await Promise.all([held, ...waiting, later]);
    const runs = runsOf(trace);
    expect(runs.map(({ name }) => name)).toEqual(["hold", "double", "double", "double", "add"]);
    expect(overlapsIn(runs)).toEqual([]);
    expect(runs[0]).toMatchObject({ ts: 0, args: { startIsUnknown: true } });
    for (const { args } of runs.slice(0, 4)) expect(args.queuedMs).toBeUndefined();
    for (const { args } of runs.slice(1)) expect(args.startIsUnknown).toBeUndefined();
    expect(runs[4]!.args.queuedMs).toBeGreaterThan(0);
    expect(pool.stats().queueTimeMs.max).toBeLessThan(SCRIPT_TEST_MS);
  });

  test("takes the results of those in their order, however many wait", async () => {
    await using pool = new ThreadPool(2);
    const gate = newGate();
    const held = [pool.run(hold, [gate, -1]), pool.run(hold, [gate, -2])];
    await arrivals(gate, 2);
    const waiting = Array.from({ length: 3000 }, (_, i) => pool.run(echo, [i]));
    using trace = pool.trace();
    open(gate);
    expect(await Promise.all(waiting)).toEqual(Array.from({ length: 3000 }, (_, i) => i));
    await Promise.all(held);
    expect(runsOf(trace)).toHaveLength(3002);
  });
});

describe("traces", () => {
  test("of one pool at the same time tell each of its own time", async () => {
    await using pool = new ThreadPool(1);
    const early = pool.trace();
    await pool.run(add, [1, 2]);
    const late = pool.trace();
    await pool.run(double, [1]);
    early.stop();
    await pool.run(echo, [1]);
    late.stop();
    await pool.run(fail, ["unseen"]).catch(() => {});
    expect(runsOf(early).map(({ name }) => name)).toEqual(["add", "double"]);
    expect(runsOf(late).map(({ name }) => name)).toEqual(["double", "echo"]);
  });

  test("end with their block, and once", async () => {
    await using pool = new ThreadPool(1);
    let kept;
    {
      using trace = pool.trace();
      await pool.run(double, [1]);
      kept = trace;
    }
    await pool.run(add, [1, 2]);
    expect(kept.stop().stop()).toBe(kept);
    expect(runsOf(kept).map(({ name }) => name)).toEqual(["double"]);
    expect(kept.events).toBe(kept.events);
  });

  test("leave the figures of the pool as they are", async () => {
    await using pool = new ThreadPool(1);
    using trace = pool.trace();
    for (let i = 0; i < 600; i++) await pool.run(double, [i]);
    expect(runsOf(trace)).toHaveLength(600);
    // The first 32 requests, and one in 256 of the later ones.
    expect(pool.stats().runTimeMs.count).toBe(34);
  });
});

describe("a trace of a pool that ends", () => {
  test("tells of everything until a graceful end", async () => {
    const pool = new ThreadPool(2);
    const trace = pool.trace();
    const requests = Array.from({ length: 20 }, (_, i) => pool.run(double, [i]));
    await pool.close();
    await Promise.all(requests);
    expect(runsOf(trace)).toHaveLength(20);
    expect(exitsOf(trace)).toEqual(["ended", "ended"]);
    expect(trace.stop().isRecording).toBe(false);
  });

  test("tells what was ended with it", async () => {
    const pool = new ThreadPool(1);
    const trace = pool.trace();
    const gate = newGate();
    const held = rejection(pool.run(hold, [gate, 1]));
    await arrivals(gate, 1);
    const waiting = rejection(pool.run(double, [1]));
    pool.terminate();
    await Promise.all([held, waiting]);
    expect(runsOf(trace)).toMatchObject([{ name: "hold", args: { outcome: "failed" } }]);
    expect(unrunOf(trace)).toMatchObject([{ name: "double", args: { outcome: "failed" } }]);
    expect(exitsOf(trace)).toEqual(["ended"]);
    trace.stop();
    expect(runsOf(trace)).toHaveLength(1);
  });

  test("tells what its time limit has ended", async () => {
    const pool = new ThreadPool(1);
    const trace = pool.trace();
    const gate = newGate();
    const held = rejection(pool.run(hold, [gate, 1]));
    await arrivals(gate, 1);
    const waiting = rejection(pool.run(double, [1]));
    await pool.close({ timeoutMs: 1 });
    await Promise.all([held, waiting]);
    expect(runsOf(trace)).toMatchObject([{ name: "hold", args: { outcome: "failed" } }]);
    expect(unrunOf(trace)).toMatchObject([{ name: "double", args: { outcome: "failed" } }]);
  });

  test("can begin when it has ended", async () => {
    const pool = new ThreadPool(1);
    await pool.close();
    expect(runsOf(pool.trace().stop())).toEqual([]);
  });

  test("works without the event loop", () => {
    using pool = new ThreadPool(1);
    using trace = pool.trace();
    const gate = newGate();
    pool.putRequest(new WorkRequest(hold, [gate, 1]));
    arrivalsSync(gate, 1);
    open(gate);
    pool.wait();
    expect(runsOf(trace)).toMatchObject([{ name: "hold", args: { outcome: "succeeded" } }]);
  });
});

function exitsOf(trace: ReturnType<ThreadPool["trace"]>): (string | undefined)[] {
  return momentsOf(trace)
    .filter(({ name }) => name === "worker ended")
    .map(({ args }) => args.exit);
}

describe("the workers of a trace", () => {
  test("begin, are ready and end in it", async () => {
    await using pool = new ThreadPool(1);
    await pool.ready();
    using trace = pool.trace();
    pool.createWorkers(1);
    await pool.ready();
    pool.dismissWorkers(1, true);
    await turnUntil(() => exitsOf(trace).length === 1);
    const lives = momentsOf(trace).filter(({ cat }) => cat === "worker");
    expect(lives.map(({ name, tid }) => `${name} ${tid}`)).toEqual([
      "worker started 2",
      "worker ready 2",
      "worker ended 2",
    ]);
    expect(exitsOf(trace)).toEqual(["ended"]);
  });
});

describe("a trace that becomes too long", () => {
  test("keeps the newest runs, and tells how many it has left out", async () => {
    await using pool = new ThreadPool(1);
    using trace = pool.trace({ maxEvents: 3 });
    for (let i = 0; i < 3; i++) await pool.run(double, [i]);
    expect(trace.dropped).toBe(0);
    await pool.run(fail, ["left out"]).catch(() => {});
    pool.putRequest(new WorkRequest(echo, [1], {}, { requestID: "text" }));
    pool.wait();
    for (let i = 0; i < 2; i++) await pool.run(add, [i, i]);
    expect(runsOf(trace).map(({ name }) => name)).toEqual(["echo", "add", "add"]);
    // Nothing is left of what was there before.
    expect(runsOf(trace).map(({ args }) => args.error)).toEqual([undefined, undefined, undefined]);
    expect(runsOf(trace)[0]!.args.requestID).toBe("text");
    expect(trace.dropped).toBe(4);
    expect(trace.toJSON().otherData.dropped).toBe(4);
    // It tells of the time from the first of them on.
    expect(runsOf(trace)[0]!.ts).toBe(0);
  });

  test("keeps the oldest runs, when that is asked for", async () => {
    await using pool = new ThreadPool(1);
    using trace = pool.trace({ maxEvents: 2, keep: "oldest" });
    await pool.run(double, [1]);
    await pool.run(add, [1, 2]);
    await pool.run(fail, ["left out"]).catch(() => {});
    expect(toldOf(trace)).toEqual([
      { name: "double", cat: "run", outcome: "succeeded" },
      { name: "add", cat: "run", outcome: "succeeded" },
    ]);
    expect(trace.dropped).toBe(1);
  });
});

describe("a trace of very many requests", () => {
  const burst = async (pool: ThreadPool): Promise<void> => {
    const requests = Array.from({ length: 30_000 }, (_, i) => pool.run(echo, [i]));
    expect(await Promise.all(requests)).toHaveLength(30_000);
  };

  test("records some of them, and tells how many it has not recorded", async () => {
    await using pool = new ThreadPool(2);
    using trace = pool.trace({ maxPerSecond: 1 });
    await burst(pool);
    await pool.run(add, [1, 2]);
    trace.stop();
    const recorded = runsOf(trace).length;
    expect(recorded).toBeGreaterThanOrEqual(10_000);
    expect(trace.skipped).toBeGreaterThan(0);
    // One in 256 is recorded without being counted, because the figures of the pool need it.
    expect(recorded + trace.skipped).toBe(30_001);
    expect(trace.toJSON().otherData.skipped).toBe(trace.skipped);
    expect(counterOf(trace, "queue length").at(-1)).toBe(0);
  });

  test("records all of them when that is asked for, by one trace of several", async () => {
    await using pool = new ThreadPool(2);
    using some = pool.trace({ maxPerSecond: 1 });
    using all = pool.trace({ maxPerSecond: Infinity });
    await burst(pool);
    expect([runsOf(all).length, all.skipped]).toEqual([30_000, 0]);
    expect([runsOf(some).length, some.skipped]).toEqual([30_000, 0]);
  });

  test("begins anew with each trace", async () => {
    await using pool = new ThreadPool(2);
    for (let i = 0; i < 2; i++) {
      using trace = pool.trace({ maxPerSecond: 1 });
      await burst(pool);
      expect(runsOf(trace).length).toBeGreaterThanOrEqual(10_000);
    }
  });
});

test.each([
  [{ maxEvents: 0 }, RangeError, "maxEvents is a whole number from 1 to 10000000: maxEvents=0"],
  [{ maxEvents: 1.5 }, RangeError, "maxEvents is a whole number from 1 to 10000000: maxEvents=1.5"],
  [{ maxEvents: "9" }, TypeError, 'maxEvents is a number: maxEvents="9"'],
  [
    { maxPerSecond: 0 },
    RangeError,
    "maxPerSecond is 1 or more, or Infinity for all: maxPerSecond=0",
  ],
  [{ maxPerSecond: NaN }, RangeError, "maxPerSecond=NaN"],
  [{ maxPerSecond: "9" }, TypeError, 'maxPerSecond is a number: maxPerSecond="9"'],
  [{ keep: "all" }, TypeError, 'keep is "newest" or "oldest": keep="all"'],
  [{ arrows: 1 }, TypeError, "arrows is true or false: arrows=1"],
  [
    { max: 1 },
    TypeError,
    "trace has no such option; it knows maxEvents, maxPerSecond, keep, arrows: option=max",
  ],
])("refuses bad options: %j", async (options, type, message) => {
  await using pool = new ThreadPool(0);
  const error = thrownBy(() => pool.trace(options as never));
  expect(error).toBeInstanceOf(type);
  expect((error as Error).message).toContain(message);
});
