/**
 * The shared memory of a pool's queue, as its workers get it: from the message that each is started with.
 * What a storm leaves behind there can be looked at without an interface of the pool for this alone.
 */
import type { QueueMemory } from "../../native-queue/layout.ts";
import type { WorkerInit } from "../../src/protocol/index.ts";

/** A slot of the queue, and the worker in it. */
export interface TappedSlot {
  readonly slot: number;
  readonly workerId: number;
  /** The worker's result ring; undefined when its thread is gone. */
  readonly ring: SharedArrayBuffer | undefined;
}

export class QueueTap {
  memory: QueueMemory | undefined;
  /** Threads that were started and are not gone yet: the living, and those that take their time to end. */
  threads = 0;
  /** By slot. */
  readonly slots: TappedSlot[] = [];
  /** How many workers were started. */
  started = 0;
  readonly #onChange: (slot: TappedSlot, memory: QueueMemory) => void;

  /** From now on the start and the end of each worker of this process's pool is seen. */
  constructor(onChange: (slot: TappedSlot, memory: QueueMemory) => void) {
    this.#onChange = onChange;
    const see = (worker: Worker, message: unknown): void => this.#see(worker, message);
    const { prototype } = Worker;
    const post = Reflect.get(prototype, "postMessage") as (...args: unknown[]) => void;
    prototype.postMessage = function tapped(this: Worker, ...args: unknown[]): void {
      Reflect.apply(post, this, args);
      see(this, args[0]);
    };
  }

  #see(worker: Worker, message: unknown): void {
    if (typeof message !== "object" || message === null || !("ring" in message)) return;
    const { memory, slot, workerId, ring } = message as WorkerInit;
    this.memory = memory;
    this.started += 1;
    this.threads += 1;
    this.#change({ slot, workerId, ring }, memory);
    worker.addEventListener("close", () => {
      this.threads -= 1;
      // One that had announced its end may have a successor in its slot by now.
      if (this.slots[slot]?.workerId === workerId)
        this.#change({ slot, workerId, ring: undefined }, memory);
    });
  }

  #change(slot: TappedSlot, memory: QueueMemory): void {
    this.slots[slot.slot] = slot;
    this.#onChange(slot, memory);
  }
}
