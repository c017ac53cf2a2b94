import { PayloadError, ThreadPoolError, WorkerDied } from "../errors.ts";
import type { WorkerDiedOptions } from "../errors.ts";
import type { RequestID } from "../protocol/index.ts";
import { RangeError } from "../runtime/index.ts";
import type { Child, Node } from "./tree.ts";

/** Why a run is to stop, as what its children fail with. */
export function reasonOf(node: Node): unknown {
  const { reason } = node;
  if (reason !== undefined) return reason;
  return new ThreadPoolError(
    "A child was put by a run that is to stop: it is not begun. Look at taskContext.cancelled() before you put more.",
  );
}

export function runIsOver(): ThreadPoolError {
  return new ThreadPoolError(
    "pool of ringpool/worker was used after the run was over that it belongs to; put children inside the callable, before it " +
      "returns, and await them.",
  );
}

export function leftBehind(child: Child): ThreadPoolError {
  return new ThreadPoolError(
    `The run that has put this child ended before the child began, so it is not begun; await children before you return: callable=${child.callable.name}`,
  );
}

export function needsEventLoop(name: string): ThreadPoolError {
  return new ThreadPoolError(
    "This child waits for the event loop (a timer, a file, the network), which cannot turn while runSync or mapSync blocks it; await " +
      `run() or map() instead: callable=${name}`,
  );
}

export function isOverflow(error: unknown): boolean {
  return (
    error instanceof RangeError && error.message.startsWith("Maximum call stack size exceeded")
  );
}

export function tooDeep(depth: number, cause: unknown): ThreadPoolError {
  return new ThreadPoolError(
    "Children of runSync and mapSync stand on the stack of their parents, and it is full; make the callable asynchronous and " +
      `await pool.run() in it, which has no limit of depth: depth=${depth}`,
    { cause },
  );
}

export function buffersCannotCome(): PayloadError {
  return new PayloadError(
    "A child that another worker has run returned shared memory that this worker has not, and runSync and mapSync cannot wait for " +
      "it: create it in the parent and pass it to the child, or await run().",
    { path: "result" },
  );
}

/** @param known the exit code of the worker, and what has ended it, where that is known */
export function takerDied(
  requestID: RequestID,
  workerId: number,
  known?: Omit<WorkerDiedOptions, "workerId">,
): WorkerDied {
  return new WorkerDied(
    `The worker ended that had taken this child; with the option retries it runs again: requestID=${String(requestID)} workerId=${workerId}`,
    { workerId, ...known },
  );
}
