import { inThisThread } from "./caller-runs.ts";
import type { ResultWaiter } from "./delivery/result-waiter.ts";
import { noWorkerFor } from "./delivery/stranded-requests.ts";
import type { StreamHolds } from "./queue/stream-holds.ts";
import type { RequestQueue } from "./queue/request-queue.ts";
import type { Runs } from "./queue/task-table.ts";
import { NOWHERE } from "./request/pending-request.ts";
import type { SyncRequest } from "./request/pending-request.ts";
import type { RequestTable } from "./request/request-table.ts";
import type { WorkerSupervisor } from "./supervision/worker-supervisor.ts";

/** The parts that the blocking runs are built from. */
export interface BlockingRunsParts {
  readonly queue: RequestQueue;
  readonly table: RequestTable;
  readonly supervisor: WorkerSupervisor;
  readonly waiter: ResultWaiter;
  readonly tasks: Runs;
  readonly holds: StreamHolds;
}

/** How the caller of `runSync` waits for its request. */
export class BlockingRuns {
  readonly #parts: BlockingRunsParts;

  constructor(parts: BlockingRunsParts) {
    this.#parts = parts;
  }

  /** Blocks until a request that was put has its outcome. Reads the results of others, and delivers none of them. */
  wait(pending: SyncRequest): void {
    while (pending.outcome === "pending") {
      this.step(pending);
      pending.deliverReports();
    }
  }

  /** Blocks until a request that was put may have its outcome or a report, or something else is to be done. */
  step(pending: SyncRequest): void {
    const { queue, table, supervisor, waiter } = this.#parts;
    if (pending.location === NOWHERE) throw inThisThread();
    const { canDeliver, takesRequests } = supervisor;
    // A dismissed worker may still run it. What nobody runs is withdrawn: a later worker must not find it.
    if ((!canDeliver || !takesRequests) && queue.tryWithdraw(pending)) {
      table.settle(pending, "failed", noWorkerFor(pending));
      return;
    }
    if (this.#isHeld(pending) && queue.tryWithdraw(pending)) {
      table.settle(pending, "failed", this.#parts.holds.error);
      return;
    }
    waiter.blockForOne();
    supervisor.reactor.react();
  }

  /** Whether no worker will ever take the request, because streams hold all of them. */
  #isHeld(pending: SyncRequest): boolean {
    const { table, tasks, holds, supervisor } = this.#parts;
    if (table.streams.size === 0 || tasks.isRunning(pending)) return false;
    const { control } = pending;
    if (control !== undefined && control.queueTimeoutMs !== Infinity) return false;
    return holds.holdAll(supervisor.running);
  }
}
