import type { TracedKind } from "./trace-source.ts";

/**
 * How a run, or a request without one, has ended. `running` and `waiting` are what is not over when the trace is read, and
 * `lost` is a run that ended with its worker, after which the request runs again.
 */
export type TracedOutcome = "succeeded" | "failed" | "cancelled" | "lost" | "running" | "waiting";

/** One run of a request, or a request that has none. Times are milliseconds on the clock that all threads share. */
export interface TraceRow {
  readonly name: string;
  readonly kind: TracedKind;
  readonly requestID: string | number;
  /** Undefined when the request was put before the trace began. */
  readonly putAt: number | undefined;
  /** Undefined when it is not known, because it was before the trace began; see `endedAt` for a request that never ran. */
  readonly startedAt: number | undefined;
  /** The end of the run, or of a request that never ran. */
  readonly endedAt: number;
  /** Undefined for a request that never ran; 0 for the thread that put the request, by the policy `"callerRuns"`. */
  readonly workerId: number | undefined;
  readonly outcome: TracedOutcome;
  readonly priority: number;
  readonly attempt: number;
  /** Of a child: the `requestID` of its parent. */
  readonly parent: string | undefined;
  /** How many items of a collection it stands for; 0 for no chunk. */
  readonly items: number;
  /** What it has failed with. */
  readonly error: string | undefined;
}

/** A worker's life. */
export interface WorkerRow {
  readonly workerId: number;
  readonly startedAt: number;
  readyAt: number | undefined;
  endedAt: number | undefined;
  /** What is told of the end. */
  ending: string | undefined;
}
