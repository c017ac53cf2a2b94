/** Runs requests in the thread that puts them, when the queue is full and the pool's policy is `"callerRuns"`. */
import { AsyncLocalStorage } from "node:async_hooks";
import { addAbortListener } from "./event-loop/abort-listeners.ts";
import { loadCallable } from "../callable/load.ts";
import { describeCallable } from "../callable/describe.ts";
import type { Callable, ModuleCallable } from "../callable/describe.ts";
import type { Deadlines } from "./event-loop/deadlines.ts";
import { RequestTimeout, ThreadPoolError } from "../errors.ts";
import type { Outcome, PendingRequest } from "./request/pending-request.ts";
import type { RequestTable } from "./request/request-table.ts";
import { ranTooLong } from "./cancellation.ts";
import { provideTaskContext } from "../protocol/task-context.ts";
import type { TaskContext } from "../protocol/task-context.ts";

const running = new AsyncLocalStorage<TaskContext>();

export class CallerRuns {
  readonly #table: RequestTable;
  readonly #deadlines: Deadlines;
  readonly #onSettled: () => void;
  /** Pending requests whose runs go on in the event loop: a parent that blocks waits for them in vain. */
  asynchronous = 0;

  /** @param onSettled called when a request whose run went on in the event loop has its outcome */
  constructor(table: RequestTable, deadlines: Deadlines, onSettled: () => void) {
    this.#table = table;
    this.#deadlines = deadlines;
    this.#onSettled = onSettled;
  }

  /** Runs a request that is in the table. Its outcome is there when this returns, or comes with the event loop. */
  run(
    pending: PendingRequest,
    callable: Callable | ModuleCallable,
    args: readonly unknown[],
  ): void {
    provideTaskContext(() => running.getStore());
    const stop = new AbortController();
    try {
      const result: unknown = running.run(contextOf(pending, this.#table, stop.signal), () =>
        typeof callable === "function"
          ? callable(...(args as never[]))
          : callImported(callable, args),
      );
      if (result instanceof Promise) this.#settleLater(pending, result, stop);
      else this.#table.settle(pending, "succeeded", result);
    } catch (error) {
      this.#table.settle(pending, "failed", error);
    }
  }

  #settleLater(pending: PendingRequest, result: Promise<unknown>, stop: AbortController): void {
    const end = (outcome: Exclude<Outcome, "pending">, value: unknown): void => {
      if (pending.outcome !== "pending") return; // it was stopped before
      this.#table.settle(pending, outcome, value);
      this.asynchronous -= 1;
      this.#onSettled();
    };
    this.asynchronous += 1;
    this.#watch(pending, (outcome, reason) => {
      end(outcome, reason);
      stop.abort(reason);
    });
    result.then(
      (value) => end("succeeded", value),
      (error: unknown) => end("failed", error),
    );
  }

  /** Only a run that goes on in the event loop can be stopped: nothing else happens in this thread until then. */
  #watch(
    pending: PendingRequest,
    stop: (outcome: "cancelled" | "failed", reason: unknown) => void,
  ): void {
    const { control } = pending;
    if (control === undefined) return;
    const { signal, timeoutMs } = control;
    if (signal !== undefined)
      control.watch(addAbortListener(signal, () => stop("cancelled", signal.reason)));
    if (timeoutMs === Infinity) return;
    const deadline = this.#deadlines.add(timeoutMs, () =>
      stop("failed", new RequestTimeout(ranTooLong(pending, timeoutMs))),
    );
    control.watch(() => this.#deadlines.remove(deadline));
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

/** What to throw when a blocked caller would wait for his own event loop. */
export function inThisThread(): ThreadPoolError {
  return new ThreadPoolError(
    'What is pending runs asynchronously in this very thread, which cannot block for it; await run() or settled(): rejectionPolicy="callerRuns"',
  );
}
