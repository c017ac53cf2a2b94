import type { CarriedStorage, LoadableDefinition } from "../callable/load.ts";
import { RequestTimeout } from "../errors.ts";
import { noteRunEnd, takeChildRuns, takeTransferList, toldChildren } from "../protocol/index.ts";
import type { RequestID, RequestRun, TaskContext } from "../protocol/index.ts";
import { TIME_ORIGIN, watchfulController, performanceNow } from "../runtime/index.ts";
import { ranTooLong } from "./cancellation.ts";
import { copyAcross, copyFailure, copyReason } from "./copy-across.ts";
import type { CopyRules } from "./copy-across.ts";
import type { Deadlines } from "./event-loop/deadlines.ts";
import type { PendingRequest } from "./request/pending-request.ts";
import { NOT_TIMED } from "./request/put-times.ts";
import type { RequestTable } from "./request/request-table.ts";

/** What a run ended with, before it is copied. */
export type RunOutcome = "succeeded" | "failed";

/**
 * The run of one request in the thread that put it, and the context that its callable sees.
 *
 * ```
 * RUNNING ──aborted, or out of time──▶ STOPPING: the request is settled, the callable is asked to stop
 *    └──────────────end───────────▶ OVER ◀──end──┘
 * ```
 */
export class CallerRun
  implements TaskContext, Pick<RequestRun, "callable" | "carried" | "isTraced">
{
  readonly requestID: RequestID;
  readonly workerId = 0;
  readonly attempt = 1;
  callable: LoadableDefinition | undefined = undefined;
  carried: readonly CarriedStorage[] | undefined = undefined;
  readonly #pending: PendingRequest;
  readonly #table: RequestTable;
  readonly #startedAt: number = performanceNow();
  readonly #timeOutAt: number;
  readonly #onStop: () => void;
  #state: "running" | "stopping" | "over" = "running";
  #reason: unknown;
  #controller: AbortController | undefined;

  /** @param onStop called when the request is settled before the callable has ended */
  constructor(pending: PendingRequest, table: RequestTable, onStop: () => void) {
    const { requestID } = pending;
    // As it arrives in a worker.
    this.requestID = typeof requestID === "symbol" ? String(requestID) : requestID;
    this.#pending = pending;
    this.#table = table;
    this.#onStop = onStop;
    this.#timeOutAt = this.#startedAt + (pending.control?.timeoutMs ?? Infinity);
  }

  get isTraced(): boolean {
    return this.#pending.putAt !== NOT_TIMED && this.#table.observer?.childrenRan !== undefined;
  }

  /** Whether the callable has ended, in whatever way. */
  get isOver(): boolean {
    return this.#state === "over";
  }

  get signal(): AbortSignal {
    this.#controller ??= watchfulController(() => this.cancelled());
    if (this.cancelled()) this.#controller.abort(copyReason(this.#reason));
    return this.#controller.signal;
  }

  cancelled(): boolean {
    this.#lookAtClock();
    return this.#state === "stopping";
  }

  throwIfCancelled(): void {
    if (this.cancelled()) this.signal.throwIfAborted();
  }

  progress(value: unknown): void {
    if (this.#pending.control?.onProgress === undefined || this.isOver) return;
    const copy = copyAcross(value, "progress", this.#rulesFor(value));
    if (this.#pending.outcome === "pending") this.#table.report(this.#pending, copy);
  }

  /** Watches the signal and the time limit of the request. Returns false when it was aborted already. */
  tryWatch(deadlines: Deadlines): boolean {
    const { control } = this.#pending;
    if (control === undefined) return true;
    if (control.signal?.aborted === true) {
      this.#stop("cancelled", control.signal.reason);
      return false;
    }
    control.watchSignal((reason) => this.#stop("cancelled", reason));
    if (control.timeoutMs !== Infinity)
      control.watchTime(deadlines, control.timeoutMs, () => this.#timeOut());
    return true;
  }

  /** The callable has ended. Settles the request, unless that was done when it was stopped. */
  end(outcome: RunOutcome, value: unknown): void {
    this.#lookAtClock();
    if (this.#pending.outcome === "pending") {
      this.#tellObserver();
      this.#settle(outcome, value);
    }
    this.#state = "over";
    noteRunEnd(this);
  }

  /** The run counts until its request has an outcome, although the callable may go on for a while. */
  #tellObserver(): void {
    if (this.#pending.putAt === NOT_TIMED) return;
    const runs = takeChildRuns(this);
    if (runs !== undefined) this.#table.observer?.childrenRan?.(this.#pending, toldChildren(runs));
    const ranMs = performanceNow() - this.#startedAt;
    this.#table.observer?.ran(this.#pending, this.workerId, TIME_ORIGIN + this.#startedAt, ranMs);
  }

  #rulesFor(value: unknown): CopyRules {
    return { transfer: takeTransferList(value), foreign: this.#pending.control?.foreign };
  }

  #settle(outcome: RunOutcome, value: unknown): void {
    if (outcome === "failed") {
      this.#table.settle(
        this.#pending,
        "failed",
        copyFailure(value, this.#pending.control?.foreign),
      );
      return;
    }
    try {
      this.#table.settle(
        this.#pending,
        "succeeded",
        copyAcross(value, "result", this.#rulesFor(value)),
      );
    } catch (error) {
      this.#table.settle(this.#pending, "failed", error);
    }
  }

  /** While the callable does not return to the event loop, no timer says that it is out of time. */
  #lookAtClock(): void {
    if (this.#timeOutAt <= performanceNow()) this.#timeOut();
  }

  #timeOut(): void {
    if (this.#state !== "running") return;
    const { timeoutMs } = this.#pending.control!;
    this.#stop("failed", new RequestTimeout(ranTooLong(this.#pending, timeoutMs)));
  }

  #stop(outcome: "cancelled" | "failed", reason: unknown): void {
    if (this.#state !== "running") return;
    this.#state = "stopping";
    this.#reason = reason;
    this.#tellObserver();
    this.#table.settle(this.#pending, outcome, reason);
    this.#onStop();
    this.#controller?.abort(copyReason(reason));
  }
}
