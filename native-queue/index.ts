/**
 * Two lock-free queues in shared memory: requests from a parent to its workers, results back.
 *
 * Here stand all words that threads share, every `Atomics` call, and every order of steps that the threads must keep:
 * put and claim, the gate, sleeping and waking, waiting for space or a message, and the burial of a dead worker.
 * This room must never know what a payload means: no callables, no values, no pools, no message ports. It imports nothing.
 *
 * @module ringpool/native-queue
 */
export { Arena, NO_BLOCK } from "./arena.ts";
export { BoardOwner, isOrphan, orphansOf, takersFor } from "./board.ts";
export type { Orphan } from "./board.ts";
export type { ChildOutcome, OfferState } from "./board.ts";
export { CELL_PAYLOAD_BYTES, NO_CELL } from "./board-cell.ts";
export type { RootUse } from "./board-cell.ts";
export {
  boardVersion,
  finishChild,
  isChildStopped,
  isOutcomeRead,
  isPartRead,
  noteBoardChange,
  sendPart,
  takeChild,
} from "./board-taker.ts";
export type { TakenChild, Wish } from "./board-taker.ts";
export { nextBufferNumber, listenersSoFar, noteListener } from "./board-buffers.ts";
export { childFigures, noteChildFigures } from "./board-figures.ts";
export type { ChildFigures } from "./board-figures.ts";
export { isTracing, setTracing } from "./tracing.ts";
export { enterHelpers, handOnHelp, hungryFor, leaveHelpers } from "./helpers.ts";
export { WorkerPass, buryWorker, killWorker } from "./burial.ts";
export type { Burial, Kill, PassSteps } from "./burial.ts";
export {
  STOPPED,
  WorkerGate,
  announceEnd,
  announceStart,
  dismissAtGate,
  endsAnnounced,
  exitCodeOf,
  hasEnded,
  hasStarted,
  isGateOpen,
  shutGate,
} from "./gate.ts";
export {
  ITEMS_INLINE_BYTES,
  beginItem,
  beginItems,
  clearItems,
  itemsBegun,
  takeRest,
} from "./item-cursor.ts";
export {
  INLINE_BYTES,
  MAX_WORKERS,
  QueueViews,
  TASK_CALLABLE,
  TASK_FLAGS,
  TASK_ID,
  TASK_INLINE,
  TASK_LENGTH,
  TASK_PLACE,
  TASK_WORDS,
  busyMsWord,
  busySinceWord,
  createArenaMemory,
  createQueueMemory,
  postedWord,
  readyWord,
  resetWorker,
  stopsHeardWord,
} from "./layout.ts";
export type { QueueMemory } from "./layout.ts";
export {
  ARM_FOR_CLAIMS,
  ARM_FOR_RESULTS,
  bumpEpoch,
  doAllSleep,
  handSearchOn,
  keepSearch,
  leaveSets,
  publishSlotsInUse,
  unpark,
  wakeOne,
  wakeParent,
} from "./parker.ts";
export { parkRounds, parkUntil, parkUntilSync, spaceRounds } from "./park-until.ts";
export type { ParkOptions, SpinLimit } from "./park-until.ts";
export {
  EMPTY,
  NOBODY,
  RequestProducer,
  claim,
  generationOfTask,
  hasWork,
  mayBeClaimedBy,
} from "./request-ring.ts";
export {
  clearRun,
  isStopRequested,
  noteStart,
  requestStop,
  runningForMs,
  tryDecideEnd,
} from "./task-run.ts";
export { generationOf } from "./task-state.ts";
export { FULL, ResultReader, ResultWriter, createResultRing } from "./result-ring.ts";
export {
  awaitWork,
  awaitWorkers,
  awaitWorkersAsync,
  endSearch,
  endSearchWithChild,
  nap,
  parkEpoch,
  spinUntil,
  stopSearch,
  waitUnparked,
} from "./wait-strategy.ts";
export {
  NOBODY_HOLDS,
  busyMsAt,
  holderOf,
  noteBusyMs,
  noteBusySince,
  noteHolder,
  notePhase,
  notePosted,
  noteStopHeard,
  phaseOf,
  postedCount,
  stopsHeard,
} from "./worker-words.ts";
