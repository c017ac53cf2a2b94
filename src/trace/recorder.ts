import { Map, TIME_ORIGIN, describeThrown, performanceNow } from "../runtime/index.ts";
import { NEVER_RAN } from "./row-log.ts";
import type { RowLog } from "./row-log.ts";
import type { TraceRow, TracedOutcome, WorkerRow } from "./trace-row.ts";
import type {
  OpenRequest,
  TraceListener,
  TraceSource,
  TracedChild,
  TracedChildren,
  TracedRequest,
} from "./trace-source.ts";

/** A run that takes longer cannot be: a worker has damaged the memory that its times stand in. */
const LONGEST_MS = 2 ** 40;
/** So many workers that have ended are remembered. */
const MOST_ENDED_WORKERS = 10_000;
const UNKNOWN = 0;

/**
 * Hears of the runs of a pool, and writes them down.
 *
 * A run and its outcome are told one after the other, nearly always back to back: so the row of the last run is at hand
 * when its outcome comes. A run whose outcome comes later waits in a map. An outcome without a run belongs to a request that
 * never ran, or to one that a worker still runs although it was aborted: its run is told when it has ended.
 */
export class Recorder implements TraceListener {
  readonly #source: TraceSource;
  readonly #log: RowLog;
  /** The last run that was told, until its outcome comes. */
  #lastRun: TracedRequest | undefined;
  #lastRow = 0;
  /** By request: the rows of other runs that have no outcome. */
  readonly #unsettled = new Map<TracedRequest, number>();
  /** The name of a callable never changes, and no other callable gets its number. */
  #lastCallable = -1;
  #lastName = "";
  readonly #workers = new Map<number, WorkerRow>();
  /** Runs of children that their workers have left out, because there were very many. */
  skippedChildren = 0;

  constructor(source: TraceSource, log: RowLog) {
    this.#source = source;
    this.#log = log;
    for (const { workerId, startedAt } of source.workers()) this.#addWorker(workerId, startedAt);
  }

  /** The workers, in the order in which they started. */
  get workers(): readonly WorkerRow[] {
    return [...this.#workers.values()];
  }

  put(): void {
    // The request tells when it was put, and a request that is not over is looked up.
  }

  ran(request: TracedRequest, workerId: number, startedAt: number, ranMs: number): void {
    const isKnown = startedAt > 0 && ranMs >= 0 && ranMs < LONGEST_MS;
    const { outcome } = request;
    const row = this.#add(
      request,
      isKnown ? startedAt : UNKNOWN,
      isKnown ? startedAt + ranMs : now(),
      workerId,
      outcome === "pending" ? "lost" : outcome,
    );
    if (this.#unsettled.size > 0) this.#unsettled.delete(request);
    if (outcome !== "pending") {
      this.#tellError(row, request);
      return;
    }
    if (this.#lastRun !== undefined && this.#lastRun !== request)
      this.#unsettled.set(this.#lastRun, this.#lastRow);
    this.#lastRun = request;
    this.#lastRow = row;
  }

  settled(request: TracedRequest): void {
    const { outcome } = request;
    if (outcome === "pending") return;
    if (request === this.#lastRun) {
      this.#lastRun = undefined;
      this.#log.settle(this.#lastRow, outcome, errorOf(request));
      return;
    }
    const row = this.#unsettled.get(request);
    if (row !== undefined) {
      this.#unsettled.delete(request);
      this.#log.settle(row, outcome, errorOf(request));
    } else if (!this.#source.isRunning(request)) {
      const unrun = this.#add(request, UNKNOWN, now(), NEVER_RAN, outcome);
      this.#tellError(unrun, request);
    }
  }

  childrenRan(_request: TracedRequest, { runs, skipped }: TracedChildren): void {
    this.skippedChildren += skipped;
    for (const run of runs) this.#addChild(run);
  }

  #addChild({ startedAt, endedAt, outcome, error, ...run }: TracedChild): void {
    const isKnown = startedAt > 0 && endedAt - startedAt < LONGEST_MS;
    const row = this.#log.add(
      childRequest(run.requestID, run.attempt),
      run.name,
      "child",
      isKnown ? startedAt : UNKNOWN,
      isKnown ? endedAt : now(),
      run.workerId,
      outcome,
    );
    this.#log.setParent(row, run.parentID);
    if (error !== undefined) this.#log.settle(row, outcome, error);
  }

  workerStarted(workerId: number): void {
    this.#addWorker(workerId, now());
  }

  workerReady(workerId: number): void {
    const worker = this.#workers.get(workerId);
    if (worker !== undefined) worker.readyAt = now();
  }

  workerEnded({
    workerId,
    exitCode,
    wasExpected,
  }: Parameters<TraceListener["workerEnded"]>[0]): void {
    const worker = this.#workers.get(workerId);
    if (worker === undefined || worker.endedAt !== undefined) return;
    worker.endedAt = now();
    if (wasExpected) worker.ending = "ended";
    else worker.ending = exitCode === null ? "died: terminated" : `died: exitCode=${exitCode}`;
    this.#forgetEnded();
  }

  /** The requests that are not over, as rows that end at this moment. */
  open(): TraceRow[] {
    const endedAt = now();
    return this.#source.open().map((open) => this.#openRow(open, endedAt));
  }

  #openRow({ request, workerId, startedAt }: OpenRequest, endedAt: number): TraceRow {
    const { requestID, putAt, control } = request;
    return {
      name: this.#source.nameOf(request.callableId),
      kind: this.#source.kindOf(request),
      requestID: typeof requestID === "number" ? requestID : String(requestID),
      putAt: putAt > 0 ? putAt : undefined,
      startedAt: startedAt > 0 ? startedAt : undefined,
      endedAt,
      workerId,
      outcome: workerId === undefined ? "waiting" : "running",
      priority: control?.priority ?? 0,
      attempt: control?.attempt ?? 1,
      parent: undefined,
      items: control?.chunkItems ?? 0,
      error: undefined,
    };
  }

  #add(
    request: TracedRequest,
    startedAt: number,
    endedAt: number,
    workerId: number,
    outcome: TracedOutcome,
  ): number {
    const { callableId } = request;
    if (callableId !== this.#lastCallable) {
      this.#lastCallable = callableId;
      this.#lastName = this.#source.nameOf(callableId);
    }
    const kind = this.#source.kindOf(request);
    return this.#log.add(request, this.#lastName, kind, startedAt, endedAt, workerId, outcome);
  }

  #tellError(row: number, request: TracedRequest): void {
    this.#log.settle(row, request.outcome as TracedOutcome, errorOf(request));
  }

  #addWorker(workerId: number, startedAt: number): void {
    this.#workers.set(workerId, {
      workerId,
      startedAt,
      readyAt: undefined,
      endedAt: undefined,
      ending: undefined,
    });
  }

  #forgetEnded(): void {
    if (this.#workers.size <= MOST_ENDED_WORKERS) return;
    for (const [workerId, { endedAt }] of this.#workers) {
      if (endedAt === undefined) continue;
      this.#workers.delete(workerId);
      return;
    }
  }
}

/** What the log is to know of the run of a child. */
function childRequest(requestID: string, attempt: number): TracedRequest {
  return {
    requestID,
    callableId: -1,
    putAt: UNKNOWN,
    outcome: "pending",
    value: undefined,
    callSite: undefined,
    control: { priority: 0, attempt, chunkItems: 0 },
  };
}

/** The present moment on the clock that all threads share. */
export function now(): number {
  return TIME_ORIGIN + performanceNow();
}

/** What a request has failed with, as far as that can be read without running code of the program. */
function errorOf({ outcome, value }: TracedRequest): string | undefined {
  return outcome === "succeeded" ? undefined : describeThrown(value);
}
