import { childFigures } from "../../native-queue/index.ts";
import type { ChildFigures } from "../../native-queue/index.ts";
import type { RequestQueue } from "./queue/request-queue.ts";
import type { Runs } from "./queue/task-table.ts";
import type { Durations, Latency } from "./request/latency.ts";
import type { RequestTable } from "./request/request-table.ts";
import type { WorkerFigures } from "./supervision/worker-record.ts";
import type { WorkerSupervisor } from "./supervision/worker-supervisor.ts";

/** Figures of a pool, read from shared memory without a message to any worker. */
export interface PoolStats {
  /** The name of the pool: its option `name`. */
  readonly name: string;
  /** Requests put so far. */
  readonly put: number;
  /** Requests put and not yet delivered. */
  readonly pending: number;
  /** Requests that workers have claimed and not completed, including those that were asked to stop. */
  readonly running: number;
  /** Requests delivered with a result. */
  readonly succeeded: number;
  /** Requests delivered with an error. */
  readonly failed: number;
  /** Requests that their signal has ended. They are not among the failed. */
  readonly cancelled: number;
  /** Runs beyond the first of each request, after the death of a worker. */
  readonly retried: number;
  /** Requests put and not yet claimed. */
  readonly queueLength: number;
  /** Children that callables have put with `pool` of `ringpool/worker`. They are not among the requests. */
  readonly children: ChildFigures;
  /** The time from the put of a request to the start of its run. One in 256 requests is measured after the first 32. */
  readonly queueTimeMs: Durations;
  /** The time from the start of a run to its result. */
  readonly runTimeMs: Durations;
  /** Wake-ups that a watchdog has supplied. No wake-up is lost and there is no watchdog, so this is always 0. */
  readonly watchdogRescues: 0;
  /** The workers that have not ended. */
  readonly workers: readonly WorkerFigures[];
}

/** The parts of a pool that count. */
export interface CountingParts {
  readonly name: string;
  readonly queue: RequestQueue;
  readonly tasks: Runs;
  readonly table: RequestTable;
  readonly latency: Latency;
  readonly supervisor: WorkerSupervisor;
}

/** The figures of a pool at this moment. */
export function statsOf({
  name,
  queue,
  tasks,
  table,
  latency,
  supervisor,
}: CountingParts): PoolStats {
  return {
    name,
    put: table.put,
    pending: table.size,
    running: tasks.running,
    succeeded: table.succeeded,
    failed: table.failed,
    cancelled: table.cancelled,
    retried: table.retried,
    queueLength: queue.waiting,
    children: childFigures(tasks.views),
    queueTimeMs: latency.queued,
    runTimeMs: latency.ran,
    workers: supervisor.figures(),
    watchdogRescues: 0,
  };
}
