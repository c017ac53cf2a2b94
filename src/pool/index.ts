/**
 * pool: what runs in the parent, the thread that constructed a pool.
 *
 * It takes requests, hands them to workers through the queue, reads their results and delivers them, and looks
 * after the workers. It knows workers by their channels alone: it must never import the room `worker`, whose code runs in
 * other threads, and no callable ever runs here, `rejectionPolicy: "callerRuns"` excepted.
 */
import { ThreadPool as ThreadPoolClass } from "./thread-pool.ts";
import type { ThreadPoolConstructor } from "./thread-pool-constructor.ts";

/**
 * A pool of worker threads that run callables in parallel.
 *
 * Requests go to the workers, and results come back, through lock-free queues in shared memory;
 * the next available worker takes the oldest request. Results are delivered by `poll` and `wait`,
 * which may block, and otherwise as soon as the event loop turns. A worker that dies fails the
 * request it had and no other, and a successor replaces it. Pending requests keep the process
 * alive; an idle pool does not. A pool that the program cannot reach any more ends its workers when it is collected.
 *
 * @class
 * @example
 * ```ts
 * using pool = new ThreadPool(4);
 * for (const request of makeRequests(primesBelow, [1e6, 2e6], print)) pool.putRequest(request);
 * pool.wait();
 * const count = await pool.run(primesBelow, [3e6]);
 * ```
 */
export const ThreadPool: ThreadPoolConstructor<ThreadPool> = ThreadPoolClass;
/** A pool of worker threads that run callables in parallel. */
// An interface has a name that the declarations of a program can use. A type alias would be replaced by the class, which has none.
export interface ThreadPool extends ThreadPoolClass {}

export type { ThreadPoolConstructor } from "./thread-pool-constructor.ts";
export { WorkRequest, makeRequests } from "./request/work-request.ts";
export type {
  ExcInfo,
  ExceptionCallback,
  ResultCallback,
  WorkRequestConstructor,
  WorkRequestOptions,
  WorkRequestParameters,
} from "./request/work-request.ts";
export type {
  ArgsAndKwds,
  CallableOf,
  ItemOf,
  OfOverload,
  OverloadResult,
  ResultOf,
} from "./request/callable-types.ts";
export type { Delivery, RejectionPolicy, ThreadPoolOptions } from "./options.ts";
export type { GeneratorCallable, Generated, StreamOf } from "./stream-calls.ts";
export type { StreamOptions } from "./streams.ts";
export type { BroadcastOptions } from "./broadcasts.ts";
export type {
  CallParameters,
  ContextStorage,
  RunOptions,
  RunParameters,
} from "./request/run-options.ts";
export type { Durations } from "./request/latency.ts";
export type {
  PoolEvent,
  PoolEventArguments,
  PoolListener,
  SlowItems,
  SlowRequest,
  SlowRun,
} from "./events.ts";
export type { CloseOptions } from "./lifecycle.ts";
export type { PoolStats } from "./stats.ts";
export { formatStats } from "./format-stats.ts";
export type { FormatStatsOptions } from "./format-stats.ts";
export type { WorkerFigures } from "./supervision/worker-record.ts";
export type { WorkerThread, WorkerThreadState } from "./worker-thread.ts";
export type { Combine, ItemEntry, ItemResult, Items } from "./collection-calls.ts";
