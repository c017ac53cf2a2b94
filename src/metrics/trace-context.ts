import { asyncHooks } from "../runtime/index.ts";
import { openTelemetry } from "./open-telemetry.ts";

/** The W3C headers of a trace: `traceparent`, and `tracestate` and `baggage` where the program uses them. */
export type TraceCarrier = Readonly<Record<string, string>>;

/** An AsyncLocalStorage of the headers of a trace. */
export interface TraceContextStorage {
  /** The headers of the trace that the calling code belongs to; undefined when there are none. */
  getStore(): TraceCarrier | undefined;
  /** Calls a function with other headers. */
  run<R>(store: TraceCarrier, callback: () => R): R;
}

/**
 * The trace that the calling code belongs to, as W3C headers, on its way to a worker. Name it in `carry`, of a pool or a
 * request: then the callable has the headers of the span that was active where the request was put.
 *
 * In the program its store is that of the active span, unless code has entered one of its own by `run`. In a worker it
 * is what was carried.
 *
 * @example
 * ```ts
 * const pool = new ThreadPool(4, { carry: [traceContext] });
 * // In the callable: the spans that it starts belong to the trace.
 * const work = (n: number) => withTraceContext(() => tracer.startActiveSpan("work", () => n * 2));
 * ```
 */
export const traceContext: TraceContextStorage = makeStorage();

function makeStorage(): TraceContextStorage {
  const { AsyncLocalStorage: Base } = asyncHooks();
  class TraceContext extends Base<TraceCarrier> {
    override getStore(): TraceCarrier | undefined {
      return super.getStore() ?? activeCarrier();
    }
  }
  return new TraceContext();
}

/** The headers of the active span; undefined where there is none, or no propagator is set. */
function activeCarrier(): TraceCarrier | undefined {
  const { context, propagation } = openTelemetry();
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  return Object.keys(carrier).length === 0 ? undefined : carrier;
}

/**
 * Calls a function in the trace that was carried to this worker: spans that it starts belong to the span that was active where
 * the request was put. Where nothing was carried it is called as it is.
 *
 * @throws Error when `@opentelemetry/api` is not installed
 */
export function withTraceContext<R>(call: () => R): R {
  const { context, propagation } = openTelemetry();
  const carrier = traceContext.getStore();
  if (carrier === undefined) return call();
  return context.with(propagation.extract(context.active(), carrier), call);
}
