import { describe, expect, test } from "bun:test";
import { Latency } from "../../../src/pool/request/latency.ts";
import { NOT_TIMED } from "../../../src/pool/request/put-times.ts";

describe("the time of a put", () => {
  test("is taken for the first 32 requests, and for one in 256 of the others", () => {
    const latency = new Latency();
    const timed = Array.from({ length: 2000 }, (_, i) => i).filter(
      (i) => latency.putAt(i) !== NOT_TIMED,
    );
    const first = Array.from({ length: 32 }, (_, i) => i);
    expect(timed).toEqual([...first, 256, 512, 768, 1024, 1280, 1536, 1792]);
  });

  test("is on the clock that all threads share", () => {
    const before = performance.timeOrigin + performance.now();
    const at = new Latency().putAt(0);
    const after = performance.timeOrigin + performance.now();
    expect(at).toBeGreaterThanOrEqual(before);
    expect(at).toBeLessThanOrEqual(after);
  });
});

describe("the distributions", () => {
  test("are empty at first", () => {
    const empty = { count: 0, p50: 0, p90: 0, p99: 0, max: 0, mean: 0 };
    expect(new Latency().queued).toEqual(empty);
    expect(new Latency().ran).toEqual(empty);
  });

  test("tell the wait and the run of each request apart", () => {
    const latency = new Latency();
    for (let i = 1; i <= 100; i++) latency.record(i, 1000 * i);
    const { queued, ran } = latency;
    expect(queued.count).toBe(100);
    expect(ran.count).toBe(100);
    for (const [durations, unit] of [
      [queued, 1],
      [ran, 1000],
    ] as const) {
      // A histogram keeps three digits.
      expect(durations.p50 / unit).toBeWithin(49, 52);
      expect(durations.p90 / unit).toBeWithin(89, 92);
      expect(durations.p99 / unit).toBeWithin(98, 101);
      expect(durations.max / unit).toBeWithin(99, 102);
      expect(durations.mean / unit).toBeWithin(50, 52);
    }
  });

  test("count a duration that two clocks make negative as the shortest", () => {
    const latency = new Latency();
    latency.record(-0.5, 0);
    expect(latency.queued).toMatchObject({ count: 1, max: 0.001 });
    expect(latency.ran).toMatchObject({ count: 1, max: 0.001 });
  });

  test.each([
    [NaN, 1],
    [1, NaN],
    [Infinity, 1],
    [1, 1e300],
  ])("ignore both times of a worker that has overwritten its memory: %p, %p", (queuedMs, ranMs) => {
    const latency = new Latency();
    latency.record(queuedMs, ranMs);
    expect(latency.queued.count).toBe(0);
    expect(latency.ran.count).toBe(0);
  });
});
