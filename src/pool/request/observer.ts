import type { ToldChildren } from "../../protocol/index.ts";
import type { PendingRequest } from "./pending-request.ts";

/** The start of a run that is not known: its request was put before anything observed the pool. */
export const STARTED_BEFORE = 0;

/** What became of a worker's thread. */
export interface EndedWorker {
  readonly workerId: number;
  /** Null when the worker was ended from outside. */
  readonly exitCode: number | null;
  /** Whether it was dismissed, recycled, or ended with its pool. Otherwise it has died. */
  readonly wasExpected: boolean;
}

/**
 * Hears what becomes of the workers of a pool, and of its requests that are timed: see `Observation`. Each method is called in the middle of
 * the pool's work. It must be quick, must not throw, and must call nothing of the pool.
 *
 * All times are milliseconds on the clock that all threads share, `TIME_ORIGIN + performanceNow()`.
 */
export interface PoolObserver {
  /** A request was put; `pending.putAt` tells when. */
  put(pending: PendingRequest): void;

  /**
   * The run of a request has ended, by itself or with its worker. `settled` follows at once, or has come before when the
   * request was aborted while it ran. A request that runs again after the death of a worker has several runs.
   *
   * @param workerId 0 for the thread that put the request, by the policy `"callerRuns"`
   * @param startedAt as the worker has measured it; `STARTED_BEFORE` when it was not measured
   * @param ranMs the same; how long the run took
   */
  ran(pending: PendingRequest, workerId: number, startedAt: number, ranMs: number): void;

  /** A request has got its outcome. Its `location` is a task while a worker still runs it. */
  settled(pending: PendingRequest): void;

  /** Children of a request have run; `ran` of the request follows. Left out where nobody wants to hear of them. */
  readonly childrenRan?: ((pending: PendingRequest, told: ToldChildren) => void) | undefined;

  /** The thread of a worker was started. */
  workerStarted(workerId: number): void;

  /** A worker takes requests from now on. */
  workerReady(workerId: number): void;

  /** A worker has ended. What it ran has been reported before. */
  workerEnded(worker: EndedWorker): void;
}
