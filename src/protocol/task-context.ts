/** What a callable can learn of the request that it runs for; `ringpool/worker` gives it out. */
import { ThreadPoolError } from "../errors.ts";

/** What may identify a request: a value that a Map compares by value, like the hashable keys of Python. */
export type RequestID = string | number | bigint | symbol;

/** The request that is being run in this thread, and its wishes. */
export interface TaskContext {
  /** A symbol arrives as its text: `Symbol("y")` as `"Symbol(y)"`. */
  readonly requestID: RequestID;
  /** `WorkerThread.id` of this worker; 0 in the thread of the program itself (`rejectionPolicy: "callerRuns"`). */
  readonly workerId: number;
  /** Which run of the request it is, from 1; larger after a worker has died. */
  readonly attempt: number;
  /** Aborted when the run is to stop. Its `aborted` and `throwIfAborted()` need no turn of the event loop; listeners do. */
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

/** What the copies of the package in a thread share: one may run the callables, another have been imported by them. */
interface Registration {
  provider: Provider | undefined;
  onUse: (() => void) | undefined;
  /** Has code been loaded that may use `taskContext`? */
  isUsed: boolean;
}

/** On the global object, so that every copy of the package in this thread finds it. */
const REGISTRATION = Symbol.for("ringpool.taskContext");

function registration(): Registration {
  const found = (globalThis as { [REGISTRATION]?: Registration })[REGISTRATION];
  if (found !== undefined) return found;
  const value: Registration = { provider: undefined, onUse: undefined, isUsed: false };
  Object.defineProperty(globalThis, REGISTRATION, { value });
  return value;
}

/**
 * Says how to find out what is being run in this thread.
 *
 * @param onUse called when code has been loaded that may use `taskContext`, before that code goes on
 */
export function provideTaskContext(provider: Provider, onUse?: () => void): void {
  const registered = registration();
  registered.provider = provider;
  if (onUse === undefined) return;
  registered.onUse = onUse;
  if (registered.isUsed) onUse();
}

/** The code that is being loaded may use `taskContext`. */
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
 * The request that is being run, seen from inside its callable and from whatever that has set off: timers, promises,
 * callbacks. When the request is done, all of it throws ThreadPoolError to those, whatever else the worker runs then.
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
