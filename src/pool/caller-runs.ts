import { AsyncLocalStorage } from "node:async_hooks";
import { loadCallable } from "../callable/load.ts";
import { describeCallable } from "../callable/index.ts";
import type { Callable, ModuleCallable } from "../callable/index.ts";
import { RequestTimeout, ThreadPoolError } from "../errors.ts";
import { provideTaskContext } from "../protocol/index.ts";
import type { TaskContext } from "../protocol/index.ts";
import { ranTooLong } from "./cancellation.ts";
import type { Deadlines } from "./event-loop/deadlines.ts";
import type { Outcome, PendingRequest } from "./request/pending-request.ts";
import type { RequestTable } from "./request/request-table.ts";

const running = new AsyncLocalStorage<TaskContext>();

/** Runs requests in the thread that puts them, when the queue is full and the pool's policy is `"callerRuns"`. */
export class CallerRuns {
  readonly #table: RequestTable;
  readonly #deadlines: Deadlines;
  /** Pending requests that run in this thread's event loop: a parent that blocks would wait for them for ever. */
  asynchronous = 0;

  constructor(table: RequestTable, deadlines: Deadlines) {
    this.#table = table;
    this.#deadlines = deadlines;
  }

  /** Runs a request. It has its outcome when this returns, or gets it in the event loop. */
  run(
    pending: PendingRequest,
    callable: Callable | ModuleCallable,
    args: readonly unknown[],
  ): void {
    this.#table.add(pending);
    provideTaskContext(() => running.getStore());
    const stop = new AbortController();
    try {
      const result: unknown = running.run(contextOf(pending, this.#table, stop.signal), () =>
        typeof callable === "function"
          ? callable(...(args as never[]))
          : callImported(callable, args),
      );
      if (result instanceof Promise) this.#settleLater(pending, result, stop);
      else this.#settleNow(pending, "succeeded", result);
    } catch (error) {
      this.#settleNow(pending, "failed", error);
    }
  }

  /** The callable itself may have aborted its signal: the request of an aborted signal is cancelled, as in a worker. */
  #settleNow(pending: PendingRequest, outcome: "succeeded" | "failed", value: unknown): void {
    const signal = pending.control?.signal;
    if (signal?.aborted === true) this.#table.settle(pending, "cancelled", signal.reason);
    else this.#table.settle(pending, outcome, value);
  }

  #settleLater(pending: PendingRequest, result: Promise<unknown>, stop: AbortController): void {
    const settle = (outcome: Exclude<Outcome, "pending">, value: unknown): void => {
      if (pending.outcome !== "pending") return; // it was stopped before
      this.asynchronous -= 1;
      this.#table.settle(pending, outcome, value);
    };
    result.then(
      (value) => settle("succeeded", value),
      (error: unknown) => settle("failed", error),
    );
    // The callable may have terminated the pool.
    if (pending.outcome !== "pending") return;
    this.asynchronous += 1;
    this.#watch(pending, (outcome, reason) => {
      settle(outcome, reason);
      stop.abort(reason);
    });
  }

  /** Only a run that waits in the event loop can be stopped: until then nothing else happens in this thread. */
  #watch(
    pending: PendingRequest,
    stop: (outcome: "cancelled" | "failed", reason: unknown) => void,
  ): void {
    const { control } = pending;
    if (control === undefined) return;
    const { timeoutMs } = control;
    control.watchSignal((reason) => stop("cancelled", reason));
    if (timeoutMs === Infinity || control.signal?.aborted === true) return;
    control.watchTime(this.#deadlines, timeoutMs, () =>
      stop("failed", new RequestTimeout(ranTooLong(pending, timeoutMs))),
    );
  }
}

async function callImported(reference: ModuleCallable, args: readonly unknown[]): Promise<unknown> {
  const callable = await loadCallable(describeCallable(reference));
  return callable(...args);
}

function contextOf(pending: PendingRequest, table: RequestTable, stop: AbortSignal): TaskContext {
  const own = pending.control?.signal;
  const signal = own === undefined ? stop : AbortSignal.any([own, stop]);
  return {
    requestID: pending.requestID,
    workerId: 0,
    attempt: 1,
    signal,
    cancelled: () => signal.aborted,
    throwIfCancelled: () => signal.throwIfAborted(),
    progress: (value) => {
      if (pending.control?.onProgress !== undefined) table.report(pending, value);
    },
  };
}

/** The error for a blocking call that would wait for its own event loop. */
export function inThisThread(): ThreadPoolError {
  return new ThreadPoolError(
    'What is pending runs asynchronously in this very thread, which cannot block for it; await run() or settled(): rejectionPolicy="callerRuns"',
  );
}
