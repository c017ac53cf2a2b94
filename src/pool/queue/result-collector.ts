import { NOBODY, unpark } from "../../../native-queue/index.ts";
import { LazyDecoder, NUMBER_BYTES, readNumber } from "../../codec/index.ts";
import { PayloadError, ThreadPoolError, WorkerDied } from "../../errors.ts";
import {
  CHILD_RUNS,
  DYING,
  FETCH,
  NOT_INITIALIZED,
  NOT_LOADED,
  OUT_OF_BAND_ON_DEMAND,
  PROGRESS,
  RESULT_HAS_OUT_OF_BAND,
  RESULT_IS_NUMBER,
  RESULT_IS_TIMED,
  SUCCEEDED,
  TIMES_BYTES,
  UNCAUGHT,
  isStatusWord,
  payloadKind,
  statusOf,
  toldChildren,
  outOfBandMessage,
} from "../../protocol/index.ts";
import type { Latency } from "../request/latency.ts";
import { STARTED_BEFORE } from "../request/observer.ts";
import { SyncRequest } from "../request/pending-request.ts";
import type { PendingRequest } from "../request/pending-request.ts";
import { NOT_TIMED } from "../request/put-times.ts";
import type { RequestTable } from "../request/request-table.ts";
import { nameFramesOf } from "../request/stack-frames.ts";
import { noteItemsBegun } from "./item-cursors.ts";
import type { ChannelSet } from "./channel-set.ts";
import type { RequestQueue } from "./request-queue.ts";
import type { TaskTable } from "./task-table.ts";
import type { WorkerChannel } from "./worker-channel.ts";
import { TIME_ORIGIN, Uint8Array, performanceNow } from "../../runtime/index.ts";

/** The parts that a result collector is built from. */
export interface CollectorParts {
  readonly tasks: TaskTable;
  readonly channels: ChannelSet;
  readonly table: RequestTable;
  readonly latency: Latency;
  /** Takes the requests that are to run again. */
  readonly queue: RequestQueue;
}

/**
 * Results on their way back: reads the frames in the result rings and settles the requests that they belong to, and
 * settles what a dead worker has left.
 *
 * Nothing in a frame is trusted: a bad one costs only its own request or worker.
 */
export class ResultCollector {
  readonly #tasks: TaskTable;
  readonly #channels: ChannelSet;
  readonly #table: RequestTable;
  readonly #latency: Latency;
  readonly #queue: RequestQueue;
  readonly #decoder = new LazyDecoder();
  /** Frames read so far: results, reports, and requests for out-of-band messages. */
  framesRead = 0;

  constructor({ tasks, channels, table, latency, queue }: CollectorParts) {
    this.#tasks = tasks;
    this.#channels = channels;
    this.#table = table;
    this.#latency = latency;
    this.#queue = queue;
  }

  /**
   * Reads every frame that a worker has published.
   *
   * @returns false when a frame makes no sense, with the reason in `channel.fault`. Nothing more is read of this worker,
   *   which has damaged memory: kill it.
   */
  readResults(channel: WorkerChannel): boolean {
    const { reader } = channel;
    // The frame that is being decoded must stay where it is until the decoder is done.
    if (this.#decoder.isBusy) throw new ThreadPoolError(DECODING);
    if (channel.fault !== undefined) return false;
    if (!reader.hasNext) return true;
    this.#channels.isWorkerWaking = false;
    try {
      // A single worker cannot take another one's task. Looking for the owner would cost a cache miss per result.
      const slot = this.#channels.size === 1 ? NOBODY : channel.slot;
      while (reader.next()) if (!this.#trySucceed(channel, slot)) this.#readFrame(channel);
    } catch (error) {
      channel.fault = error;
      return false;
    }
    if (reader.commit()) unpark(this.#tasks.views, channel.slot);
    return true;
  }

  /**
   * Settles the request of a task that a dead worker has claimed and not completed: fails it, or puts it again. The worker
   * must not be able to claim or publish any more, and its results must have been read.
   *
   * @param exitCode of the worker; null when it was terminated
   */
  settleLost(channel: WorkerChannel, task: number, exitCode: number | null): void {
    const pending = this.#tasks.requestOf(task);
    if (pending === undefined) return;
    if (this.#table.observer !== undefined) this.#tellLostRun(channel, pending);
    this.#failOrPutAgain(channel, pending, task, exitCode);
  }

  #failOrPutAgain(
    channel: WorkerChannel,
    pending: PendingRequest,
    task: number,
    exitCode: number | null,
  ): void {
    const payload = this.#tasks.payloadOf(task);
    noteItemsBegun(this.#tasks, task, pending);
    const wasMoved = payloadKind(this.#tasks.flagsOf(task)) === OUT_OF_BAND_ON_DEMAND;
    this.#tasks.forget(task);
    if (pending.outcome !== "pending") pending.control?.endWatches();
    else if (!wasMoved && pending.control?.tryAgain() === true) {
      this.#table.retried += 1;
      this.#queue.putBack(pending, payload);
    } else {
      const cause = channel.fault ?? channel.uncaughtError;
      const error = diedRunning(channel, exitCode, pending, cause);
      this.#table.settle(pending, "failed", error);
    }
  }

  /**
   * Settles the request of an ordinary result on the shortest way.
   *
   * @param slot see `TaskTable.tryFinish`
   * @returns false for any other frame; then nothing is done
   */
  #trySucceed(channel: WorkerChannel, slot: number): boolean {
    const { reader } = channel;
    const { task, generation, status, end } = reader;
    const isTimed = (status & RESULT_IS_TIMED) !== 0;
    const start = isTimed ? reader.start + TIMES_BYTES : reader.start;
    const kind = status & ~RESULT_IS_TIMED;
    const isNumber = kind === (SUCCEEDED | RESULT_IS_NUMBER);
    if (isNumber ? end - start !== NUMBER_BYTES : kind !== SUCCEEDED || start > end) return false;
    const pending = this.#tasks.tryFinish(task, generation, slot);
    if (pending === undefined) return false;
    this.framesRead += 1;
    channel.results += 1;
    // Its class settles it otherwise.
    if (pending instanceof SyncRequest) {
      this.#settleDecoded(channel, pending, SUCCEEDED);
      return true;
    }
    if (pending.putAt !== NOT_TIMED) this.#recordTimes(channel, pending);
    let value: unknown;
    if (isNumber) value = readNumber(reader.floats, start / NUMBER_BYTES);
    else {
      try {
        value = this.#decoder.made.decode(reader.bytes, start, end);
      } catch (error) {
        this.#table.settle(pending, "failed", error);
        return true;
      }
    }
    this.#table.succeed(pending, value);
    return true;
  }

  #readFrame(channel: WorkerChannel): void {
    const { task, generation, status } = channel.reader;
    this.framesRead += 1;
    // A single worker cannot take another one's task. Looking for the owner would cost a cache miss per result.
    const isOnlyWorker = this.#channels.size === 1;
    const isItsOwn = isOnlyWorker
      ? this.#tasks.isInUse(task, generation)
      : this.#tasks.isClaimedBy(task, generation, channel.slot);
    if (!isItsOwn && this.#tryReadLastWords(channel)) return;
    checkFrame(task, status, isItsOwn);
    const pending = this.#tasks.requestOf(task);
    if (pending === undefined) return;
    const kind = statusOf(status);
    if (kind === FETCH) this.#postOutOfBand(channel, pending, task);
    else if (kind === PROGRESS) this.#report(channel, pending);
    else if (kind === CHILD_RUNS) this.#tellChildRuns(channel, pending);
    else if (kind === DYING) this.#settleDying(channel, pending, task);
    else this.#settle(channel, pending, task, kind);
  }

  /** Reads why a worker ends, if the present frame says so. Such a frame belongs to no task. */
  #tryReadLastWords(channel: WorkerChannel): boolean {
    const status = statusOf(channel.reader.status);
    const hasFailedToStart = status === NOT_INITIALIZED || status === NOT_LOADED;
    if (hasFailedToStart ? channel.isReady : status !== UNCAUGHT) return false;
    const error = this.#decodeError(channel);
    nameFramesOf(error);
    if (status === NOT_INITIALIZED) channel.initializerError = { error };
    else if (status === NOT_LOADED) channel.errorText = String(error);
    else channel.uncaughtError = error;
    return true;
  }

  #settle(channel: WorkerChannel, pending: PendingRequest, task: number, status: number): void {
    channel.results += 1;
    this.#tasks.forget(task);
    this.#tasks.free(task);
    this.#tasks.keepSpill(pending);
    // A run that was stopped has its outcome already.
    if (pending.outcome !== "pending") pending.control?.endWatches();
    this.#settleDecoded(channel, pending, status);
  }

  /** Settles a request of a worker that an uncaught error ends: as when its worker has died otherwise. */
  #settleDying(channel: WorkerChannel, pending: PendingRequest, task: number): void {
    channel.results += 1;
    channel.uncaughtError = this.#decodeError(channel);
    this.#recordTimes(channel, pending);
    this.#failOrPutAgain(channel, pending, task, 1);
    // The worker reads no more of it, and a request that is put again has been copied.
    this.#tasks.free(task);
  }

  #settleDecoded(channel: WorkerChannel, pending: PendingRequest, status: number): void {
    this.#recordTimes(channel, pending);
    let value: unknown;
    try {
      value = this.#decode(channel);
    } catch (error) {
      this.#table.settle(pending, "failed", error);
      return;
    }
    if (status === SUCCEEDED) this.#table.settle(pending, "succeeded", value);
    else this.#table.settle(pending, "failed", value);
  }

  #report(channel: WorkerChannel, pending: PendingRequest): void {
    if (pending.outcome !== "pending") return;
    try {
      this.#table.report(pending, this.#decode(channel));
    } catch {
      // A part of the report was lost on its way. The result is what counts.
    }
  }

  #tellChildRuns(channel: WorkerChannel, pending: PendingRequest): void {
    // Read in any case, because parts of it may have been posted.
    const told = toldChildren(this.#decodeError(channel));
    if (pending.putAt !== NOT_TIMED) this.#table.observer?.childrenRan?.(pending, told);
  }

  /** Answers a worker that has claimed a request with parts that can be moved to one worker only. */
  #postOutOfBand(channel: WorkerChannel, pending: PendingRequest, task: number): void {
    const position = this.#tasks.positionOf(task);
    const { outOfBand } = pending;
    try {
      channel.post(outOfBandMessage(task, position, outOfBand), outOfBand?.transferList);
    } catch (cause) {
      const error = new PayloadError(
        "A part of the arguments could not be sent; was it closed meanwhile?",
        { path: "args", cause },
      );
      this.#table.settle(pending, "failed", error);
      // The worker waits for a message. Without the parts it cannot decode the arguments, and fails the request.
      channel.post(outOfBandMessage(task, position));
    }
    unpark(this.#tasks.views, channel.slot);
  }

  /**
   * The value in the present frame.
   *
   * @throws PayloadError when the bytes are not an encoded value, or a part of the value has not come
   */
  #decode(channel: WorkerChannel): unknown {
    const { reader } = channel;
    const { status, end } = reader;
    const isTimed = (status & RESULT_IS_TIMED) !== 0;
    const start = isTimed ? reader.start + TIMES_BYTES : reader.start;
    if (start > end) throw wrongLength("A result with times");
    if ((status & RESULT_IS_NUMBER) !== 0) {
      if (end - start !== NUMBER_BYTES) throw wrongLength("A result that is a number");
      return readNumber(reader.floats, start / NUMBER_BYTES);
    }
    if ((status & RESULT_HAS_OUT_OF_BAND) === 0)
      return this.#decoder.made.decode(reader.bytes, start, end);
    const message = channel.takeOutOfBand(reader.task, reader.generation);
    if (message === undefined)
      throw new PayloadError("A part of the result was lost on its way.", { path: "result" });
    const { spill, spillBytes, handles } = message;
    return spill === undefined
      ? this.#decoder.made.decode(reader.bytes, start, end, handles)
      : this.#decoder.made.decode(new Uint8Array(spill), 0, spillBytes, handles);
  }

  /** The error in the present frame, or the reason why it cannot be decoded. */
  #decodeError(channel: WorkerChannel): unknown {
    try {
      return this.#decode(channel);
    } catch (reason) {
      return reason;
    }
  }

  /** Takes the times of the run from the present frame, if it has any. */
  #recordTimes({ reader, workerId }: WorkerChannel, pending: PendingRequest): void {
    const { floats, start, end, status } = reader;
    if (pending.putAt === NOT_TIMED) return;
    const { observer } = this.#table;
    if ((status & RESULT_IS_TIMED) === 0 || start + TIMES_BYTES > end) {
      if (observer !== undefined) observer.ran(pending, workerId, STARTED_BEFORE, 0);
      return;
    }
    const at = start / NUMBER_BYTES;
    const startedAt = floats[at] as number;
    const ranMs = floats[at + 1] as number;
    if (observer !== undefined) observer.ran(pending, workerId, startedAt, ranMs);
    this.#latency.record(startedAt - pending.putAt, ranMs);
    this.#tasks.heldBack.noteRun(ranMs);
  }

  /** Tells the observer that every run has ended: all workers are ended at once, and what they run is settled later. */
  tellLostRuns(): void {
    if (this.#table.observer === undefined) return;
    for (const [, pending] of this.#tasks.occupied()) {
      const slot = this.#tasks.runOf(pending)?.slot;
      const channel = this.#channels.all.find((each) => each.slot === slot);
      if (channel !== undefined) this.#tellLostRun(channel, pending);
    }
  }

  /** Tells of a run that has ended with its worker. When it began is known to a millisecond. */
  #tellLostRun({ workerId }: WorkerChannel, pending: PendingRequest): void {
    if (pending.putAt === NOT_TIMED) return;
    const ranMs = this.#tasks.runningForMs(pending);
    const startedAt = ranMs === undefined ? STARTED_BEFORE : TIME_ORIGIN + performanceNow() - ranMs;
    this.#table.observer?.ran(pending, workerId, startedAt, ranMs ?? 0);
  }
}

const DECODING =
  "A decode function of registerClass waits for results of a pool while it decodes one; do that after the value has arrived.";

/**
 * Checks the header of a frame.
 *
 * @param isItsOwn whether the task of the frame is in use, with the frame's generation, and claimed by the worker
 * @throws ThreadPoolError for a frame that no worker writes: its memory is damaged, and no other frame can be trusted
 */
function checkFrame(task: number, status: number, isItsOwn: boolean): void {
  if (!isItsOwn) {
    throw new ThreadPoolError(
      `A result names a task that its worker has not claimed: task=${task}`,
    );
  }
  if (!isStatusWord(status)) throw new ThreadPoolError(`Unknown result status: status=${status}`);
}

function wrongLength(what: string): PayloadError {
  return new PayloadError(`${what} has a wrong length.`, { path: "result" });
}

/** Why a request has failed whose worker ended while it ran the request. */
function diedRunning(
  channel: WorkerChannel,
  exitCode: number | null,
  pending: PendingRequest,
  cause?: unknown,
): WorkerDied {
  const isFaulty = channel.fault !== undefined;
  const ended = isFaulty ? "was terminated because its results made no sense," : "was terminated";
  const how = exitCode === null ? ended : `ended with exit code ${exitCode}`;
  return new WorkerDied(
    `Worker ${channel.workerId} ${how} while it ran this request: requestID=${String(pending.requestID)}`,
    { workerId: channel.workerId, exitCode, cause },
  );
}
