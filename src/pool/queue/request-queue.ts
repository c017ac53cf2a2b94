/**
 * The parent's side of the queues: requests in, results out.
 *
 * A request goes to the queue at once when a task is free, and to the backlog otherwise; each result
 * that is read frees a task for the oldest request in the backlog.
 */
import { unpark, wakeOne } from "../../../native-queue/index.ts";
import type { Burial, QueueMemory, QueueViews } from "../../../native-queue/index.ts";
import { Backlog, BacklogEntry } from "./backlog.ts";
import { NO_BYTES, spillOf } from "../../protocol/frame.ts";
import { Encoder } from "../../codec/index.ts";
import { diedRunning } from "../supervision/worker-record.ts";
import { PayloadError, PoolClosed } from "../../errors.ts";
import { NOWHERE } from "../request/pending-request.ts";
import type { PendingRequest } from "../request/pending-request.ts";
import { ResultDecoder, checkFrame } from "./received-frame.ts";
import type { RequestTable } from "../request/request-table.ts";
import type { Latency } from "../request/latency.ts";
import { SharedBuffers } from "./shared-buffers.ts";
import {
  payloadKindOf,
  outOfBandMessage,
  outOfBandPartsOf,
  withSpill,
} from "../../protocol/out-of-band.ts";
import type { OutOfBandParts } from "../../protocol/out-of-band.ts";
import { LONGEST_IN_ARENA, TaskTable } from "./task-table.ts";
import type { Payload, Runs } from "./task-table.ts";
import { UnreadCount } from "./unread-count.ts";
import type { WorkerChannel } from "./worker-channel.ts";
import {
  DYING,
  FETCH,
  NOT_INITIALIZED,
  NOT_LOADED,
  PROGRESS,
  OUT_OF_BAND_ON_DEMAND,
  OUT_OF_BAND_POSTED,
  SUCCEEDED,
  UNCAUGHT,
  payloadKind,
  statusOf,
} from "../../protocol/flags.ts";
import type { PortMessage } from "../../protocol/flags.ts";

/** After a payload of this length the encoder lets go of its memory. */
const LARGE_BYTES = 1 << 20;

export class Exchange {
  readonly #tasks = new TaskTable((task, position, pending) =>
    this.#postToWorkers(task, position, pending),
  );
  /** What can be asked and said of requests that workers run. */
  readonly runs: Runs = this.#tasks;
  readonly memory: QueueMemory = this.#tasks.memory;
  readonly views: QueueViews = this.#tasks.views;
  readonly #sharedBuffers: SharedBuffers;
  readonly #encoder: Encoder;
  readonly #results: ResultDecoder;
  readonly #table: RequestTable;
  readonly #backlog = new Backlog();
  #maxResults = 0;
  #workers = 0;
  #respectsPriorities = false;
  readonly #unread = new UnreadCount();
  readonly #postToAll: (message: PortMessage) => void;

  /**
   * @param postToAll posts to every worker
   * @param wakeAll makes every worker read what was posted
   */
  constructor(
    table: RequestTable,
    times: Latency,
    postToAll: (message: PortMessage) => void,
    wakeAll: () => void,
  ) {
    this.#table = table;
    this.#results = new ResultDecoder(times);
    this.#postToAll = postToAll;
    this.#sharedBuffers = new SharedBuffers(postToAll, wakeAll);
    this.#encoder = new Encoder(this.#sharedBuffers.idOf);
  }

  #isAbandoned = false;

  /** A worker had to be woken and nothing has come since: it will not be there for some 50 us. */
  isWorkerWaking = false;

  /** Frames read so far: results, reports, and requests for what a worker lacks. */
  framesRead = 0;

  /** Requests put and not yet claimed. */
  get waiting(): number {
    return this.#backlog.length + this.#tasks.waiting;
  }

  get hasBacklog(): boolean {
    return this.#backlog.length > 0;
  }

  /**
   * Encodes a request's arguments and puts it.
   *
   * @param putAt see `Latency.putAt`
   * @param makeRoom called when the queue is full; may read results
   * @throws PayloadError when an argument cannot cross; then nothing was put
   */
  submit(
    pending: PendingRequest,
    args: readonly unknown[],
    transfer: readonly object[] | undefined,
    putAt: number,
    makeRoom: () => void,
  ): void {
    const hasRoom = this.#backlog.length === 0 && this.#tasks.hasRoom;
    const mayBePrimitives = transfer === undefined && typeof pending.requestID === "number";
    if (hasRoom && mayBePrimitives && this.#tasks.tryPublishPrimitives(pending, args, putAt)) {
      this.#table.add(pending);
      this.#wakeWorker();
      return;
    }
    const length = this.#encoder.prepare(withRequestID(pending, args), "args", transfer);
    // What a getter may have done.
    if (this.#isAbandoned)
      throw new PoolClosed("The pool was closed while the arguments were read.");
    // First of all: there may be no memory for it.
    const spill = length > LONGEST_IN_ARENA ? spillOf(this.#encoder, length, "args") : undefined;
    pending.side = outOfBandPartsOf(this.#encoder);
    if (spill !== undefined) pending.side = withSpill(pending.side, spill, length);
    this.#table.add(pending);
    const frame = spill === undefined ? this.#encoder : NO_BYTES;
    const arrival = { length: spill === undefined ? length : 0, areNumbers: false, putAt };
    if (hasRoom) {
      this.#tasks.publish(pending, frame, arrival);
      this.#wakeWorker();
    } else {
      this.#backlog.push(pending, frame, arrival);
      makeRoom();
      this.refill();
    }
    if (length > LARGE_BYTES) this.#encoder.release();
  }

  /**
   * Bounds the results that wait to be read. The bound is kept by giving the workers fewer requests: as
   * many as there may be results, and one in the hands of each worker.
   *
   * @param results 0 for no bound
   */
  limitInQueue(results: number, workers: number): void {
    this.#maxResults = results;
    this.#workers = workers;
    this.#limitQueue();
  }

  /**
   * From now on few requests go to the queue at a time, so that priorities decide about the others. Those that
   * are there already come back.
   */
  respectPriorities(): void {
    if (this.#respectsPriorities) return;
    this.#respectsPriorities = true;
    const lastFirst = [...this.#tasks.occupied()].sort(
      ([a], [b]) => this.#tasks.positionOf(b) - this.#tasks.positionOf(a),
    );
    for (const [task, pending] of lastFirst) {
      const payload = this.#tasks.payloadOf(task);
      if (this.#tasks.tryWithdraw(task)) this.#putBack(pending, payload);
    }
    this.#limitQueue();
  }

  #limitQueue(): void {
    const limits = [Infinity];
    if (this.#maxResults > 0) limits.push(this.#maxResults + this.#workers);
    // One that runs and one that waits for each worker: later ones are in time for what the priorities say.
    if (this.#respectsPriorities) limits.push(2 * this.#workers);
    this.#tasks.limit = Math.min(...limits);
    this.refill();
  }

  /** Moves requests from the backlog to the queue, as many as there is room for. */
  refill(): void {
    for (let parked = this.#backlog.first; parked !== undefined; parked = this.#backlog.first) {
      if (!this.#tasks.hasRoom) return;
      this.#backlog.shift();
      this.#tasks.publish(parked.pending, parked, parked);
      this.#wakeWorker();
    }
  }

  /**
   * Reads every result that a worker has published.
   *
   * @returns false when they make no sense: `channel.fault` says why. Nothing more is read of that worker; end it.
   */
  drain(channel: WorkerChannel): boolean {
    const { reader } = channel;
    if (channel.fault !== undefined) return false;
    if (!reader.hasNext) return true;
    this.isWorkerWaking = false;
    try {
      while (reader.next()) this.#take(channel);
    } catch (error) {
      channel.fault = error;
      return false;
    }
    if (reader.commit()) unpark(this.views, channel.slot);
    return true;
  }

  /**
   * Cleans up after a worker that has ended.
   *
   * @param live the slots of the other workers
   * @returns the tasks that it held; `release` them
   */
  bury(channel: WorkerChannel, exitCode: number | null, live: () => Iterable<number>): number[] {
    return this.#tasks.bury(channel.slot, this.#burialOf(channel, exitCode, live));
  }

  /**
   * Ends a worker and cleans up after it at once.
   *
   * @param live the slots of the other workers
   * @returns the tasks that it held; `release` them once the thread is gone, because until then it may read them
   */
  kill(channel: WorkerChannel, live: () => Iterable<number>): number[] {
    const burial = this.#burialOf(channel, null, live);
    return this.#tasks.kill(channel.slot, { ...burial, endThread: () => channel.terminate() });
  }

  #burialOf(channel: WorkerChannel, exitCode: number | null, live: () => Iterable<number>): Burial {
    return {
      readResults: () => void this.drain(channel),
      settle: (tasks) => this.#settleHeld(tasks, channel, exitCode),
      live,
    };
  }

  /** Settles what a dead worker had claimed: fails it, or puts it again. */
  #settleHeld(tasks: readonly number[], channel: WorkerChannel, exitCode: number | null): void {
    for (const task of tasks) {
      const pending = this.#tasks.requestOf(task);
      if (pending === undefined) continue;
      const payload = this.#tasks.payloadOf(task);
      const wasMoved = payloadKind(this.#tasks.flagsOf(task)) === OUT_OF_BAND_ON_DEMAND;
      this.#tasks.forget(task);
      if (pending.outcome !== "pending") pending.control?.endWatches();
      else if (!wasMoved && pending.control?.tryAgain() === true) {
        this.#table.retried += 1;
        this.#putBack(pending, payload);
      } else
        this.#table.settle(
          pending,
          "failed",
          diedRunning(channel, exitCode, pending, channel.fault),
        );
    }
  }

  /** Takes recovered tasks back for other requests. */
  release(tasks: readonly number[]): void {
    this.#tasks.release(tasks);
  }

  /** Takes back a request that no worker has claimed. Returns false when one was faster. */
  tryWithdraw({ place }: PendingRequest): boolean {
    if (place instanceof BacklogEntry) {
      this.#backlog.remove(place);
      return true;
    }
    return typeof place === "number" && place !== NOWHERE && this.#tasks.tryWithdraw(place);
  }

  /** Have so many side messages been posted that workers that are parked should be woken to read them? */
  takeUnread(): boolean {
    return this.#unread.takeIfMany();
  }

  /** Posts to a new worker what was posted to the others and concerns requests that it may claim. */
  introduce(channel: WorkerChannel): void {
    for (const message of this.#sharedBuffers.messages()) channel.post(message);
    for (const [task, pending] of this.#tasks.occupied()) {
      if (payloadKindOf(pending.side) !== OUT_OF_BAND_POSTED) continue;
      channel.post(outOfBandMessage(task, this.#tasks.positionOf(task), pending.side));
    }
  }

  /** Forgets every request; the queue is not used any more. */
  abandon(): void {
    this.#isAbandoned = true;
    this.#backlog.clear();
    this.#tasks.abandon();
  }

  #wakeWorker(): void {
    if (wakeOne(this.views)) this.isWorkerWaking = true;
  }

  /** To the front of the backlog. */
  #putBack(pending: PendingRequest, { frame, arrival }: Payload): void {
    this.#backlog.pushBack(pending, frame, arrival);
  }

  #postToWorkers(task: number, position: number, { side }: PendingRequest): void {
    try {
      this.#postToAll(outOfBandMessage(task, position, side));
    } catch {
      // The worker that misses it asks for it, and the request fails then, with the reason.
    }
    this.#unread.count(side as OutOfBandParts);
  }

  #take(channel: WorkerChannel): void {
    const { reader } = channel;
    const { task, generation } = reader;
    this.framesRead += 1;
    // A worker that is alone can take nobody's task; to look would cost a cache miss a result.
    const isAlone = this.#workers === 1;
    const isItsOwn = isAlone
      ? this.#tasks.isInUse(task, generation)
      : this.#tasks.isClaimedBy(task, generation, channel.slot);
    if (!isItsOwn && this.#tryTakeLastWords(channel)) return;
    checkFrame(reader, isItsOwn);
    const pending = this.#tasks.requestOf(task);
    if (pending === undefined) return;
    const status = statusOf(reader.status);
    if (status === FETCH) this.#postSideMessage(channel, pending, task);
    else if (status === PROGRESS) this.#report(channel, pending);
    else this.#settle(channel, pending, task, status);
  }

  /** Why a worker ends, if the frame at hand says so. */
  #tryTakeLastWords(channel: WorkerChannel): boolean {
    const status = statusOf(channel.reader.status);
    const hasFailedToStart = status === NOT_INITIALIZED || status === NOT_LOADED;
    if (hasFailedToStart ? channel.isReady : status !== UNCAUGHT) return false;
    const error = this.#results.decode(channel, 0);
    if (status === NOT_INITIALIZED) channel.initializerError = { error };
    else if (status === NOT_LOADED) channel.errorText = String(error);
    else channel.uncaughtError = error;
    return true;
  }

  #settle(channel: WorkerChannel, pending: PendingRequest, task: number, status: number): void {
    channel.results += 1;
    this.#tasks.forget(task);
    this.#tasks.free(task);
    // One that was stopped while it ran has its outcome already.
    if (pending.outcome !== "pending") pending.control?.endWatches();
    let value: unknown;
    try {
      value = this.#results.decode(channel, this.#tasks.putAt(task));
    } catch (error) {
      this.#table.settle(pending, "failed", error);
      return;
    }
    if (status === SUCCEEDED) this.#table.settle(pending, "succeeded", value);
    else if (status === DYING) {
      channel.uncaughtError = value;
      this.#table.settle(pending, "failed", diedRunning(channel, 1, pending, value));
    } else this.#table.settle(pending, "failed", value);
  }

  #report(channel: WorkerChannel, pending: PendingRequest): void {
    if (pending.outcome !== "pending") return;
    try {
      this.#table.report(pending, this.#results.decode(channel, 0));
    } catch {
      // A part of it was lost on its way. The result is what counts.
    }
  }

  /** A worker has claimed a request with parts that only one can have, and asks for them. */
  #postSideMessage(channel: WorkerChannel, pending: PendingRequest, task: number): void {
    const position = this.#tasks.positionOf(task);
    try {
      channel.post(outOfBandMessage(task, position, pending.side), pending.side?.transferList);
    } catch (error) {
      const cause = new PayloadError(
        "A part of the arguments could not be sent; was it closed meanwhile?",
        {
          path: "args",
          cause: error,
        },
      );
      this.#table.settle(pending, "failed", cause);
      // The worker waits for a message. Without the parts it cannot decode the arguments, and gives up on them.
      channel.post(outOfBandMessage(task, position));
    }
    unpark(this.views, channel.slot);
  }
}

/** Only numbers have a place in the task. Another requestID goes with the arguments. */
function withRequestID(
  { requestID }: PendingRequest,
  args: readonly unknown[],
): readonly unknown[] {
  if (typeof requestID === "number") return args;
  return [...args, typeof requestID === "symbol" ? String(requestID) : requestID];
}
