import { TASK_FLAGS } from "../../native-queue/index.ts";
import type { QueueViews, WorkerGate } from "../../native-queue/index.ts";
import { LazyEncoder, loadedCodec } from "../codec/index.ts";
import type { Encoder, Foreign } from "../codec/index.ts";
import {
  CHILD_RUNS,
  DYING,
  FAILED,
  FOREIGN_IS_PLAIN,
  NOT_INITIALIZED,
  NO_TASK,
  PROGRESS,
  SUCCEEDED,
  UNCAUGHT,
  takeChildRuns,
  takeTransferList,
} from "../protocol/index.ts";
import type { Outbox } from "./outbox.ts";
import type { RunContexts } from "./run-context.ts";

/**
 * Of an ArrayBuffer of so many bytes in a result a copy is moved to the parent. A shorter one goes through the ring, which costs
 * a copy more and no message.
 */
const MOVED_FROM = 1 << 17;

/** Sends to the parent what comes of requests: results, errors, progress. Waits while the result ring is full. */
export class Responder {
  readonly #gate: WorkerGate;
  readonly #outbox: Outbox;
  readonly #onEnd: (task: number) => void;
  readonly #lookAtClock: (() => void) | undefined;
  readonly #lazyEncoder = new LazyEncoder(undefined, MOVED_FROM);
  /** Set once a trace wants to hear of children: they are told before each reply. */
  #traced: Pick<RunContexts, "made"> | undefined;
  /**
   * The reply that waits for space in the ring, or undefined. It resolves when the reply is published. Until then the
   * encoder holds its value, so later replies that need the encoder wait for it.
   */
  #waitingReply: Promise<void> | undefined;

  /**
   * @param onEnd called when the outcome of a task is published
   * @param lookAtClock called when a run has its outcome; see `SharedThread.lookAtClock`
   */
  constructor(
    gate: WorkerGate,
    outbox: Outbox,
    onEnd: (task: number) => void,
    lookAtClock?: () => void,
  ) {
    this.#lookAtClock = lookAtClock;
    this.#gate = gate;
    this.#outbox = outbox;
    this.#onEnd = onEnd;
  }

  get views(): QueueViews {
    return this.#gate.views;
  }

  get #encoder(): Encoder {
    return this.#lazyEncoder.made;
  }

  /** Sends a result. Returns a promise of its publishing when the ring is full, else undefined. */
  replySuccess(task: number, value: unknown): Promise<void> | undefined {
    this.#lookAtClock?.();
    if (this.#traced !== undefined) this.#tellChildren(task, this.#traced);
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
      return this.#reply(
        task,
        SUCCEEDED,
        this.#encoder.prepare(value, "result", takeTransferList(value), this.#foreignOf(task)),
      );
    } catch (error) {
      return this.#replyError(task, error);
    }
  }

  /** Sends what a callable threw. Returns a promise of its publishing when the ring is full, else undefined. */
  replyFailure(task: number, error: unknown): Promise<void> | undefined {
    this.#lookAtClock?.();
    if (this.#traced !== undefined) this.#tellChildren(task, this.#traced);
    if (this.#waitingReply !== undefined)
      return this.#waitingReply.then(() => this.replyFailure(task, error));
    return this.#replyError(task, error);
  }

  /** Sends what a callable reports. Blocks while the ring is full. */
  readonly report = (task: number, value: unknown, root: string = "progress"): void => {
    // An encoder of its own: a getter may report while the result that it belongs to is being encoded.
    const encoder = new (loadedCodec().Encoder)(undefined, MOVED_FROM);
    this.#publishBlocking(
      task,
      PROGRESS,
      encoder,
      encoder.prepare(value, root, takeTransferList(value), this.#foreignOf(task)),
    );
  };

  /** From now on, tells the parent of the runs of a request's children before its outcome. */
  readonly tellChildrenOf = (contexts: Pick<RunContexts, "made">): void => {
    this.#traced = contexts;
  };

  /** Blocks while the ring is full. */
  #tellChildren(task: number, contexts: Pick<RunContexts, "made">): void {
    const context = contexts.made(task);
    const runs = context === undefined ? undefined : takeChildRuns(context);
    if (runs === undefined) return;
    const encoder = new (loadedCodec().Encoder)(undefined, MOVED_FROM);
    this.#publishBlocking(task, CHILD_RUNS, encoder, encoder.prepare(runs, "trace"));
  }

  /** Tells the parent what the initializer threw. Blocks while the ring is full. */
  failInitializer(error: unknown): void {
    this.#publishFailure(NO_TASK, NOT_INITIALIZED, error);
  }

  /** Fails tasks with the uncaught error that ends this worker. Blocks while the ring is full. */
  failAll(tasks: readonly number[], error: unknown): void {
    for (const task of tasks) {
      this.#publishFailure(task, DYING, error);
      this.#onEnd(task);
    }
  }

  /** Tells the parent of the uncaught error that ends this worker while it runs no request. Blocks while the ring is full. */
  tellUncaught(error: unknown): void {
    this.#publishFailure(NO_TASK, UNCAUGHT, error);
  }

  /** What becomes of instances of unregistered classes: an option of the request. */
  #foreignOf(task: number): Foreign {
    if (task === NO_TASK) return "refuse";
    const { views } = this.#gate;
    const flags = views.words[views.task(task) + TASK_FLAGS] as number;
    return (flags & FOREIGN_IS_PLAIN) === 0 ? "refuse" : "plain";
  }

  #replyError(task: number, error: unknown): Promise<void> | undefined {
    const { bareError, encodeFailure } = loadedCodec();
    try {
      return this.#reply(task, FAILED, encodeFailure(this.#encoder, error, this.#foreignOf(task)));
    } catch {
      // A part of the error could not be sent, such as a closed port. The rest is told without out-of-band parts.
      return this.#reply(task, FAILED, encodeFailure(this.#encoder, bareError(error)));
    }
  }

  /** Publishes what the encoder has prepared as the outcome of a task. Returns a promise when the ring is full. */
  #reply(task: number, status: number, length: number): Promise<void> | undefined {
    if (this.#outbox.tryPublish(task, status, this.#encoder, length)) {
      this.#onEnd(task);
      return undefined;
    }
    // While the reply waits, code that the callable left behind may change the buffers of the result.
    this.#encoder.flatten("result");
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

  #publishFailure(task: number, status: number, error: unknown): void {
    const { Encoder, bareError, encodeFailure } = loadedCodec();
    // A fresh encoder: the error may have come in the middle of a reply.
    const encoder = new Encoder();
    try {
      this.#publishBlocking(
        task,
        status,
        encoder,
        encodeFailure(encoder, error, this.#foreignOf(task)),
      );
    } catch {
      this.#publishBlocking(task, status, encoder, encodeFailure(encoder, bareError(error)));
    }
  }

  #publishBlocking(task: number, status: number, encoder: Encoder, length: number): void {
    this.#outbox.untilSpaceSync(() => {
      try {
        return this.#outbox.tryPublish(task, status, encoder, length);
      } finally {
        // User code goes on after this call, even when its stack overflows in the middle of it.
        this.#gate.leave();
      }
    });
  }
}
