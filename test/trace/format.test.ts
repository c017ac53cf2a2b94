/** Whether what a trace writes is of the Trace Event format, by its description. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ThreadPool } from "../../src/index.ts";
import type { TraceEvent, TraceJSON } from "../../src/index.ts";
import { rejection } from "../pool/rejection.ts";
import { SCRIPT_TEST_MS } from "../pool/script.ts";
import { double, fail, spin } from "../pool/fixtures/tasks.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

let folder = "";
let written: TraceJSON;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ringpool trace "));
  await using pool = new ThreadPool(2, { name: "format" });
  using trace = pool.trace();
  await pool.map(
    spin,
    Array.from({ length: 200 }, () => 50),
  );
  await Promise.all([pool.run(double, [1]), rejection(pool.run(fail, ["bad"]))]);
  const aborted = AbortSignal.abort();
  await rejection(pool.run(double, [1], { signal: aborted }));
  await trace.stop().write(join(folder, "trace.json"));
  written = trace.toJSON();
});
afterAll(() => rm(folder, { recursive: true }));

/**
 * What is wrong with an event, by the description of the format:
 * https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
 */
function faultOf(event: TraceEvent): string | undefined {
  const { name, ph, pid, tid, ts } = event;
  if (typeof name !== "string" || name === "") return "a name is a text";
  if (!Number.isInteger(pid) || !Number.isInteger(tid)) return "pid and tid are whole numbers";
  if (!Number.isFinite(ts) || ts < 0) return "ts is in microseconds";
  switch (ph) {
    case "X":
      return Number.isFinite(event.dur) && event.dur >= 0 ? undefined : "dur is in microseconds";
    case "i":
      return ["g", "p", "t"].includes(event.s) ? undefined : "s is g, p or t";
    case "C":
      return Object.values(event.args).every((value) => Number.isFinite(value))
        ? undefined
        : "the args of a counter are numbers";
    case "s":
    case "f":
      return Number.isInteger(event.id) ? undefined : "an arrow has an id";
    case "M":
      return /^(process_name|thread_name)$/.test(name)
        ? typeof (event.args as { name?: unknown }).name === "string"
          ? undefined
          : "the args name it"
        : name === "thread_sort_index" &&
            Number.isInteger((event.args as { sort_index?: unknown }).sort_index)
          ? undefined
          : "unknown metadata";
    default:
      return `unknown phase ${String(ph)}`;
  }
}

describe("a written trace", () => {
  test("is the JSON object form of the format", async () => {
    const read: unknown = await Bun.file(join(folder, "trace.json")).json();
    expect(read).toEqual(JSON.parse(JSON.stringify(written)));
    expect(Object.keys(written).toSorted()).toEqual([
      "displayTimeUnit",
      "otherData",
      "traceEvents",
    ]);
    expect(written.displayTimeUnit).toBe("ms");
  });

  test("can be written to a URL, and into a folder that is not there yet", async () => {
    await using pool = new ThreadPool(1);
    const trace = pool.trace();
    await pool.run(double, [1]);
    const file = join(folder, "new folder", "of a trace.json");
    await trace.stop().write(pathToFileURL(file));
    expect(await Bun.file(file).json()).toEqual(JSON.parse(JSON.stringify(trace)));
  });

  test("has events as the format describes them", () => {
    const kinds = new Set(written.traceEvents.map(({ ph }) => ph));
    expect([...kinds].toSorted()).toEqual(["C", "M", "X", "f", "i", "s"]);
    const faults = written.traceEvents.flatMap((event) => {
      const fault = faultOf(event);
      return fault === undefined ? [] : [`${fault}: ${JSON.stringify(event)}`];
    });
    expect(faults).toEqual([]);
  });

  test("names its process and every lane, before anything else", () => {
    const named = new Set<number>();
    for (const event of written.traceEvents) {
      if (event.ph === "M" && event.name === "thread_name") named.add(event.tid);
      else expect(event.ph === "M" || named.has(event.tid)).toBe(true);
    }
    expect(written.traceEvents[0]).toMatchObject({
      name: "process_name",
      pid: process.pid,
      args: { name: "ringpool: format" },
    });
  });

  test("is in the order of time", () => {
    const times = written.traceEvents.filter(({ ph }) => ph !== "M").map(({ ts }) => ts);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  test("has arrows that begin at a put and end at the start of its run", () => {
    const { traceEvents } = written;
    const begins = traceEvents.filter((event) => event.ph === "s");
    const ends = traceEvents.filter((event) => event.ph === "f");
    const runs = traceEvents.filter(({ ph }) => ph === "X");
    expect(begins).toHaveLength(runs.length);
    expect(new Set(ends.map(({ id }) => id))).toEqual(new Set(begins.map(({ id }) => id)));
    expect(ends).toHaveLength(begins.length);
    for (const { id, ts, tid } of ends) {
      expect(begins.find((begin) => begin.id === id)!.ts).toBeLessThanOrEqual(ts);
      expect(runs.some((run) => run.tid === tid && run.ts === ts)).toBe(true);
    }
  });

  test("has none when they are not wanted", async () => {
    await using pool = new ThreadPool(1);
    using trace = pool.trace({ arrows: false });
    await pool.run(double, [1]);
    expect(trace.events.some(({ ph }) => ph === "s" || ph === "f")).toBe(false);
    expect(trace.events.some(({ ph }) => ph === "X")).toBe(true);
  });

  test("counts what waits and runs, and comes to zero", () => {
    for (const name of ["queue length", "running"]) {
      const values = written.traceEvents.flatMap((event) =>
        event.ph === "C" && event.name === name ? Object.values(event.args) : [],
      );
      expect(Math.max(...values)).toBeGreaterThan(0);
      expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
      expect(values.at(-1)).toBe(0);
    }
    const running = written.traceEvents.flatMap((event) =>
      event.ph === "C" && event.name === "running" ? Object.values(event.args) : [],
    );
    expect(Math.max(...running)).toBeLessThanOrEqual(2);
  });
});
