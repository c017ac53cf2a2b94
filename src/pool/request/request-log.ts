import { describeThrown, Map } from "../../runtime/index.ts";
import type { DebugLog } from "./debug-log.ts";
import { STARTED_BEFORE } from "./observer.ts";
import type { PoolObserver } from "./observer.ts";
import type { PendingRequest } from "./pending-request.ts";

/** Prints what becomes of each request, for `RINGPOOL_DEBUG=requests`. */
export class RequestLog implements PoolObserver {
  readonly #log: DebugLog;
  /** What has been said of the last run of a request, for the line of its outcome. */
  readonly #runs = new Map<PendingRequest, string>();

  constructor(log: DebugLog) {
    this.#log = log;
  }

  put(pending: PendingRequest): void {
    this.#log.say(`${nameOf(pending)} put: ${callableNameOf(pending)}`);
  }

  ran(pending: PendingRequest, workerId: number, startedAt: number, ranMs: number): void {
    const where = workerId === 0 ? "in the thread of its caller" : `in worker ${workerId}`;
    const times =
      startedAt === STARTED_BEFORE
        ? ""
        : `: queued ${(startedAt - pending.putAt).toFixed(3)} ms, ran ${ranMs.toFixed(3)} ms`;
    if (pending.outcome === "pending") this.#runs.set(pending, ` ${where}${times}`);
    else this.#log.say(`${nameOf(pending)} has stopped ${where}${times}`);
  }

  settled(pending: PendingRequest): void {
    const run = this.#runs.get(pending) ?? " without a complete run";
    this.#runs.delete(pending);
    const why = pending.outcome === "succeeded" ? "" : `: ${describeThrown(pending.value)}`;
    this.#log.say(`${nameOf(pending)} ${pending.outcome}${run}${why}`);
  }

  workerStarted(): void {}

  workerReady(): void {}

  workerEnded(): void {}
}

function nameOf({ requestID }: PendingRequest): string {
  return `request ${String(requestID)}`;
}

/** The name of a callable, for people. */
function callableNameOf({ request }: PendingRequest): string {
  const { callable } = request;
  return callable.name === "" ? "(anonymous)" : callable.name;
}
