/** Sends to the parent what becomes of requests: results, errors, reports; waits where the ring is full. */
import type { WorkerGate } from "../../native-queue/index.ts";
import { bareError } from "../codec/bare-error.ts";
import { Encoder, encodeFailure } from "../codec/index.ts";
import type { Outbox } from "./outbox.ts";
import {
  DYING,
  FAILED,
  NOT_INITIALIZED,
  NO_TASK,
  PROGRESS,
  SUCCEEDED,
  UNCAUGHT,
} from "../protocol/index.ts";

export class Responder {
  readonly #gate: WorkerGate;
  readonly #outbox: Outbox;
  readonly #onEnd: (task: number) => void;
  readonly #encoder = new Encoder();
  /** Resolves when the result that waits for space in the ring has got it. */
  #waitingReply: Promise<void> | undefined;

  /** @param onEnd called when the outcome of a task is published */
  constructor(gate: WorkerGate, outbox: Outbox, onEnd: (task: number) => void) {
    this.#gate = gate;
    this.#outbox = outbox;
    this.#onEnd = onEnd;
  }

  /** Sends a result. Returns a promise while the ring is full. */
  replySuccess(task: number, value: unknown): Promise<void> | undefined {
    const isPublished =
      typeof value === "number"
        ? this.#outbox.tryPublishNumber(task, value)
        : this.#outbox.tryPublishPrimitive(task, value);
    if (isPublished) {
      this.#onEnd(task);
      return undefined;
    }
    if (this.#waitingReply !== undefined)
      return this.#waitingReply.then(() => this.replySuccess(task, value));
    try {
      return this.#reply(task, SUCCEEDED, this.#encoder.prepare(value, "result"));
    } catch (error) {
      return this.#replyError(task, error);
    }
  }

  /** Sends what a callable threw. Returns a promise while the ring is full. */
  replyFailure(task: number, error: unknown): Promise<void> | undefined {
    if (this.#waitingReply !== undefined)
      return this.#waitingReply.then(() => this.replyFailure(task, error));
    return this.#replyError(task, error);
  }

  #replyError(task: number, error: unknown): Promise<void> | undefined {
    try {
      return this.#reply(task, FAILED, encodeFailure(this.#encoder, error));
    } catch {
      // A part of it could not be sent, a closed port: the rest is told without all that needs sending.
      return this.#reply(task, FAILED, encodeFailure(this.#encoder, bareError(error)));
    }
  }

  /** Publishes what the encoder has prepared as the outcome of a task. Returns a promise while the ring is full. */
  #reply(task: number, status: number, length: number): Promise<void> | undefined {
    if (this.#outbox.tryPublish(task, status, this.#encoder, length)) {
      this.#onEnd(task);
      return undefined;
    }
    // While this worker waits, what the callable left behind may change the buffers of the result.
    this.#encoder.flatten("result");
    // Until it is published the encoder is taken, and other requests that are done have to wait.
    const replied = this.#replyWhenThereIsSpace(task, status, length).finally(() => {
      this.#waitingReply = undefined;
    });
    this.#waitingReply = replied;
    return replied;
  }

  async #replyWhenThereIsSpace(task: number, status: number, length: number): Promise<void> {
    try {
      await this.#outbox.untilSpace(() =>
        this.#outbox.tryPublish(task, status, this.#encoder, length),
      );
    } catch (error) {
      return this.#replyError(task, error);
    }
    this.#onEnd(task);
  }

  /** Tells the parent what the initializer threw. Blocks while the ring is full. */
  failInitializer(error: unknown): void {
    const encoder = new Encoder();
    this.#publishBlocking(NO_TASK, NOT_INITIALIZED, encoder, encodeFailure(encoder, error));
  }

  /** Fails tasks with the uncaught error that ends this worker. Blocks while the ring is full. */
  failAll(tasks: readonly number[], error: unknown): void {
    for (const task of tasks) {
      this.#tellUncaught(task, DYING, error);
      this.#onEnd(task);
    }
  }

  /** Tells the parent of the uncaught error that ends this worker, which runs no request. Blocks while the ring is full. */
  tellUncaught(error: unknown): void {
    this.#tellUncaught(NO_TASK, UNCAUGHT, error);
  }

  #tellUncaught(task: number, status: number, error: unknown): void {
    // A fresh encoder: the error may have come in the middle of a reply.
    const encoder = new Encoder();
    try {
      this.#publishBlocking(task, status, encoder, encodeFailure(encoder, error));
    } catch {
      this.#publishBlocking(task, status, encoder, encodeFailure(encoder, bareError(error)));
    }
  }

  /** Sends what a callable reports. Blocks while the ring is full. */
  readonly report = (task: number, value: unknown): void => {
    // An encoder of its own: somebody may report from a getter of a result that is being encoded.
    const encoder = new Encoder();
    this.#publishBlocking(task, PROGRESS, encoder, encoder.prepare(value, "progress"));
  };

  #publishBlocking(task: number, status: number, encoder: Encoder, length: number): void {
    this.#outbox.untilSpaceSync(() => {
      try {
        return this.#outbox.tryPublish(task, status, encoder, length);
      } finally {
        // User code goes on after this, or after its stack overflows in the middle of it.
        this.#gate.leave();
      }
    });
  }
}
