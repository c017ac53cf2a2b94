import type { AsyncLocalStorage } from "node:async_hooks";
import { describeHere, describeStorage } from "../callable/index.ts";
import type { Callable, ModuleCallable } from "../callable/index.ts";
import { withStores } from "../callable/load.ts";
import type { CarriedStorage } from "../callable/load.ts";
import { ThreadPoolError } from "../errors.ts";
import { RUN_IS_OVER, provideTaskContext } from "../protocol/index.ts";
import type { TaskContext } from "../protocol/index.ts";
import { isThenable, Promise, Set, peekPromise, utilTypes, asyncHooks } from "../runtime/index.ts";
import { CallerRun } from "./caller-run.ts";
import { copyAcross } from "./copy-across.ts";
import type { Deadlines } from "./event-loop/deadlines.ts";
import { outsideContexts } from "./event-loop/contexts.ts";
import type { RequestQueue } from "./queue/request-queue.ts";
import type { PendingRequest } from "./request/pending-request.ts";
import type { RequestTable } from "./request/request-table.ts";

type AnyFunction = (...args: unknown[]) => unknown;

/** The run that the calling code belongs to. */
let running: AsyncLocalStorage<CallerRun> | undefined;

/** The parts that the runs in the caller are built from. */
export interface CallerRunsParts {
  readonly table: RequestTable;
  readonly deadlines: Deadlines;
  readonly queue: RequestQueue;
}

/**
 * Runs requests in the thread that puts them, when the queue is full and the pool's policy is `"callerRuns"`.
 *
 * Whether the queue is full is a matter of chance, so a request must not be able to tell: arguments, results, errors and
 * reports are copied as on the way to a worker and back, an inline function sees nothing around it, what is thenable is
 * awaited, and signals and time limits have the same outcome.
 */
export class CallerRuns {
  readonly #table: RequestTable;
  readonly #deadlines: Deadlines;
  readonly #queue: RequestQueue;
  /** The pending requests that go on in this thread's event loop. */
  readonly #asynchronous = new Set<PendingRequest>();

  constructor({ table, deadlines, queue }: CallerRunsParts) {
    this.#table = table;
    this.#deadlines = deadlines;
    this.#queue = queue;
  }

  /** How many pending requests run in this thread's event loop: a parent that blocks would wait for them for ever. */
  get asynchronous(): number {
    return this.#asynchronous.size;
  }

  /**
   * Runs a request. It has its outcome when this returns, or gets it in the event loop.
   *
   * @throws PayloadError when an argument cannot cross, and what `RequestQueue.checkMayPut` throws
   */
  run(
    pending: PendingRequest,
    callable: Callable | ModuleCallable,
    args: readonly unknown[],
    transfer?: readonly object[],
  ): void {
    const copies = copyAcross(args, "args", {
      transfer,
      foreign: pending.control?.foreign,
      checkAgain: () => this.#queue.checkMayPut(pending),
    });
    const stores = copiedStores(pending);
    this.#table.add(pending);
    provideTaskContext(currentContext);
    const run = new CallerRun(pending, this.#table, () => this.#asynchronous.delete(pending));
    run.carried = stores?.storages;
    // Everything belongs to the run that may call code of the callable: also getters of its result. As in a worker, it sees
    // no store of an AsyncLocalStorage but those that are carried.
    const storage = (running ??= new (asyncHooks().AsyncLocalStorage)<CallerRun>());
    const start = (): void => {
      if (run.tryWatch(this.#deadlines)) this.#call(run, pending, callable, copies);
    };
    outsideContexts(() =>
      storage.run(run, () =>
        stores === undefined ? start() : withStores(stores.storages, stores.values, start),
      ),
    );
  }

  #call(
    run: CallerRun,
    pending: PendingRequest,
    callable: Callable | ModuleCallable,
    args: readonly unknown[],
  ): void {
    let result: unknown;
    let isAwaited: boolean;
    try {
      const definition = describeHere(callable);
      run.callable = definition;
      const found = definition.load();
      result = found instanceof Promise ? callLater(found, args) : found(...args);
      isAwaited = isThenable(result);
    } catch (error) {
      run.end("failed", error);
      return;
    }
    if (isAwaited) this.#endLater(run, pending, result as PromiseLike<unknown>);
    else run.end("succeeded", result);
  }

  #endLater(run: CallerRun, pending: PendingRequest, result: PromiseLike<unknown>): void {
    const isPromise = utilTypes().isPromise(result);
    const promise = isPromise ? result : promiseOf(result);
    // Another thenable may call back at once. Then a blocked caller gets its value without a turn of the event loop.
    const status = isPromise ? "pending" : peekPromise.status(promise);
    if (status === "pending") this.#asynchronous.add(pending);
    else run.end(status === "fulfilled" ? "succeeded" : "failed", peekPromise(promise));
    promise.then(
      (value) => this.#endAsynchronous(run, pending, "succeeded", value),
      (error: unknown) => this.#endAsynchronous(run, pending, "failed", error),
    );
  }

  #endAsynchronous(
    run: CallerRun,
    pending: PendingRequest,
    outcome: "succeeded" | "failed",
    value: unknown,
  ): void {
    this.#asynchronous.delete(pending);
    if (!run.isOver) run.end(outcome, value);
  }
}

/** The stores that are carried, copied as on the way to a worker, and their storages. */
interface CopiedStores {
  readonly storages: readonly CarriedStorage[];
  readonly values: readonly unknown[];
}

function copiedStores({ control }: PendingRequest): CopiedStores | undefined {
  const carry = control?.carry;
  if (carry === undefined) return undefined;
  const storages = carry.map((storage) => ({ place: describeStorage(storage), storage }));
  const present = carry.map((storage) => storage.getStore());
  return { storages, values: copyAcross(present, "carry", { foreign: control?.foreign }) };
}

function currentContext(): TaskContext | undefined {
  const run = running?.getStore();
  return run?.isOver === true ? RUN_IS_OVER : run;
}

async function callLater(found: Promise<AnyFunction>, args: readonly unknown[]): Promise<unknown> {
  const callable = await found;
  return callable(...args);
}

function promiseOf(thenable: PromiseLike<unknown>): Promise<unknown> {
  return new Promise((resolve, reject) => follow(thenable, resolve, reject));
}

/** Follows a chain of thenables to its end, without the turns of the event loop that a promise takes for each of them. */
function follow(
  value: unknown,
  resolve: (value: unknown) => void,
  reject: (reason: unknown) => void,
): void {
  try {
    if (utilTypes().isPromise(value) || !isThenable(value)) resolve(value);
    // oxlint-disable-next-line promise/no-callback-in-promise -- a thenable, and its end is what is told
    else value.then((next) => follow(next, resolve, reject), reject);
  } catch (error) {
    reject(error);
  }
}

/** The error for a blocking call that would wait for its own event loop. @param streams how many streams are pending */
export function inThisThread(streams: number = 0): ThreadPoolError {
  if (streams > 0) {
    return new ThreadPoolError(
      `Streams are pending, whose values only the event loop of this very thread can take; read them to their end or leave their loops, or await settled(): streams=${streams}`,
    );
  }
  return new ThreadPoolError(
    'What is pending runs asynchronously in this very thread, which cannot block for it; await run() or settled(): rejectionPolicy="callerRuns"',
  );
}
