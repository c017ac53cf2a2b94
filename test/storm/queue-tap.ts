/**
 * The shared memory of a pool's queue, as its workers get it: from the message that each is started with.
 * What a storm leaves behind there can be looked at without a door in the pool that nobody else needs.
 */
import type { QueueMemory } from "../../native-queue/layout.ts";
import type { WorkerInit } from "../../src/worker-protocol.ts";

/** A slot of the queue, and the worker that was started in it last. */
export interface TappedSlot {
  readonly slot: number;
  readonly workerId: number;
  readonly ring: SharedArrayBuffer;
}

export class QueueTap {
  memory: QueueMemory | undefined;
  /** By slot. */
  readonly slots: TappedSlot[] = [];
  readonly #onStart: (slot: TappedSlot, memory: QueueMemory) => void;

  /** From now on the start of each worker of this process is seen. */
  constructor(onStart: (slot: TappedSlot, memory: QueueMemory) => void) {
    this.#onStart = onStart;
    const see = (message: unknown): void => this.#see(message);
    const post = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function tapped(this: Worker, message: unknown, ...rest: never[]) {
      post.call(this, message, ...rest);
      see(message);
    };
  }

  #see(message: unknown): void {
    if (typeof message !== "object" || message === null || !("ring" in message)) return;
    const { memory, slot, workerId, ring } = message as WorkerInit;
    this.memory = memory;
    this.slots[slot] = { slot, workerId, ring };
    this.#onStart(this.slots[slot], memory);
  }
}
