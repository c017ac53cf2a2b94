/**
 * Ends requests before their time: when their signal is aborted, or a time limit is over.
 *
 * ```
 * waiting ──withdrawn──▶ settled
 * running ──settled at once, and asked to stop──▶ stops by itself
 *                                          └──graceMs──▶ its worker is killed, a successor takes its place
 * ```
 */
import { addAbortListener } from "./event-loop/abort-listeners.ts";
import type { WorkerSupervisor } from "./supervision/worker-supervisor.ts";
import type { Deadlines } from "./event-loop/deadlines.ts";
import { RequestTimeout } from "../errors.ts";
import type { Exchange } from "./queue/request-queue.ts";
import type { PendingRequest } from "./request/pending-request.ts";
import type { RequestControl } from "./request/request-control.ts";
import type { RequestTable } from "./request/request-table.ts";

/** What a cancellation needs from its pool. */
export interface CancellationOptions {
  readonly exchange: Exchange;
  readonly table: RequestTable;
  readonly supervisor: WorkerSupervisor;
  readonly deadlines: Deadlines;
  /** How long a run that was asked to stop may take for it, in milliseconds. */
  readonly graceMs: number;
  /** Called when a request was settled outside of a delivery. */
  readonly onSettled: () => void;
}

export class Cancellation {
  readonly #options: CancellationOptions;

  constructor(options: CancellationOptions) {
    this.#options = options;
  }

  /** Watches over a request that has just been put. */
  watch(pending: PendingRequest): void {
    const { control, outcome } = pending;
    if (control === undefined || outcome !== "pending") return;
    this.#watchSignal(pending, control);
    this.#watchQueueTime(pending, control);
    this.#watchRunTime(pending, control, control.timeoutMs);
  }

  /** Fails the request that has waited longest in the queue. Returns false when none waits there. */
  tryDiscardOldest(reason: (pending: PendingRequest) => Error): boolean {
    const { table, exchange } = this.#options;
    const discarded = table.oldest(
      (pending) => pending.outcome === "pending" && exchange.tryWithdraw(pending),
    );
    if (discarded === undefined) return false;
    table.settle(discarded, "failed", reason(discarded));
    this.#options.onSettled();
    return true;
  }

  #watchSignal(pending: PendingRequest, control: RequestControl): void {
    const { signal } = control;
    if (signal === undefined) return;
    control.watch(
      addAbortListener(signal, () => {
        this.#stop(pending, "cancelled", signal.reason);
        this.#options.onSettled();
      }),
    );
  }

  #watchQueueTime(pending: PendingRequest, control: RequestControl): void {
    const { queueTimeoutMs } = control;
    if (queueTimeoutMs === Infinity) return;
    this.#watchTime(control, queueTimeoutMs, () => {
      if (this.#options.exchange.runs.isRunning(pending)) return;
      this.#stop(pending, "failed", new RequestTimeout(waitedTooLong(pending, queueTimeoutMs)));
    });
  }

  /** Looks again when the run can be over its limit at the earliest: a run that has not begun has all of it left. */
  #watchRunTime(pending: PendingRequest, control: RequestControl, inMs: number): void {
    const { timeoutMs } = control;
    if (timeoutMs === Infinity) return;
    this.#watchTime(control, inMs, () => {
      const ranMs = this.#options.exchange.runs.runningForMs(pending) ?? 0;
      if (ranMs < timeoutMs) this.#watchRunTime(pending, control, timeoutMs - ranMs);
      else this.#stop(pending, "failed", new RequestTimeout(ranTooLong(pending, timeoutMs)));
    });
  }

  #watchTime(control: RequestControl, inMs: number, onTime: () => void): void {
    const { deadlines } = this.#options;
    const deadline = deadlines.add(inMs, onTime);
    control.watch(() => deadlines.remove(deadline));
  }

  #stop(pending: PendingRequest, outcome: "cancelled" | "failed", reason: unknown): void {
    const { table, exchange } = this.#options;
    if (pending.outcome !== "pending") return;
    const isWithdrawn = exchange.tryWithdraw(pending);
    table.settle(pending, outcome, reason);
    if (isWithdrawn) exchange.refill();
    else this.#stopRun(pending);
  }

  #stopRun(pending: PendingRequest): void {
    const { exchange, supervisor, graceMs } = this.#options;
    const stop = exchange.runs.requestStop(pending);
    if (stop === undefined) return; // its worker has died meanwhile
    supervisor.postStop(stop.slot, stop.message);
    const { control } = pending;
    if (control !== undefined && graceMs !== Infinity)
      this.#watchTime(control, graceMs, () => {
        if (exchange.runs.isRunning(pending)) supervisor.endStuck(stop.slot, pending);
      });
  }
}

function waitedTooLong({ requestID }: PendingRequest, queueTimeoutMs: number): string {
  return `The request waited in the queue for longer than it may; add workers, or give it more time: requestID=${String(requestID)} queueTimeoutMs=${queueTimeoutMs}`;
}

/** Why a request that ran for longer than it may has failed. */
export function ranTooLong({ requestID }: PendingRequest, timeoutMs: number): string {
  return `The request ran for longer than it may; give it more time, or less to do: requestID=${String(requestID)} timeoutMs=${timeoutMs}`;
}
