import type { ContextStorage } from "../runtime/index.ts";
import { describeValue, TypeError } from "../runtime/index.ts";

/** The headers of a trace, such as `traceparent`. */
export type ClusterTraceCarrier = Readonly<Record<string, string>>;

/** What takes a trace from a producer to the machines: the module `ringpool/metrics` has these two names. */
export interface ClusterTrace {
  /** Gives the headers of the span that is active where a request is put, and to callables those that came with it. */
  readonly traceContext: {
    /** The headers of this place; undefined where there is no trace. */
    getStore(): ClusterTraceCarrier | undefined;
    /** Calls a function with these headers. */
    run<R>(store: ClusterTraceCarrier, call: () => R): R;
  };
  /** Calls a function in the trace of those headers, so that the spans that it starts belong to it. */
  readonly withTraceContext: <R>(call: () => R) => R;
}

/** @throws TypeError unless it is left out, or has both members */
export function checkTrace(trace: ClusterTrace | undefined): ClusterTrace | undefined {
  if (trace === undefined) return undefined;
  if (
    typeof trace?.traceContext?.run === "function" &&
    typeof trace.traceContext.getStore === "function" &&
    typeof trace.withTraceContext === "function"
  )
    return trace;
  throw new TypeError(
    `trace has traceContext and withTraceContext, as the module ringpool/metrics has: trace=${describeValue(trace)}`,
  );
}

/** The headers of the place that puts a request; undefined when it belongs to no trace. */
export function carrierHere(trace: ClusterTrace | undefined): ClusterTraceCarrier | undefined {
  const carrier = trace?.traceContext.getStore();
  return typeof carrier === "object" && carrier !== null ? headersOf(carrier) : undefined;
}

/**
 * Calls `run` in the trace that came with a request.
 *
 * @param run gets the storages that the local pool is to carry to the thread
 */
export function inTraceOf<R>(
  trace: ClusterTrace | undefined,
  carrier: unknown,
  run: (carry: readonly ContextStorage[] | undefined) => R,
): R {
  if (trace === undefined || typeof carrier !== "object" || carrier === null) return run(undefined);
  const { traceContext, withTraceContext } = trace;
  return traceContext.run(headersOf(carrier), () =>
    withTraceContext(() => run([traceContext as ContextStorage])),
  );
}

/** The headers are texts; JSON may not keep, or not have, what else is there. */
function headersOf(carrier: object): ClusterTraceCarrier {
  const headers = Object.entries(carrier).filter(([, value]) => typeof value === "string");
  return Object.fromEntries(headers) as ClusterTraceCarrier;
}
