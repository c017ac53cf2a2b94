import {
  clearInterval,
  clearTimeout,
  Date,
  Promise,
  setInterval,
  setTimeout,
} from "../runtime/index.ts";
import type { Queue } from "./engine.ts";
import { unreadable } from "./outbox.ts";
import type { Chunk, Outbox } from "./outbox.ts";
import type { Pending } from "./pending.ts";

/** How many chunks are looked for at a time. */
const CHUNKS_AT_A_TIME = 200;

/** How long the results of a chunk that has left the queue have to arrive, in milliseconds. */
const MISSING_MS = 500;

/** What the reconciliation needs. */
export interface ReconciliationParts {
  readonly outbox: Outbox;
  readonly requests: Queue;
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
  #soon: ReturnType<typeof setTimeout> | undefined;
  #isLooking = false;

  constructor(parts: ReconciliationParts) {
    this.#parts = parts;
    this.#timer = setInterval(() => void this.look(), Math.min(parts.overdueMs / 2, 5000));
  }

  stop(): void {
    clearInterval(this.#timer);
    clearTimeout(this.#soon);
  }

  /** The server was away. One that has ended abruptly may have lost any chunk: looks for all of them. */
  afterOutage(): void {
    for (const chunk of this.#parts.outbox.chunks) chunk.seenAt = 0;
    void this.look();
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
    const { outbox, overdueMs } = this.#parts;
    const latest = Date.now() - overdueMs;
    const overdue: Chunk[] = [];
    for (const chunk of outbox.chunks) {
      if (chunk.isStored && chunk.seenAt < latest) overdue.push(chunk);
      if (overdue.length === CHUNKS_AT_A_TIME) break;
    }
    if (overdue.length === 0) return;
    const states = await Promise.all(overdue.map((chunk) => this.#stateOf(chunk)));
    let areMissing = false;
    for (const [index, chunk] of overdue.entries()) {
      if (states[index] === "failed") await this.#fail(chunk);
      else if (states[index] !== "unknown") chunk.seenAt = Date.now();
      else if (chunk.isMissing) outbox.resubmit(chunk);
      // It may have left the queue a moment ago, with its results on their way here.
      else areMissing = chunk.isMissing = true;
    }
    if (areMissing || overdue.length === CHUNKS_AT_A_TIME) this.#lookSoon();
  }

  #lookSoon(): void {
    clearTimeout(this.#soon);
    this.#soon = setTimeout(() => void this.look(), MISSING_MS);
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
      else fail(pending, unreadable(pending, reason));
    }
  }
}
