/*
 * The Trace Event format, as far as traces use it. Chrome's tracing and Perfetto open it.
 *
 * It is described in https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
 */

/** What every event has. */
interface AnyEvent {
  readonly name: string;
  readonly pid: number;
  /** The lane: a worker's id, for workers that run several requests at a time with lanes above 100,000. 0 is the caller. */
  readonly tid: number;
  /** When, in microseconds since `otherData.startedAt`. */
  readonly ts: number;
}

/** What is told of a run. */
export interface RunArgs {
  readonly requestID: string | number;
  /** How it was put: `run`, `putRequest`, `runSync`, `chunk`, `stream` or `broadcast`. */
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
  readonly priority: number;
  /** Of a chunk: how many items of a collection it stands for. */
  readonly items?: number;
  /** What it has failed with. */
  readonly error?: string;
  /** True where the start is not known, because it was before the trace began. */
  readonly startIsUnknown?: true;
}

/** A run, from its start to its end. */
export interface CompleteEvent extends AnyEvent {
  readonly ph: "X";
  readonly cat: string;
  /** Microseconds. */
  readonly dur: number;
  readonly args: RunArgs;
  readonly cname?: string;
}

/** A moment: a put, a request that ended without a run, the start and the end of a worker. */
export interface InstantEvent extends AnyEvent {
  readonly ph: "i";
  readonly cat: string;
  /** Of its thread. */
  readonly s: "t";
  readonly args: Partial<RunArgs> & { readonly exit?: string };
}

/** The begin of an arrow: the put of a request. */
export interface FlowStartEvent extends AnyEvent {
  readonly ph: "s";
  readonly cat: string;
  readonly id: number;
}

/** The end of the arrow with that id: the start of a run. */
export interface FlowEndEvent extends AnyEvent {
  readonly ph: "f";
  readonly cat: string;
  readonly id: number;
  /** It ends at the slice that encloses it. */
  readonly bp: "e";
}

/** How many requests wait, and how many run. */
export interface CounterEvent extends AnyEvent {
  readonly ph: "C";
  readonly args: Readonly<Record<string, number>>;
}

/** The name of the process and of each lane, and their order. */
export interface MetadataEvent extends AnyEvent {
  readonly ph: "M";
  readonly cat: string;
  readonly args: { readonly name: string } | { readonly sort_index: number };
}

/** An event of the Trace Event format. */
export type TraceEvent =
  | CompleteEvent
  | InstantEvent
  | FlowStartEvent
  | FlowEndEvent
  | CounterEvent
  | MetadataEvent;

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
