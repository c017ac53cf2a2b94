import type { Trace, TraceOptions } from "../trace/index.ts";
import { BroadcastCalls } from "./broadcast-calls.ts";

/** What traces need of a pool. */
export interface TracePool {
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
}
