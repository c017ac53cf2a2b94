import type { Context, Span, SpanOptions } from "@opentelemetry/api";
import type { TraceListener, TraceSource, TracedRequest } from "../trace/index.ts";
import {
  Error,
  Map,
  TIME_ORIGIN,
  TypeError,
  WeakMap,
  checkKnownOptions,
  describeThrown,
  inspect,
  ownOptions,
  performanceNow,
  reportError,
} from "../runtime/index.ts";
import { openTelemetry } from "./open-telemetry.ts";
import type { StatsSource } from "./sources.ts";

/** The member of a pool that tells of its requests. `src/pool/trace-calls.ts` names it too. */
const TRACE_SOURCE = Symbol.for("ringpool.traceSource");
const MS_PER_S = 1000;

/** A `Tracer` of OpenTelemetry. */
export interface SpanTracer {
  /** Begins a span. */
  startSpan(name: string, options?: any, context?: any): RequestSpan;
}

/** What this needs of a span of OpenTelemetry. */
export interface RequestSpan {
  /** Ends the span. */
  end(endTime?: any): void;
}

/** A `ThreadPool`. */
export type ObservedPool = StatsSource;

/** Options of `traceRequests`. */
export interface TraceRequestsOptions {
  /** The tracer of the spans; `trace.getTracer("ringpool")` of `@opentelemetry/api` when left out. */
  readonly tracer?: SpanTracer | undefined;
  /** Attributes that every span gets. */
  readonly attributes?: Readonly<Record<string, string | number | boolean>> | undefined;
}

const KNOWN = {
  tracer: true,
  attributes: true,
} satisfies Record<keyof TraceRequestsOptions, true>;

/**
 * Makes a span of OpenTelemetry for each request that is put from now on, from its put to its outcome. Its parent is the span
 * that is active where the request is put; for the chunks of a collection, where the collection is.
 *
 * While it goes on, all runs of the pool are measured.
 *
 * @returns a function that ends it; requests that are pending then have no span
 * @throws TypeError when an argument is of the wrong kind; Error when `@opentelemetry/api` is not installed
 * @example
 * ```ts
 * const stop = traceRequests(pool); // by the global TracerProvider
 * ```
 */
export function traceRequests(pool: ObservedPool, options: TraceRequestsOptions = {}): () => void {
  checkKnownOptions(options, KNOWN, "traceRequests");
  const { tracer, attributes = {} } = ownOptions(options, KNOWN);
  if (typeof pool !== "object" || pool === null || !(TRACE_SOURCE in pool)) {
    throw new TypeError(`traceRequests takes a ThreadPool: pool=${inspect(pool, { depth: 0 })}`);
  }
  if (tracer !== undefined && typeof tracer?.startSpan !== "function") {
    throw new TypeError(
      `tracer is a Tracer of OpenTelemetry: tracer=${inspect(tracer, { depth: 0 })}`,
    );
  }
  const source = Reflect.get(pool, TRACE_SOURCE) as TraceSource | undefined;
  // In a worker the pool is inert: nothing ever happens to it.
  if (source === undefined) return () => {};
  const { trace } = openTelemetry();
  const spans = new RequestSpans(source, tracer ?? trace.getTracer("ringpool"), attributes);
  return source.observe(spans, Infinity);
}

/** The spans of the requests of one pool. Code of the SDK must not harm the pool: what it throws is an uncaught exception. */
class RequestSpans implements TraceListener {
  readonly #source: TraceSource;
  readonly #tracer: SpanTracer;
  readonly #attributes: Readonly<Record<string, string | number | boolean>>;
  readonly #spans = new Map<TracedRequest, Span>();
  /** Where the collections were that chunks belong to. The later ones are put where nothing is active. */
  readonly #parents = new WeakMap<object, Context>();

  constructor(
    source: TraceSource,
    tracer: SpanTracer,
    attributes: Readonly<Record<string, string | number | boolean>>,
  ) {
    this.#source = source;
    this.#tracer = tracer;
    this.#attributes = attributes;
  }

  put(request: TracedRequest): void {
    guarded(() => this.#start(request));
  }

  ran(request: TracedRequest, workerId: number, startedAt: number, ranMs: number): void {
    const span = this.#spans.get(request);
    if (span !== undefined) guarded(() => noteRun(span, request, workerId, startedAt, ranMs));
  }

  settled(request: TracedRequest): void {
    const span = this.#spans.get(request);
    if (span === undefined) return;
    this.#spans.delete(request);
    guarded(() => end(span, request));
  }

  workerStarted(): void {}

  workerReady(): void {}

  workerEnded(): void {}

  #start(request: TracedRequest): void {
    const { poolName, nameOf, kindOf } = this.#source;
    const name = nameOf(request.callableId);
    const items = request.control?.chunkItems ?? 0;
    const options: SpanOptions = {
      kind: openTelemetry().SpanKind.INTERNAL,
      attributes: {
        ...this.#attributes,
        "ringpool.pool.name": poolName,
        "ringpool.request.id": String(request.requestID),
        "ringpool.request.kind": kindOf(request),
        "code.function.name": name,
        ...(items > 0 ? { "ringpool.request.items": items } : {}),
      },
      ...(request.putAt > 0 ? { startTime: request.putAt } : {}),
    };
    const span = this.#tracer.startSpan(name, options, this.#parentOf(request));
    this.#spans.set(request, span as Span);
  }

  #parentOf({ callSite }: TracedRequest): Context {
    const { context } = openTelemetry();
    if (callSite === undefined) return context.active();
    const known = this.#parents.get(callSite);
    if (known !== undefined) return known;
    const active = context.active();
    this.#parents.set(callSite, active);
    return active;
  }
}

function noteRun(
  span: Span,
  request: TracedRequest,
  workerId: number,
  startedAt: number,
  ranMs: number,
): void {
  const attempt = request.control?.attempt ?? 1;
  span.setAttributes({ "ringpool.worker.id": workerId, "ringpool.request.attempt": attempt });
  // The times of a request that was put before anything observed the pool are not known.
  if (startedAt <= 0) return;
  span.addEvent(
    "run",
    { "ringpool.worker.id": workerId, "ringpool.request.attempt": attempt },
    startedAt,
  );
  span.setAttribute("ringpool.request.run_time", ranMs / MS_PER_S);
  if (request.putAt > 0 && attempt === 1) {
    const queuedMs = Math.max(0, startedAt - request.putAt);
    span.setAttribute("ringpool.request.queue_time", queuedMs / MS_PER_S);
  }
}

function end(span: Span, { outcome, value }: TracedRequest): void {
  span.setAttribute("ringpool.request.outcome", outcome);
  if (outcome !== "succeeded") {
    span.setAttribute("error.type", typeOf(value));
    if (outcome === "failed") {
      const code = openTelemetry().SpanStatusCode.ERROR;
      span.setStatus({ code, message: describeThrown(value) });
      span.recordException(value instanceof Error ? value : describeThrown(value));
    }
  }
  span.end(TIME_ORIGIN + performanceNow());
}

function typeOf(value: unknown): string {
  if (!(value instanceof Error)) return "_OTHER";
  const { name } = value;
  return typeof name === "string" && name !== "" ? name : "Error";
}

function guarded(call: () => void): void {
  try {
    call();
  } catch (error) {
    reportError(error);
  }
}
