import type { WorkerFigures } from "./crew.ts";

/** Figures of a pool, read from shared memory without a message to any worker. */
export interface PoolStats {
  /** Requests put so far. */
  readonly put: number;
  /** Requests put and not yet delivered. */
  readonly pending: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Requests put and not yet claimed. */
  readonly queueLength: number;
  /** The workers that have not ended. */
  readonly workers: readonly WorkerFigures[];
}
