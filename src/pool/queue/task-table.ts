import {
  INLINE_BYTES,
  NOBODY,
  RequestProducer,
  TASK_CALLABLE,
  TASK_FLAGS,
  TASK_LENGTH,
  TASK_ID,
  TASK_INLINE,
  TASK_PLACE,
  TASK_WORDS,
  clearItems,
  clearRun,
  generationOf,
  requestStop,
  runningForMs,
  tryDecideEnd,
} from "../../../native-queue/index.ts";
import type { QueueViews } from "../../../native-queue/index.ts";
import {
  HAS_REQUEST_ID,
  INLINE,
  IN_BAND,
  IS_TIMED,
  NUMBERS,
  OUT_OF_BAND_ON_DEMAND,
  OUT_OF_BAND_POSTED,
  SPILLED,
  outOfBandMessage,
  payloadKind,
  payloadKindOf,
} from "../../protocol/index.ts";
import type { EncodedValue, OutOfBandParts } from "../../protocol/index.ts";
import { writeNumbers, writePrimitives } from "../../codec/index.ts";
import { NOWHERE } from "../request/pending-request.ts";
import type { PendingRequest } from "../request/pending-request.ts";
import { NOT_TIMED } from "../request/put-times.ts";
import { Arenas } from "./arenas.ts";
import { BriefWork } from "./brief-work.ts";
import { bytesOf } from "./arrival.ts";
import type { Arrival, Payload } from "./arrival.ts";
import type { Run } from "./run.ts";
import { storePayload, storedPayload } from "./stored-payload.ts";
import { HeldBackTasks } from "./held-back-tasks.ts";
import type { ChannelSet } from "./channel-set.ts";
import { Int32Array, Set } from "../../runtime/index.ts";

/** Requests that can be in the queue at once. */
export const TASKS = 1024;

/** The part of the table that is about running requests. */
export type Runs = Pick<
  TaskTable,
  | "inUse"
  | "occupied"
  | "views"
  | "running"
  | "busySlots"
  | "isRunning"
  | "runningForMs"
  | "runOf"
  | "requestStop"
  | "tryDecideEnd"
  | "runsPending"
>;

/**
 * The queue's tasks as the parent sees them: which are free, which request occupies which, and where the
 * payloads lie.
 *
 * ```
 * free ──publish──▶ waiting ──a worker's claim──▶ running ──its result is read──▶ free
 *   ▲                  └──withdraw──▶ free           └──its worker dies──▶ held, until the thread is gone ──┐
 *   └──────────────────────────────────────────────────────────────────────────────────────────────free─────┘
 * ```
 */
export class TaskTable {
  readonly views: QueueViews;
  /** How many requests may be in tasks at once; at most one per task. */
  limit: number = TASKS;
  readonly #producer: RequestProducer;
  readonly arenas: Arenas;
  readonly #free: number[] = [];
  readonly #requests: (PendingRequest | undefined)[] = [];
  /**
   * By task: the location of its payload. The parent keeps its own copy, because a worker may damage the one in
   * shared memory.
   */
  readonly #locations = new Int32Array(TASKS);
  /** The tasks that are written and not published yet. */
  readonly heldBack: HeldBackTasks = new HeldBackTasks();
  /**
   * Requests that wait in tasks or run. A run that was stopped counts until its result is read or its worker ends. The other
   * tasks are free, or held for a killed worker whose thread may still read them. Only this class changes it.
   */
  inUse = 0;
  /** Those of them that were offered to one worker. They do not count against the limit, which is for the ring. */
  #offered = 0;
  readonly #channels: ChannelSet;
  /** Work that is left to one worker. */
  readonly brief: BriefWork;

  /** @param channels get the out-of-band parts of a request before it is put */
  constructor(channels: ChannelSet) {
    this.#channels = channels;
    this.views = channels.views;
    this.arenas = new Arenas(channels);
    this.#producer = new RequestProducer(this.views);
    this.brief = new BriefWork(this.#producer, channels, this.heldBack);
    // No callback of a built-in function, and few rounds: this runs before the threads start, in code that is not compiled,
    // and a thousand rounds would make the engine compile it.
    for (let task = TASKS - 1; task >= 0; task -= 8) {
      this.#free.push(task, task - 1, task - 2, task - 3, task - 4, task - 5, task - 6, task - 7);
    }
    this.#requests.length = TASKS;
    this.#requests.fill(undefined);
  }

  /** The parent's end of the request ring. What was held back is published first. */
  get producer(): RequestProducer {
    this.publishHeldBack();
    return this.#producer;
  }

  /** Requests in tasks that no worker has claimed. */
  get waiting(): number {
    return this.#producer.waiting + this.heldBack.count;
  }

  /** Requests that workers have claimed and not completed. */
  get running(): number {
    let running = 0;
    for (const [, pending] of this.occupied()) if (this.isRunning(pending)) running += 1;
    return running;
  }

  /** The slots of workers that have claimed a request and not completed it. */
  busySlots(): Set<number> {
    const slots = new Set<number>();
    for (const [task] of this.occupied()) slots.add(this.producer.ownerOf(task));
    slots.delete(NOBODY);
    return slots;
  }

  /** Whether a task and an entry of the ring are free for one more request. */
  get hasRoom(): boolean {
    return (
      this.inUse - this.#offered < this.limit &&
      this.#free.length > 0 &&
      this.#producer.hasRoom(this.heldBack.count + 1)
    );
  }

  /** Whether a task and an entry of the ring are free for a request that is offered to one worker. */
  get hasRoomForOffer(): boolean {
    return this.#free.length > 0 && this.#producer.hasRoom(this.heldBack.count + 1);
  }

  /** Publishes the requests that were held back, and wakes a worker: see `HeldBackTasks`. */
  publishHeldBack(): void {
    const { count, tasks } = this.heldBack;
    if (count === 0) return;
    this.heldBack.count = 0;
    this.#producer.putAll(tasks, count);
    this.brief.wakeFor(count, this.inUse);
  }

  /** The tasks in use, and their requests. */
  *occupied(): Generator<[task: number, pending: PendingRequest]> {
    if (this.inUse === 0) return;
    for (const [task, pending] of this.#requests.entries())
      if (pending !== undefined) yield [task, pending];
  }

  requestOf(task: number): PendingRequest | undefined {
    return this.#requests[task];
  }

  /** Whether the task is in use, and was put with this generation. */
  isInUse(task: number, generation: number): boolean {
    return this.#producer.isInUse(task, generation);
  }

  /** Whether the same holds and the worker of that slot has claimed the task. */
  isClaimedBy(task: number, generation: number, slot: number): boolean {
    return this.#producer.isClaimedBy(task, generation, slot);
  }

  positionOf(task: number): number {
    return this.producer.positionOf(task);
  }

  flagsOf(task: number): number {
    return this.views.words[this.views.task(task) + TASK_FLAGS] as number;
  }

  /**
   * Puts a request whose arguments are a few primitives: they are written straight into the task, without an encoder.
   * There must be room.
   *
   * @returns false for all other arguments; then nothing was put
   */
  tryPublishPrimitives(pending: PendingRequest, args: readonly unknown[]): boolean {
    // Taken before the arguments are read: a getter of theirs may put another request, which must not get this task.
    const task = this.#free.pop() as number;
    const { taskFloats, taskBytes, firstTask } = this.views;
    const inline = firstTask + task * TASK_WORDS + TASK_INLINE;
    let kind = NUMBERS;
    let length = writeNumbers(args, taskFloats, inline >> 1);
    if (length === -1) {
      kind = IN_BAND;
      length = writePrimitives(args, taskBytes, inline << 2, INLINE_BYTES);
      if (length === -1) {
        this.#free.push(task);
        return false;
      }
    }
    this.#publish(task, pending, INLINE, length, kind);
    return true;
  }

  /** Puts an encoded request. There must be room. */
  publish(pending: PendingRequest, encoded: EncodedValue, { length, areNumbers }: Arrival): void {
    const task = this.#free.pop() as number;
    const location = storePayload(this.views, this.arenas, task, pending, encoded, length);
    const bytes = location === SPILLED ? (pending.outOfBand?.spillBytes ?? 0) : length;
    let kind = areNumbers ? NUMBERS : payloadKindOf(pending.outOfBand);
    // The others need no message, and the one worker asks for it.
    if (kind === OUT_OF_BAND_POSTED && pending.isOffer) kind = OUT_OF_BAND_ON_DEMAND;
    if (kind === OUT_OF_BAND_POSTED) this.#postOutOfBand(task, pending.outOfBand as OutOfBandParts);
    this.#publish(task, pending, location, bytes, kind);
  }

  /** Withdraws a request that no worker has claimed. Returns false when a worker was faster. */
  tryWithdraw(task: number): boolean {
    if (!this.producer.tryCancel(task)) return false;
    this.forget(task);
    this.free(task);
    return true;
  }

  /**
   * Frees the task of a request without options whose result has come.
   *
   * @param slot of the worker that has claimed it; `NOBODY` when no other worker can have
   * @returns the request; undefined, and nothing is done, when the result is not that of such a request
   */
  tryFinish(task: number, generation: number, slot: number): PendingRequest | undefined {
    const pending = this.#requests[task];
    if (pending?.outcome !== "pending" || pending.control !== undefined) return undefined;
    if (!this.#producer.tryRelease(task, generation, slot)) return undefined;
    pending.location = NOWHERE;
    this.#requests[task] = undefined;
    this.inUse -= 1;
    const location = this.#locations[task] as number;
    if (location >= 0) this.arenas.free(location);
    this.#free.push(task);
    if (pending.outOfBand !== undefined) this.keepSpill(pending);
    return pending;
  }

  /** Keeps the spill of a request for another one. Its result has come, so its worker has read all arguments. */
  keepSpill({ outOfBand, isOffer }: PendingRequest): void {
    const spill = outOfBand?.spill;
    // Offers to several workers share a spill.
    if (spill !== undefined && !isOffer) this.arenas.spills.keep(spill);
  }

  /** Removes the request from its task. The task itself is not free yet. */
  forget(task: number): void {
    const pending = this.#requests[task];
    if (pending === undefined) return;
    pending.location = NOWHERE;
    this.#requests[task] = undefined;
    this.inUse -= 1;
    if (pending.isOffer) this.#offered -= 1;
  }

  /** Makes the task free for another request. */
  free(task: number): void {
    const location = this.#locations[task] as number;
    if (location >= 0) this.arenas.free(location);
    this.#producer.release(task);
    this.#free.push(task);
  }

  /** Makes the tasks of a dead worker free. */
  freeAll(tasks: readonly number[]): void {
    for (const task of tasks) this.free(task);
  }

  /** Forgets every request. The queue is not used any more, but threads may still read it, so no task becomes free. */
  abandon(): void {
    this.heldBack.count = 0;
    this.#requests.fill(undefined);
    this.#free.length = 0;
    this.inUse = 0;
    this.#offered = 0;
  }

  /** Whether a worker has claimed the request and not completed it. */
  isRunning({ location }: PendingRequest): boolean {
    return isTask(location) && !this.producer.isWaiting(location);
  }

  /** Milliseconds since the run of a request with a time limit began; undefined when it has not. */
  runningForMs({ location }: PendingRequest): number | undefined {
    return isTask(location) ? runningForMs(this.views, location) : undefined;
  }

  /** The run of a request, and where it is; undefined when no worker runs the request. */
  runOf({ location }: PendingRequest): Run | undefined {
    if (!isTask(location)) return undefined;
    const slot = this.producer.ownerOf(location);
    if (slot === NOBODY) return undefined;
    return { task: location, slot, generation: generationOf(this.producer.positionOf(location)) };
  }

  /** Tells a running callable, in shared memory, that it is to stop. */
  requestStop({ task }: Run): void {
    requestStop(this.views, task);
  }

  /** Decides that a run ends with its worker. Returns false when the run has ended by itself. */
  tryDecideEnd(pending: PendingRequest): boolean {
    return this.isRunning(pending) && tryDecideEnd(this.views, pending.location as number);
  }

  /** Whether a worker runs a request that has no outcome yet. */
  runsPending(slot: number): boolean {
    for (const [task, { outcome }] of this.occupied())
      if (outcome === "pending" && this.producer.ownerOf(task) === slot) return true;
    return false;
  }

  payloadOf(task: number): Payload {
    const location = this.#locations[task] as number;
    const areNumbers = payloadKind(this.flagsOf(task)) === NUMBERS;
    const { encoded, length } = storedPayload(this.views, this.arenas, task, location);
    return { encoded, arrival: { length, areNumbers } };
  }

  /**
   * Writes the fields of a task whose payload is written, and publishes it, now or together with the next ones.
   *
   * It is one function, and calls few others, because every request takes this way: what has few functions is compiled
   * early.
   */
  #publish(
    task: number,
    pending: PendingRequest,
    location: number,
    length: number,
    kind: number,
  ): void {
    const { words, taskFloats, firstTask } = this.views;
    const { requestID, control } = pending;
    const first = firstTask + task * TASK_WORDS;
    let flags = kind;
    if (typeof requestID === "number") taskFloats[(first + TASK_ID) >> 1] = requestID;
    else flags |= HAS_REQUEST_ID;
    if (control !== undefined) {
      flags |= control.taskFlags;
      if (control.items > 0) clearItems(this.views, task);
    }
    if (pending.putAt !== NOT_TIMED) flags |= IS_TIMED;
    words[first + TASK_CALLABLE] = pending.callableId;
    words[first + TASK_PLACE] = location;
    words[first + TASK_LENGTH] = length;
    words[first + TASK_FLAGS] = flags;
    clearRun(this.views, task);
    this.#locations[task] = location;
    this.#requests[task] = pending;
    pending.location = task;
    this.inUse += 1;
    if (control?.onlySlot !== undefined) {
      this.#offered += 1;
      this.#producer.offer(task, control.onlySlot);
      return;
    }
    const { heldBack } = this;
    const count = ++heldBack.count;
    heldBack.tasks[count - 1] = task;
    // While little is in the queue, workers may have nothing else to do.
    if ((count >= heldBack.most || count > this.inUse >> 2) && !heldBack.waits(count))
      this.publishHeldBack();
  }

  /**
   * Posts the parts to every worker, before the request is put. The message names the position of the request, so those
   * that are held back go first: `producer` publishes them.
   */
  #postOutOfBand(task: number, parts: OutOfBandParts): void {
    this.#channels.postUnread(
      outOfBandMessage(task, this.producer.nextPosition, parts),
      bytesOf(parts),
    );
  }
}

function isTask(location: number | object): location is number {
  return typeof location === "number" && location !== NOWHERE;
}
