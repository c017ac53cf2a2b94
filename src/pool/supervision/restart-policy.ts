/**
 * What to do about workers that end before they are ready for requests: try again, later each time, and give up when
 * it happens again and again and no worker of the pool is ready. And about those that never become ready.
 */
import type { WorkerRecord } from "./worker-record.ts";
import type { Deadlines } from "../event-loop/deadlines.ts";

const FIRST_DELAY_MS = 10;
const LONGEST_DELAY_MS = 1000;
/** So many starts in a row have failed in a worker's place, and no other worker is ready: none will be. */
const MOST_FAILURES = 5;
/** A thread takes some 15 ms until it runs our code; one that does not after so long never will. */
const LONGEST_LOADING_MS = 60_000;

/** A worker ended before it was ready, again and again. */
export interface StartFailure {
  readonly workerId: number;
  /** `null` when it had to be terminated. */
  readonly exitCode: number | null;
  /** What the system said of it; empty when it said nothing. */
  readonly errorText: string;
}

/** What a start policy needs from its crew. */
export interface RestartPolicyOptions {
  readonly deadlines: Deadlines;
  /** How long a worker that is dismissed before it is ready may take to end: milliseconds. */
  readonly graceMs: number;
  /** Called when there is no hope that the next worker will start. */
  readonly onStartFailure: (failure: StartFailure) => void;
}

export class RestartPolicy {
  readonly #options: RestartPolicyOptions;
  /** Successors that are started later, because the last ones have failed to start. */
  delayed = 0;

  constructor(options: RestartPolicyOptions) {
    this.#options = options;
  }

  /**
   * Ends a worker whose thread never comes to run our code: a parent that blocks would wait for it for ever.
   *
   * @returns what takes the limit back; call it when the worker has started, or is gone
   */
  limitLoading(hasStarted: () => boolean, kill: () => void): () => void {
    const { deadlines } = this.#options;
    const deadline = deadlines.add(LONGEST_LOADING_MS, () => {
      if (!hasStarted()) kill();
    });
    return () => deadlines.remove(deadline);
  }

  /**
   * Ends a worker that was dismissed before it was ready, unless it ends by itself: its initializer may never do so,
   * and whoever joins the worker would wait with it. Nothing is lost, for it has no request.
   */
  limitDismissed({ channel }: WorkerRecord, kill: () => void): void {
    const { deadlines, graceMs } = this.#options;
    if (channel.isReady || graceMs === Infinity) return;
    deadlines.add(graceMs, () => {
      if (channel.state === "dismissed" && !channel.isReady) kill();
    });
  }

  /**
   * A worker has ended before it was ready. Its successor may end the same way, so it comes later.
   *
   * @param readyWorkers how many others take requests
   * @param replace starts the successor, told how many starts in a row have failed in its place
   */
  replaceLater(
    { thread, channel, failedStarts }: WorkerRecord,
    exitCode: number | null,
    readyWorkers: number,
    replace: (failedStarts: number) => void,
  ): void {
    const failures = failedStarts + 1;
    if (failures >= MOST_FAILURES && readyWorkers === 0) {
      const { errorText } = channel;
      this.#options.onStartFailure({ workerId: thread.id, exitCode, errorText });
      return;
    }
    this.delayed += 1;
    this.#options.deadlines.add(restartDelayMs(failures), () => {
      this.delayed -= 1;
      replace(failures);
    });
  }
}

/** @param failures how many starts in a row have failed in this place, 1 or more */
function restartDelayMs(failures: number): number {
  return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - 1));
}
