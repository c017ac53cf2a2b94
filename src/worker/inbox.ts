/** A worker's end of its side channel: what the parent has posted, taken without the event loop. */
import type { MessagePort } from "node:worker_threads";
import { mayBeClaimedBy, postedCount } from "../../native-queue/index.ts";
import type { QueueViews } from "../../native-queue/index.ts";
import { workerThreads } from "../runtime/lazy-builtins.ts";
import type { CallableDefinition } from "../callable/definition.ts";
import type {
  CallableMessage,
  PortMessage,
  PostedOutOfBandMessage,
  OutOfBandMessage,
  WorkerInit,
} from "../protocol/index.ts";

const COLLECT_AFTER_BYTES = 1 << 25;

export class Inbox {
  readonly #port: MessagePort;
  readonly #views: QueueViews;
  readonly #slot: number;
  readonly #definitions: (CallableDefinition | undefined)[];
  /** Who waits for a definition that has been posted and has not come yet. */
  readonly #awaited = new Map<number, PromiseWithResolvers<CallableDefinition>>();
  /** By task: those posted to every worker are here for whoever claims the task. */
  readonly #outOfBand = new Map<number, PostedOutOfBandMessage>();
  readonly #sharedBuffers = new Map<number, SharedArrayBuffer>();
  /** Of the port's messages. */
  #postedSeen = 0;
  #droppedBytes = 0;

  constructor({ port, slot, callables }: WorkerInit, views: QueueViews) {
    this.#port = port;
    this.#views = views;
    this.#slot = slot;
    this.#definitions = [...callables];
  }

  /** A definition has come. */
  define({ id, definition }: CallableMessage): void {
    this.#definitions[id] = definition;
    this.#awaited.get(id)?.resolve(definition);
    this.#awaited.delete(id);
  }

  /** The definition of a callable. It was posted before any request that names it was put, so it is on its way at least. */
  definition(id: number): CallableDefinition | Promise<CallableDefinition> {
    const known = this.#definitions[id];
    if (known !== undefined) return known;
    const awaited = this.#awaited.get(id) ?? Promise.withResolvers<CallableDefinition>();
    this.#awaited.set(id, awaited);
    return awaited.promise;
  }

  /** The side message of a task that this worker has claimed, if it has come. */
  take(task: number, generation: number): OutOfBandMessage | undefined {
    this.read();
    const message = this.#outOfBand.get(task)?.outOfBand;
    this.#outOfBand.delete(task);
    return message?.generation === generation ? message : undefined;
  }

  /** A buffer by the number that a request names it by; it was posted before that request was put. */
  readonly sharedBuffer = (id: number): SharedArrayBuffer | undefined => {
    if (!this.#sharedBuffers.has(id)) this.read();
    return this.#sharedBuffers.get(id);
  };

  /** Is there anything to read, or anything read that may be forgotten? Cheap enough to ask each time. */
  get hasUnread(): boolean {
    const posted = postedCount(this.#views, this.#slot);
    return posted !== this.#postedSeen || this.#outOfBand.size > 0;
  }

  /** Reads the port, and forgets what was posted for requests that others have claimed. */
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
    Bun.gc(false);
  }

  #forget(id: number): void {
    this.#droppedBytes += this.#sharedBuffers.get(id)?.byteLength ?? 0;
    this.#sharedBuffers.delete(id);
  }

  #receive(): void {
    const { receiveMessageOnPort } = workerThreads();
    for (;;) {
      const received = receiveMessageOnPort(this.#port);
      if (received === undefined) return;
      const message = received.message as PortMessage;
      if ("outOfBand" in message) this.#outOfBand.set(message.outOfBand.task, message);
      else if (message.buffer === undefined) this.#forget(message.id);
      else this.#sharedBuffers.set(message.id, message.buffer);
    }
  }
}
