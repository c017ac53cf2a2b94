/** ringpool: a thread pool for Bun, with the API of Python's classic `threadpool` module. */
export { fromModule } from "./callable/describe.ts";
export type {
  Callable,
  FunctionNames,
  ModuleCallable,
  ModuleCallables,
} from "./callable/describe.ts";
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
export { makeRequests } from "./pool/request/make-requests.ts";
export type { ArgsAndKwds } from "./pool/request/make-requests.ts";
export type { Delivery, RejectionPolicy, ThreadPoolOptions } from "./pool/options.ts";
export type { PoolEvent, PoolEventArguments, PoolListener } from "./pool/events.ts";
export { ThreadPool } from "./pool/thread-pool.ts";
export type { RunOptions, RunParameters } from "./pool/request/run-options.ts";
export type { PoolStats } from "./pool/stats.ts";
export type { Durations } from "./pool/request/latency.ts";
export { WorkRequest } from "./pool/request/work-request.ts";
export type {
  ExcInfo,
  ExceptionCallback,
  RequestID,
  ResultCallback,
  ResultOf,
  WorkRequestOptions,
} from "./pool/request/work-request.ts";
export type { WorkerFigures } from "./pool/supervision/worker-record.ts";
export type { WorkerThread, WorkerThreadState } from "./pool/worker-thread.ts";
