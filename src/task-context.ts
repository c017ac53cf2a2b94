/** What a callable can learn of the request that it runs for; `ringpool/worker` gives it out. */
import { ThreadPoolError } from "./errors.ts";
import type { RequestID } from "./work-request.ts";

/** The request that is being run in this thread, and its wishes. */
export interface TaskContext {
  /** A symbol arrives as its description. */
  readonly requestID: RequestID;
  /** `WorkerThread.id` of this worker; 0 in the thread of the program itself (`rejectionPolicy: "callerRuns"`). */
  readonly workerId: number;
  /** Which run of the request it is, from 1; larger after a worker has died. */
  readonly attempt: number;
  /** Aborted when the run is to stop. Asking for it anew, or `cancelled()`, needs no turn of the event loop. */
  readonly signal: AbortSignal;
  /** Is the run to stop? Costs some nanoseconds: ask in every round of a long loop. */
  cancelled(): boolean;
  /** Throws the signal's reason when the run is to stop. */
  throwIfCancelled(): void;
  /**
   * Tells whoever has put the request, if he gave an `onProgress`. Blocks while the way to the parent is full.
   *
   * @throws PayloadError when the value cannot cross
   */
  progress(value: unknown): void;
}

type Provider = () => TaskContext | undefined;

/** On the global object, so that every copy of the package in this thread finds it. */
const PROVIDER = Symbol.for("ringpool.taskContext");

/** Says how to find out what is being run in this thread. */
export function provideTaskContext(provider: Provider): void {
  Object.defineProperty(globalThis, PROVIDER, { value: provider, configurable: true });
}

function current(): TaskContext {
  const provider = (globalThis as { [PROVIDER]?: Provider })[PROVIDER];
  const context = provider?.();
  if (context !== undefined) return context;
  throw new ThreadPoolError(
    "There is a taskContext only while a callable of a pool runs; ask for it inside the callable, before it returns.",
  );
}

/** The request that is being run, seen from inside its callable. */
export const taskContext: TaskContext = {
  get requestID() {
    return current().requestID;
  },
  get workerId() {
    return current().workerId;
  },
  get attempt() {
    return current().attempt;
  },
  get signal() {
    return current().signal;
  },
  cancelled: () => current().cancelled(),
  throwIfCancelled: () => current().throwIfCancelled(),
  progress: (value) => current().progress(value),
};
