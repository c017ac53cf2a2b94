/**
 * The door of traces: what happens to the requests of a pool over some time, by worker, in the Trace Event format.
 *
 * This room knows a pool by `TraceSource` alone: it hears of runs, outcomes and workers, and asks for names. It must never know
 * the pool's parts. It is loaded with the first trace.
 */
export { Trace } from "./trace.ts";
export type { TraceOptions } from "./trace.ts";
export type {
  TraceArrowEndEvent,
  TraceArrowEvent,
  TraceCounterEvent,
  TraceEvent,
  TraceEventBase,
  TraceJSON,
  TraceMomentEvent,
  TraceNameEvent,
  TraceRunArgs,
  TraceRunEvent,
} from "./trace-event.ts";
export type {
  OpenRequest,
  PresentWorker,
  TraceListener,
  TraceSource,
  TracedKind,
  TracedRequest,
} from "./trace-source.ts";
