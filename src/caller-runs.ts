/** Runs requests in the thread that puts them, when the queue is full and the pool's policy is `"callerRuns"`. */
import { AsyncLocalStorage } from "node:async_hooks";
import { loadCallable } from "./callable-loader.ts";
import { describeCallable } from "./callable.ts";
import type { Callable, ModuleCallable } from "./callable.ts";
import { ThreadPoolError } from "./errors.ts";
import type { PendingRequest } from "./pending-request.ts";
import type { RequestTable } from "./request-table.ts";
import { provideTaskContext } from "./task-context.ts";
import type { TaskContext } from "./task-context.ts";

const running = new AsyncLocalStorage<TaskContext>();

export class CallerRuns {
  readonly #table: RequestTable;
  readonly #onSettled: () => void;
  /** Runs that go on in the event loop: a parent that blocks waits for them in vain. */
  asynchronous = 0;

  /** @param onSettled called when a run that went on in the event loop is over */
  constructor(table: RequestTable, onSettled: () => void) {
    this.#table = table;
    this.#onSettled = onSettled;
  }

  /** Runs a request that is in the table. Its outcome is there when this returns, or comes with the event loop. */
  run(
    pending: PendingRequest,
    callable: Callable | ModuleCallable,
    args: readonly unknown[],
  ): void {
    provideTaskContext(() => running.getStore());
    try {
      const result: unknown = running.run(contextOf(pending, this.#table), () =>
        typeof callable === "function"
          ? callable(...(args as never[]))
          : callImported(callable, args),
      );
      if (result instanceof Promise) void this.#settleLater(pending, result);
      else this.#table.outcome(pending, "succeeded", result);
    } catch (error) {
      this.#table.outcome(pending, "failed", error);
    }
  }

  async #settleLater(pending: PendingRequest, result: Promise<unknown>): Promise<void> {
    this.asynchronous += 1;
    try {
      this.#table.outcome(pending, "succeeded", await result);
    } catch (error) {
      this.#table.outcome(pending, "failed", error);
    }
    this.asynchronous -= 1;
    this.#onSettled();
  }
}

async function callImported(reference: ModuleCallable, args: readonly unknown[]): Promise<unknown> {
  const callable = await loadCallable(describeCallable(reference));
  return callable(...args);
}

function contextOf(pending: PendingRequest, table: RequestTable): TaskContext {
  const signal = pending.control?.signal ?? new AbortController().signal;
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
