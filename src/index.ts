/** ringpool: a thread pool for Bun, with the API of Python's classic `threadpool` module. */
export { fromModule } from "./callable/index.ts";
export type { Callable, FunctionNames, ModuleCallable, ModuleCallables } from "./callable/index.ts";
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
export { ThreadPool, WorkRequest, makeRequests } from "./pool/index.ts";
export type {
  ArgsAndKwds,
  Delivery,
  Durations,
  ExcInfo,
  ExceptionCallback,
  PoolEvent,
  PoolEventArguments,
  PoolListener,
  PoolStats,
  RejectionPolicy,
  ResultCallback,
  ResultOf,
  RunOptions,
  RunParameters,
  ThreadPoolOptions,
  WorkRequestOptions,
  WorkerFigures,
  WorkerThread,
  WorkerThreadState,
} from "./pool/index.ts";
export type { RequestID } from "./protocol/task-context.ts";
