import { MAX_WORKERS } from "../../../native-queue/index.ts";
import type { WorkerChannel } from "../queue/worker-channel.ts";
import { clearTimeout, Map, setTimeout } from "../../runtime/index.ts";

/**
 * How long the threads may keep a process alive that has nothing more to do, in milliseconds. A thread in which callables
 * have left nothing behind is gone within some 10 ms.
 */
const LONGEST_HOLD_MS = 200;

/** The longest delay of a timer, 24 days. A longer one would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The two timers of a thread. The first to fire is cleared with the second. */
interface Limits {
  /** Undefined where nothing may ever end the thread. */
  readonly end: Timer | undefined;
  readonly hold: Timer;
}

/**
 * The threads of workers that have announced their end and are not gone yet.
 *
 * Nobody waits for them: their slots are free, and their successors run. A thread is gone when its event loop has
 * nothing more to do. What callables have left behind, such as a timer or a connection, would keep it for ever, so it is
 * ended after `graceMs`. Until then the process does not end under it, for `LONGEST_HOLD_MS` at most.
 */
export class LingeringThreads {
  readonly #graceMs: number;
  /** Oldest first. */
  readonly #limits = new Map<WorkerChannel, Limits>();

  /** @param graceMs after this time a thread is ended; Infinity for never */
  constructor(graceMs: number) {
    this.#graceMs = graceMs;
  }

  /** A worker has announced its end. */
  add(channel: WorkerChannel): void {
    channel.holdProcess(true);
    const hold = setTimeout(
      () => channel.holdProcess(false),
      Math.min(this.#graceMs, LONGEST_HOLD_MS),
    );
    hold.unref();
    let end: Timer | undefined;
    if (this.#graceMs < Infinity) {
      end = setTimeout(() => this.end(channel), Math.min(this.#graceMs, LONGEST_TIMER_MS));
      end.unref();
    }
    this.#limits.set(channel, { end, hold });
    // Workers that are recycled again and again must not fill the system with threads.
    const [oldest] = this.#limits.keys();
    if (this.#limits.size > MAX_WORKERS && oldest !== undefined && end !== undefined)
      this.end(oldest);
  }

  /** The thread of a worker is gone. */
  remove(channel: WorkerChannel): void {
    const limits = this.#limits.get(channel);
    clearTimeout(limits?.end);
    clearTimeout(limits?.hold);
    this.#limits.delete(channel);
  }

  /** Ends a thread now, if it is still there. */
  end(channel: WorkerChannel): void {
    if (!this.#limits.has(channel)) return;
    this.remove(channel);
    channel.holdProcess(false);
    channel.terminate();
  }

  /** Ends all of them now. */
  endAll(): void {
    for (const channel of this.#limits.keys()) this.end(channel);
  }
}
