/** How a request was put. A chunk stands for items of a collection; a broadcast puts one request for each worker; a child is the run of a child. */
export type TracedKind =
  | "putRequest"
  | "run"
  | "runSync"
  | "chunk"
  | "stream"
  | "broadcast"
  | "child";

/** A request as a trace sees it. */
export interface TracedRequest {
  readonly requestID: string | number | bigint | symbol;
  readonly callableId: number;
  /** When it was put; 0 or -Infinity when that is not known. */
  readonly putAt: number;
  readonly outcome: "pending" | "succeeded" | "failed" | "cancelled";
  /** The result, or the reason of the failure. */
  readonly value: unknown;
  /** The place of the put. Of requests that are no chunks it is known after the put only; all chunks of a collection share it. */
  readonly callSite: object | undefined;
  readonly control:
    | {
        readonly priority: number;
        /** The number of the present run, from 1. */
        readonly attempt: number;
        /** How many items of a collection the request stands for. */
        readonly chunkItems: number;
      }
    | undefined;
}

/** A request that is not over. */
export interface OpenRequest {
  readonly request: TracedRequest;
  /** The worker that runs it; undefined while it waits. */
  readonly workerId: number | undefined;
  /** When its run began, to a millisecond; 0 when that is not known. */
  readonly startedAt: number;
}

/** The run of a child. All times are milliseconds on the clock that all threads share. */
export interface TracedChild {
  readonly requestID: string;
  /** The `requestID` of its parent. */
  readonly parentID: string;
  readonly workerId: number;
  readonly name: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly outcome: "succeeded" | "failed" | "cancelled";
  readonly attempt: number;
  /** What it has failed with. */
  readonly error: string | undefined;
}

/** Children of a request that have run. */
export interface TracedChildren {
  readonly runs: readonly TracedChild[];
  /** So many runs were left out, because there were very many. */
  readonly skipped: number;
}

/** A worker at the start of a trace. */
export interface PresentWorker {
  readonly workerId: number;
  readonly startedAt: number;
}

/** What a trace hears of a pool. All times are milliseconds on the clock that all threads share. */
export interface TraceListener {
  put(request: TracedRequest): void;
  /** @param startedAt 0 when the worker has not measured the run */
  ran(request: TracedRequest, workerId: number, startedAt: number, ranMs: number): void;
  settled(request: TracedRequest): void;
  /** Children of a request have run. */
  readonly childrenRan?: ((request: TracedRequest, told: TracedChildren) => void) | undefined;
  workerStarted(workerId: number): void;
  workerReady(workerId: number): void;
  workerEnded(worker: {
    readonly workerId: number;
    readonly exitCode: number | null;
    readonly wasExpected: boolean;
  }): void;
}

/** What a trace needs of a pool. */
export interface TraceSource {
  readonly poolName: string;
  /**
   * Calls the listener from now on. Returns what ends that.
   *
   * @param perSecond so many requests a second are enough; Infinity for all
   */
  readonly observe: (listener: TraceListener, perSecond: number) => () => void;
  /** How many requests no listener has heard of, because there were more than that. */
  readonly skipped: () => number;
  /** The name of a callable for people. */
  readonly nameOf: (callableId: number) => string;
  readonly kindOf: (request: TracedRequest) => TracedKind;
  /** Whether a worker runs the request at this moment. */
  readonly isRunning: (request: TracedRequest) => boolean;
  /** The requests that are not over. */
  readonly open: () => readonly OpenRequest[];
  readonly workers: () => readonly PresentWorker[];
}
