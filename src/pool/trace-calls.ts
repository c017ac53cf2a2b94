import type { Trace, TraceOptions, TraceSource } from "../trace/index.ts";
import { BroadcastCalls } from "./broadcast-calls.ts";

/** The member by which `ringpool/metrics` hears of requests. `src/metrics/spans.ts` names it too. */
const TRACE_SOURCE = Symbol.for("ringpool.traceSource");

/** What traces need of a pool. */
export interface TracePool {
  /** What a trace, or the spans of `ringpool/metrics`, need of the pool. */
  source: () => TraceSource;
  /** See `ThreadPool.trace`. */
  start: (options: TraceOptions | undefined) => Trace;
}

/** The method of a pool that records what happens. */
export abstract class TraceCalls extends BroadcastCalls {
  /** What traces need of the pool. */
  protected abstract readonly traces: TracePool;

  /**
   * Records from now on what happens to requests: when each was put, when its run began and ended, in which worker, with what
   * outcome. The trace goes to a file for Perfetto or Chrome's tracing, or to a page of `ringpool/timeline`.
   *
   * @returns a trace, which `stop()`, or the end of its block with `using`, ends
   * @throws TypeError or RangeError for bad options
   * @example
   * ```ts
   * using trace = pool.trace();
   * await pool.map(countWords, pages);
   * await trace.stop().write("trace.json");
   * ```
   */
  trace(options?: TraceOptions): Trace {
    return this.traces.start(options);
  }

  // It is no member of the type, because programs have no use for it.
  static {
    Object.defineProperty(this.prototype, TRACE_SOURCE, {
      get(this: TraceCalls): TraceSource | undefined {
        // A pool in a worker is inert, and has no parts.
        return (this.traces as TracePool | undefined)?.source();
      },
    });
  }
}
