/**
 * The entry `ringpool/metrics`: the figures of pools for Prometheus and OpenTelemetry, and a span for each request.
 *
 * It uses a pool as any program does, by `stats()`; spans come from the pool's observer. It must never know how a pool works
 * inside, and no other room knows of it. The packages `prom-client` and `@opentelemetry/api` are the program's: this room
 * takes their objects, or loads them when a call needs one.
 *
 * @module ringpool/metrics
 */
export { PROMETHEUS_CONTENT_TYPE, prometheusText, registerPrometheus } from "./prometheus.ts";
export type { PrometheusMetric, PrometheusRegistry } from "./prometheus.ts";
export { observeMetrics } from "./open-telemetry-metrics.ts";
export type {
  InstrumentOptions,
  MetricMeter,
  ObservableInstrument,
  ObserveMetricsOptions,
} from "./open-telemetry-metrics.ts";
export { traceRequests } from "./spans.ts";
export type { ObservedPool, RequestSpan, SpanTracer, TraceRequestsOptions } from "./spans.ts";
export { traceContext, withTraceContext } from "./trace-context.ts";
export type { TraceCarrier, TraceContextStorage } from "./trace-context.ts";
export type { StatsSource } from "./sources.ts";
