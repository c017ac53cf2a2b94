/**
 * A worker's way back: results into its ring, and over the side channel what bytes cannot carry.
 *
 * Frames are written into the ring away from the queue, however long they are: until the tail says so nobody looks
 * there. To publish one the worker comes to the queue, and stays there. What a killed worker would publish is dropped.
 */
import type { MessagePort } from "node:worker_threads";
import { FULL, ResultWriter, generationOfTask, wakeParent } from "../native-queue/index.ts";
import type { QueueViews, WorkerGate } from "../native-queue/index.ts";
import { spillOf } from "./bytes.ts";
import { NUMBER_BYTES } from "./codec/index.ts";
import type { Encoder } from "./codec/index.ts";
import { PayloadError } from "./errors.ts";
import { FETCH, RESULT_HAS_SIDE_MESSAGE, RESULT_IS_NUMBER, SUCCEEDED } from "./worker-protocol.ts";
import type { SideMessage, WorkerInit } from "./worker-protocol.ts";

export class WorkerOutbox {
  readonly #port: MessagePort;
  readonly #views: QueueViews;
  readonly #gate: WorkerGate;
  readonly #writer: ResultWriter;

  constructor({ port, ring }: WorkerInit, gate: WorkerGate) {
    this.#port = port;
    this.#gate = gate;
    this.#views = gate.views;
    this.#writer = new ResultWriter(ring);
  }

  /**
   * Publishes what the encoder has prepared as the outcome of a task.
   *
   * @returns false while the ring is full; then `wantSpace`, try again, and wait to be unparked
   * @throws PayloadError when a part that goes over the side channel cannot be sent
   */
  tryPublish(task: number, status: number, encoder: Encoder, length: number): boolean {
    const { handles } = encoder;
    const isSpilled = length > this.#writer.maxPayloadBytes;
    const inRing = isSpilled ? 0 : length;
    const at = this.#writer.tryReserve(inRing);
    if (at === FULL) return false;
    const generation = generationOfTask(this.#views, task);
    let word = status;
    if (isSpilled || handles.length > 0) {
      word |= RESULT_HAS_SIDE_MESSAGE;
      const spill = isSpilled ? spillOf(encoder, length) : undefined;
      const side: SideMessage = { task, generation, spill, spillBytes: length, handles };
      this.#post(side, encoder.transferList);
    }
    if (!isSpilled) encoder.copyTo(this.#writer.bytes, at);
    this.#publish(task, generation, word, inRing);
    if (isSpilled) encoder.release();
    return true;
  }

  /** The short way for the commonest result: a number is written straight into the ring. */
  tryPublishNumber(task: number, value: number): boolean {
    const at = this.#writer.tryReserve(NUMBER_BYTES);
    if (at === FULL) return false;
    this.#writer.floats[at / NUMBER_BYTES] = value;
    const generation = generationOfTask(this.#views, task);
    this.#publish(task, generation, SUCCEEDED | RESULT_IS_NUMBER, NUMBER_BYTES);
    return true;
  }

  /** Asks the parent for a task's side message. Returns false while the ring is full. */
  tryAsk(task: number, generation: number): boolean {
    if (this.#writer.tryReserve(0) === FULL) return false;
    this.#publish(task, generation, FETCH, 0);
    this.#gate.leave();
    return true;
  }

  /** Says that this worker waits for space. */
  wantSpace(): void {
    if (this.#gate.tryEnter()) this.#writer.wantSpace();
    this.#gate.leave();
  }

  #publish(task: number, generation: number, status: number, payloadBytes: number): void {
    if (!this.#gate.tryEnter()) return;
    this.#writer.publish(task, generation, status, payloadBytes);
    wakeParent(this.#views);
  }

  #post(side: SideMessage, transferList: readonly Bun.Transferable[]): void {
    try {
      this.#port.postMessage(side, transferList as never);
    } catch (cause) {
      throw new PayloadError("A part of the result could not be sent; was it closed meanwhile?", {
        path: "result",
        cause,
      });
    }
  }
}
