import type { MessagePort } from "node:worker_threads";
import {
  generationOfTask,
  mayBeClaimedBy,
  parkRounds,
  parkUntil,
  postedCount,
} from "../../native-queue/index.ts";
import type { QueueViews } from "../../native-queue/index.ts";
import type { CallableDefinition } from "../callable/load.ts";
import type {
  CallableMessage,
  OutOfBandMessage,
  PortMessage,
  PostedOutOfBandMessage,
  SharedBufferMessage,
  SharedThread,
  StopReasonMessage,
  WorkerInit,
} from "../protocol/index.ts";
import {
  SpinBudget,
  workerThreads,
  Map,
  promiseWithResolvers,
  collectGarbage,
} from "../runtime/index.ts";
import type { Outbox } from "./outbox.ts";
import { BLOCK_MS } from "./yield-budget.ts";

/** When dropped messages held so many bytes of shared memory, the engine is asked to collect garbage. */
const COLLECT_AFTER_BYTES = 1 << 25;
/** A parent that spins answers in some 10 us, one that has to be woken in 60. */
const LONGEST_SPIN_US = 100;

/**
 * What the parent has sent to a worker: callables, shared buffers, and the parts of payloads that cannot travel as
 * bytes. It reads the worker's port without the event loop.
 */
export class Inbox {
  readonly #port: MessagePort;
  readonly #views: QueueViews;
  readonly #slot: number;
  readonly #outbox: Outbox;
  readonly #definitions = new Map<number, CallableDefinition>();
  /** Promises of definitions that were posted and have not come yet, by id. */
  readonly #awaited = new Map<number, PromiseWithResolvers<CallableDefinition>>();
  /** Out-of-band messages, by task. Those posted to every worker are kept for the case that this one claims the task. */
  readonly #outOfBand = new Map<number, PostedOutOfBandMessage>();
  readonly #sharedBuffers = new Map<number, SharedArrayBuffer>();
  readonly #onStopReason: (message: StopReasonMessage) => void;
  readonly #spinBudget: SpinBudget;
  readonly #shared: SharedThread | undefined;
  /** The count of the port's messages, as of the last time that the port was read. */
  #postedSeen = 0;
  /** Bytes that messages and buffers held which were dropped since garbage was last collected. */
  #droppedBytes = 0;

  /**
   * @param outbox asks the parent for parts that it posts only on demand
   * @param onStopReason called with each reason to stop a run
   */
  constructor(
    { port, slot, callables, cores, sharedThread }: WorkerInit,
    views: QueueViews,
    outbox: Outbox,
    onStopReason: (message: StopReasonMessage) => void = () => {},
  ) {
    this.#onStopReason = onStopReason;
    this.#shared = sharedThread;
    this.#port = port;
    this.#views = views;
    this.#slot = slot;
    this.#outbox = outbox;
    for (const { id, definition } of callables) this.#definitions.set(id, definition);
    this.#spinBudget = new SpinBudget(LONGEST_SPIN_US, cores);
  }

  /** The parent has sent the definition of a callable. */
  define({ id, definition }: CallableMessage): void {
    this.#definitions.set(id, definition);
    this.#awaited.get(id)?.resolve(definition);
    this.#awaited.delete(id);
  }

  /** The parent has said that no request will name this callable any more. */
  forget(id: number): void {
    this.#definitions.delete(id);
  }

  /** Whether requests may name this callable. */
  isDefined(id: number): boolean {
    return this.#definitions.has(id);
  }

  /** The definition of a callable, if it has come. */
  knownDefinition(id: number): CallableDefinition | undefined {
    return this.#definitions.get(id);
  }

  /**
   * The definition of a callable, or a promise of it. The parent has posted it before it put the first request that
   * names it, so the definition has come or is on its way.
   */
  definition(id: number): CallableDefinition | Promise<CallableDefinition> {
    const known = this.#definitions.get(id);
    if (known !== undefined) return known;
    const awaited = this.#awaited.get(id) ?? promiseWithResolvers<CallableDefinition>();
    this.#awaited.set(id, awaited);
    return awaited.promise;
  }

  /**
   * The out-of-band message of a task that this worker has claimed. Takes the one that was posted before the task was
   * put; if there is none, asks the parent for it and waits.
   */
  async fetch(task: number): Promise<OutOfBandMessage> {
    const generation = generationOfTask(this.#views, task);
    let message = this.#take(task, generation);
    if (message !== undefined) return message;
    const tryAsk = (): boolean => this.#outbox.tryAsk(task, generation);
    if (!tryAsk()) await this.#outbox.untilSpace(tryAsk);
    this.#shared?.letParentRead();
    const look = (): boolean => {
      message = this.#take(task, generation);
      return message !== undefined;
    };
    const options = { look, spin: this.#spinBudget, blockMs: BLOCK_MS };
    await parkUntil(parkRounds(this.#views, this.#slot, options));
    return message as unknown as OutOfBandMessage;
  }

  /** The buffer that a request names by its number. It was posted before that request was put. */
  readonly sharedBuffer = (id: number): SharedArrayBuffer | undefined => {
    if (!this.#sharedBuffers.has(id)) this.read();
    return this.#sharedBuffers.get(id);
  };

  /** Whether a call of `read` may do anything. Cheap enough to ask whenever the worker has no request. */
  get hasUnread(): boolean {
    const posted = postedCount(this.#views, this.#slot);
    return posted !== this.#postedSeen || this.#outOfBand.size > 0;
  }

  /** Reads the port, and drops what was posted for requests that other workers have claimed. */
  read(): void {
    // The count before the port: a message that is posted in between is read now, and looked for once more.
    const posted = postedCount(this.#views, this.#slot);
    if (posted !== this.#postedSeen) this.#receive();
    this.#postedSeen = posted;
    for (const [task, { position, outOfBand }] of this.#outOfBand) {
      if (mayBeClaimedBy(this.#views, task, position, this.#slot)) continue;
      this.#outOfBand.delete(task);
      this.#droppedBytes += outOfBand.spillBytes;
    }
    if (this.#droppedBytes < COLLECT_AFTER_BYTES) return;
    this.#droppedBytes = 0;
    // A worker that only reads its port allocates nothing that would make the engine collect.
    collectGarbage(false);
  }

  /** The out-of-band message of a task, if it has come. */
  #take(task: number, generation: number): OutOfBandMessage | undefined {
    this.read();
    const message = this.#outOfBand.get(task)?.outOfBand;
    this.#outOfBand.delete(task);
    return message?.generation === generation ? message : undefined;
  }

  #forgetBuffer(id: number): void {
    this.#droppedBytes += this.#sharedBuffers.get(id)?.byteLength ?? 0;
    this.#sharedBuffers.delete(id);
  }

  #receive(): void {
    const { receiveMessageOnPort } = workerThreads();
    for (;;) {
      const received = receiveMessageOnPort(this.#port);
      if (received === undefined) return;
      const message = received.message as PortMessage;
      if (isPosted(message)) this.#outOfBand.set(message.outOfBand.task, message);
      else if (isStopReason(message)) this.#onStopReason(message);
      else if (message.buffer === undefined) this.#forgetBuffer(message.id);
      else this.#sharedBuffers.set(message.id, message.buffer);
    }
  }
}

function isPosted(message: PortMessage): message is PostedOutOfBandMessage {
  return Object.hasOwn(message, "outOfBand");
}

function isStopReason(
  message: StopReasonMessage | SharedBufferMessage,
): message is StopReasonMessage {
  return Object.hasOwn(message, "stopReason");
}
