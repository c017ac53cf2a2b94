import type { Registry } from "prom-client";
import type { Meter, Tracer } from "@opentelemetry/api";
import { formatStats } from "../../src/index.ts";
import type { PoolStats, SlowRun, ThreadPool, WorkerThread } from "../../src/index.ts";
import {
  observeMetrics,
  prometheusText,
  registerPrometheus,
  traceContext,
  traceRequests,
  withTraceContext,
} from "../../src/metrics/index.ts";
import type { TraceCarrier } from "../../src/metrics/index.ts";
import { exactly } from "./exactly.ts";

/** Figures as text. */
export function texts(pool: ThreadPool, stats: PoolStats): void {
  exactly<string>()(formatStats(pool.stats()));
  exactly<string>()(formatStats(stats, { style: "table" }));
  // @ts-expect-error -- the figures, not the pool
  formatStats(pool);
  // @ts-expect-error -- no such style
  formatStats(stats, { style: "json" });
}

/** The event of a run that takes too long. */
export function slow(pool: ThreadPool): void {
  pool.on("slow", (run) => {
    exactly<SlowRun>()(run);
    exactly<WorkerThread>()(run.worker);
    exactly<number>()(run.ranMs);
    exactly<string>()(run.putStack);
  });
}

/** The official classes are taken as they are. */
export function collectors(
  pool: ThreadPool,
  register: Registry,
  meter: Meter,
  tracer: Tracer,
): void {
  exactly<string>()(prometheusText(pool));
  exactly<string>()(prometheusText([pool, pool]));
  exactly<() => void>()(registerPrometheus(register, pool));
  exactly<() => void>()(observeMetrics(pool, { meter, attributes: { zone: "north", shard: 1 } }));
  exactly<() => void>()(traceRequests(pool, { tracer }));
  exactly<TraceCarrier | undefined>()(traceContext.getStore());
  exactly<number>()(withTraceContext(() => 1));
  // @ts-expect-error -- a registry has no figures
  prometheusText(register);
  // @ts-expect-error -- no such option
  observeMetrics(pool, { tracer });
}
