import type { MessagePort } from "node:worker_threads";
import {
  FULL,
  ResultWriter,
  TASK_FLAGS,
  generationOfTask,
  parkUntil,
  parkUntilSync,
  spaceRounds,
  tryDecideEnd,
  wakeParent,
} from "../../native-queue/index.ts";
import type { QueueViews, WorkerGate } from "../../native-queue/index.ts";
import { NUMBER_BYTES, primitiveBytes, writePrimitive } from "../codec/index.ts";
import type { Encoder } from "../codec/index.ts";
import {
  FAILED,
  FETCH,
  MAY_BE_STOPPED,
  CHILD_RUNS,
  PROGRESS,
  RESULT_HAS_OUT_OF_BAND,
  RESULT_IS_NUMBER,
  RESULT_IS_TIMED,
  SUCCEEDED,
  TIMES_BYTES,
  spillOf,
  statusOf,
} from "../protocol/index.ts";
import type { OutOfBandMessage, SharedThread, WorkerInit } from "../protocol/index.ts";
import { BLOCK_MS } from "./yield-budget.ts";
import { Map, performanceNow, TIME_ORIGIN, loadedErrors } from "../runtime/index.ts";

/** Of no task, and not of a frame that belongs to no task either. */
const NONE_TIMED = -2;

/**
 * A worker's way to the parent: frames go into its result ring, and what bytes cannot carry goes through its port.
 *
 * A frame is written while the worker is away from the queue, however long it is: the parent reads it only once the
 * ring's tail has moved past it. To publish a frame the worker comes to the queue, and stays there. What a killed
 * worker would publish is dropped.
 */
export class Outbox {
  readonly #port: MessagePort;
  readonly #views: QueueViews;
  readonly #gate: WorkerGate;
  readonly #writer: ResultWriter;
  readonly #shared: SharedThread | undefined;
  /** The last task that is timed, and when its run began: nearly always it is the one whose outcome comes next. */
  #timedTask = NONE_TIMED;
  #timedSince = 0;
  /** The same of other tasks that are timed. */
  readonly #startedAt = new Map<number, number>();

  constructor({ port, ring, sharedThread }: WorkerInit, gate: WorkerGate) {
    this.#shared = sharedThread;
    this.#port = port;
    this.#gate = gate;
    this.#views = gate.views;
    this.#writer = new ResultWriter(ring);
  }

  /**
   * Publishes what the encoder has prepared as the outcome of a task.
   *
   * @returns false while the ring is full; then `untilSpace` or `untilSpaceSync` tries again
   * @throws PayloadError when an out-of-band part cannot be sent
   */
  tryPublish(task: number, status: number, encoder: Encoder, length: number): boolean {
    const { handles } = encoder;
    const timesBytes = this.#isTimed(task, status) ? TIMES_BYTES : 0;
    const isSpilled = length + timesBytes > this.#writer.maxPayloadBytes;
    const inRing = timesBytes + (isSpilled ? 0 : length);
    const at = this.#writer.tryReserve(inRing);
    if (at === FULL) return false;
    const generation = generationOfTask(this.#views, task);
    let word = status;
    if (isSpilled || handles.length > 0) {
      word |= RESULT_HAS_OUT_OF_BAND;
      const spill = isSpilled ? spillOf(encoder, length, "result") : undefined;
      const message: OutOfBandMessage = { task, generation, spill, spillBytes: length, handles };
      this.#post(message, encoder.transferList);
    }
    if (timesBytes > 0) word |= this.#writeTimes(task, at);
    if (!isSpilled) encoder.copyTo(this.#writer.bytes, at + timesBytes, this.#writer.words);
    this.#publish(task, generation, word, inRing);
    if (isSpilled) encoder.trim();
    else encoder.forget();
    return true;
  }

  /**
   * Publishes a number as the result of a task. Numbers are the most common result, so this one is written straight into
   * the ring, without an encoder.
   *
   * @returns false while the ring is full
   */
  tryPublishNumber(task: number, value: number): boolean {
    const timesBytes = this.#isTimed(task, SUCCEEDED) ? TIMES_BYTES : 0;
    const at = this.#writer.tryReserve(timesBytes + NUMBER_BYTES);
    if (at === FULL) return false;
    this.#writer.floats[(at + timesBytes) / NUMBER_BYTES] = value;
    const generation = generationOfTask(this.#views, task);
    let word = SUCCEEDED | RESULT_IS_NUMBER;
    if (timesBytes > 0) word |= this.#writeTimes(task, at);
    this.#publish(task, generation, word, timesBytes + NUMBER_BYTES);
    return true;
  }

  /**
   * The same for a task that has no flags: its run is neither timed nor may be stopped.
   *
   * @returns false while the ring is full
   */
  tryPublishPlainNumber(task: number, value: number): boolean {
    const writer = this.#writer;
    const at = writer.tryReserve(NUMBER_BYTES);
    if (at === FULL) return false;
    writer.floats[at / NUMBER_BYTES] = value;
    const generation = generationOfTask(this.#views, task);
    if (!this.#gate.tryEnter()) return true;
    writer.publish(task, generation, SUCCEEDED | RESULT_IS_NUMBER, NUMBER_BYTES);
    wakeParent(this.#views);
    return true;
  }

  /**
   * Publishes a short text, a boolean, undefined or null in the same way.
   *
   * @returns false for any other value, and while the ring is full
   */
  tryPublishPrimitive(task: number, value: unknown): boolean {
    const length = primitiveBytes(value);
    if (length === -1) return false;
    const timesBytes = this.#isTimed(task, SUCCEEDED) ? TIMES_BYTES : 0;
    const at = this.#writer.tryReserve(timesBytes + length);
    if (at === FULL || !writePrimitive(value, this.#writer.bytes, at + timesBytes)) return false;
    const generation = generationOfTask(this.#views, task);
    const times = timesBytes > 0 ? this.#writeTimes(task, at) : 0;
    this.#publish(task, generation, SUCCEEDED | times, timesBytes + length);
    return true;
  }

  /**
   * The run of a task begins. Its outcome is to tell when that was and how long the run took.
   *
   * @param at in milliseconds, on the clock that all threads share
   */
  beginTimes(task: number, at: number): void {
    const before = this.#timedTask;
    if (before !== NONE_TIMED && before !== task) this.#startedAt.set(before, this.#timedSince);
    this.#timedTask = task;
    this.#timedSince = at;
  }

  /** Asks the parent for the out-of-band message of a task. Returns false while the ring is full. */
  tryAsk(task: number, generation: number): boolean {
    if (this.#writer.tryReserve(0) === FULL) return false;
    this.#publish(task, generation, FETCH, 0);
    this.#gate.leave();
    return true;
  }

  /**
   * Waits for space in the ring while the worker's event loop turns.
   *
   * @param tryPublish calls one of the `try…` methods above; returns false while there is no space
   * @returns a promise that resolves when `tryPublish` has returned true, and rejects with what it throws
   */
  untilSpace(tryPublish: () => boolean): Promise<void> {
    if (this.#shared !== undefined) return this.#untilParentHasRead(tryPublish, this.#shared);
    return parkUntil(spaceRounds(this.#gate, this.#writer, tryPublish, BLOCK_MS));
  }

  /** Like `untilSpace`, but blocks until `tryPublish` has returned true. */
  untilSpaceSync(tryPublish: () => boolean): void {
    if (this.#shared !== undefined) return this.#letParentRead(tryPublish, this.#shared);
    parkUntilSync(spaceRounds(this.#gate, this.#writer, tryPublish, Infinity));
  }

  async #untilParentHasRead(tryPublish: () => boolean, shared: SharedThread): Promise<void> {
    this.#letParentRead(tryPublish, shared);
  }

  /** The ring is empty once the parent has read it, and a frame that fits no empty ring is spilled. */
  #letParentRead(tryPublish: () => boolean, { letParentRead }: SharedThread): void {
    while (!tryPublish()) letParentRead();
  }

  #isTimed(task: number, status: number): boolean {
    if (status === PROGRESS || status === CHILD_RUNS) return false;
    return task === this.#timedTask || (this.#startedAt.size > 0 && this.#startedAt.has(task));
  }

  /** Writes when the run began and how long it took. Returns the flag that says so. */
  #writeTimes(task: number, at: number): number {
    const startedAt = this.#takeStart(task);
    const { floats } = this.#writer;
    floats[at / NUMBER_BYTES] = startedAt;
    floats[at / NUMBER_BYTES + 1] = TIME_ORIGIN + performanceNow() - startedAt;
    return RESULT_IS_TIMED;
  }

  #takeStart(task: number): number {
    if (task === this.#timedTask) {
      this.#timedTask = NONE_TIMED;
      return this.#timedSince;
    }
    const startedAt = this.#startedAt.get(task) as number;
    this.#startedAt.delete(task);
    return startedAt;
  }

  #publish(task: number, generation: number, status: number, payloadBytes: number): void {
    if (this.#isOverruled(task, status)) this.#gate.giveUp();
    if (!this.#gate.tryEnter()) return;
    this.#writer.publish(task, generation, status, payloadBytes);
    wakeParent(this.#views);
  }

  /** Whether the parent has decided to end this worker, because the run has not stopped in time. */
  #isOverruled(task: number, status: number): boolean {
    const kind = statusOf(status);
    if (kind !== SUCCEEDED && kind !== FAILED) return false;
    const flags = this.#views.words[this.#views.task(task) + TASK_FLAGS] as number;
    return (flags & MAY_BE_STOPPED) !== 0 && !tryDecideEnd(this.#views, task);
  }

  #post(message: OutOfBandMessage, transferList: readonly Bun.Transferable[]): void {
    try {
      this.#port.postMessage(message, transferList as never);
    } catch (cause) {
      throw new (loadedErrors().PayloadError)(
        "A part of the result could not be sent; was it closed meanwhile?",
        {
          path: "result",
          cause,
        },
      );
    }
  }
}
