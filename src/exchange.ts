/**
 * The parent's side of the queues: requests in, results out.
 *
 * A request goes to the queue at once when a task is free, and to the backlog otherwise; each result
 * that is read frees a task for the oldest request in the backlog.
 */
import {
  Arena,
  INLINE_BYTES,
  NOBODY,
  NO_BLOCK,
  QueueViews,
  RequestProducer,
  TASK_CALLABLE,
  TASK_FLAGS,
  TASK_LENGTH,
  TASK_PLACE,
  clearRun,
  createQueueMemory,
  generationOf,
  requestStop,
  runningForMs,
  unpark,
  wakeOne,
} from "../native-queue/index.ts";
import type { QueueMemory } from "../native-queue/index.ts";
import { Backlog, Parked } from "./backlog.ts";
import type { Arrival } from "./backlog.ts";
import { copyBytes, spillOf } from "./bytes.ts";
import type { Frame } from "./bytes.ts";
import { Encoder, NUMBER_BYTES, writeNumbers } from "./codec/index.ts";
import { PayloadError, WorkerDied } from "./errors.ts";
import { NOWHERE } from "./pending-request.ts";
import type { PendingRequest } from "./pending-request.ts";
import { ResultDecoder } from "./result-decoder.ts";
import { NO_SIDE_PARTS, payloadKindOf, sideMessage, sidePartsOf } from "./side-parts.ts";
import type { RequestTimes } from "./request-times.ts";
import { SharedBuffers } from "./shared-buffers.ts";
import type { SideParts } from "./side-parts.ts";
import { UnreadCount } from "./unread-count.ts";
import type { RequestTable } from "./request-table.ts";
import type { WorkerChannel } from "./worker-channel.ts";
import {
  DYING,
  FETCH,
  HAS_REQUEST_ID,
  IS_TIMED,
  NUMBERS,
  PROGRESS,
  SIDE_MESSAGE_ON_DEMAND,
  SIDE_MESSAGE_POSTED,
  SUCCEEDED,
  payloadKind,
  statusOf,
} from "./worker-protocol.ts";
import type { PortMessage, StopMessage } from "./worker-protocol.ts";

const TASKS = 1024;
const ARENA_BYTES = 1 << 26;
/** A payload over this share of the arena travels in memory of its own, so that a few cannot fill it. */
const LARGEST_ARENA_SHARE = 16;
/** After a payload of this length the encoder lets go of its memory. */
const LARGE_BYTES = 1 << 20;
/** Where a payload lies: an offset in the arena, or one of these. */
const INLINE = -1;
const ELSEWHERE = -2;

export class Exchange {
  readonly memory: QueueMemory = createQueueMemory(TASKS, ARENA_BYTES);
  readonly views: QueueViews = new QueueViews(this.memory);
  readonly #producer = new RequestProducer(this.views);
  readonly #arena = new Arena(ARENA_BYTES);
  readonly #sharedBuffers: SharedBuffers;
  readonly #encoder: Encoder;
  readonly #results: ResultDecoder;
  readonly #table: RequestTable;
  readonly #backlog = new Backlog();
  readonly #freeTasks: number[] = Array.from({ length: TASKS }, (_, i) => TASKS - 1 - i);
  readonly #requestOfTask: (PendingRequest | undefined)[] = Array.from(
    { length: TASKS },
    () => undefined,
  );
  /** By task: when its request was put, if it is timed; see `RequestTimes.putAt`. */
  readonly #putAt = new Float64Array(TASKS);
  /** How many requests may be in the queue at once. */
  #maxInQueue: number = TASKS;
  #maxResults = 0;
  #workers = 0;
  #respectsPriorities = false;
  /** Tasks recovered from killed workers whose threads may still read them: neither free nor in the queue. */
  #recovered = 0;
  readonly #unread = new UnreadCount();
  readonly #postToAll: (message: PortMessage) => void;

  /**
   * @param postToAll posts to every worker
   * @param wakeAll makes every worker read what was posted
   */
  constructor(
    table: RequestTable,
    times: RequestTimes,
    postToAll: (message: PortMessage) => void,
    wakeAll: () => void,
  ) {
    this.#table = table;
    this.#results = new ResultDecoder(times);
    this.#postToAll = postToAll;
    this.#sharedBuffers = new SharedBuffers(postToAll, wakeAll);
    this.#encoder = new Encoder(this.#sharedBuffers.idOf);
  }

  /** A worker had to be woken and nothing has come since: it will not be there for some 50 us. */
  isWorkerWaking = false;

  /** Requests put and not yet claimed. */
  get waiting(): number {
    return this.#backlog.length + this.#producer.waiting;
  }

  get hasBacklog(): boolean {
    return this.#backlog.length > 0;
  }

  /**
   * Encodes a request's arguments and puts it.
   *
   * @param putAt see `RequestTimes.putAt`
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
    if (transfer === undefined && this.#tryPublishNumbers(pending, args, putAt)) {
      this.#table.add(pending);
      this.#wakeWorker();
      return;
    }
    const length = this.#encoder.prepare(withRequestID(pending, args), "args", transfer);
    pending.side = sidePartsOf(this.#encoder);
    this.#table.add(pending);
    if (this.#backlog.length === 0 && this.#hasRoom()) {
      this.#publishFrame(pending, this.#encoder, { length, areNumbers: false, putAt });
      this.#wakeWorker();
    } else {
      this.#backlog.push(pending, this.#encoder, length, putAt);
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

  #limitQueue(): void {
    const limits = [TASKS];
    if (this.#maxResults > 0) limits.push(this.#maxResults + this.#workers);
    // One that runs and one that waits for each worker: later ones are in time for what the priorities say.
    if (this.#respectsPriorities) limits.push(2 * this.#workers);
    this.#maxInQueue = Math.min(...limits);
    this.refill();
  }

  /** Moves requests from the backlog to the queue, as many as there is room for. */
  refill(): void {
    for (let parked = this.#backlog.first; parked !== undefined; parked = this.#backlog.first) {
      if (!this.#hasRoom()) return;
      this.#backlog.shift();
      this.#publishFrame(parked.pending, parked, parked);
      this.#wakeWorker();
    }
  }

  /** Reads every result that a worker has published. */
  drain(channel: WorkerChannel): void {
    const { reader } = channel;
    if (!reader.hasNext) return;
    this.isWorkerWaking = false;
    while (reader.next()) this.#take(channel);
    if (reader.commit()) unpark(this.views, channel.slot);
  }

  /**
   * Fails what a dead worker had claimed. Call it when the worker can claim no more and its results are read.
   *
   * @returns its tasks; `release` them once the thread is gone, for until then it may read them
   */
  recover(channel: WorkerChannel, exitCode: number | null): number[] {
    const tasks = this.#producer.claimedBy(channel.slot);
    this.#recovered += tasks.length;
    for (const task of tasks) {
      const pending = this.#requestOfTask[task];
      if (pending === undefined) continue;
      this.#forget(task, pending);
      if (pending.outcome !== "pending") pending.control?.endWatches();
      else if (this.#mayRunAgain(task, pending)) this.#putBack(task, pending);
      else this.#table.outcome(pending, "failed", died(channel, exitCode, pending));
    }
    return tasks;
  }

  /** Takes back a request that no worker has claimed. Returns false when one was faster. */
  tryWithdraw(pending: PendingRequest): boolean {
    const { place } = pending;
    if (place instanceof Parked) {
      this.#backlog.remove(place);
      return true;
    }
    if (place === NOWHERE || !this.#producer.tryCancel(place)) return false;
    this.#forget(place, pending);
    this.#free(place);
    return true;
  }

  /** Has a worker claimed the request, and not completed it? */
  isRunning({ place }: PendingRequest): boolean {
    return typeof place === "number" && place !== NOWHERE && !this.#producer.isWaiting(place);
  }

  /** Milliseconds since the run of a request with a time limit began; undefined when it has not. */
  runningForMs({ place }: PendingRequest): number | undefined {
    if (typeof place !== "number" || place === NOWHERE) return undefined;
    return runningForMs(this.views, place);
  }

  /** Lets a running callable know that it is to stop. Returns the slot of its worker and what to post to it. */
  requestStop({ place }: PendingRequest): { slot: number; message: StopMessage } | undefined {
    if (typeof place !== "number" || place === NOWHERE) return undefined;
    requestStop(this.views, place);
    const slot = this.#producer.ownerOf(place);
    if (slot === NOBODY) return undefined;
    const generation = generationOf(this.#producer.positionOf(place));
    return { slot, message: { stopTask: place, generation } };
  }

  /** How many requests workers have claimed and not completed. */
  get running(): number {
    let running = 0;
    for (const pending of this.#requestOfTask)
      if (pending !== undefined && this.isRunning(pending)) running += 1;
    return running;
  }

  /**
   * From now on few requests go to the queue at a time, so that priorities decide about the others. Those that
   * are there already come back.
   */
  respectPriorities(): void {
    if (this.#respectsPriorities) return;
    this.#respectsPriorities = true;
    const waiting = [...this.#requestOfTask.entries()]
      .filter((entry): entry is [number, PendingRequest] => entry[1] !== undefined)
      .sort(([a], [b]) => this.#producer.positionOf(b) - this.#producer.positionOf(a));
    for (const [task, pending] of waiting) {
      if (!this.#producer.tryCancel(task)) continue;
      this.#forget(task, pending);
      this.#putBack(task, pending);
      this.#free(task);
    }
    this.#limitQueue();
  }

  /** Only what could be sent again: what was moved went with the worker. */
  #mayRunAgain(task: number, { control }: PendingRequest): boolean {
    const flags = this.views.words[this.views.task(task) + TASK_FLAGS] as number;
    if (control === undefined || payloadKind(flags) === SIDE_MESSAGE_ON_DEMAND) return false;
    if (!control.tryAgain()) return false;
    this.#table.retried += 1;
    return true;
  }

  /** Copies a request's payload from its task to the front of the backlog. */
  #putBack(task: number, pending: PendingRequest): void {
    const { words } = this.views;
    const first = this.views.task(task);
    const areNumbers = payloadKind(words[first + TASK_FLAGS] as number) === NUMBERS;
    const length = words[first + TASK_LENGTH] as number;
    const { side } = pending;
    const putAt = this.#putAt[task] as number;
    this.#backlog.pushBack(pending, this.#payload(task, side), { length, areNumbers, putAt });
    if (side?.spill !== undefined) pending.side = { ...side, spill: undefined, spillBytes: 0 };
  }

  #payload(task: number, side: SideParts | undefined): Frame {
    const { words, taskBytes, arenaBytes } = this.views;
    const first = this.views.task(task);
    const length = words[first + TASK_LENGTH] as number;
    const place = words[first + TASK_PLACE] as number;
    const copyFrom = (bytes: Uint8Array, offset: number): Frame => ({
      copyTo: (target, start) => copyBytes(bytes, offset, target, start, length),
    });
    if (side?.spill !== undefined) return copyFrom(new Uint8Array(side.spill), 0);
    return place === INLINE
      ? copyFrom(taskBytes, this.views.inline(task))
      : copyFrom(arenaBytes, place);
  }

  /** The task's request is not there any more; the task is not yet free. */
  #forget(task: number, pending: PendingRequest): void {
    this.#requestOfTask[task] = undefined;
    pending.place = NOWHERE;
  }

  /** Have so many side messages been posted that workers that are parked should be woken to read them? */
  takeUnread(): boolean {
    return this.#unread.takeIfMany();
  }

  /** Posts to a new worker what was posted to the others and concerns requests that it may claim. */
  introduce(channel: WorkerChannel): void {
    for (const message of this.#sharedBuffers.messages()) channel.post(message);
    for (const [task, pending] of this.#requestOfTask.entries()) {
      if (pending === undefined || payloadKindOf(pending.side) !== SIDE_MESSAGE_POSTED) continue;
      channel.post(sideMessage(task, this.#producer.positionOf(task), pending.side));
    }
  }

  /** Takes recovered tasks back for other requests. */
  release(tasks: readonly number[]): void {
    this.#recovered -= tasks.length;
    for (const task of tasks) this.#free(task);
  }

  /** Forgets every request; the queue is not used any more. */
  abandon(): void {
    this.#backlog.clear();
    this.#requestOfTask.fill(undefined);
  }

  #wakeWorker(): void {
    if (wakeOne(this.views)) this.isWorkerWaking = true;
  }

  /** The short way for the commonest arguments: a few numbers are written straight into the task. */
  #tryPublishNumbers(pending: PendingRequest, args: readonly unknown[], putAt: number): boolean {
    if (this.#backlog.length > 0 || typeof pending.requestID !== "number" || !this.#hasRoom())
      return false;
    const task = this.#freeTasks.at(-1) as number;
    const { taskFloats } = this.views;
    const length = writeNumbers(args, taskFloats, this.views.inline(task) / NUMBER_BYTES);
    if (length === -1) return false;
    this.#freeTasks.pop();
    this.#publish(task, pending, INLINE, length, NUMBERS, putAt);
    return true;
  }

  /** There must be room. */
  #publishFrame(
    pending: PendingRequest,
    frame: Frame,
    { length, areNumbers, putAt }: Arrival,
  ): void {
    const task = this.#freeTasks.pop() as number;
    if (length <= INLINE_BYTES) {
      frame.copyTo(this.views.taskBytes, this.views.inline(task));
      if (areNumbers) this.#publish(task, pending, INLINE, length, NUMBERS, putAt);
      else this.#put(task, pending, INLINE, length, putAt);
      return;
    }
    const isLong = length > ARENA_BYTES / LARGEST_ARENA_SHARE;
    const block = isLong ? NO_BLOCK : this.#arena.tryAllocate(length);
    if (block === NO_BLOCK) {
      const spill = spillOf(frame, length);
      pending.side = { ...(pending.side ?? NO_SIDE_PARTS), spill, spillBytes: length };
      this.#put(task, pending, ELSEWHERE, length, putAt);
    } else {
      frame.copyTo(this.views.arenaBytes, block);
      this.#put(task, pending, block, length, putAt);
    }
  }

  /** Is a task free for one more request, and an entry of the ring? */
  #hasRoom(): boolean {
    const free = this.#freeTasks.length;
    const inQueue = TASKS - free - this.#recovered;
    return free > 0 && inQueue < this.#maxInQueue && this.#producer.hasRoom();
  }

  /** Puts a task whose payload is written, after the side message that belongs to it. */
  #put(task: number, pending: PendingRequest, place: number, length: number, putAt: number): void {
    const kind = payloadKindOf(pending.side);
    if (kind === SIDE_MESSAGE_POSTED) {
      try {
        this.#postToAll(sideMessage(task, this.#producer.nextPosition, pending.side));
      } catch {
        // The worker that misses it asks for it, and the request fails then, with the reason.
      }
      this.#unread.count(pending.side as SideParts);
    }
    this.#publish(task, pending, place, length, kind, putAt);
  }

  /** Fills in the fields of a task whose payload is written, and publishes it. */
  #publish(
    task: number,
    pending: PendingRequest,
    place: number,
    length: number,
    kind: number,
    putAt: number,
  ): void {
    const { words, taskFloats } = this.views;
    const { requestID, control } = pending;
    const first = this.views.task(task);
    words[first + TASK_CALLABLE] = pending.callableId;
    words[first + TASK_PLACE] = place;
    words[first + TASK_LENGTH] = length;
    clearRun(this.views, task);
    let flags = kind;
    if (typeof requestID === "number") taskFloats[this.views.id(task)] = requestID;
    else flags |= HAS_REQUEST_ID;
    if (control !== undefined) flags |= control.taskFlags;
    if (putAt !== 0) flags |= IS_TIMED;
    if ((flags & IS_TIMED) !== 0) this.#putAt[task] = putAt;
    words[first + TASK_FLAGS] = flags;
    this.#requestOfTask[task] = pending;
    pending.place = task;
    this.#producer.put(task);
  }

  #take(channel: WorkerChannel): void {
    const { reader } = channel;
    const { task, generation } = reader;
    if (!this.#producer.isInUse(task, generation)) return;
    const pending = this.#requestOfTask[task];
    if (pending === undefined) return;
    const status = statusOf(reader.status);
    if (status === FETCH) {
      this.#postSideMessage(channel, pending, task);
      return;
    }
    if (status === PROGRESS) {
      this.#report(channel, pending);
      return;
    }
    channel.results += 1;
    this.#forget(task, pending);
    this.#free(task);
    // One that was cancelled while it ran.
    if (pending.outcome !== "pending") pending.control?.endWatches();
    let value: unknown;
    try {
      value = this.#results.decode(channel, this.#putAt[task] as number);
    } catch (error) {
      this.#table.outcome(pending, "failed", error);
      return;
    }
    if (status === SUCCEEDED) this.#table.outcome(pending, "succeeded", value);
    else if (status === DYING)
      this.#table.outcome(pending, "failed", died(channel, 1, pending, value));
    else this.#table.outcome(pending, "failed", value);
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
    const position = this.#producer.positionOf(task);
    try {
      channel.post(sideMessage(task, position, pending.side), pending.side?.transferList);
    } catch (error) {
      const cause = new PayloadError(
        "A part of the arguments could not be sent; was it closed meanwhile?",
        {
          path: "args",
          cause: error,
        },
      );
      this.#table.outcome(pending, "failed", cause);
      // The worker waits for a message. Without the parts it cannot decode the arguments, and gives up on them.
      channel.post(sideMessage(task, position));
    }
    unpark(this.views, channel.slot);
  }

  #free(task: number): void {
    const place = this.views.words[this.views.task(task) + TASK_PLACE] as number;
    if (place >= 0) this.#arena.free(place);
    this.#producer.release(task);
    this.#freeTasks.push(task);
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

function died(
  channel: WorkerChannel,
  exitCode: number | null,
  pending: PendingRequest,
  cause?: unknown,
): WorkerDied {
  const how = exitCode === null ? "was terminated" : `ended with exit code ${exitCode}`;
  return new WorkerDied(
    `Worker ${channel.workerId} ${how} while it ran this request: requestID=${String(pending.request.requestID)}`,
    { workerId: channel.workerId, exitCode, cause },
  );
}
