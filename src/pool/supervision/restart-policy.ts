import { hasStarted } from "../../../native-queue/index.ts";
import type { QueueViews } from "../../../native-queue/index.ts";
import { ThreadPoolError, WorkerDied } from "../../errors.ts";
import type { Deadlines } from "../event-loop/deadlines.ts";
import type { WorkerRecord } from "./worker-record.ts";
import { Error } from "../../runtime/index.ts";

const FIRST_DELAY_MS = 10;
const LONGEST_DELAY_MS = 1000;
/** After so many failed starts in a row, while no other worker is ready, no start is expected to succeed. */
const MOST_FAILURES = 5;
/** A thread takes some 15 ms until it runs our code. One that has not after this time never will. */
const LONGEST_LOADING_MS = 60_000;

/** Why a pool cannot go on. */
export interface PoolFailure {
  readonly why: string;
  readonly cause: unknown;
}

/**
 * What happens to workers that cannot be started, that end before they are ready, or that never become ready.
 *
 * The successor of a worker that has failed to start comes later each time. When that happens again and again, and no worker
 * of the pool is ready, the policy gives up.
 */
export class RestartPolicy {
  readonly #deadlines: Deadlines;
  readonly #graceMs: number;

  /** @param graceMs how long a worker that is dismissed before it is ready may take to end, in milliseconds */
  constructor(deadlines: Deadlines, graceMs: number) {
    this.#deadlines = deadlines;
    this.#graceMs = graceMs;
  }

  /** Limits the time until the worker's thread runs our code: a parent that blocks would wait for it for ever. */
  limitLoading(views: QueueViews, record: WorkerRecord, kill: () => void): void {
    const deadline = this.#deadlines.add(LONGEST_LOADING_MS, () => {
      if (!hasStarted(views, record.channel.slot)) kill();
    });
    record.endStartLimit = () => this.#deadlines.remove(deadline);
  }

  /**
   * Limits the time until a worker ends that was dismissed before it was ready: its initializer may never end, and
   * `join` would wait with it. The worker has no request, so nothing is lost.
   */
  limitDismissed(record: WorkerRecord, kill: () => void): void {
    if (record.channel.isReady || this.#graceMs === Infinity) return;
    this.#deadlines.add(this.#graceMs, () => {
      if (record.workerState === "dismissed" && !record.channel.isReady) kill();
    });
  }

  /**
   * Plans the successor of a worker that has ended before it was ready.
   *
   * @param readyWorkers how many other workers take requests
   * @param replace starts the successor; gets the number of failed starts in a row
   * @returns false when no start is expected to succeed
   */
  tryReplaceLater(
    { history }: WorkerRecord,
    readyWorkers: number,
    replace: (failedStarts: number) => void,
  ): boolean {
    const failures = history.failedStarts + 1;
    if (failures >= MOST_FAILURES && readyWorkers === 0) return false;
    this.#deadlines.add(restartDelayMs(failures), () => replace(failures));
    return true;
  }
}

/** @param failures failed starts in a row, 1 or more */
function restartDelayMs(failures: number): number {
  return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - 1));
}

/** The failure of a pool whose workers end before they are ready. @param exitCode null when the last one was terminated */
export function startFailure({ channel }: WorkerRecord, exitCode: number | null): PoolFailure {
  const { workerId, errorText, startError } = channel;
  if (startError !== undefined) {
    const unstarted = `Worker ${workerId} could not be started, and neither could its predecessors; make fewer workers, or raise the system's limit of threads or memory: worker=${workerId}`;
    return {
      why: "the system starts no thread for it",
      cause: new WorkerDied(unstarted, { workerId, cause: startError.error }),
    };
  }
  const message = `Worker ${workerId} ended before it was ready, and so did its predecessors: exitCode=${exitCode}`;
  return {
    why: "its workers end before they are ready",
    cause: new WorkerDied(message, {
      workerId,
      exitCode,
      cause: errorText === "" ? undefined : new Error(errorText),
    }),
  };
}

/**
 * The error for a call that could not start all of the workers that it was asked for.
 *
 * @param last the worker that could not be started
 * @param started how many were, before it
 * @param count how many were asked for
 */
export function notAllStarted(
  { channel }: WorkerRecord,
  started: number,
  count: number,
): ThreadPoolError {
  const cause = channel.startError?.error;
  // An error of this package, such as that of a missing source, says what to do.
  if (cause instanceof ThreadPoolError) return cause;
  return new ThreadPoolError(
    `The system has started only some of the workers, and these were ended again; make fewer workers, or raise its limit of threads (ulimit -u) or memory: started=${started} numWorkers=${count}`,
    { cause },
  );
}
