import { describe, expect, test } from "bun:test";
import { ThreadPool, formatStats } from "../../src/index.ts";
import type { PoolStats } from "../../src/index.ts";
import { add } from "./fixtures/tasks.ts";

const NO_TIMES = { count: 0, p50: 0, p90: 0, p99: 0, max: 0, mean: 0 };
const STATS: PoolStats = {
  name: "primes",
  put: 1_234_567,
  pending: 12,
  running: 4,
  succeeded: 1_234_550,
  failed: 3,
  cancelled: 2,
  retried: 1,
  queueLength: 8,
  children: { inPlace: 0, taken: 0, failed: 0 },
  queueTimeMs: { count: 4000, p50: 0.0042, p90: 0.25, p99: 12.34, max: 999.9, mean: 0.9996 },
  runTimeMs: { count: 4000, p50: 1, p90: 99.96, p99: 1500, max: 3_600_000, mean: 100 },
  watchdogRescues: 0,
  workers: [
    { id: 1, requests: 600_000, busyMs: 5000, busyShare: 0.5, deaths: 0 },
    { id: 23, requests: 7, busyMs: 0, busyShare: 1, deaths: 2 },
  ],
};

describe("formatStats", () => {
  test("writes one line, with a unit for each time", () => {
    expect(formatStats(STATS)).toBe(
      "primes: 2 workers 75 % busy; 1,234,567 put, 4 running, 8 queued; " +
        "1,234,550 ok, 3 failed, 2 cancelled, 1 retried; " +
        "queued p50 4.2 us p99 12.3 ms max 1 s; ran p50 1 ms p99 1.5 s max 3,600 s",
    );
    expect(formatStats(STATS, { style: "line" })).toBe(formatStats(STATS));
  });

  test("leaves out of the line what has not happened", () => {
    const fresh = { ...STATS, put: 0, running: 0, queueLength: 0, succeeded: 0, failed: 0 };
    const nothing = { cancelled: 0, retried: 0, queueTimeMs: NO_TIMES, runTimeMs: NO_TIMES };
    expect(formatStats({ ...fresh, ...nothing, workers: [] })).toBe(
      "primes: 0 workers; 0 put, 0 running, 0 queued; 0 ok",
    );
  });

  test("writes a table whose columns end at the same place", () => {
    expect(formatStats(STATS, { style: "table" })).toBe(
      [
        "primes",
        "",
        "requests        put  pending  queued  running  succeeded  failed  cancelled  retried",
        "          1,234,567       12       8        4  1,234,550       3          2        1",
        "",
        "times      p50     p90      p99      max    mean  measured",
        "queued  4.2 us  250 us  12.3 ms      1 s    1 ms     4,000",
        "ran       1 ms  100 ms    1.5 s  3,600 s  100 ms     4,000",
        "",
        "worker  requests   busy  busy time  deaths",
        "1        600,000   50 %        5 s       0",
        "23             7  100 %          0       2",
      ].join("\n"),
    );
  });

  test("says in the table where nothing was measured", () => {
    const lines = formatStats({ ...STATS, queueTimeMs: NO_TIMES }, { style: "table" }).split("\n");
    expect(lines.find((line) => line.startsWith("queued"))).toMatch(/^queued(\s+-){5}\s+0$/);
  });

  test.each([
    ["スレッド 🧵", "スレッド 🧵: "],
    ["two\nlines\u2028\u001b[31m", "two\\u000alines\\u2028\\u001b[31m: "],
    ["\u202emirrored", "\\u202emirrored: "],
  ])("keeps the name %j in its line", (name, start) => {
    const line = formatStats({ ...STATS, name });
    expect(line.startsWith(start)).toBe(true);
    expect(line).not.toMatch(/\p{Cc}/u);
    const table = formatStats({ ...STATS, name }, { style: "table" });
    const ofOther = formatStats(STATS, { style: "table" });
    expect(table.split("\n").slice(1)).toEqual(ofOther.split("\n").slice(1));
  });

  test("takes the figures of a pool, with its name", async () => {
    await using pool = new ThreadPool(1, { name: "sums" });
    await pool.run(add, [1, 2]);
    expect(pool.stats().name).toBe("sums");
    expect(formatStats(pool.stats())).toMatch(
      /^sums: 1 worker \d+ % busy; 1 put, 0 running, 0 queued; 1 ok; queued p50 [\d.]+ \w+ .*; ran p50 /,
    );
  });

  test.each([
    [() => formatStats(undefined as never), "formatStats takes what pool.stats() returns"],
    [() => formatStats((() => {}) as never), "formatStats takes what pool.stats() returns"],
    [() => formatStats({ workers: [] } as never), "formatStats takes what pool.stats() returns"],
    [() => formatStats(STATS, "table" as never), "options of formatStats are a plain object"],
    [() => formatStats(STATS, { style: "json" as never }), 'style is "line" or "table"'],
    [() => formatStats(STATS, { colour: true } as never), "colour"],
  ])("refuses what it cannot format: %#", (call, message) => {
    expect(call).toThrow(message);
  });
});
