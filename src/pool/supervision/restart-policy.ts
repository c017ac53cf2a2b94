import { hasStarted } from "../../../native-queue/index.ts";
import type { QueueViews } from "../../../native-queue/index.ts";
import { ThreadPoolError, WorkerDied } from "../../errors.ts";
import type { Deadlines } from "../event-loop/deadlines.ts";
import { NO_HISTORY } from "./worker-record.ts";
import type { RestartHistory, WorkerRecord } from "./worker-record.ts";
import { Error } from "../../runtime/index.ts";

const FIRST_DELAY_MS = 10;
const LONGEST_DELAY_MS = 1000;
/** After so many useless starts in a row, while no other worker is ready, no start is expected to succeed. */
const MOST_FAILURES = 5;
/** A thread takes some 15 ms until it runs our code. One that has not after this time never will. */
const LONGEST_LOADING_MS = 60_000;

/** Why a pool cannot go on. */
export interface PoolFailure {
  readonly why: string;
  readonly cause: unknown;
}

/** What a worker has left. */
export interface WhatIsLeft {
  /** Whether requests wait that the worker could have claimed. */
  readonly leavesRequests: boolean;
  /** How many other workers take requests. */
  readonly readyWorkers: number;
}

/**
 * What happens to workers that cannot be started, that end before they are ready or before they have served a request, or
 * that never become ready.
 *
 * | the worker has ended                         | its successor comes                 | counts as a useless start |
 * | -------------------------------------------- | ----------------------------------- | ------------------------- |
 * | after it had completed, or lost, a request   | at once                             | no: the count starts anew |
 * | ready, and with no request, the first time   | at once                             | when requests wait        |
 * | ready, and with no request, the next times   | later each time                     | when requests wait        |
 * | before it was ready                          | later each time, the first time too | yes                       |
 *
 * The end of a worker that had a request may be the fault of that request, and there are only so many of these. Other ends
 * are the fault of what each worker does, and would go on for ever. When starts are useless again and again, and no
 * worker of the pool is ready, the policy gives up.
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
   * Plans the successor of a worker that the user has not ended.
   *
   * @param replace starts the successor, now or later; gets the history of that
   * @returns false when no start is expected to succeed
   */
  tryReplace(
    { history, lastPhase, hasServed }: WorkerRecord,
    { leavesRequests, readyWorkers }: WhatIsLeft,
    replace: (history: RestartHistory) => void,
  ): boolean {
    const deaths = history.deaths + (lastPhase === "recycling" ? 0 : 1);
    if (hasServed) {
      replace({ ...NO_HISTORY, deaths });
      return true;
    }
    const wasReady = lastPhase !== "starting";
    const failedStarts = history.failedStarts + 1;
    const uselessStarts = history.uselessStarts + (!wasReady || leavesRequests ? 1 : 0);
    if (uselessStarts >= MOST_FAILURES && readyWorkers === 0) return false;
    const start = (): void => replace({ deaths, failedStarts, uselessStarts });
    // The first such end may be a rare accident, such as a connection that has failed.
    if (wasReady && failedStarts === 1) start();
    else this.#deadlines.add(restartDelayMs(wasReady ? failedStarts - 1 : failedStarts), start);
    return true;
  }
}

/** @param failures failed starts in a row, 1 or more */
function restartDelayMs(failures: number): number {
  return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - 1));
}

/**
 * The failure of a pool whose workers end before they have served a request.
 *
 * @param exitCode null when the last one was terminated
 */
export function startFailure(
  { channel, lastPhase }: WorkerRecord,
  exitCode: number | null,
): PoolFailure {
  const { workerId, errorText, startError, uncaughtError, fault } = channel;
  if (startError !== undefined) {
    const unstarted = `Worker ${workerId} could not be started, and neither could its predecessors; make fewer workers, or raise the system's limit of threads or memory: worker=${workerId}`;
    return {
      why: "the system starts no thread for it",
      cause: new WorkerDied(unstarted, { workerId, cause: startError.error }),
    };
  }
  const wasReady = lastPhase !== "starting";
  const before = wasReady
    ? "before it had run a request, and so did its predecessors, while requests waited"
    : "before it was ready, and so did its predecessors";
  return {
    why: wasReady
      ? "its workers end before they run a request"
      : "its workers end before they are ready",
    cause: new WorkerDied(`Worker ${workerId} ended ${before}: exitCode=${exitCode}`, {
      workerId,
      exitCode,
      cause: uncaughtError ?? fault ?? (errorText === "" ? undefined : new Error(errorText)),
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
