import { ThreadPoolError } from "../errors.ts";

/** What may identify a request: a value that a Map compares by value, like the hashable keys of Python. */
export type RequestID = string | number | bigint | symbol;

/** What a callable can learn about the request that it runs for, and tell the program that has put the request. */
export interface TaskContext {
  /** The request's identifier. A symbol arrives as its text: `Symbol("y")` as `"Symbol(y)"`. */
  readonly requestID: RequestID;
  /** `WorkerThread.id` of this worker; 0 in the thread of the program itself (`rejectionPolicy: "callerRuns"`). */
  readonly workerId: number;
  /** Which run of the request it is, from 1. It is larger after a worker has died and the request runs again. */
  readonly attempt: number;
  /**
   * Aborted when the run is to stop. `aborted`, `reason` and `throwIfAborted()` see that at once; listeners are called
   * when the event loop turns. `reason` is a copy of the reason that the program gave, or the `RequestTimeout` of the time
   * limit; an AbortError when the reason cannot cross to the worker.
   */
  readonly signal: AbortSignal;
  /** Whether the run is to stop. A call takes some nanoseconds, so a long loop can call it in every round. */
  cancelled(): boolean;
  /** Throws `signal.reason` when the run is to stop. */
  throwIfCancelled(): void;
  /**
   * Sends a value to the `onProgress` of the request; does nothing when the request has none. Blocks while the worker's
   * result ring is full.
   *
   * @throws PayloadError when the value cannot be sent
   */
  progress(value: unknown): void;
}

type Provider = () => TaskContext | undefined;

/** What the copies of the package in a thread share: the callables may import another copy than the worker runs on. */
interface Registration {
  provider: Provider | undefined;
  onUse: (() => void) | undefined;
  /** True when code has been loaded that may use `taskContext`. */
  isUsed: boolean;
}

/** A key of the global object, so that every copy of the package in this thread finds the same registration. */
const REGISTRATION = Symbol.for("ringpool.taskContext");

function registration(): Registration {
  const found = (globalThis as { [REGISTRATION]?: Registration })[REGISTRATION];
  if (found !== undefined) return found;
  const value: Registration = { provider: undefined, onUse: undefined, isUsed: false };
  Object.defineProperty(globalThis, REGISTRATION, { value });
  return value;
}

/**
 * Sets the function that finds the context of the calling code in this thread.
 *
 * @param provider returns undefined when the calling code belongs to no run
 * @param onUse called when code is loaded that may use `taskContext`, before that code goes on; at once when such code
 *   was loaded before
 */
export function provideTaskContext(provider: Provider, onUse?: () => void): void {
  const registered = registration();
  registered.provider = provider;
  if (onUse === undefined) return;
  registered.onUse = onUse;
  if (registered.isUsed) onUse();
}

/** Says that code is being loaded that may use `taskContext`. */
export function announceUse(): void {
  const registered = registration();
  registered.isUsed = true;
  registered.onUse?.();
}

function current(): TaskContext {
  const context = registration().provider?.();
  if (context !== undefined) return context;
  throw new ThreadPoolError(
    "There is a taskContext only while a callable of a pool runs; ask for it inside the callable, before it returns. " +
      "Listeners that others call, as those of a MessagePort, have it when they are wrapped in AsyncResource.bind().",
  );
}

/**
 * The context of the run that the calling code belongs to. That is the callable itself, and all that it has started:
 * timers, promises, callbacks. When the run is over, every member throws a ThreadPoolError to such code, whatever else
 * the worker runs then.
 */
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
