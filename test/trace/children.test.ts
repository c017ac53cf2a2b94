/** Children in a trace. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { ThreadPool } from "../../src/index.ts";
import type { Trace } from "../../src/index.ts";
import { modelOf } from "../../src/timeline/read-trace.ts";
import { SCRIPT_TEST_MS } from "../pool/script.ts";
import * as trees from "./fixtures/trees.ts";
import { counterOf, runsOf } from "./read.ts";
import type { RunEvent } from "./read.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

/** Times are written to a thousandth of a microsecond. */
const ROUGH_US = 0.0021;

function childrenOf(trace: Trace): readonly RunEvent[] {
  return runsOf(trace).filter(({ cat }) => cat === "child");
}

function byID(trace: Trace): ReadonlyMap<string, RunEvent> {
  return new Map(runsOf(trace).map((run) => [String(run.args.requestID), run]));
}

/** The names of the runs above a run, the nearest first. */
function above(run: RunEvent, all: ReadonlyMap<string, RunEvent>): string[] {
  const names: string[] = [];
  for (let at = all.get(run.args.parent ?? ""); at; at = all.get(at.args.parent ?? ""))
    names.push(at.name);
  return names;
}

function expectWithin(run: RunEvent, outer: RunEvent): void {
  expect(run.ts).toBeGreaterThanOrEqual(outer.ts - ROUGH_US);
  expect(run.ts + run.dur).toBeLessThanOrEqual(outer.ts + outer.dur + ROUGH_US);
}

function newMeeting(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(64));
}

describe.each([
  ["a pool of one worker", 1, {}],
  ["an inline pool", 0, { inline: true }],
])("in %s", (_name, workers, options) => {
  test("children are spans below the run of their parent, on its lane", async () => {
    await using pool = new ThreadPool(workers, options);
    using trace = pool.trace();
    await pool.run(trees.parent, [1]);
    const all = byID(trace);
    const found = childrenOf(trace).map((run) => [run.name, ...above(run, all)].join(" < "));
    expect(found.toSorted()).toEqual([
      "leaf < middle < parent",
      "leaf < middle < parent",
      "leaf < middle < parent",
      "leaf < middle < parent",
      "leaf < parent",
      "leaf < parent",
      "leaf < parent",
      "middle < parent",
      "middle < parent",
    ]);
    for (const run of childrenOf(trace)) {
      const outer = all.get(run.args.parent as string) as RunEvent;
      expectWithin(run, outer);
      expect(run.tid).toBe(outer.tid);
      expect(run.args).toMatchObject({ kind: "child", outcome: "succeeded", worker: 1 });
      expect(run.args).not.toHaveProperty("queuedMs");
    }
    expect(modelOf(trace, undefined).depths).toEqual([2]);
  });

  test("their failures and stops are told", async () => {
    await using pool = new ThreadPool(workers, options);
    using trace = pool.trace();
    await pool.run(trees.withFailures);
    const told = childrenOf(trace).map(({ name, args }) => [name, args.outcome, args.error]);
    expect(told).toEqual([
      ["fails", "failed", expect.stringContaining("no such leaf")],
      ["stops", "cancelled", expect.stringContaining("enough")],
    ]);
  });
});

test("children of a request that runs in the thread of the program are told", async () => {
  await using pool = new ThreadPool(1, { qSize: 1, rejectionPolicy: "callerRuns" });
  const gates = [newMeeting(), newMeeting()];
  const held = [pool.run(trees.later, [gates[0] as Int32Array])];
  while (pool.stats().running === 0) await Bun.sleep(1);
  held.push(pool.run(trees.later, [gates[1] as Int32Array]));
  using trace = pool.trace();
  await pool.run(trees.parent, [1]);
  expect(childrenOf(trace)).toHaveLength(9);
  expect(new Set(childrenOf(trace).map(({ tid }) => tid))).toEqual(new Set([0]));
  for (const gate of gates) Atomics.store(gate, 1, 1);
  await Promise.all(held);
});

test("a child that another worker takes is a span there, with an arrow from its parent", async () => {
  await using pool = new ThreadPool(2);
  await pool.ready();
  using trace = pool.trace();
  await pool.run(trees.inTwo, [newMeeting()]);
  const all = byID(trace);
  const [root] = runsOf(trace).filter(({ cat }) => cat === "run") as [RunEvent];
  const lanes = new Set(childrenOf(trace).map(({ tid }) => tid));
  expect(lanes).toEqual(new Set([1, 2]));
  const elsewhere = childrenOf(trace).filter(({ tid }) => tid !== root.tid);
  const taken = elsewhere.find(({ name }) => name === "meets") as RunEvent;
  expect(taken.args.parent).toBe(String(root.args.requestID));
  const below = elsewhere.find(({ name }) => name === "leaf") as RunEvent;
  expectWithin(below, all.get(below.args.parent as string) as RunEvent);
  const begins = trace.events.filter(({ ph, name }) => ph === "s" && name === "meets");
  expect(begins.map(({ tid }) => tid)).toContain(root.tid);
  const ends = trace.events.filter(({ ph, name }) => ph === "f" && name === "meets");
  expect(ends.map(({ tid }) => tid)).toContain(taken.tid);
});

test("children count neither as requests that wait nor as ones that run", async () => {
  await using pool = new ThreadPool(1);
  using trace = pool.trace();
  await pool.run(trees.parent, [1]);
  expect(Math.max(...counterOf(trace, "running"))).toBe(1);
});

test("of a very large tree some short children are left out, and counted", async () => {
  await using pool = new ThreadPool(1);
  using trace = pool.trace();
  await pool.run(trees.many, [30_000]);
  expect(childrenOf(trace).length + trace.skipped).toBe(30_000);
  expect(trace.skipped).toBeGreaterThan(0);
});
