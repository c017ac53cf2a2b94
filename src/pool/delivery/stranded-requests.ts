import { NoWorkersAvailable } from "../../errors.ts";
import type { RequestQueue } from "../queue/request-queue.ts";
import { CallbackRequest, SyncRequest } from "../request/pending-request.ts";
import type { PendingRequest } from "../request/pending-request.ts";
import type { RequestTable } from "../request/request-table.ts";
import type { WorkerSupervisor } from "../supervision/worker-supervisor.ts";

/** The parts that this is built from. */
export interface StrandedParts {
  readonly queue: RequestQueue;
  readonly table: RequestTable;
  readonly supervisor: WorkerSupervisor;
}

const NEVER_LOOKED = -1;

/**
 * The requests of `run` that wait while no worker is left or coming that takes requests. Their promises are rejected: a
 * program that awaits one would hang, and nothing else would tell it why. Requests of `putRequest` go on waiting for
 * `createWorkers`, and so does a request that a dismissed worker still runs.
 */
export class StrandedRequests {
  readonly #parts: StrandedParts;
  /** How many requests had been put, or put again, at the last look. Of those, none is stranded any more. */
  #lookedAt = NEVER_LOOKED;
  #isEnded = false;

  constructor(parts: StrandedParts) {
    this.#parts = parts;
  }

  /** Whether requests may be stranded. Cheap enough to ask after each put. */
  get mayBeThere(): boolean {
    const { supervisor } = this.#parts;
    return !supervisor.takesRequests && !this.#isEnded && this.#lookedAt !== this.#queued;
  }

  /** Rejects the promises of the stranded requests, if there are any, and takes them out of the queue. */
  reject(): void {
    if (!this.mayBeThere) return;
    const { table, queue } = this.#parts;
    this.#lookedAt = this.#queued;
    for (const pending of table.snapshot()) {
      if (pending.outcome !== "pending" || !isAwaited(pending)) continue;
      // A request that cannot be withdrawn runs: in a dismissed worker, or in the thread that has put it.
      if (queue.tryWithdraw(pending)) table.rejectNow(pending, noWorkerFor(pending));
    }
    queue.refill();
  }

  /** Rejects nothing from now on: the pool is closing, which fails with `PoolClosed` what is left. */
  end(): void {
    this.#isEnded = true;
  }

  get #queued(): number {
    const { table } = this.#parts;
    return table.put + table.retried;
  }
}

/** The error for one request that no worker is left to run. */
export function noWorkerFor({ requestID }: PendingRequest): NoWorkersAvailable {
  return new NoWorkersAvailable(
    `No worker is left or coming that could run this request; start one before, with new ThreadPool(n) or createWorkers(n): requestID=${String(requestID)}`,
  );
}

/** The error for pending requests that no worker is left to run. */
export function noWorkersLeft(pending: number): NoWorkersAvailable {
  return new NoWorkersAvailable(
    `No worker is left that could deliver a result; add some with createWorkers: pending=${pending}`,
  );
}

/** Whether a promise waits for the request. */
function isAwaited(pending: PendingRequest): boolean {
  return !(pending instanceof CallbackRequest) && !(pending instanceof SyncRequest);
}
