import type { CarriedStorage, LoadableDefinition } from "../callable/load.ts";
import type { ChildRuns } from "./child-runs.ts";
import type { ThreadPoolError } from "../errors.ts";
import { AbortController, Set, WeakRef, loadedErrors } from "../runtime/index.ts";
import type { GlobalAbortSignal } from "../runtime/index.ts";

/** What may identify a request: a value that a Map compares by value, like the hashable keys of Python. */
export type RequestID = string | number | bigint | symbol;

/**
 * What a callable can learn about the request that it runs for, and tell the program that has put the request.
 *
 * Outside a run it is inert, so that a callable can also be called directly, in a unit test for example: each member says
 * what it gives then.
 */
export interface TaskContext {
  /** The request's identifier. A symbol arrives as its text: `Symbol("y")` as `"Symbol(y)"`. Outside a run 0. */
  readonly requestID: RequestID;
  /**
   * `WorkerThread.id` of this worker; 0 in the thread of the program itself (`rejectionPolicy: "callerRuns"`), and outside
   * a run.
   */
  readonly workerId: number;
  /** Which run of the request it is, from 1. It is larger after a worker has died and the request runs again. Outside a run 1. */
  readonly attempt: number;
  /**
   * Aborted when the run is to stop. `aborted`, `reason` and `throwIfAborted()` see that at once; listeners are called
   * when the event loop turns. `reason` is a copy of the reason that the program gave, or the `RequestTimeout` of the time
   * limit; an AbortError when the reason cannot cross to the worker. Outside a
   * run it is never aborted.
   */
  readonly signal: GlobalAbortSignal;
  /**
   * Whether the run is to stop. A call takes some nanoseconds, so a long loop can call it in every round. Outside a run
   * always false.
   */
  cancelled(): boolean;
  /** Throws `signal.reason` when the run is to stop. Outside a run it never throws. */
  throwIfCancelled(): void;
  /**
   * Sends a value to the `onProgress` of the request; does nothing when the request has none, and outside a run. Blocks
   * while the worker's result ring is full.
   *
   * @throws PayloadError when the value cannot be sent
   */
  progress(value: unknown): void;
}

/** What the context of a request's run knows for its children. Other contexts know nothing of this. */
export interface RequestRun {
  /** Its task, where it has one. */
  readonly task: number;
  /** The generation of that task. */
  readonly generation: number;
  /** What it calls, if that is known. */
  readonly callable: LoadableDefinition | undefined;
  /** The storages whose stores were carried to it. */
  readonly carried: readonly CarriedStorage[] | undefined;
  /** Whether a trace wants to hear of its children. From the first look that says so on, its thread asks for `takeChildRuns` before it replies. */
  readonly isTraced: boolean;
  /** Calls a function in the next turn of the event loop; undefined for the usual way. See `SharedThread.post`. */
  readonly nextTurn: ((action: () => void) => void) | undefined;
}

type Provider = () => TaskContext | undefined;

/** What the copies of the package in a thread share: the callables may import another copy than the worker runs on. */
interface Registration {
  provider: Provider | undefined;
  onUse: (() => void) | undefined;
  /** Finds the contexts of further runs, for the workers that run in this thread. */
  others?: Set<Provider>;
  /** True when code has been loaded that may use `taskContext`. */
  isUsed: boolean;
  /** The context of a child that the calling code belongs to; undefined when it belongs to none. */
  child: Provider | undefined;
  /** The context of the request whose child the calling code belongs to; undefined when it belongs to none that goes on. */
  childRoot?: Provider;
  /** Called when the run of a request is over of which code has asked for the context. */
  onRunEnd: ((context: TaskContext) => void) | undefined;
  /** Takes what a trace is to hear of the children of a run; see `takeChildRuns`. */
  takeChildRuns?: ((context: TaskContext) => readonly ChildRuns[] | undefined) | undefined;
}

/** A key of the global object, so that every copy of the package in this thread finds the same registration. */
const REGISTRATION = Symbol.for("ringpool.taskContext");

function registration(): Registration {
  const found = (globalThis as { [REGISTRATION]?: Registration })[REGISTRATION];
  if (found !== undefined) return found;
  const value: Registration = {
    provider: undefined,
    onUse: undefined,
    isUsed: false,
    child: undefined,
    onRunEnd: undefined,
  };
  Object.defineProperty(globalThis, REGISTRATION, { value });
  return value;
}

/**
 * Sets the function that finds the context of the calling code in this thread.
 *
 * @param provider returns undefined when the calling code belongs to no run and never did, `RUN_IS_OVER` when its run is
 *   over
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

/**
 * Sets what knows the children of this thread.
 *
 * @param child finds the context of the child that the calling code belongs to
 * @param onRunEnd called when the run of a request is over of which code has asked for the context
 * @param takeRuns takes what a trace is to hear of the children of a run
 * @param root finds the context of the request whose child the calling code belongs to
 */
export function provideChildContext(
  child: Provider,
  onRunEnd: (context: TaskContext) => void,
  takeRuns: (context: TaskContext) => readonly ChildRuns[] | undefined,
  root: Provider,
): void {
  const registered = registration();
  registered.child = child;
  registered.onRunEnd = onRunEnd;
  registered.takeChildRuns = takeRuns;
  registered.childRoot = root;
}

/** The run of the request whose child the calling code belongs to; undefined when it belongs to no child of a request that goes on. */
export function runOfChild(): Partial<RequestRun> | undefined {
  return registration().childRoot?.() as Partial<RequestRun> | undefined;
}

/** Takes what a trace is to hear of the children of a run; undefined when there is nothing. */
export function takeChildRuns(context: TaskContext): readonly ChildRuns[] | undefined {
  return registration().takeChildRuns?.(context);
}

/** The run that a context belongs to is over. */
export function noteRunEnd(context: TaskContext): void {
  registration().onRunEnd?.(context);
}

/** The context of the request that the calling code belongs to, also in code of its children. Inert outside a run. */
export function rootContext(): TaskContext {
  const { provider, others } = registration();
  const found = provider?.();
  if (found !== undefined || others === undefined) return found ?? OUTSIDE;
  for (const other of others) {
    const context = other();
    if (context !== undefined) return context;
  }
  return OUTSIDE;
}

/**
 * Adds a function that finds the context of the calling code, beside the one of `provideTaskContext`.
 *
 * @returns removes it
 */
export function addTaskContext(provider: Provider): () => void {
  const registered = registration();
  const others = (registered.others ??= new Set());
  others.add(provider);
  return () => void others.delete(provider);
}

/** Says that code is being loaded that may use `taskContext`. */
export function announceUse(): void {
  const registered = registration();
  registered.isUsed = true;
  registered.onUse?.();
}

/** Marks `RUN_IS_OVER`, so that every copy of this module in a thread knows that of another one. */
const IS_OVER: unique symbol = Symbol.for("ringpool.runIsOver");

/** Whether a context is `RUN_IS_OVER`. */
export function isRunOver(context: TaskContext): boolean {
  return Object.hasOwn(context, IS_OVER);
}

/**
 * The context of code that a run has left behind, once that run is over: every member throws. To be inert would hide that
 * such code goes on, and that what it reports is lost.
 */
export const RUN_IS_OVER: TaskContext & { readonly [IS_OVER]: true } = {
  [IS_OVER]: true,
  get requestID(): never {
    throw runIsOver();
  },
  get workerId(): never {
    throw runIsOver();
  },
  get attempt(): never {
    throw runIsOver();
  },
  get signal(): never {
    throw runIsOver();
  },
  cancelled: () => {
    throw runIsOver();
  },
  throwIfCancelled: () => {
    throw runIsOver();
  },
  progress: () => {
    throw runIsOver();
  },
};

function runIsOver(): ThreadPoolError {
  return new (loadedErrors().ThreadPoolError)(
    "taskContext was used after its run was over; ask inside the callable, before it returns, and await what it starts. " +
      "Listeners that others call, as those of a MessagePort, have the context when they are wrapped in AsyncResource.bind().",
  );
}

/** The last signal of `OUTSIDE`. It is not held here, because the program may hang listeners on it that nothing removes. */
let outsideSignal: WeakRef<AbortSignal> | undefined;

/** The context of code that belongs to no run. */
const OUTSIDE: TaskContext = {
  requestID: 0,
  workerId: 0,
  attempt: 1,
  get signal() {
    const before = outsideSignal?.deref();
    if (before !== undefined) return before;
    const { signal } = new AbortController();
    outsideSignal = new WeakRef(signal);
    return signal;
  },
  cancelled: () => false,
  throwIfCancelled: () => {},
  progress: () => {},
};

function current(): TaskContext {
  return registration().child?.() ?? rootContext();
}

/** Whether the calling code belongs to a run, also to one that is over. */
export function isInsideRun(): boolean {
  return current() !== OUTSIDE;
}

/**
 * The context of the run that the calling code belongs to. That is the callable itself, and all that it has started:
 * timers, promises, callbacks. When the run is over, every member throws a ThreadPoolError to such code, whatever else
 * the worker runs then. To code that belongs to no run it is inert: never cancelled, and progress goes nowhere.
 *
 * To see how a callable stops or what it reports, run it in a pool: `pool.run(search, [space], { signal, onProgress })`.
 *
 * @example
 * ```ts
 * export function search(space: Space): Hit[] {
 *   return space.points.filter((point) => {
 *     taskContext.throwIfCancelled();
 *     return isHit(point);
 *   });
 * }
 * ```
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
