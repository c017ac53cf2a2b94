/**
 * The protocol: what a parent and its workers agree on beyond the words of the queue. The flags of tasks and the
 * statuses of results, the messages between the threads, the parts of a payload that travel beside the queue, what a
 * worker tells of itself in shared memory, and what callables use: `taskContext` and `transfer`.
 *
 * Both sides use it, so it must never know either of them: no pool, no worker, no request of the parent.
 */
export { BusyTime, busyMsOf } from "./busy-time.ts";
export { NO_BYTES, spillOf } from "./encoded-value.ts";
export type { EncodedValue } from "./encoded-value.ts";
export { CHILD_FIELDS, CHILD_OUTCOMES, readableChildRuns, toldChildren } from "./child-runs.ts";
export type { ChildRuns, ToldChildren } from "./child-runs.ts";
export {
  CHILD_RUNS,
  DYING,
  FAILED,
  FETCH,
  FOREIGN_IS_PLAIN,
  HAS_STORES,
  HAS_REQUEST_ID,
  INLINE,
  IN_BAND,
  IS_TIMED,
  MAY_BE_STOPPED,
  NOT_INITIALIZED,
  NOT_LOADED,
  NO_TASK,
  NUMBERS,
  OUT_OF_BAND_ON_DEMAND,
  OUT_OF_BAND_POSTED,
  PROGRESS,
  RESULT_HAS_OUT_OF_BAND,
  RESULT_IS_NUMBER,
  RESULT_IS_TIMED,
  SPILLED,
  SUCCEEDED,
  TIMES_BYTES,
  UNCAUGHT,
  WANTS_PROGRESS,
  attemptFlags,
  attemptOf,
  hasOutOfBand,
  needsPreparing,
  isStatusWord,
  payloadKind,
  statusOf,
} from "./flags.ts";
export type {
  CallableMessage,
  CreditMessage,
  ForgetMessage,
  InitializerMessage,
  OutOfBandMessage,
  PortMessage,
  PostedOutOfBandMessage,
  SharedBufferMessage,
  StopMessage,
  StopReasonMessage,
  SharedThread,
  WorkerInit,
} from "./messages.ts";
export { ARENAS, LONG_ARENA, arenaIndexAt } from "./arenas.ts";
export type { ArenaPlan } from "./arenas.ts";
export {
  isOutOfBandMessage,
  outOfBandMessage,
  outOfBandPartsOf,
  payloadKindOf,
  withSpill,
} from "./out-of-band.ts";
export type { OutOfBandParts } from "./out-of-band.ts";
export { takeTransferList, transfer } from "./result-transfer.ts";
export {
  RUN_IS_OVER,
  isRunOver,
  announceUse,
  addTaskContext,
  noteRunEnd,
  takeChildRuns,
  provideChildContext,
  runOfChild,
  provideTaskContext,
  rootContext,
  taskContext,
} from "./task-context.ts";
export type { RequestID, RequestRun, TaskContext } from "./task-context.ts";
export { announceReady, announceRecycling, hasBecomeReady, hasRecycled } from "./worker-phase.ts";
