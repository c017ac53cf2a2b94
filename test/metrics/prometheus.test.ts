import { describe, expect, test } from "bun:test";
import client from "prom-client";
import { ThreadPool } from "../../src/index.ts";
import {
  PROMETHEUS_CONTENT_TYPE,
  prometheusText,
  registerPrometheus,
} from "../../src/metrics/index.ts";
import { add, exit, fail } from "../pool/fixtures/tasks.ts";
import { rejection } from "../pool/rejection.ts";

/** The samples of a text, by name and labels. */
function samplesOf(text: string): Record<string, number> {
  const samples: Record<string, number> = {};
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const [, series = "", value = ""] = /^(.*) (\S+)$/.exec(line) ?? [];
    expect(samples).not.toHaveProperty([series]);
    samples[series] = Number(value);
  }
  return samples;
}

async function usedPool(name: string): Promise<ThreadPool> {
  const pool = new ThreadPool(1, { name });
  for (let i = 0; i < 3; i++) await pool.run(add, [i, i]);
  await rejection(pool.run(fail, ["failed"]));
  await rejection(pool.run(exit, [1]));
  await rejection(pool.run(add, [1, 2], { signal: AbortSignal.abort() }));
  const controller = new AbortController();
  const cancelled = pool.run(add, [1, 2], { signal: controller.signal });
  controller.abort();
  await rejection(cancelled);
  return pool;
}

describe("prometheusText", () => {
  test("tells the figures of a pool, with its name as a label", async () => {
    await using pool = await usedPool("sums");
    const samples = samplesOf(prometheusText(pool));
    expect(samples).toMatchObject({
      'ringpool_requests_put_total{pool="sums"}': 6,
      'ringpool_requests_total{pool="sums",outcome="succeeded"}': 3,
      'ringpool_requests_total{pool="sums",outcome="failed"}': 2,
      'ringpool_requests_total{pool="sums",outcome="cancelled"}': 1,
      'ringpool_retries_total{pool="sums"}': 0,
      'ringpool_requests_pending{pool="sums"}': 0,
      'ringpool_queue_length{pool="sums"}': 0,
      'ringpool_workers{pool="sums"}': 1,
      'ringpool_worker_predecessor_deaths{pool="sums",worker="2"}': 1,
    });
    const { runTimeMs, queueTimeMs } = pool.stats();
    expect(samples).toMatchObject({
      'ringpool_run_time_seconds{pool="sums",quantile="0.5"}': runTimeMs.p50 / 1000,
      'ringpool_run_time_seconds_count{pool="sums"}': runTimeMs.count,
      'ringpool_run_time_max_seconds{pool="sums"}': runTimeMs.max / 1000,
      'ringpool_queue_time_seconds{pool="sums",quantile="0.99"}': queueTimeMs.p99 / 1000,
    });
    expect(samples['ringpool_run_time_seconds_sum{pool="sums"}']).toBeCloseTo(
      (runTimeMs.mean * runTimeMs.count) / 1000,
    );
  });

  test("tells several pools in one text, also two of one name", async () => {
    await using first = new ThreadPool(1);
    await using second = new ThreadPool(2);
    await using other = new ThreadPool(0, { name: "other" });
    const samples = samplesOf(prometheusText([first, second, other]));
    expect(samples).toMatchObject({
      'ringpool_workers{pool="ringpool"}': 1,
      'ringpool_workers{pool="ringpool#2"}': 2,
      'ringpool_workers{pool="other"}': 0,
    });
    expect(samples['ringpool_run_time_seconds{pool="other",quantile="0.5"}']).toBeNaN();
  });

  test("escapes names as the format asks for", async () => {
    await using pool = new ThreadPool(0, { name: 'a "quoted"\nback\\slash スレッド \ud800' });
    expect(prometheusText(pool)).toContain(
      'ringpool_workers{pool="a \\"quoted\\"\\nback\\\\slash スレッド \ufffd"} 0\n',
    );
  });

  test("says what is wrong with something that is no pool", () => {
    expect(() => prometheusText({} as never)).toThrow("prometheusText takes a ThreadPool");
    expect(() => prometheusText([undefined] as never)).toThrow("prometheusText takes a ThreadPool");
  });

  const promtool = Bun.which("promtool");
  test.skipIf(promtool === null)(
    "is accepted by promtool, which also checks the names (skipped without Debian's package prometheus)",
    async () => {
      await using pool = await usedPool('named "x"\n');
      await using other = new ThreadPool(0);
      const child = Bun.spawn([promtool as string, "check", "metrics"], {
        stdin: new Blob([prometheusText([pool, other])]),
        stdout: "pipe",
        stderr: "pipe",
      });
      const said = await Promise.all([
        new Response(child.stdout).text(),
        new Response(child.stderr).text(),
      ]);
      expect(said).toEqual(["", ""]);
      expect(await child.exited).toBe(0);
    },
  );
});

describe("a registry of prom-client", () => {
  test("collects the same values and adds them to its own", async () => {
    await using pool = await usedPool('named "x"\n\\');
    const registry = new client.Registry();
    const own = new client.Counter({ name: "own_total", help: "own", registers: [registry] });
    own.inc(5);
    registerPrometheus(registry, pool);
    const collected = samplesOf(await registry.metrics());
    expect(collected).toMatchObject({ own_total: 5 });
    const { own_total: _, ...ours } = collected;
    const steady = (samples: Record<string, number>): Record<string, number> =>
      Object.fromEntries(Object.entries(samples).filter(([series]) => !/busy/.test(series)));
    expect(steady(ours)).toEqual(steady(samplesOf(prometheusText(pool))));
    expect(PROMETHEUS_CONTENT_TYPE).toBe(client.prometheusContentType);
  });

  test("reads the figures at each collection, as JSON too, and names counters for OpenMetrics", async () => {
    await using pool = new ThreadPool(1);
    const registry = new client.Registry();
    registry.setContentType(client.openMetricsContentType as never);
    registerPrometheus(registry, pool);
    const series = 'ringpool_requests_put_total{pool="ringpool"}';
    expect(samplesOf(await registry.metrics())[series]).toBe(0);
    await pool.run(add, [1, 2]);
    expect(samplesOf(await registry.metrics())[series]).toBe(1);
    const json = await registry.getMetricsAsJSON();
    expect(json.find(({ name }) => name === "ringpool_workers")).toMatchObject({ type: "gauge" });
  });

  test("is left as it was by what registerPrometheus returns, and by a call that fails", async () => {
    await using pool = new ThreadPool(0);
    const registry = new client.Registry();
    registry.resetMetrics();
    const remove = registerPrometheus(registry, pool);
    registry.resetMetrics();
    expect(() => registerPrometheus(registry, pool)).toThrow("already been registered");
    remove();
    expect((await registry.metrics()).trim()).toBe("");
    const own = new client.Gauge({
      name: "ringpool_workers",
      help: "of another",
      registers: [registry],
    });
    own.set(5);
    expect(() => registerPrometheus(registry, pool)).toThrow("ringpool_workers");
    expect(Object.keys(samplesOf(await registry.metrics()))).toEqual(["ringpool_workers"]);
  });

  test("says what is wrong with something else", () => {
    expect(() => registerPrometheus({} as never, [])).toThrow("a registry of prom-client");
    expect(() => registerPrometheus(new client.Registry(), 1 as never)).toThrow("a ThreadPool");
  });
});
