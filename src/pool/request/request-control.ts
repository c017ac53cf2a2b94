/** What is asked of one request beyond being run: limits, wishes, and what watches over them. */
import { IS_TIMED, MAY_BE_STOPPED, WANTS_PROGRESS, attemptFlags } from "../../protocol/flags.ts";

/** The limits and wishes, checked and complete. */
export interface RequestLimits {
  readonly signal: AbortSignal | undefined;
  /** Longest run in milliseconds. */
  readonly timeoutMs: number;
  /** Longest wait in the queue in milliseconds. */
  readonly queueTimeoutMs: number;
  readonly priority: number;
  /** How often it may run again after its worker has died. */
  readonly retries: number;
  readonly onProgress: ((value: unknown) => void) | undefined;
}

export class RequestControl implements RequestLimits {
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number;
  readonly queueTimeoutMs: number;
  readonly priority: number;
  readonly retries: number;
  readonly onProgress: ((value: unknown) => void) | undefined;
  /** Which run it is, from 1. */
  attempt = 1;
  readonly #watches: (() => void)[] = [];

  constructor(limits: RequestLimits) {
    this.signal = limits.signal;
    this.timeoutMs = limits.timeoutMs;
    this.queueTimeoutMs = limits.queueTimeoutMs;
    this.priority = limits.priority;
    this.retries = limits.retries;
    this.onProgress = limits.onProgress;
  }

  /** What a worker has to know of it. */
  get taskFlags(): number {
    return (
      attemptFlags(this.attempt) |
      (this.onProgress === undefined ? 0 : WANTS_PROGRESS) |
      (this.timeoutMs === Infinity ? 0 : IS_TIMED | MAY_BE_STOPPED) |
      (this.signal === undefined ? 0 : MAY_BE_STOPPED)
    );
  }

  /** Takes the next attempt, if there is one left. */
  tryAgain(): boolean {
    if (this.attempt > this.retries) return false;
    this.attempt += 1;
    return true;
  }

  /** @param end called by `endWatches`, when the request needs to be watched no more */
  watch(end: () => void): void {
    this.#watches.push(end);
  }

  endWatches(): void {
    for (let end = this.#watches.pop(); end !== undefined; end = this.#watches.pop()) end();
  }
}
