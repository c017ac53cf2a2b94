import { expect, test } from "bun:test";
import { interleave } from "../../bench/interleave.ts";

test("a call of less than a microsecond is timed by itself, so percentiles are those of calls", async () => {
  let calls = 0;
  const sample = (): void => {
    calls += 1;
    if (calls % 10 !== 0) return;
    const until = Bun.nanoseconds() + 100_000;
    while (Bun.nanoseconds() < until);
  };
  const { rounds } = await interleave([{ name: "some are slow", sample }], "1 us", {
    warmUpMs: 1,
    rounds: 1,
  });
  const { medians, samples } = rounds[0] as (typeof rounds)[number];
  // One in ten is slow, so an average of many would be 10 us and more.
  expect(medians[0]).toBeLessThan((samples?.at(-1) ?? NaN) / 20);
  expect(samples?.length).toBeGreaterThan(100);
});
