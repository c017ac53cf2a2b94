/** ringpool: a thread pool for Bun, with the API of Python's classic `threadpool` module. */
export { fromModule } from "./callable.ts";
export type { Callable, FunctionNames, ModuleCallable, ModuleCallables } from "./callable.ts";
export { registerClass } from "./codec/index.ts";

export {
  CallableError,
  DuplicateRequest,
  NoResultsPending,
  NoWorkersAvailable,
  PayloadError,
  PoolClosed,
  QueueFull,
  RequestTimeout,
  ThreadPoolError,
  WorkerDied,
} from "./errors.ts";
export { makeRequests } from "./make-requests.ts";
export type { ArgsAndKwds } from "./make-requests.ts";
export type { Delivery, RejectionPolicy, ThreadPoolOptions } from "./options.ts";
export type { PoolEvent, PoolEventArguments, PoolListener } from "./pool-events.ts";
export { ThreadPool } from "./thread-pool.ts";
export type { RunOptions, RunParameters } from "./run-parameters.ts";
export type { PoolStats } from "./pool-stats.ts";
export type { Durations } from "./request-times.ts";
export { WorkRequest } from "./work-request.ts";
export type {
  ExcInfo,
  ExceptionCallback,
  RequestID,
  ResultCallback,
  ResultOf,
  WorkRequestOptions,
} from "./work-request.ts";
export type { WorkerFigures } from "./crew-member.ts";
export type { WorkerThread, WorkerThreadState } from "./worker-thread.ts";
