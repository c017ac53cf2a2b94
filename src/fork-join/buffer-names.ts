import { listenersSoFar, nextBufferNumber, noteListener } from "../../native-queue/index.ts";
import type { WorkerGate } from "../../native-queue/index.ts";
import { BroadcastChannel, Map, Set, WeakMap } from "../runtime/index.ts";

/** Tells the other workers the number of a buffer, or which numbers are not used any more. */
type BufferMessage =
  | {
      readonly number: number;
      readonly buffer: SharedArrayBuffer;
      /** How many workers listened then; undefined for a buffer of an outcome, which others do not name by this number. */
      readonly listeners: number | undefined;
    }
  | { readonly forgotten: readonly number[] };

interface Named {
  readonly number: number;
  /** How many workers listened when the buffer was posted the last time. */
  listeners: number;
}

/**
 * Numbers for the shared buffers of children, which all workers of the pool agree on.
 *
 * A buffer goes from worker to worker by a BroadcastChannel, because message ports lead to the parent only, and the parent may
 * compute for seconds. It arrives with a turn of the event loop.
 */
export class BufferNames {
  readonly #gate: WorkerGate;
  readonly #channelName: string;
  #channel: BroadcastChannel | undefined;
  /** This worker's number among the listeners; 0 before it listens. */
  listener = 0;
  /** Set to true when a buffer was looked for that has not arrived. */
  hasMissed = false;
  readonly #buffers = new Map<number, SharedArrayBuffer>();
  readonly #numbers = new WeakMap<SharedArrayBuffer, Named>();
  /** Those that this worker has posted, by number. */
  readonly #own = new Set<number>();
  /** Called when a buffer has arrived. */
  readonly #waiting = new Set<() => void>();

  constructor(gate: WorkerGate, channelName: string) {
    this.#gate = gate;
    this.#channelName = channelName;
  }

  /** How many workers listen. Read it before you encode what is posted. */
  get listeners(): number {
    return listenersSoFar(this.#gate.views);
  }

  /** Begins to listen. Does nothing the second time. */
  listen(): void {
    if (this.listener !== 0) return;
    this.#open();
    this.listener = noteListener(this.#gate);
  }

  /** The number of a buffer. Posts it to those that may not have it. */
  readonly numberOf = (buffer: SharedArrayBuffer): number => {
    const { listeners } = this;
    let named = this.#numbers.get(buffer);
    if (named === undefined) {
      named = { number: nextBufferNumber(this.#gate), listeners: -1 };
      this.#numbers.set(buffer, named);
      this.#buffers.set(named.number, buffer);
      this.#own.add(named.number);
    }
    if (named.listeners < listeners) {
      named.listeners = listeners;
      this.#open().postMessage({
        number: named.number,
        buffer,
        listeners,
      } satisfies BufferMessage);
    }
    return named.number;
  };

  /**
   * The number of a buffer in an outcome, which the owner of the child reads later: so it is not one of those that this worker forgets
   * with its tree. Call `forget` when it is read.
   */
  numberForOutcome(buffer: SharedArrayBuffer, numbers: number[]): number {
    const named = this.#numbers.get(buffer);
    // Another worker has posted it for a tree that this child belongs to: its owner has it.
    if (named !== undefined && !this.#own.has(named.number)) return named.number;
    const number = nextBufferNumber(this.#gate);
    numbers.push(number);
    this.#open().postMessage({ number, buffer, listeners: undefined } satisfies BufferMessage);
    return number;
  }

  /** Lets all workers forget buffers. */
  forget(numbers: readonly number[]): void {
    this.#forget(numbers);
    this.#channel?.postMessage({ forgotten: numbers } satisfies BufferMessage);
  }

  /** The buffer of a number, if it has arrived. */
  readonly bufferOf = (number: number): SharedArrayBuffer | undefined => {
    const buffer = this.#buffers.get(number);
    if (buffer === undefined) this.hasMissed = true;
    return buffer;
  };

  /** Calls a function each time that a buffer has arrived, until the returned function is called. */
  onArrival(call: () => void): () => void {
    this.#waiting.add(call);
    return () => void this.#waiting.delete(call);
  }

  /** Lets all workers forget the buffers that this worker has posted: no child names them any more. */
  forgetOwn(): void {
    if (this.#own.size === 0) return;
    const forgotten = [...this.#own];
    this.#own.clear();
    this.forget(forgotten);
  }

  /** Lets all workers forget a buffer: the only child that names it is over. */
  forgetBuffer(buffer: SharedArrayBuffer): void {
    const named = this.#numbers.get(buffer);
    if (named === undefined) return;
    this.#own.delete(named.number);
    this.forget([named.number]);
  }

  #open(): BroadcastChannel {
    if (this.#channel !== undefined) return this.#channel;
    const channel = new BroadcastChannel(this.#channelName);
    // It keeps no thread alive.
    (channel as unknown as { unref(): void }).unref();
    channel.addEventListener("message", (event: Event) =>
      this.#take((event as MessageEvent).data as BufferMessage),
    );
    this.#channel = channel;
    return channel;
  }

  #take(message: BufferMessage): void {
    if ("forgotten" in message) return this.#forget(message.forgotten);
    const { number, buffer, listeners } = message;
    const known = this.#buffers.get(number);
    // Another object for the same memory: the first one keeps the number.
    if (known !== undefined) return;
    this.#buffers.set(number, buffer);
    if (listeners !== undefined) this.#numbers.set(buffer, { number, listeners });
    // A copy: those that still wait come back while this goes on.
    for (const call of Array.from(this.#waiting)) call();
  }

  #forget(numbers: readonly number[]): void {
    for (const number of numbers) {
      const buffer = this.#buffers.get(number);
      if (buffer !== undefined) this.#numbers.delete(buffer);
      this.#buffers.delete(number);
    }
  }
}
