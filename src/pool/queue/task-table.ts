/**
 * The queue's tasks, as the parent sees them: which are free, which request occupies which, and where the
 * payloads lie.
 *
 * ```
 * free ──publish──▶ waiting ──a worker's claim──▶ running ──its result is read──▶ free
 *   ▲                  └──withdraw──▶ free           └──its worker dies──▶ held, until the thread is gone ──┐
 *   └────────────────────────────────────────────────────────────────────────────────────────────release───┘
 * ```
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
  buryWorker,
  clearRun,
  createQueueMemory,
  generationOf,
  killWorker,
  requestStop,
  runningForMs,
  tryDecideEnd,
} from "../../../native-queue/index.ts";
import type { Burial, Kill, QueueMemory } from "../../../native-queue/index.ts";
import { NO_BYTES, copyBytes, spillOf } from "../../protocol/frame.ts";
import type { Frame } from "../../protocol/frame.ts";
import { NUMBER_BYTES, writeNumbers, writePrimitives } from "../../codec/index.ts";
import { NOWHERE } from "../request/pending-request.ts";
import type { PendingRequest } from "../request/pending-request.ts";
import { payloadKindOf, withSpill } from "../../protocol/out-of-band.ts";
import {
  HAS_REQUEST_ID,
  IS_TIMED,
  IN_BAND,
  NUMBERS,
  OUT_OF_BAND_POSTED,
  payloadKind,
} from "../../protocol/flags.ts";
import type { StopMessage } from "../../protocol/flags.ts";

const TASKS = 1024;
const ARENA_BYTES = 1 << 26;
/** A longer payload travels in memory of its own, so that a few cannot fill the arena. */
export const LONGEST_IN_ARENA: number = ARENA_BYTES / 16;
/** Where a payload lies: an offset in the arena, or one of these. */
const INLINE = -1;
const ELSEWHERE = -2;

/** An encoded request on its way to a task. */
export interface Arrival {
  readonly length: number;
  /** Are the bytes bare numbers, no encoder's frame? */
  readonly areNumbers: boolean;
  /** When the request was put; see `Latency.putAt`. */
  readonly putAt: number;
}

/** A request's payload where it lies; good until its task is used again. */
export interface Payload {
  readonly frame: Frame;
  readonly arrival: Arrival;
}

/** What can be asked and said of requests that workers run. */
export type Runs = Pick<
  TaskTable,
  | "inUse"
  | "running"
  | "busySlots"
  | "isRunning"
  | "runningForMs"
  | "requestStop"
  | "tryDecideEnd"
  | "hasAwaited"
>;

export class TaskTable {
  readonly memory: QueueMemory = createQueueMemory(TASKS, ARENA_BYTES);
  readonly views: QueueViews = new QueueViews(this.memory);
  /** How many requests may be in the queue at once; at most one a task. */
  limit: number = TASKS;
  readonly #producer = new RequestProducer(this.views);
  readonly #arena = new Arena(ARENA_BYTES);
  readonly #free: number[] = Array.from({ length: TASKS }, (_, i) => TASKS - 1 - i);
  readonly #requests: (PendingRequest | undefined)[] = Array.from(
    { length: TASKS },
    () => undefined,
  );
  /** Where each task's payload lies, as the parent knows it: what shared memory says of it is for the worker. */
  readonly #places = new Int32Array(TASKS);
  /** By task: when its request was put, if it is timed. */
  readonly #putAt = new Float64Array(TASKS);
  /** Tasks of killed workers whose threads may still read them: neither free nor in the queue. */
  #held = 0;
  readonly #postSideMessage: (task: number, position: number, pending: PendingRequest) => void;

  /** @param postSideMessage posts a request's side parts to every worker, before the request is put */
  constructor(postSideMessage: (task: number, position: number, pending: PendingRequest) => void) {
    this.#postSideMessage = postSideMessage;
  }

  /** Requests in the queue that nobody has claimed. */
  get waiting(): number {
    return this.#producer.waiting;
  }

  /** How many requests workers have claimed and not completed. */
  get running(): number {
    let running = 0;
    for (const [, pending] of this.occupied()) if (this.isRunning(pending)) running += 1;
    return running;
  }

  /** The slots of workers that have claimed a request and not completed it. */
  busySlots(): Set<number> {
    const slots = new Set<number>();
    for (const [task] of this.occupied()) {
      const slot = this.#producer.ownerOf(task);
      if (slot !== NOBODY) slots.add(slot);
    }
    return slots;
  }

  /** How many requests wait in the queue or run, those included that were stopped and that nobody waits for. */
  get inUse(): number {
    return TASKS - this.#free.length - this.#held;
  }

  /** Is a task free for one more request, and an entry of the ring? */
  get hasRoom(): boolean {
    return this.#free.length > 0 && this.inUse < this.limit && this.#producer.hasRoom();
  }

  /** The tasks in use, and their requests. */
  *occupied(): Generator<[task: number, pending: PendingRequest]> {
    for (const [task, pending] of this.#requests.entries())
      if (pending !== undefined) yield [task, pending];
  }

  requestOf(task: number): PendingRequest | undefined {
    return this.#requests[task];
  }

  /** Is the task in use, and is this the generation that it was put with? */
  isInUse(task: number, generation: number): boolean {
    return this.#producer.isInUse(task, generation);
  }

  /** The same, and has that worker claimed it? */
  isClaimedBy(task: number, generation: number, slot: number): boolean {
    return this.#producer.isClaimedBy(task, generation, slot);
  }

  positionOf(task: number): number {
    return this.#producer.positionOf(task);
  }

  putAt(task: number): number {
    return this.#putAt[task] as number;
  }

  flagsOf(task: number): number {
    return this.views.words[this.views.task(task) + TASK_FLAGS] as number;
  }

  /**
   * The short way for the commonest arguments: a few primitives are written straight into the task. There must be room.
   *
   * @returns false when the arguments are anything else; then nothing was put
   */
  tryPublishPrimitives(pending: PendingRequest, args: readonly unknown[], putAt: number): boolean {
    const task = this.#free.at(-1) as number;
    const { taskFloats, taskBytes } = this.views;
    const inline = this.views.inline(task);
    let kind = NUMBERS;
    let length = writeNumbers(args, taskFloats, inline / NUMBER_BYTES);
    if (length === -1) {
      kind = IN_BAND;
      length = writePrimitives(args, taskBytes, inline, INLINE_BYTES);
      if (length === -1) return false;
    }
    this.#free.pop();
    this.#publish(task, pending, INLINE, length, kind, putAt);
    return true;
  }

  /** Puts an encoded request. There must be room. */
  publish(pending: PendingRequest, frame: Frame, { length, areNumbers, putAt }: Arrival): void {
    const task = this.#free.pop() as number;
    const place = this.#store(task, pending, frame, length);
    const bytes = place === ELSEWHERE ? (pending.side?.spillBytes ?? 0) : length;
    const kind = areNumbers ? NUMBERS : payloadKindOf(pending.side);
    if (kind === OUT_OF_BAND_POSTED)
      this.#postSideMessage(task, this.#producer.nextPosition, pending);
    this.#publish(task, pending, place, bytes, kind, putAt);
  }

  /** Takes back a request that no worker has claimed. Returns false when one was faster. */
  tryWithdraw(task: number): boolean {
    if (!this.#producer.tryCancel(task)) return false;
    this.forget(task);
    this.free(task);
    return true;
  }

  /** The task's request is not there any more; the task is not yet free. */
  forget(task: number): void {
    const pending = this.#requests[task];
    if (pending !== undefined) pending.place = NOWHERE;
    this.#requests[task] = undefined;
  }

  /** The task is free for another request. */
  free(task: number): void {
    const place = this.#places[task] as number;
    if (place >= 0) this.#arena.free(place);
    this.#producer.release(task);
    this.#free.push(task);
  }

  /** `buryWorker`. Returns the tasks that the worker held; they stay in use until `release`. */
  bury(slot: number, burial: Burial): number[] {
    return buryWorker(this.views, this.#producer, slot, this.#holding(burial));
  }

  /** `killWorker`. Returns the tasks that the worker held; they stay in use until `release`. */
  kill(slot: number, kill: Kill): number[] {
    return killWorker(this.views, this.#producer, slot, this.#holding(kill));
  }

  /** The same burial; its tasks count as held. */
  #holding<B extends Burial>(burial: B): B {
    const settle = (tasks: readonly number[]): void => {
      this.#held += tasks.length;
      burial.settle(tasks);
    };
    return { ...burial, settle };
  }

  /** Frees tasks that were held. */
  release(tasks: readonly number[]): void {
    this.#held -= tasks.length;
    for (const task of tasks) this.free(task);
  }

  /** Forgets every request; the queue is not used any more, and counts as held by threads that may still read it. */
  abandon(): void {
    this.#requests.fill(undefined);
    this.#free.length = 0;
    this.#held = TASKS;
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

  /** Decides that a run ends with its worker. Returns false when it has ended of itself. */
  tryDecideEnd(pending: PendingRequest): boolean {
    return this.isRunning(pending) && tryDecideEnd(this.views, pending.place as number);
  }

  /** Does a worker run anything that somebody waits for? */
  hasAwaited(slot: number): boolean {
    for (const [task, { outcome }] of this.occupied())
      if (outcome === "pending" && this.#producer.ownerOf(task) === slot) return true;
    return false;
  }

  payloadOf(task: number): Payload {
    const { words, taskBytes, arenaBytes } = this.views;
    const place = this.#places[task] as number;
    // A spill stays with the request.
    const written =
      place === ELSEWHERE ? 0 : (words[this.views.task(task) + TASK_LENGTH] as number);
    // A worker that damages memory may have written there.
    const length = Math.max(0, Math.min(written, LONGEST_IN_ARENA));
    const areNumbers = payloadKind(this.flagsOf(task)) === NUMBERS;
    const copyFrom = (bytes: Uint8Array, offset: number): Frame => ({
      copyTo: (target, start) => copyBytes(bytes, offset, target, start, length),
    });
    let frame = NO_BYTES;
    if (place === INLINE) frame = copyFrom(taskBytes, this.views.inline(task));
    else if (place >= 0) frame = copyFrom(arenaBytes, place);
    return { frame, arrival: { length, areNumbers, putAt: this.putAt(task) } };
  }

  /** Copies a payload to where it is to lie. Returns the place. */
  #store(task: number, pending: PendingRequest, frame: Frame, length: number): number {
    if (pending.side?.spill !== undefined) return ELSEWHERE;
    if (length <= INLINE_BYTES) {
      frame.copyTo(this.views.taskBytes, this.views.inline(task), this.views.words);
      return INLINE;
    }
    const block = this.#arena.tryAllocate(length);
    if (block === NO_BLOCK) {
      pending.side = withSpill(pending.side, spillOf(frame, length, "args"), length);
      return ELSEWHERE;
    }
    frame.copyTo(this.views.arenaBytes, block);
    return block;
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
    this.#places[task] = place;
    words[first + TASK_LENGTH] = length;
    clearRun(this.views, task);
    let flags = kind;
    if (typeof requestID === "number") taskFloats[this.views.id(task)] = requestID;
    else flags |= HAS_REQUEST_ID;
    if (control !== undefined) flags |= control.taskFlags;
    if (putAt !== 0) flags |= IS_TIMED;
    if ((flags & IS_TIMED) !== 0) this.#putAt[task] = putAt;
    words[first + TASK_FLAGS] = flags;
    this.#requests[task] = pending;
    pending.place = task;
    this.#producer.put(task);
  }
}
