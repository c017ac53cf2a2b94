import type { Durations } from "./request-times.ts";
import type { WorkerFigures } from "./crew-member.ts";

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
  /** From the put of a request to the start of its run. Of many requests in a row, one in 64 is measured. */
  readonly queueTimeMs: Durations;
  /** From the start of a run to its result. */
  readonly runTimeMs: Durations;
  /** The workers that have not ended. */
  readonly workers: readonly WorkerFigures[];
}
