/**
 * The parent's side of the queues: requests in, results out.
 *
 * A request goes to the queue at once when a task is free, and to the backlog otherwise; each result
 * that is read frees a task for the oldest request in the backlog.
 */
import {
  Arena,
  INLINE_BYTES,
  NO_BLOCK,
  QueueViews,
  RequestProducer,
  TASK_ATTEMPT,
  TASK_CALLABLE,
  TASK_FLAGS,
  TASK_LENGTH,
  TASK_PLACE,
  createQueueMemory,
  unpark,
  wakeOne,
} from "../native-queue/index.ts";
import type { QueueMemory } from "../native-queue/index.ts";
import { Backlog } from "./backlog.ts";
import { NO_BYTES, spillOf } from "./bytes.ts";
import type { Frame } from "./bytes.ts";
import { Decoder, Encoder, NUMBER_BYTES, writeNumbers } from "./codec/index.ts";
import { PayloadError, PoolClosed, WorkerDied } from "./errors.ts";
import type { PendingRequest } from "./pending-request.ts";
import { checkFrame, decodeResult } from "./received-frame.ts";
import { NO_SIDE_PARTS, flagsOf, sideMessage, sidePartsOf } from "./side-parts.ts";
import { SharedBuffers } from "./shared-buffers.ts";
import type { SideParts } from "./side-parts.ts";
import { UnreadCount } from "./unread-count.ts";
import type { RequestTable } from "./request-table.ts";
import type { WorkerChannel } from "./worker-channel.ts";
import {
  DYING,
  FETCH,
  NUMBERS,
  SIDE_MESSAGE_POSTED,
  SUCCEEDED,
  statusOf,
} from "./worker-protocol.ts";
import type { PortMessage } from "./worker-protocol.ts";

const TASKS = 1024;
const ARENA_BYTES = 1 << 26;
/** A longer payload travels in memory of its own, so that a few cannot fill the arena. */
const LONGEST_IN_ARENA = ARENA_BYTES / 16;
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
  readonly #decoder = new Decoder();
  readonly #table: RequestTable;
  readonly #backlog = new Backlog();
  readonly #freeTasks: number[] = Array.from({ length: TASKS }, (_, i) => TASKS - 1 - i);
  readonly #requestOfTask: (PendingRequest | undefined)[] = Array.from(
    { length: TASKS },
    () => undefined,
  );
  /** Where each task's payload lies, as the parent knows it: what shared memory says of it is for the worker. */
  readonly #placeOfTask = new Int32Array(TASKS);
  /** How many requests may be in the queue at once. */
  #maxInQueue: number = TASKS;
  /** Tasks recovered from killed workers whose threads may still read them: neither free nor in the queue. */
  #recovered = 0;
  readonly #unread = new UnreadCount();
  readonly #postToAll: (message: PortMessage) => void;

  /**
   * @param postToAll posts to every worker
   * @param wakeAll makes every worker read what was posted
   */
  constructor(table: RequestTable, postToAll: (message: PortMessage) => void, wakeAll: () => void) {
    this.#table = table;
    this.#postToAll = postToAll;
    this.#sharedBuffers = new SharedBuffers(postToAll, wakeAll);
    this.#encoder = new Encoder(this.#sharedBuffers.idOf);
  }

  #isAbandoned = false;

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
   * @param makeRoom called when the queue is full; may read results
   * @throws PayloadError when an argument cannot cross; then nothing was put
   */
  submit(
    pending: PendingRequest,
    args: readonly unknown[],
    transfer: readonly object[] | undefined,
    makeRoom: () => void,
  ): void {
    if (transfer === undefined && this.#tryPublishNumbers(pending, args)) {
      this.#table.add(pending);
      this.#wakeWorker();
      return;
    }
    const length = this.#encoder.prepare(args, "args", transfer);
    // What a getter may have done.
    if (this.#isAbandoned)
      throw new PoolClosed("The pool was closed while the arguments were read.");
    // First of all: there may be no memory for it.
    const isLong = length > LONGEST_IN_ARENA;
    const spill = isLong ? spillOf(this.#encoder, length, "args") : undefined;
    pending.side = sidePartsOf(this.#encoder);
    if (spill !== undefined) setSpill(pending, spill, length);
    this.#table.add(pending);
    if (this.#backlog.length === 0 && this.#tryPublish(pending, this.#encoder, length)) {
      this.#wakeWorker();
    } else {
      this.#backlog.push(pending, isLong ? NO_BYTES : this.#encoder, isLong ? 0 : length);
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
    this.#maxInQueue = results === 0 ? TASKS : Math.min(TASKS, results + workers);
    this.refill();
  }

  /** Moves requests from the backlog to the queue, as many as there is room for. */
  refill(): void {
    for (let parked = this.#backlog.first; parked !== undefined; parked = this.#backlog.first) {
      if (!this.#tryPublish(parked.pending, parked, parked.length)) return;
      this.#backlog.shift();
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
      this.#requestOfTask[task] = undefined;
      this.#table.outcome(pending, "failed", died(channel, exitCode, pending, channel.fault));
    }
    return tasks;
  }

  /** Have so many side messages been posted that workers that are parked should be woken to read them? */
  takeUnread(): boolean {
    return this.#unread.takeIfMany();
  }

  /** Posts to a new worker what was posted to the others and concerns requests that it may claim. */
  introduce(channel: WorkerChannel): void {
    for (const message of this.#sharedBuffers.messages()) channel.post(message);
    for (const [task, pending] of this.#requestOfTask.entries()) {
      if (pending === undefined || flagsOf(pending.side) !== SIDE_MESSAGE_POSTED) continue;
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
    this.#isAbandoned = true;
    this.#backlog.clear();
    this.#requestOfTask.fill(undefined);
  }

  #wakeWorker(): void {
    if (wakeOne(this.views)) this.isWorkerWaking = true;
  }

  /** The short way for the commonest arguments: a few numbers are written straight into the task. */
  #tryPublishNumbers(pending: PendingRequest, args: readonly unknown[]): boolean {
    if (this.#backlog.length > 0 || !this.#hasRoom()) return false;
    const task = this.#freeTasks.at(-1) as number;
    const { taskFloats } = this.views;
    const length = writeNumbers(args, taskFloats, this.views.inline(task) / NUMBER_BYTES);
    if (length === -1) return false;
    this.#freeTasks.pop();
    this.#publish(task, pending, INLINE, length, NUMBERS);
    return true;
  }

  #tryPublish(pending: PendingRequest, frame: Frame, length: number): boolean {
    if (!this.#hasRoom()) return false;
    const task = this.#freeTasks.pop() as number;
    const spilledBytes = pending.side?.spillBytes ?? 0;
    if (spilledBytes > 0) {
      this.#put(task, pending, ELSEWHERE, spilledBytes);
      return true;
    }
    if (length <= INLINE_BYTES) {
      frame.copyTo(this.views.taskBytes, this.views.inline(task));
      this.#put(task, pending, INLINE, length);
      return true;
    }
    const block = this.#arena.tryAllocate(length);
    if (block === NO_BLOCK) {
      setSpill(pending, spillOf(frame, length, "args"), length);
      this.#put(task, pending, ELSEWHERE, length);
    } else {
      frame.copyTo(this.views.arenaBytes, block);
      this.#put(task, pending, block, length);
    }
    return true;
  }

  /** Is a task free for one more request, and an entry of the ring? */
  #hasRoom(): boolean {
    const free = this.#freeTasks.length;
    const inQueue = TASKS - free - this.#recovered;
    return free > 0 && inQueue < this.#maxInQueue && this.#producer.hasRoom();
  }

  /** Puts a task whose payload is written, after the side message that belongs to it. */
  #put(task: number, pending: PendingRequest, place: number, length: number): void {
    const flags = flagsOf(pending.side);
    if (flags === SIDE_MESSAGE_POSTED) {
      try {
        this.#postToAll(sideMessage(task, this.#producer.nextPosition, pending.side));
      } catch {
        // The worker that misses it asks for it, and the request fails then, with the reason.
      }
      this.#unread.count(pending.side as SideParts);
    }
    this.#publish(task, pending, place, length, flags);
  }

  /** Fills in the fields of a task whose payload is written, and publishes it. */
  #publish(
    task: number,
    pending: PendingRequest,
    place: number,
    length: number,
    flags: number,
  ): void {
    const { words } = this.views;
    const first = this.views.task(task);
    words[first + TASK_CALLABLE] = pending.callableId;
    words[first + TASK_PLACE] = place;
    this.#placeOfTask[task] = place;
    words[first + TASK_LENGTH] = length;
    words[first + TASK_FLAGS] = flags;
    words[first + TASK_ATTEMPT] = 0;
    this.#requestOfTask[task] = pending;
    this.#producer.put(task);
  }

  #take(channel: WorkerChannel): void {
    const { reader } = channel;
    const { task, generation } = reader;
    checkFrame(reader, this.#producer.isClaimedBy(task, generation, channel.slot));
    const pending = this.#requestOfTask[task];
    if (pending === undefined) return;
    const status = statusOf(reader.status);
    if (status === FETCH) {
      this.#postSideMessage(channel, pending, task);
      return;
    }
    channel.results += 1;
    this.#requestOfTask[task] = undefined;
    this.#free(task);
    let value: unknown;
    try {
      value = decodeResult(this.#decoder, channel);
    } catch (error) {
      this.#table.outcome(pending, "failed", error);
      return;
    }
    if (status === SUCCEEDED) this.#table.outcome(pending, "succeeded", value);
    else if (status === DYING)
      this.#table.outcome(pending, "failed", died(channel, 1, pending, value));
    else this.#table.outcome(pending, "failed", value);
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
    const place = this.#placeOfTask[task] as number;
    if (place >= 0) this.#arena.free(place);
    this.#producer.release(task);
    this.#freeTasks.push(task);
  }
}

function setSpill(pending: PendingRequest, spill: SharedArrayBuffer, spillBytes: number): void {
  pending.side = { ...(pending.side ?? NO_SIDE_PARTS), spill, spillBytes };
}

function died(
  channel: WorkerChannel,
  exitCode: number | null,
  pending: PendingRequest,
  cause?: unknown,
): WorkerDied {
  const isFaulty = channel.fault !== undefined;
  const ended = isFaulty ? "was terminated because its results made no sense," : "was terminated";
  const how = exitCode === null ? ended : `ended with exit code ${exitCode}`;
  return new WorkerDied(
    `Worker ${channel.workerId} ${how} while it ran this request: requestID=${String(pending.request.requestID)}`,
    { workerId: channel.workerId, exitCode, cause },
  );
}
