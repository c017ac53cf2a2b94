import { addAbortListener } from "../event-loop/abort-listeners.ts";
import type { Deadlines } from "../event-loop/deadlines.ts";
import type { Foreign } from "../../codec/index.ts";
import {
  FOREIGN_IS_PLAIN,
  IS_TIMED,
  MAY_BE_STOPPED,
  WANTS_PROGRESS,
  attemptFlags,
} from "../../protocol/index.ts";

/** The options of one request, checked and complete. */
export interface RequestLimits {
  /** Ends the request when it is aborted. */
  readonly signal: AbortSignal | undefined;
  /** Longest run in milliseconds. */
  readonly timeoutMs: number;
  /** Longest wait in the queue in milliseconds. */
  readonly queueTimeoutMs: number;
  /** Requests of larger priorities leave the backlog first. */
  readonly priority: number;
  /** How often it may run again after its worker has died. */
  readonly retries: number;
  readonly onProgress: ((value: unknown) => void) | undefined;
  /** What becomes of instances of classes that are not registered, in arguments and results. */
  readonly foreign: Foreign;
}

/** How many items a request stands for, when it has an item cursor in its task. */
const NO_ITEMS = 0;

/** The options of one request, and the listeners and deadlines that enforce them. */
export class RequestControl implements RequestLimits {
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number;
  readonly queueTimeoutMs: number;
  readonly priority: number;
  readonly retries: number;
  readonly onProgress: ((value: unknown) => void) | undefined;
  readonly foreign: Foreign;
  /** The number of the present run, from 1. */
  attempt = 1;
  /** How many items the request stands for; 0 for a request without an item cursor. */
  items: number = NO_ITEMS;
  /** Whether the request belongs to what was asked for before the pool began to close, although it is put later. */
  isPutLate = false;
  /** How many of them had been begun when the worker ended that ran the request. */
  itemsBegun = 0;
  /** Each removes one listener or deadline. */
  readonly #watches: (() => void)[] = [];

  constructor(limits: RequestLimits) {
    this.signal = limits.signal;
    this.timeoutMs = limits.timeoutMs;
    this.queueTimeoutMs = limits.queueTimeoutMs;
    this.priority = limits.priority;
    this.retries = limits.retries;
    this.onProgress = limits.onProgress;
    this.foreign = limits.foreign;
  }

  /** The flags that tell a worker of these options. */
  get taskFlags(): number {
    return (
      attemptFlags(this.attempt) |
      (this.onProgress === undefined ? 0 : WANTS_PROGRESS) |
      (this.foreign === "plain" ? FOREIGN_IS_PLAIN : 0) |
      (this.timeoutMs === Infinity ? 0 : IS_TIMED | MAY_BE_STOPPED) |
      (this.signal === undefined ? 0 : MAY_BE_STOPPED)
    );
  }

  /** Begins the next attempt. Returns false when none is left. */
  tryAgain(): boolean {
    if (this.attempt > this.retries) return false;
    this.attempt += 1;
    return true;
  }

  /**
   * Calls `onAbort` when the signal is aborted before `endWatches`; at once when it is aborted already, because code of
   * the program may have aborted it since the put began. An aborted signal calls no listener any more.
   */
  watchSignal(onAbort: (reason: unknown) => void): void {
    const { signal } = this;
    if (signal === undefined) return;
    if (signal.aborted) onAbort(signal.reason);
    else this.#watches.push(addAbortListener(signal, () => onAbort(signal.reason)));
  }

  /** Calls `onTime` in `delayMs` milliseconds, unless `endWatches` comes first. */
  watchTime(deadlines: Deadlines, delayMs: number, onTime: () => void): void {
    const deadline = deadlines.add(delayMs, onTime);
    this.#watches.push(() => deadlines.remove(deadline));
  }

  /** Removes the listeners and deadlines: the request has its outcome, or its run has ended. */
  endWatches(): void {
    for (let end = this.#watches.pop(); end !== undefined; end = this.#watches.pop()) end();
  }
}
