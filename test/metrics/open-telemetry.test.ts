import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { SpanStatusCode, context, metrics, propagation, trace } from "@opentelemetry/api";
import type { Tracer } from "@opentelemetry/api";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { ThreadPool, WorkRequest } from "../../src/index.ts";
import { observeMetrics, traceContext, traceRequests } from "../../src/metrics/index.ts";
import { arrivals, newGate, open } from "../pool/fixtures/gate.ts";
import { add, echo, exit, fail, hold } from "../pool/fixtures/tasks.ts";
import { rejection } from "../pool/rejection.ts";
import { reportOf } from "../pool/script.ts";
import { setUpPropagation } from "./fixtures/propagation.ts";
import { pool as tracedPool, textThere } from "./fixtures/traced-pool.ts";
import { activeInWorker, carried } from "./fixtures/traced.ts";

describe("observeMetrics", () => {
  let exporter: InMemoryMetricExporter;
  let provider: MeterProvider;
  beforeEach(() => {
    exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 30 });
    provider = new MeterProvider({ readers: [reader] });
  });
  afterEach(() => provider.shutdown());

  /** The last value of each instrument, by its attributes. */
  async function collected(): Promise<Record<string, number>> {
    exporter.reset();
    await provider.forceFlush();
    const values: Record<string, number> = {};
    for (const { scopeMetrics } of exporter.getMetrics()) {
      for (const { descriptor, dataPoints } of scopeMetrics.flatMap((scope) => scope.metrics)) {
        for (const { attributes, value } of dataPoints) {
          const { "ringpool.pool.name": pool, ...others } = attributes;
          values[[descriptor.name, pool, ...Object.values(others)].join(" ")] = value as number;
        }
      }
    }
    return values;
  }

  test("gives the figures of a pool to a meter, until it is ended", async () => {
    await using pool = new ThreadPool(1, { name: "sums" });
    const stop = observeMetrics(pool, { meter: provider.getMeter("test") });
    await pool.run(add, [1, 2]);
    await rejection(pool.run(fail, ["failed"]));
    const values = await collected();
    expect(values).toMatchObject({
      "ringpool.requests.put sums": 2,
      "ringpool.requests.delivered sums succeeded": 1,
      "ringpool.requests.delivered sums failed": 1,
      "ringpool.requests.delivered sums cancelled": 0,
      "ringpool.requests.retried sums": 0,
      "ringpool.requests.pending sums": 0,
      "ringpool.queue.length sums": 0,
      "ringpool.workers sums": 1,
      "ringpool.worker.requests sums 1": 2,
      "ringpool.request.run_time sums 0.99": pool.stats().runTimeMs.p99 / 1000,
      "ringpool.request.queue_time sums 1": pool.stats().queueTimeMs.max / 1000,
    });
    expect(values["ringpool.worker.utilization sums 1"]).toBeWithin(0, 1.000_001);
    stop();
    await pool.run(add, [1, 2]);
    expect(await collected()).not.toMatchObject({ "ringpool.requests.put sums": 3 });
  });

  test("takes the global provider, several pools and more attributes", async () => {
    metrics.setGlobalMeterProvider(provider);
    try {
      await using first = new ThreadPool(0);
      await using second = new ThreadPool(1);
      const stop = observeMetrics([first, second], { attributes: { zone: "north" } });
      expect(await collected()).toMatchObject({
        "ringpool.workers ringpool north": 0,
        "ringpool.workers ringpool#2 north": 1,
      });
      stop();
    } finally {
      metrics.disable();
    }
  });

  test("names units, and kinds of instruments", async () => {
    await using pool = new ThreadPool(1);
    observeMetrics(pool, { meter: provider.getMeter("test") });
    await provider.forceFlush();
    const all = exporter.getMetrics()[0]?.scopeMetrics[0]?.metrics ?? [];
    const units = Object.fromEntries(
      all.map(({ descriptor }) => [descriptor.name, descriptor.unit]),
    );
    expect(units).toMatchObject({
      "ringpool.requests.put": "{request}",
      "ringpool.worker.busy_time": "s",
      "ringpool.worker.utilization": "1",
    });
  });

  test("says what is wrong with its arguments", () => {
    expect(() => observeMetrics({} as never)).toThrow("observeMetrics takes a ThreadPool");
    expect(() => observeMetrics([], { meter: {} as never })).toThrow("meter is a Meter");
    expect(() => observeMetrics([], { metre: 1 } as never)).toThrow("metre");
  });
});

describe("traceRequests", () => {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const tracer: Tracer = provider.getTracer("test");
  beforeAll(setUpPropagation);
  beforeEach(() => exporter.reset());
  afterAll(async () => {
    context.disable();
    propagation.disable();
    await provider.shutdown();
  });

  /** The spans of requests: those of the tests themselves have other names. */
  function spans(): ReadableSpan[] {
    return exporter.getFinishedSpans().filter(({ name }) => !name.startsWith("test"));
  }

  test("makes a span of each request, whose parent is active where the request is put", async () => {
    await using pool = new ThreadPool(2, { name: "sums" });
    traceRequests(pool, { tracer, attributes: { zone: "north" } });
    const parent = tracer.startSpan("test parent");
    await context.with(trace.setSpan(context.active(), parent), async () => {
      expect(await pool.run(add, [1, 2])).toBe(3);
      pool.putRequest(new WorkRequest(echo, [1], {}, { callback: () => {} }));
      pool.runSync(echo, [2]);
      await pool.settled();
    });
    parent.end();
    await pool.run(echo, ["outside"]);
    expect(
      spans()
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(["add", "echo", "echo", "echo"]);
    const [first] = spans() as [ReadableSpan];
    expect(first.attributes).toMatchObject({
      zone: "north",
      "ringpool.pool.name": "sums",
      "ringpool.request.kind": "run",
      "ringpool.request.outcome": "succeeded",
      "ringpool.request.attempt": 1,
      "code.function.name": "add",
    });
    expect(first.attributes["ringpool.worker.id"]).toBeOneOf([1, 2]);
    expect(first.attributes["ringpool.request.run_time"]).toBeGreaterThan(0);
    expect(String(first.status.code)).toBe("0"); // not set
    const { traceId, spanId } = parent.spanContext();
    const inside = spans().filter((span) => span.parentSpanContext?.spanId === spanId);
    expect(inside).toHaveLength(3);
    for (const span of inside) expect(span.spanContext().traceId).toBe(traceId);
    expect(spans().at(-1)?.parentSpanContext).toBeUndefined();
  });

  test("makes a span last from the put to the outcome, with the start of the run as an event", async () => {
    await using pool = new ThreadPool(1);
    traceRequests(pool, { tracer });
    await pool.run(echo, [1]);
    const [span] = spans() as [ReadableSpan];
    const ms = ([seconds, nanos]: readonly [number, number]): number => seconds * 1e3 + nanos / 1e6;
    const [run] = span.events;
    expect(run?.name).toBe("run");
    expect(ms(span.startTime)).toBeLessThanOrEqual(ms(run?.time as [number, number]) + 1);
    expect(ms(run?.time as [number, number])).toBeLessThanOrEqual(ms(span.endTime) + 1);
    const { "ringpool.request.queue_time": queued, "ringpool.request.run_time": ran } =
      span.attributes as Record<string, number>;
    expect((queued as number) + (ran as number)).toBeLessThanOrEqual(
      ms(span.duration) / 1000 + 0.001,
    );
  });

  test("records errors, and what is cancelled without an error", async () => {
    await using pool = new ThreadPool(1);
    traceRequests(pool, { tracer });
    await rejection(pool.run(fail, ["wrong"]));
    await rejection(pool.run(exit, [3]));
    await rejection(pool.run(() => Promise.reject("no error"), []));
    const controller = new AbortController();
    const cancelled = pool.run(echo, [1], { signal: controller.signal });
    controller.abort();
    await rejection(cancelled);
    const told = spans().map(({ status, attributes, events }) => [
      status.code,
      attributes["ringpool.request.outcome"],
      attributes["error.type"],
      events.find(({ name }) => name === "exception")?.attributes?.["exception.message"],
    ]);
    expect(told[0]).toEqual([SpanStatusCode.ERROR, "failed", "RangeError", "wrong"]);
    expect(told[1]?.slice(0, 3)).toEqual([SpanStatusCode.ERROR, "failed", "WorkerDied"]);
    expect(told[2]).toEqual([SpanStatusCode.ERROR, "failed", "_OTHER", '"no error"']);
    expect(told[3]).toEqual([SpanStatusCode.UNSET, "cancelled", "AbortError", undefined]);
  });

  test("tells of the worker and the attempt that came last, when a request runs again", async () => {
    await using pool = new ThreadPool(1);
    traceRequests(pool, { tracer });
    const gate = newGate();
    const promise = pool.run(hold, [gate, "held"], { retries: 1 });
    await arrivals(gate, 1);
    pool.workers[0]?.terminate();
    open(gate);
    expect(await promise).toBe("held");
    const [span] = spans() as [ReadableSpan];
    expect(spans()).toHaveLength(1);
    expect(span.attributes).toMatchObject({
      "ringpool.request.attempt": 2,
      "ringpool.worker.id": 2,
    });
    expect(span.events.map(({ name }) => name)).toEqual(["run", "run"]);
  });

  test("makes the span that is active at a collection the parent of all of its chunks", async () => {
    await using pool = new ThreadPool(1);
    traceRequests(pool, { tracer });
    const parent = tracer.startSpan("test parent");
    const items = Array.from({ length: 40 }, (_, i) => i);
    await context.with(trace.setSpan(context.active(), parent), () =>
      pool.map(echo, items, { chunkSize: 2 }),
    );
    expect(spans().length).toBeGreaterThan(10);
    for (const { name, attributes, parentSpanContext } of spans()) {
      expect(name).toBe("echo");
      expect(attributes).toMatchObject({ "ringpool.request.kind": "chunk" });
      expect(parentSpanContext?.spanId).toBe(parent.spanContext().spanId);
    }
  });

  test("ends with what it returns, and leaves no span of what was pending", async () => {
    await using pool = new ThreadPool(1);
    const stop = traceRequests(pool, { tracer });
    const pending = pool.run(echo, [1]);
    stop();
    await pending;
    await pool.run(echo, [2]);
    expect(spans()).toEqual([]);
  });

  test("takes the global provider", async () => {
    trace.setGlobalTracerProvider(provider);
    try {
      await using pool = new ThreadPool(1);
      traceRequests(pool);
      await pool.run(echo, [1]);
      expect(spans()).toHaveLength(1);
      expect(spans()[0]?.instrumentationScope.name).toBe("ringpool");
    } finally {
      trace.disable();
    }
  });

  test("does nothing in a worker that loads the module of the pool", async () => {
    await using _ = tracedPool;
    expect(await tracedPool.run(textThere, [])).toContain('ringpool_workers{pool=""} 0');
  });

  test("harms no request when the tracer throws, which is an uncaught exception", async () => {
    const report = await reportOf(new URL("fixtures/broken-tracer.ts", import.meta.url));
    expect(report).toEqual({ result: 3, uncaught: ["start", "end"] });
  });

  test("says what is wrong with its arguments", async () => {
    await using pool = new ThreadPool(0);
    expect(() => traceRequests({ stats: () => pool.stats() })).toThrow("takes a ThreadPool");
    expect(() => traceRequests(pool, { tracer: {} as never })).toThrow("tracer is a Tracer");
    expect(() => traceRequests(pool, { trace: 1 } as never)).toThrow("trace");
  });

  test("is carried to the worker as W3C headers of the active span", async () => {
    await using pool = new ThreadPool(1, { carry: [traceContext] });
    const span = tracer.startSpan("test parent");
    const { traceId, spanId } = span.spanContext();
    const active = trace.setSpan(context.active(), span);
    expect(await context.with(active, () => pool.run(carried, []))).toEqual({
      traceparent: `00-${traceId}-${spanId}-01`,
    });
    expect(await context.with(active, () => pool.run(activeInWorker, []))).toBe(
      `${traceId} ${spanId}`,
    );
    expect(await pool.run(carried, [])).toBeUndefined();
    expect(await pool.run(activeInWorker, [])).toBeUndefined();
    const own = { traceparent: `00-${traceId}-${spanId}-00` };
    expect(await traceContext.run(own, () => pool.run(carried, []))).toEqual(own);
  });
});
