import type { WorkerSupervisor } from "./supervision/worker-supervisor.ts";
import type { WorkerFigures } from "./supervision/worker-record.ts";
import type { Exchange } from "./queue/request-queue.ts";
import type { RequestTable } from "./request/request-table.ts";
import type { Durations, Latency } from "./request/latency.ts";

/** Figures of a pool, read from shared memory without a message to any worker. */
export interface PoolStats {
  /** Requests put so far. */
  readonly put: number;
  /** Requests put and not yet delivered. */
  readonly pending: number;
  /** Requests that workers have claimed and not completed, those included that were asked to stop. */
  readonly running: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Requests ended by their signal; not among the failed. */
  readonly cancelled: number;
  /** Runs after the death of a worker, beyond each request's first. */
  readonly retried: number;
  /** Requests put and not yet claimed. */
  readonly queueLength: number;
  /** From the put of a request to the start of its run. Of many requests in a row, one in 256 is measured. */
  readonly queueTimeMs: Durations;
  /** From the start of a run to its result. */
  readonly runTimeMs: Durations;
  /** Wake-ups that a watchdog had to supply. There is no watchdog, since no wake-up is lost: always 0. */
  readonly watchdogRescues: 0;
  /** The workers that have not ended. */
  readonly workers: readonly WorkerFigures[];
}

/** The parts of a pool that count something. */
export interface CountedParts {
  readonly exchange: Exchange;
  readonly table: RequestTable;
  readonly supervisor: WorkerSupervisor;
}

export function statsOf(parts: CountedParts, times: Latency, put: number): PoolStats {
  const { exchange, table, supervisor } = parts;
  return {
    put,
    pending: table.size,
    running: exchange.runs.running,
    succeeded: table.succeeded,
    failed: table.failed,
    cancelled: table.cancelled,
    retried: table.retried,
    queueLength: exchange.waiting,
    queueTimeMs: times.queued,
    runTimeMs: times.ran,
    workers: supervisor.figures(),
    watchdogRescues: 0,
  };
}
