import { NoWorkersAvailable, PayloadError, ThreadPoolError, WorkerDied } from "../errors.ts";
import {
  clearTimeout,
  Date,
  Map,
  Promise,
  queueMicrotask,
  Set,
  setTimeout,
} from "../runtime/index.ts";
import { ChunkBudget } from "./chunk-budget.ts";
import type { Queue } from "./engine.ts";
import { MESSAGE_VERSION, PRIORITY_ZERO } from "./messages.ts";
import type { ChunkMessage, RefusedChunk } from "./messages.ts";
import { jobNameOf } from "./names.ts";
import type { Pending } from "./pending.ts";
import { mostOfRequestsIn } from "./travelling-bytes.ts";
import { WaitingRequests } from "./waiting-requests.ts";

/** How long requests wait for others while a chunk is under way. */
const FLUSH_MS = 2;
/** So many requests do not wait for others. */
const FLUSH_REQUESTS = 64;
/** How long to wait before a chunk that the server did not take is sent again. */
const RETRY_MS = 200;
/** Chunks under way while no machine is known. */
const LEAST_WINDOW = 8;
/** Jobs that have failed stay for those who look, for a day. */
const FAILED_KEPT = { age: 86_400, count: 1000 };

/** Requests that were sent together and have not all ended. */
export interface Chunk {
  readonly jobId: string;
  readonly producer: string;
  readonly priority: number;
  readonly size: number;
  readonly pending: Set<Pending>;
  /** How often it was put before, because it was lost from the queue. */
  lost: number;
  /** Whether the server has it, as far as is known. */
  isStored: boolean;
  /** When it was sent, or seen in the queue. */
  seenAt: number;
  /** Whether it was not in the queue when it was looked for. */
  isMissing: boolean;
}

/** What an outbox is made of. */
export interface OutboxParts {
  readonly queue: Queue;
  readonly producer: string;
  readonly life: string;
  /** The most bytes of requests that a machine takes in a chunk. */
  readonly mostBytes: number;
  /** How many threads, and how many chunks at a time, the machines have. */
  readonly capacity: () => { readonly threads: number; readonly chunks: number };
  /** A request ends without a result. */
  readonly fail: (pending: Pending, error: Error) => void;
  readonly warn: (error: unknown) => void;
}

/**
 * Sends requests in chunks.
 *
 * A request that comes alone is sent at once. While a chunk is under way, the next ones wait for each other for two
 * milliseconds. So many chunks are under way as keep the machines busy; the rest waits here, where priorities still count
 * and chunks become larger as the run times become known.
 */
export class Outbox {
  readonly #parts: OutboxParts;
  readonly #waiting = new WaitingRequests();
  readonly #budget: ChunkBudget;
  readonly #chunks = new Map<string, Chunk>();
  readonly #chunkOf = new Map<Pending, Chunk>();
  /** Requests that travel alone, one at a time: when a machine is lost with one, it is to blame, and no other is. */
  readonly #alone: Pending[] = [];
  #aloneInFlight: Chunk | undefined;
  #count = 0;
  #isFlushDue = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;
  /** Chunks that were put again, because the queue had lost them. */
  resubmitted = 0;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
    this.#budget = new ChunkBudget(parts.mostBytes);
  }

  /** The chunks that have not ended. */
  get chunks(): Iterable<Chunk> {
    return this.#chunks.values();
  }

  put(pending: Pending): void {
    this.#waiting.add(pending);
    if (this.#chunks.size === 0 || this.#waiting.count >= FLUSH_REQUESTS) this.#flushSoon();
    else this.#timer ??= setTimeout(() => this.#flush(), FLUSH_MS);
  }

  /** A machine has told what a request costs. */
  measure(pending: Pending, ms: number): void {
    const size = this.#chunkOf.get(pending)?.size ?? 1;
    this.#budget.measure(pending.callable, ms, size);
  }

  /**
   * A request has ended. A chunk that nobody waits for any more, because its requests were cancelled, is withdrawn from the queue.
   *
   * @param hasResult whether its result has come
   * @returns whether it was sent
   */
  end(pending: Pending, hasResult: boolean): boolean {
    const before = pending.state;
    pending.state = "settled";
    if (before === "buffered") this.#waiting.forget();
    const chunk = this.#chunkOf.get(pending);
    if (chunk === undefined) return false;
    this.#chunkOf.delete(pending);
    chunk.pending.delete(pending);
    if (chunk.pending.size === 0) {
      this.#endChunk(chunk);
      if (!hasResult) void this.#withdraw(chunk);
    }
    return true;
  }

  /** A chunk was lost with its machines too often. Its requests go on alone, so that only the one that ends machines fails. */
  giveUp(pending: Pending): void {
    if (pending.isAlone) {
      const message = `The machine was lost while it ran the request, again and again; look for what ends its process: callable=${pending.callable}`;
      this.#parts.fail(pending, new WorkerDied(message, { workerId: -1 }));
      return;
    }
    const chunk = this.#chunkOf.get(pending);
    this.#chunkOf.delete(pending);
    chunk?.pending.delete(pending);
    if (chunk?.pending.size === 0) this.#endChunk(chunk);
    pending.isAlone = true;
    this.#alone.push(pending);
    this.#sendAlone();
  }

  /** The queue has no trace of the chunk: puts it again. The engine ignores a job whose id it has. */
  resubmit(chunk: Chunk): void {
    chunk.lost += 1;
    chunk.isStored = false;
    chunk.isMissing = false;
    this.resubmitted += 1;
    void this.#store(chunk);
  }

  /**
   * A machine did not take a chunk. When the chunk was larger than the machine reads, and no request alone is, its requests go
   * on in smaller ones; else they fail.
   */
  refused({ jobId, reason, maxBytes }: RefusedChunk): void {
    const chunk = this.#chunks.get(jobId);
    if (chunk === undefined) return;
    const all = [...chunk.pending];
    const most = maxBytes === undefined ? undefined : mostOfRequestsIn(maxBytes);
    const bytes = all.reduce((sum, pending) => sum + pending.bytes, 0);
    // By what was counted here the machine reads it, so smaller ones would not help.
    const isHopeless = most === undefined || bytes <= most;
    if (!isHopeless) this.#budget.limit(most);
    for (const pending of all) {
      if (isHopeless) this.#parts.fail(pending, unreadable(pending, reason));
      else if (pending.bytes > most) this.#parts.fail(pending, tooLarge(pending, reason));
      else this.#takeBack(pending, chunk);
    }
    if (this.#chunks.has(jobId) && chunk.pending.size === 0) this.#endChunk(chunk);
  }

  #takeBack(pending: Pending, chunk: Chunk): void {
    this.#chunkOf.delete(pending);
    chunk.pending.delete(pending);
    pending.state = "buffered";
    this.#waiting.add(pending);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  /** A machine that has begun the chunk hears of the cancellations themselves. */
  async #withdraw(chunk: Chunk): Promise<void> {
    try {
      await this.#parts.queue.remove(chunk.jobId);
    } catch {
      // A machine runs it, or the server is away.
    }
  }

  #endChunk(chunk: Chunk): void {
    this.#chunks.delete(chunk.jobId);
    if (chunk === this.#aloneInFlight) {
      this.#aloneInFlight = undefined;
      this.#sendAlone();
    }
    if (this.#waiting.count > 0) this.#flushSoon();
  }

  #flushSoon(): void {
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    this.#isFlushDue = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { threads, chunks } = this.#parts.capacity();
    const window = Math.max(LEAST_WINDOW, 2 * chunks);
    while (this.#chunks.size < window && !this.#isClosed) {
      const taken = this.#waiting.take((waiting, count) =>
        this.#budget.take(waiting, count, Math.max(1, threads)),
      );
      if (taken.length === 0) return;
      this.#send(taken);
    }
  }

  #sendAlone(): void {
    if (this.#aloneInFlight !== undefined) return;
    let next = this.#alone.shift();
    // It may have been cancelled.
    while (next?.state === "settled") next = this.#alone.shift();
    if (next !== undefined) this.#aloneInFlight = this.#send([next]);
  }

  #send(taken: readonly Pending[]): Chunk {
    this.#count += 1;
    const chunk: Chunk = {
      jobId: `${this.#parts.life}-${this.#count}`,
      producer: this.#parts.producer,
      priority: taken[0]!.limits.priority,
      size: taken.length,
      pending: new Set(taken),
      lost: 0,
      isStored: false,
      seenAt: Date.now(),
      isMissing: false,
    };
    this.#chunks.set(chunk.jobId, chunk);
    for (const pending of taken) this.#chunkOf.set(pending, chunk);
    void this.#store(chunk);
    return chunk;
  }

  /** Tries until the server has the chunk, or nobody waits for it. */
  async #store(chunk: Chunk): Promise<void> {
    while (!this.#isClosed && chunk.pending.size > 0) {
      try {
        await this.#parts.queue.add(jobNameOf(chunk.producer), this.#messageOf(chunk), {
          jobId: chunk.jobId,
          priority: PRIORITY_ZERO - chunk.priority,
          removeOnComplete: true,
          removeOnFail: FAILED_KEPT,
        });
        chunk.isStored = true;
        chunk.seenAt = Date.now();
        return;
      } catch (error) {
        this.#parts.warn(error);
        await new Promise<void>((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  #messageOf(chunk: Chunk): ChunkMessage {
    return {
      ringpool: MESSAGE_VERSION,
      producer: chunk.producer,
      life: this.#parts.life,
      priority: chunk.priority,
      ...(chunk.lost === 0 ? {} : { lost: chunk.lost }),
      requests: Array.from(chunk.pending, (pending) => pending.toMessage()),
    };
  }
}

function tooLarge({ callable, bytes, requestID }: Pending, reason: string): PayloadError {
  const isOfID = typeof requestID === "string" && 2 * requestID.length > bytes;
  const path = isOfID ? "requestID" : "args";
  return new PayloadError(
    `No machine could read the job of the request, which is too large: path=${path} callable=${callable} bytes=${bytes} reason=${reason}`,
    { path },
  );
}

/** What a request of a version that no machine serves fails with. */
export function notServed(version: string, served: readonly string[]): NoWorkersAvailable {
  return new NoWorkersAvailable(
    `No machine serves this version of the registry; deploy one, or connect with a version that is served: registryVersion=${JSON.stringify(version)} served=${[...new Set(served)].join(", ")}`,
  );
}

/** What a request fails with when no machine could read its job. */
export function unreadable(pending: Pending, reason: string): ThreadPoolError {
  return new ThreadPoolError(
    `No machine could read the job of the request: callable=${pending.callable} reason=${reason}`,
  );
}
