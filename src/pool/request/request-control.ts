import { addAbortListener } from "../event-loop/abort-listeners.ts";
import { encodeStores } from "./carry.ts";
import type { Carry } from "../checks.ts";
import type { Stores } from "./carry.ts";
import type { Deadlines } from "../event-loop/deadlines.ts";
import type { Foreign } from "../../codec/index.ts";
import {
  FOREIGN_IS_PLAIN,
  HAS_STORES,
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
  /** The storages whose stores the callable sees too. */
  readonly carry?: Carry | undefined;
  /** The slot of the only worker that may run the request; undefined when any may. */
  readonly onlySlot?: number | undefined;
  /** Whether the request may be asked to end although it has no signal and no limit. */
  readonly mayBeEnded?: boolean | undefined;
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
  readonly carry: Carry | undefined;
  readonly onlySlot: number | undefined;
  readonly #mayBeEnded: boolean;
  /** Whether the last of the arguments are the carried stores; see `withStores`. */
  #hasStores = false;
  #hasTold = false;
  /** The number of the present run, from 1. */
  attempt = 1;
  /** How many items the request stands for; 0 for a request without an item cursor. */
  items: number = NO_ITEMS;
  /** How many items of a collection the request stands for; 0 for a request that is no chunk. */
  chunkItems = 0;
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
    this.carry = limits.carry;
    this.onlySlot = limits.onlySlot;
    this.#mayBeEnded = limits.mayBeEnded === true;
  }

  /** The flags that tell a worker of these options. */
  get taskFlags(): number {
    return (
      attemptFlags(this.attempt) |
      (this.onProgress === undefined ? 0 : WANTS_PROGRESS) |
      (this.foreign === "plain" ? FOREIGN_IS_PLAIN : 0) |
      (this.#hasStores ? HAS_STORES : 0) |
      (this.timeoutMs === Infinity ? 0 : IS_TIMED | MAY_BE_STOPPED) |
      (this.signal === undefined && !this.#mayBeEnded ? 0 : MAY_BE_STOPPED)
    );
  }

  /**
   * The arguments, and behind them the stores of the storages that are carried.
   *
   * @param stores what `stores` has returned before; when left out, they are those that the caller sees now
   * @throws as `stores`
   */
  withStores(
    args: readonly unknown[],
    stores: Stores | undefined = this.stores(),
  ): readonly unknown[] {
    this.#hasStores = stores !== undefined;
    return stores === undefined ? args : [...args, stores];
  }

  /**
   * The carried stores as the caller sees them now; undefined when there are none.
   *
   * @throws CallableError when no module exports one of the storages, PayloadError when a store cannot cross
   */
  stores(): Stores | undefined {
    return this.carry === undefined ? undefined : encodeStores(this.carry, this.foreign);
  }

  /** The same for a request that may be asked to end. */
  forStream(): RequestControl {
    const { signal, timeoutMs, queueTimeoutMs, priority, retries, foreign, carry } = this;
    const limits = { signal, timeoutMs, queueTimeoutMs, priority, retries, foreign, carry };
    return new RequestControl({ ...limits, onProgress: undefined, mayBeEnded: true });
  }

  /** Runs no more attempts: what the present one has told cannot be taken back. */
  endRetries(): void {
    this.#hasTold = true;
  }

  /** The same for a request that only the worker of a slot may run. It does not run again: that would be in another worker. */
  forOnly(onlySlot: number): RequestControl {
    const { signal, timeoutMs, queueTimeoutMs, priority, onProgress, foreign } = this;
    const limits = { signal, timeoutMs, queueTimeoutMs, priority, onProgress, foreign };
    const only = new RequestControl({ ...limits, retries: 0, onlySlot });
    only.#hasStores = this.#hasStores;
    return only;
  }

  /** Begins the next attempt. Returns false when none is left. */
  tryAgain(): boolean {
    if (this.attempt > this.retries || this.#hasTold) return false;
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
