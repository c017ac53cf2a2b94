/**
 * The public entry, `ringpool`: a thread pool for Bun, with the API of Python's classic `threadpool` module.
 *
 * Code that runs inside a worker imports `ringpool/worker`; the queue by itself is `ringpool/native-queue`.
 *
 * @module ringpool
 */
export { fromModule } from "./callable/index.ts";
export type { Callable, FunctionNames, ModuleCallable, ModuleCallables } from "./callable/index.ts";
export { sharedArray } from "./collections/shared-array.ts";
export type {
  IntoOptions,
  ParallelForOptions,
  ReduceOptions,
  SharedArrayClass,
  SharedArrayOf,
  TypedArrayClass,
} from "./collections/index.ts";
export { registerClass } from "./codec/index.ts";
export type { Foreign, RegisterClassOptions } from "./codec/index.ts";
export type {
  CollectionProgress,
  ImapOptions,
  ImapUnorderedOptions,
  ItemOptions,
  MapOptions,
} from "./collections/index.ts";
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
export type { PayloadErrorOptions, WorkerDiedOptions } from "./errors.ts";
export { ThreadPool, WorkRequest, formatStats, makeRequests } from "./pool/index.ts";
export type {
  ArgsAndKwds,
  BroadcastOptions,
  Generated,
  GeneratorCallable,
  StreamOf,
  StreamOptions,
  CallParameters,
  CallableOf,
  Combine,
  ContextStorage,
  Delivery,
  Durations,
  ExcInfo,
  ExceptionCallback,
  FormatStatsOptions,
  ItemEntry,
  ItemOf,
  ItemResult,
  Items,
  OfOverload,
  OverloadResult,
  PoolEvent,
  PoolEventArguments,
  PoolListener,
  CloseOptions,
  PoolStats,
  RejectionPolicy,
  ResultCallback,
  ResultOf,
  RunOptions,
  RunParameters,
  SlowItems,
  SlowRequest,
  SlowRun,
  ThreadPoolConstructor,
  ThreadPoolOptions,
  WorkRequestConstructor,
  WorkRequestOptions,
  WorkRequestParameters,
  WorkerFigures,
  WorkerThread,
  WorkerThreadState,
} from "./pool/index.ts";
export type {
  Trace,
  TraceArrowEndEvent,
  TraceArrowEvent,
  TraceCounterEvent,
  TraceEvent,
  TraceEventBase,
  TraceJSON,
  TraceMomentEvent,
  TraceNameEvent,
  TraceOptions,
  TraceRunArgs,
  TraceRunEvent,
} from "./trace/index.ts";
export type { ResultStream } from "./collections/index.ts";
export type { RequestID } from "./protocol/index.ts";
