/**
 * Sees from a thread of its own that a storm does not go on: the thread that storms may be blocked for
 * good. Then it prints the queue's words, frees the storm from its wait so that it can print what it
 * knows, and if that does not happen either, ends the process.
 */
import type { QueueMemory } from "../../native-queue/layout.ts";
import type { TappedSlot } from "./queue-tap.ts";

/** Words that both threads share. */
export const BEATS = 0;
export const HANGS = 1;

/** What the watching thread is told. */
export interface WatchMessage {
  readonly words?: Int32Array<SharedArrayBuffer>;
  readonly hangAfterMs?: number;
  readonly memory?: QueueMemory;
  readonly slot?: TappedSlot;
}

/** Thrown out of whatever the storm waits in. */
export class StormHangs extends Error {}

export class HangWatch {
  readonly #words = new Int32Array(new SharedArrayBuffer(8));
  readonly #thread: Worker;

  /** @param hangAfterMs without a beat for so long the storm hangs */
  constructor(hangAfterMs: number) {
    this.#thread = new Worker(new URL("./hang-watcher.ts", import.meta.url).href, { ref: false });
    this.#tell({ words: this.#words, hangAfterMs });
    this.#interruptWaits();
  }

  /** The storm goes on. */
  beat(): void {
    Atomics.add(this.#words, BEATS, 1);
  }

  /** Throws when the storm has been found hanging. */
  check(): void {
    if (Atomics.load(this.#words, HANGS) === 1) {
      throw new StormHangs("Nothing has been settled for long; the queue's words are above.");
    }
  }

  /** A worker was started, or is gone. */
  sees(slot: TappedSlot, memory: QueueMemory): void {
    this.#tell({ slot, memory });
  }

  stop(): void {
    this.#thread.terminate();
  }

  #tell(message: WatchMessage): void {
    this.#thread.postMessage(message);
  }

  /** The watcher wakes the thread that waits for the queue, which must not go back to waiting. */
  #interruptWaits(): void {
    const wait = Atomics.wait as (words: Int32Array, ...rest: number[]) => string;
    const interrupted = (words: Int32Array, ...rest: number[]): string => {
      const ended = wait.call(Atomics, words, ...rest);
      this.check();
      return ended;
    };
    Object.assign(Atomics, { wait: interrupted });
  }
}
