/*
 * The Trace Event format, as far as traces use it. Chrome's tracing and Perfetto open it.
 *
 * It is described in https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
 */

/** What every event of a trace has. */
export interface TraceEventBase {
  /** The name of the callable, of the counter, or of what is told of a worker. */
  readonly name: string;
  /** The process. */
  readonly pid: number;
  /** The lane: a worker's id, for workers that run several requests at a time with lanes above 100,000. 0 is the caller. */
  readonly tid: number;
  /** When, in microseconds since `otherData.startedAt`. */
  readonly ts: number;
}

/** What is told of a run. */
export interface TraceRunArgs {
  /** The request's `requestID`; one that is no number as text. */
  readonly requestID: string | number;
  /** How it was put: `run`, `putRequest`, `runSync`, `chunk`, `stream` or `broadcast`; `child` for the run of a child. */
  readonly kind: string;
  /** `succeeded`, `failed`, `cancelled`; `lost` when it ended with its worker and runs again; `running` or `waiting` when it is not over. */
  readonly outcome: string;
  /** The worker's id; 0 for the thread that put the request; undefined when it never ran. */
  readonly worker?: number;
  /** From its put to its start, in milliseconds; undefined when it was put before the trace began. */
  readonly queuedMs?: number;
  /** How long it ran, in milliseconds. */
  readonly ranMs?: number;
  /** The number of the run, from 1, of a request that runs again after the death of its worker. */
  readonly attempt: number;
  /** The request's priority. */
  readonly priority: number;
  /** Of a child: the `requestID` of its parent. */
  readonly parent?: string;
  /** Of a chunk: how many items of a collection it stands for. */
  readonly items?: number;
  /** What it has failed with. */
  readonly error?: string;
  /** True where the start is not known, because it was before the trace began. */
  readonly startIsUnknown?: true;
}

/** A run, from its start to its end. */
export interface TraceRunEvent extends TraceEventBase {
  /** A complete event. */
  readonly ph: "X";
  /** The kind of the request. */
  readonly cat: string;
  /** How long it ran, in microseconds. */
  readonly dur: number;
  /** What is told of it. */
  readonly args: TraceRunArgs;
  /** The colour in Chrome's tracing, of a run that did not succeed. */
  readonly cname?: string;
}

/** A moment: a put, a request that ended without a run, the start and the end of a worker. */
export interface TraceMomentEvent extends TraceEventBase {
  /** An instant event. */
  readonly ph: "i";
  /** The kind of the request, or `worker`. */
  readonly cat: string;
  /** It belongs to its thread. */
  readonly s: "t";
  /** What is told of the request; `exit` at the end of a worker. */
  readonly args: Partial<TraceRunArgs> & {
    /** How a worker has ended. */
    readonly exit?: string;
  };
}

/** The begin of an arrow: the put of a request. */
export interface TraceArrowEvent extends TraceEventBase {
  /** The start of a flow. */
  readonly ph: "s";
  /** The kind of the request. */
  readonly cat: string;
  /** The same at the end of the arrow. */
  readonly id: number;
}

/** The end of the arrow with that id: the start of a run. */
export interface TraceArrowEndEvent extends TraceEventBase {
  /** The end of a flow. */
  readonly ph: "f";
  /** The kind of the request. */
  readonly cat: string;
  /** The same at the begin of the arrow. */
  readonly id: number;
  /** It ends at the run that encloses it. */
  readonly bp: "e";
}

/** How many requests wait, or how many run, from a moment on. */
export interface TraceCounterEvent extends TraceEventBase {
  /** A counter. */
  readonly ph: "C";
  /** The number, by what is counted. */
  readonly args: Readonly<Record<string, number>>;
}

/** The name of the process or of a lane, or the place of a lane among the others. */
export interface TraceNameEvent extends TraceEventBase {
  /** Metadata. */
  readonly ph: "M";
  /** That of all metadata. */
  readonly cat: string;
  /** The name, or the place. */
  readonly args:
    | {
        /** The name. */
        readonly name: string;
      }
    | {
        /** The place, from 0. */
        readonly sort_index: number;
      };
}

/** An event of the Trace Event format; `ph` tells which. */
export type TraceEvent =
  | TraceRunEvent
  | TraceMomentEvent
  | TraceArrowEvent
  | TraceArrowEndEvent
  | TraceCounterEvent
  | TraceNameEvent;

/** A trace in the JSON object form of the Trace Event format. */
export interface TraceJSON {
  /** The events: first the names of the lanes, then the others in the order of time. */
  readonly traceEvents: readonly TraceEvent[];
  /** The unit in which viewers show times. */
  readonly displayTimeUnit: "ms";
  /** What the format has no field for. */
  readonly otherData: {
    /** The name of the pool. */
    readonly pool: string;
    /** The moment of `ts: 0`, as an ISO date. */
    readonly startedAt: string;
    /** The length of the trace in milliseconds. */
    readonly lengthMs: number;
    /** Runs that were left out, because there were more than `maxEvents`. */
    readonly dropped: number;
    /** Requests that were not recorded, because there were more than `maxPerSecond`. */
    readonly skipped: number;
  };
}
