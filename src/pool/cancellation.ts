import { loadedCodec } from "../codec/index.ts";
import { RequestTimeout } from "../errors.ts";
import type { StopReasonMessage } from "../protocol/index.ts";
import type { Deadlines } from "./event-loop/deadlines.ts";
import type { RequestQueue } from "./queue/request-queue.ts";
import type { Run } from "./queue/run.ts";
import type { Runs } from "./queue/task-table.ts";
import type { PendingRequest } from "./request/pending-request.ts";
import type { RequestControl } from "./request/request-control.ts";
import type { RequestTable } from "./request/request-table.ts";
import type { RequestedStop } from "./supervision/run-stops.ts";
import type { WorkerSupervisor } from "./supervision/worker-supervisor.ts";

/** How often a run is looked at that cannot hear of its stop yet. */
const LOOK_AGAIN_MS = 25;

/** The parts that a cancellation is built from. */
export interface CancellationParts {
  readonly queue: RequestQueue;
  readonly tasks: Runs;
  readonly table: RequestTable;
  readonly supervisor: WorkerSupervisor;
  readonly deadlines: Deadlines;
}

/**
 * Ends requests before their time: when their signal is aborted, or a time limit is over.
 *
 * ```
 * waiting ──withdrawn──▶ settled
 * running ──settled at once, and asked to stop──▶ stops by itself
 *                                          └──graceMs──▶ its worker is killed, a successor replaces it
 * ```
 */
export class Cancellation {
  readonly #queue: RequestQueue;
  readonly #tasks: Runs;
  readonly #table: RequestTable;
  readonly #supervisor: WorkerSupervisor;
  readonly #deadlines: Deadlines;
  readonly #graceMs: number;

  /** @param graceMs how long a run that was asked to stop may take to stop, in milliseconds */
  constructor(parts: CancellationParts, graceMs: number) {
    this.#queue = parts.queue;
    this.#tasks = parts.tasks;
    this.#table = parts.table;
    this.#supervisor = parts.supervisor;
    this.#deadlines = parts.deadlines;
    this.#graceMs = graceMs;
  }

  /** Watches the signal and the time limits of a request that was just put. */
  watch(pending: PendingRequest): void {
    const { control } = pending;
    if (control === undefined || pending.outcome !== "pending") return;
    control.watchSignal((reason) => this.#stop(pending, "cancelled", reason));
    if (hasOutcome(pending)) return;
    this.#watchQueueTime(pending, control);
    this.#watchRunTime(pending, control, control.timeoutMs);
  }

  /**
   * Ends a request that its owner does not need any more: withdraws it, or asks its run to stop. A run is not settled by
   * that, but by its own end, within the grace period.
   */
  askToEnd(pending: PendingRequest, reason: unknown): void {
    if (pending.outcome !== "pending") return;
    if (this.#queue.tryWithdraw(pending)) {
      this.#table.settle(pending, "succeeded", undefined);
      this.#queue.refill();
    } else this.#stopRun(pending, reason);
  }

  /** Fails a request, and stops its run. */
  fail(pending: PendingRequest, reason: Error): void {
    this.#stop(pending, "failed", reason);
  }

  /** Fails the request that has waited longest. Returns false when none waits. */
  tryDiscardOldest(reason: (pending: PendingRequest) => Error): boolean {
    const discarded = this.#table.oldest(
      (pending) => pending.outcome === "pending" && this.#queue.tryWithdraw(pending),
    );
    if (discarded === undefined) return false;
    this.#table.settle(discarded, "failed", reason(discarded));
    return true;
  }

  #watchQueueTime(pending: PendingRequest, control: RequestControl): void {
    const { queueTimeoutMs } = control;
    if (queueTimeoutMs === Infinity) return;
    control.watchTime(this.#deadlines, queueTimeoutMs, () => {
      // A worker that claims it at this moment is in time.
      if (pending.outcome !== "pending" || !this.#queue.tryWithdraw(pending)) return;
      const reason = new RequestTimeout(waitedTooLong(pending, queueTimeoutMs));
      this.#table.settle(pending, "failed", reason);
      this.#queue.refill();
    });
  }

  /** Looks at the run when it can be over its limit at the earliest. A run that has not begun has all of its time left. */
  #watchRunTime(pending: PendingRequest, control: RequestControl, inMs: number): void {
    const { timeoutMs } = control;
    if (timeoutMs === Infinity) return;
    control.watchTime(this.#deadlines, inMs, () => {
      const ranMs = this.#tasks.runningForMs(pending) ?? 0;
      if (ranMs < timeoutMs) this.#watchRunTime(pending, control, timeoutMs - ranMs);
      else this.#stop(pending, "failed", new RequestTimeout(ranTooLong(pending, timeoutMs)));
    });
  }

  #stop(pending: PendingRequest, outcome: "cancelled" | "failed", reason: unknown): void {
    if (pending.outcome !== "pending") return;
    const isWithdrawn = this.#queue.tryWithdraw(pending);
    this.#table.settle(pending, outcome, reason);
    if (isWithdrawn) this.#queue.refill();
    else this.#stopRun(pending, reason);
  }

  #stopRun(pending: PendingRequest, reason: unknown): void {
    // First, because it may run code of the program: getters of the reason.
    const encoded = encodeReason(reason);
    const run = this.#tasks.runOf(pending);
    if (run === undefined) return; // it has ended, or its worker has died
    const stop = this.#supervisor.stops.request(run, encoded && reasonMessage(run, encoded));
    if (stop !== undefined && this.#graceMs < Infinity) this.#watchGrace(pending, stop);
  }

  /** Ends the run when its grace period is over. That counts only while the run could have heard that it is to stop. */
  #watchGrace(pending: PendingRequest, stop: RequestedStop): void {
    const { stops } = this.#supervisor;
    const look = (delayMs: number, isHeldUp: boolean): void => {
      pending.control?.watchTime(this.#deadlines, delayMs, () => {
        stops.endTakers(stop);
        if (!this.#tasks.isRunning(pending)) return;
        if (!stops.couldHear(stop)) look(LOOK_AGAIN_MS, true);
        else if (isHeldUp) look(this.#graceMs, false);
        else stops.end(stop, pending);
      });
    };
    look(this.#graceMs, false);
  }
}

interface EncodedReason {
  readonly encoded: Uint8Array;
  readonly handles: readonly unknown[];
}

/** Encodes the reason of an abort. Returns undefined for one that cannot cross, or not to more than one worker. */
function encodeReason(reason: unknown): EncodedReason | undefined {
  try {
    const encoder = new (loadedCodec().Encoder)();
    const length = encoder.encodeLenient(reason, "reason");
    if (encoder.transferList.length > 0) return undefined;
    return { encoded: encoder.bytes.slice(0, length), handles: encoder.handles };
  } catch {
    return undefined;
  }
}

function reasonMessage(run: Run, { encoded, handles }: EncodedReason): StopReasonMessage {
  const { task, generation } = run;
  return { stopReason: { task, generation, encoded, handles } };
}

/** Whether a request has its outcome. A call in between may have given it one, which the compiler does not know. */
function hasOutcome({ outcome }: PendingRequest): boolean {
  return outcome !== "pending";
}

function waitedTooLong({ requestID }: PendingRequest, queueTimeoutMs: number): string {
  return `The request waited in the queue for longer than it may; add workers, or give it more time: requestID=${String(requestID)} queueTimeoutMs=${queueTimeoutMs}`;
}

/** The message for a request that ran for longer than its limit. */
export function ranTooLong({ requestID }: PendingRequest, timeoutMs: number): string {
  return `The request ran for longer than it may; give it more time, or less to do: requestID=${String(requestID)} timeoutMs=${timeoutMs}`;
}
