import { ThreadPoolError } from "../errors.ts";
import { clearInterval, Date, Promise, setInterval } from "../runtime/index.ts";
import type { Queue } from "./engine.ts";
import type { Chunk, Outbox } from "./outbox.ts";
import type { Pending } from "./pending.ts";

/** How many chunks are looked for at a time. */
const CHUNKS_AT_A_TIME = 200;

/** What the reconciliation needs. */
export interface ReconciliationParts {
  readonly outbox: Outbox;
  readonly requests: Queue;
  readonly results: Queue;
  readonly overdueMs: number;
  readonly fail: (pending: Pending, error: Error) => void;
}

/**
 * Looks for the chunks that are overdue. A queue can lose one: a server that ends abruptly forgets its last second. Such a chunk is
 * put again. One that has failed fails its requests. All others are only late.
 */
export class Reconciliation {
  readonly #parts: ReconciliationParts;
  readonly #timer: ReturnType<typeof setInterval>;
  #isLooking = false;

  constructor(parts: ReconciliationParts) {
    this.#parts = parts;
    this.#timer = setInterval(() => void this.look(), Math.min(parts.overdueMs / 2, 5000));
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Looks now, unless it is looking. Never rejects. */
  async look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      await this.#look();
    } catch {
      // The server is away: the next look is soon.
    } finally {
      this.#isLooking = false;
    }
  }

  async #look(): Promise<void> {
    const { outbox, overdueMs, results } = this.#parts;
    const latest = Date.now() - overdueMs;
    const overdue: Chunk[] = [];
    for (const chunk of outbox.chunks) {
      if (chunk.isStored && chunk.seenAt < latest) overdue.push(chunk);
      if (overdue.length === CHUNKS_AT_A_TIME) break;
    }
    if (overdue.length === 0) return;
    const states = await Promise.all(overdue.map((chunk) => this.#stateOf(chunk)));
    // A chunk that has left the queue may have its results in the other one. They are read first.
    const unread = await results.getJobCountByTypes("waiting", "active", "prioritized", "delayed");
    for (const [index, chunk] of overdue.entries()) {
      if (states[index] === "failed") await this.#fail(chunk);
      else if (states[index] !== "unknown") chunk.seenAt = Date.now();
      else if (unread === 0 && chunk.pending.size > 0) outbox.resubmit(chunk);
    }
  }

  async #stateOf(chunk: Chunk): Promise<string> {
    const state = await this.#parts.requests.getJobState(chunk.jobId);
    return state;
  }

  async #fail(chunk: Chunk): Promise<void> {
    const { requests, outbox, fail } = this.#parts;
    const job = await requests.getJob(chunk.jobId);
    const reason = job?.failedReason ?? "unknown";
    const wasLost = /stalled/.test(reason);
    for (const pending of chunk.pending) {
      if (wasLost) outbox.giveUp(pending);
      else
        fail(
          pending,
          new ThreadPoolError(
            `No machine could read the job of the request: callable=${pending.callable} reason=${reason}`,
          ),
        );
    }
  }
}
