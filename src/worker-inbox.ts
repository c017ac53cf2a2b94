/** A worker's end of its side channel: what the parent has posted, taken without the event loop. */
import { receiveMessageOnPort } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import { mayBeClaimedBy } from "../native-queue/index.ts";
import type { QueueViews } from "../native-queue/index.ts";
import type { CallableDefinition } from "./callable.ts";
import type { ParentMessage, SideMessage, WorkerInit } from "./worker-protocol.ts";

const COLLECT_AFTER_BYTES = 1 << 25;

export class WorkerInbox {
  readonly #port: MessagePort;
  readonly #views: QueueViews;
  readonly #slot: number;
  readonly #definitions: (CallableDefinition | undefined)[];
  /** By task: those posted to every worker are here for whoever claims the task. */
  readonly #sideMessages = new Map<number, Extract<ParentMessage, { kind: "side" }>>();
  #droppedBytes = 0;

  constructor({ port, slot, callables }: WorkerInit, views: QueueViews) {
    this.#port = port;
    this.#views = views;
    this.#slot = slot;
    this.#definitions = [...callables];
  }

  /** The definition of a callable: posted before any request that names it was put. */
  definition(id: number): CallableDefinition {
    if (this.#definitions[id] === undefined) this.read();
    const definition = this.#definitions[id];
    if (definition === undefined) {
      throw new RangeError(`The parent has not named this callable: id=${id}`);
    }
    return definition;
  }

  /** The side message of a task that this worker has claimed, if it has come. */
  take(task: number, generation: number): SideMessage | undefined {
    this.read();
    const side = this.#sideMessages.get(task)?.side;
    this.#sideMessages.delete(task);
    return side?.generation === generation ? side : undefined;
  }

  /** Reads the port, and forgets what was posted for requests that others have claimed. */
  read(): void {
    for (;;) {
      const received = receiveMessageOnPort(this.#port);
      if (received === undefined) break;
      const { message } = received;
      if (message.kind === "callable") this.#definitions[message.id] = message.definition;
      else this.#sideMessages.set(message.side.task, message);
    }
    for (const [task, { position, side }] of this.#sideMessages) {
      if (mayBeClaimedBy(this.#views, task, position, this.#slot)) continue;
      this.#sideMessages.delete(task);
      this.#droppedBytes += side.spillBytes;
    }
    if (this.#droppedBytes < COLLECT_AFTER_BYTES) return;
    this.#droppedBytes = 0;
    // A worker that only reads its port allocates nothing that would make the engine collect.
    Bun.gc(false);
  }
}
