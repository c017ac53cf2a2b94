import {
  QueueViews,
  awaitWorkers,
  doAllSleep,
  handSearchOn,
  hasWork,
  keepSearch,
  unpark,
  wakeOne,
} from "../../../native-queue/index.ts";
import type { QueueMemory } from "../../../native-queue/index.ts";
import type { CallableMessage, ForgetMessage, PortMessage } from "../../protocol/index.ts";
import type { InlineWorkers } from "../../inline/index.ts";
import type { WorkerChannel } from "./worker-channel.ts";

/** Posted messages, and bytes that they keep alive, after which parked workers are woken to read them. */
const MOST_UNREAD_MESSAGES = 64;
const MOST_UNREAD_BYTES = 1 << 25;

const NONE: readonly WorkerChannel[] = [];

/**
 * The channels of the workers that may still publish results: running, or dismissed and not ended.
 *
 * Everything that is said to all workers, or asked of all of them, goes through this set. It lies below the queue and
 * the supervision of workers, so that neither needs to know the other for it.
 */
export class ChannelSet {
  readonly memory: QueueMemory;
  readonly views: QueueViews;
  /** True from the wake-up of a worker to its first result: the worker takes some 50 us to begin. */
  isWorkerWaking = false;
  /** Replaced, never changed: a loop may be going through it. */
  #channels: readonly WorkerChannel[] = NONE;
  #unreadMessages = 0;
  #unreadBytes = 0;
  /** Whether only one worker is wanted awake, and this thread wakes the next: see `wakeFirst`. */
  keepsSearch = false;

  /** The workers that run in this thread; undefined where each has a thread of its own. */
  inline: InlineWorkers | undefined;

  constructor(memory: QueueMemory) {
    this.memory = memory;
    this.views = new QueueViews(memory);
  }

  /** How many workers may hold a request. */
  get size(): number {
    return this.#channels.length;
  }

  /** The channels, oldest first. */
  get all(): readonly WorkerChannel[] {
    return this.#channels;
  }

  add(channel: WorkerChannel): void {
    this.#channels = [...this.#channels, channel];
  }

  remove(channel: WorkerChannel): void {
    this.#channels = this.#channels.filter((other) => other !== channel);
  }

  /** Removes all channels. */
  clear(): void {
    this.#channels = NONE;
  }

  /** Whether a worker has published a result that was not read. */
  hasResults(): boolean {
    for (const { reader } of this.#channels) if (reader.hasNext) return true;
    return false;
  }

  /**
   * Blocks until `isDone()` may have become true; see `awaitWorkers`. Workers that run in this thread go on meanwhile.
   *
   * @returns whether this thread has slept
   * @throws ThreadPoolError when workers in this thread cannot go on while it blocks
   */
  block(wish: number, isDone: () => boolean, spinUs: number, timeoutMs: number): boolean {
    if (this.inline === undefined) return awaitWorkers(this.views, wish, isDone, spinUs, timeoutMs);
    if (timeoutMs > 0) this.inline.runUntil(isDone);
    return false;
  }

  /** Posts a message to the port of every worker. */
  post(message: PortMessage): void {
    for (const channel of this.#channels) channel.post(message);
  }

  /**
   * Posts a message that concerns one request to every worker, whichever will claim it. A worker that stays parked
   * does not read its port, and the message keeps memory alive there: see `wakeIfMuchUnread`.
   *
   * @param bytes shared memory that the message keeps alive
   */
  postUnread(message: PortMessage, bytes: number): void {
    try {
      this.post(message);
    } catch {
      // The worker that has not got the message asks for it, and then the request fails with the reason.
    }
    this.#unreadMessages += 1;
    this.#unreadBytes += bytes;
  }

  /** Tells every worker of a new callable. */
  define(message: CallableMessage): void {
    for (const channel of this.#channels) channel.define(message);
  }

  /** Tells every worker of callables that no request will name. */
  forget(message: ForgetMessage): void {
    for (const channel of this.#channels) channel.forget(message);
  }

  /** Wakes one idle worker, unless one is looking for work already. Call it after a request was published. */
  wakeOne(): void {
    if (wakeOne(this.views)) this.isWorkerWaking = true;
  }

  /**
   * Wakes a worker if all sleep, after requests were published that one worker has done before another has risen. From now on
   * `handSearchOn` wakes the others: call it before this thread sleeps, and when the work turns out to be longer.
   */
  wakeFirst(): void {
    if (!this.keepsSearch) {
      this.keepsSearch = true;
      keepSearch(this.views);
    }
    if (doAllSleep(this.views, this.size)) this.wakeOne();
  }

  /** Wakes one more worker if work remains that `wakeFirst` has left to one; each worker that finds work wakes another then. */
  handSearchOn(): void {
    if (!this.keepsSearch) return;
    this.keepsSearch = false;
    if (handSearchOn(this.views, hasWork)) this.isWorkerWaking = true;
  }

  /** Makes every parked worker look at its port, the queue and its gate. */
  wakeAll(): void {
    for (const { slot } of this.#channels) unpark(this.views, slot);
  }

  /** Wakes all workers when their ports hold many messages, or messages that keep much memory alive. */
  wakeIfMuchUnread(): void {
    if (this.#unreadMessages < MOST_UNREAD_MESSAGES && this.#unreadBytes < MOST_UNREAD_BYTES)
      return;
    this.#unreadMessages = 0;
    this.#unreadBytes = 0;
    this.wakeAll();
  }
}
