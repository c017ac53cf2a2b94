import { NoResultsPending, ThreadPoolError } from "../errors.ts";
import {
  evaluationStopped,
  hasModuleCode,
  insideWorker,
  markStopped,
  placeIn,
  Error,
  Map,
  Promise,
  WeakMap,
  WeakSet,
} from "../runtime/index.ts";
import { loadedTrace } from "./loaded-trace.ts";
import type { Trace, TraceOptions, TraceSource } from "../trace/index.ts";
import type { PoolStats } from "./stats.ts";

/** Where each inert pool was constructed. */
const constructedAt = new WeakMap<object, string>();
/** The inert pools that were given requests which never end. */
const withRequests = new WeakSet<object>();
/** The inert pools of which a blocking call has thrown. */
const blocked = new WeakSet<object>();

/**
 * Whether a pool that is being constructed is inert, because this thread is a worker of a pool.
 *
 * @typeParam Member every public member of the class: one that has no inert counterpart does not compile
 * @throws ThreadPoolError inside a request or an initializer
 */
export function beginsInert<Member extends InertMember>(
  pool: object,
  prototype: Readonly<Record<Member, unknown>>,
): boolean {
  const inside = insideWorker();
  if (inside === undefined) return false;
  const { stack } = new Error("constructed");
  // A module that a callable imports while it runs is loaded too, and not called.
  if (inside.isInRun() === "yes" && !hasModuleCode(stack)) {
    throw new ThreadPoolError(
      "A ThreadPool was constructed inside a worker of a ThreadPool, by a callable. A callable cannot have workers of its own: " +
        'construct the pool in the program (in its main module under "if (import.meta.main) { … }"), return the data to it, and ' +
        `put the next requests there. at=${placeIn(stack)}`,
    );
  }
  constructedAt.set(pool, placeIn(stack));
  makeInert(prototype);
  return true;
}

/** The members of `ThreadPool` that are replaced here, by name. */
type InertMember =
  | "workers"
  | "dismissedWorkers"
  | "workRequests"
  | "createWorkers"
  | "dismissWorkers"
  | "joinAllDismissedWorkers"
  | "putRequest"
  | "poll"
  | "wait"
  | "run"
  | "runSync"
  | "map"
  | "starmap"
  | "mapSync"
  | "imap"
  | "imapUnordered"
  | "stream"
  | "broadcast"
  | "ready"
  | "reduce"
  | "parallelFor"
  | "settled"
  | "close"
  | "terminate"
  | "on"
  | "once"
  | "off"
  | "stats"
  | "trace";

/**
 * Replaces the members of `ThreadPool` in this thread, which is a worker. A pool is inert there: it was constructed because the
 * worker has loaded the module that constructs it, and it starts nothing.
 *
 * Outside any request, what is asked of it stays pending for ever, and a call that would block throws; see
 * `evaluationStopped`. Inside a request every member that needs workers throws. To replace the members once for each thread
 * keeps the class free of conditions, and holds for subclasses.
 */
function makeInert(prototype: object): void {
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(INERT))) {
    Object.defineProperty(prototype, name, descriptor);
  }
  define(prototype, Symbol.dispose, disposeInert);
  define(prototype, Symbol.asyncDispose, disposeInertAsync);
}

const INERT: Record<InertMember, unknown> & ThisType<object> = {
  get workers() {
    return [];
  },
  get dismissedWorkers() {
    return [];
  },
  get workRequests() {
    return new Map();
  },
  createWorkers() {
    check(this);
  },
  dismissWorkers() {
    check(this);
  },
  joinAllDismissedWorkers() {
    check(this);
  },
  putRequest() {
    check(this);
    withRequests.add(this);
    noteAsked();
  },
  poll() {
    check(this);
    block(this, "poll");
    throw new NoResultsPending("No results are pending.");
  },
  wait() {
    check(this);
    block(this, "wait");
  },
  async run() {
    check(this);
    return never();
  },
  runSync() {
    check(this);
    withRequests.add(this);
    block(this, "runSync");
  },
  async map() {
    check(this);
    return never();
  },
  async starmap() {
    check(this);
    return never();
  },
  mapSync() {
    check(this);
    withRequests.add(this);
    block(this, "mapSync");
  },
  async reduce() {
    check(this);
    return never();
  },
  async parallelFor() {
    check(this);
    return never();
  },
  imap() {
    check(this);
    return NEVER_ITERATED;
  },
  imapUnordered() {
    check(this);
    return NEVER_ITERATED;
  },
  stream() {
    check(this);
    return NEVER_ITERATED;
  },
  async broadcast() {
    check(this);
    return never();
  },
  async ready() {
    check(this);
    return never();
  },
  async settled() {
    check(this);
    return never();
  },
  async close() {
    check(this);
    return never();
  },
  terminate() {
    check(this);
  },
  on() {
    return this;
  },
  once() {
    return this;
  },
  off() {
    return this;
  },
  stats: (): PoolStats => NOTHING,
  trace: (options?: TraceOptions): Trace => new (loadedTrace().Trace)(NOTHING_TO_TRACE, options),
};

const NOTHING_TO_TRACE: TraceSource = {
  poolName: "inert",
  observe: () => () => {},
  skipped: () => 0,
  nameOf: () => "",
  kindOf: () => "run",
  isRunning: () => false,
  open: () => [],
  workers: () => [],
};

/** The results that never come. */
const NEVER_ITERATED = {
  next: never,
  return: async () => ({ done: true, value: undefined }),
  [Symbol.asyncIterator]() {
    return this;
  },
};

function disposeInert(this: object): void {
  check(this);
  // A call that has thrown ends the block of `using` too, and its error is the one to be seen.
  if (!blocked.has(this)) block(this, "using");
}

async function disposeInertAsync(this: object): Promise<unknown> {
  check(this);
  return never();
}

function define(prototype: object, name: symbol, value: unknown): void {
  Object.defineProperty(prototype, name, { value, configurable: true, writable: true });
}

const NO_TIMES = { count: 0, p50: 0, p90: 0, p99: 0, max: 0, mean: 0 };
const NOTHING: PoolStats = {
  name: "",
  put: 0,
  pending: 0,
  running: 0,
  succeeded: 0,
  failed: 0,
  cancelled: 0,
  retried: 0,
  queueLength: 0,
  children: { inPlace: 0, taken: 0, failed: 0 },
  queueTimeMs: NO_TIMES,
  runTimeMs: NO_TIMES,
  watchdogRescues: 0,
  workers: [],
};

/** Throws inside a request, where an answer is awaited that would never come. */
function check(pool: object): void {
  const isInRun = insideWorker()?.isInRun() ?? "no";
  if (isInRun === "no") return;
  const { stack } = new Error("asked");
  // The top level of a module that a callable imports while it runs.
  if (hasModuleCode(stack)) return;
  const error = new ThreadPoolError(
    "A callable uses the program's ThreadPool inside a worker. There the pool is inert: the worker has made it by loading the " +
      "module that constructs it, and it starts no workers. Let the callable return its data, and let the program put the next " +
      `requests. at=${placeIn(stack)} pool=${constructedAt.get(pool) ?? "(unknown)"}`,
  );
  // It may be code that a module has left behind, and of that no worker dies.
  throw isInRun === "perhaps" ? markStopped(error) : error;
}

function noteAsked(): void {
  const inside = insideWorker();
  if (inside === undefined) return;
  inside.askedAt = placeIn(new Error("asked").stack);
  for (const listener of inside.onAsked) listener();
}

/** A promise that nothing holds, and that never settles. */
function never(): Promise<never> {
  noteAsked();
  return new Promise<never>(() => {});
}

/** Ends the code that would wait for requests of this pool. Without requests there is nothing to wait for. */
function block(pool: object, call: string): void {
  if (!withRequests.has(pool)) return;
  blocked.add(pool);
  for (const listener of insideWorker()?.onBlocked ?? []) listener();
  throw evaluationStopped(call, placeIn(new Error("blocked").stack));
}
