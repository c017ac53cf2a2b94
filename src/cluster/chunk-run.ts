import type { ThreadPool } from "../index.ts";
import { PayloadError } from "../errors.ts";
import {
  AbortController,
  AbortSignal,
  clearInterval,
  describeThrown,
  describeValue,
  performanceNow,
  Promise,
  promiseWithResolvers,
  setInterval,
  TypeError,
} from "../runtime/index.ts";
import type { Cancellations } from "./cancellations.ts";
import type { ChunkMessage, SentRequest, SentResult } from "./messages.ts";
import { callableNamed } from "./registry.ts";
import type { Registry } from "./registry.ts";
import type { ResultWriter } from "./result-writer.ts";
import { inTraceOf } from "./trace.ts";
import type { ClusterTrace } from "./trace.ts";
import { fromSent, sizeOfSent, toSent, toSentFailure } from "./values.ts";
import type { SentValue } from "./values.ts";

/** Results of a chunk that takes longer than this are sent while the rest of it runs. */
const PARTIAL_MS = 20;

/** So many bytes of results are sent at once: a job of many large ones might be larger than the server takes. */
const PARTIAL_BYTES = 1024 * 1024;

/** What a machine counts. */
export interface MachineCounts {
  running: number;
  succeeded: number;
  failed: number;
}

/** What the runs of a machine share. */
export interface MachineParts {
  readonly pool: ThreadPool;
  readonly registry: Registry;
  readonly cancellations: Cancellations;
  readonly writer: ResultWriter;
  readonly counts: MachineCounts;
  readonly maxPayloadBytes: number;
  readonly trace: ClusterTrace | undefined;
}

/** One chunk on a machine: its requests go to the threads of the pool, and their results to the producer. */
export class ChunkRun {
  readonly #parts: MachineParts;
  readonly #chunk: ChunkMessage;
  readonly #attempt: number;
  #unsent: SentResult[] = [];
  #unsentBytes = 0;
  #writing: Promise<void> = Promise.resolve();
  /** Ends what this run of the chunk has begun, and nothing of another chunk, whatever ids that has. */
  readonly #stopping = new AbortController();
  /** Rejects when results cannot be stored, now or later. */
  readonly #failure = promiseWithResolvers<never>();
  /** When the latest result was there; at first, when the chunk began. */
  #latestMs = performanceNow();

  /** @param attempt which run of the chunk this is, from 1 */
  constructor(parts: MachineParts, chunk: ChunkMessage, attempt: number) {
    this.#parts = parts;
    this.#chunk = chunk;
    this.#attempt = attempt;
    this.#failure.promise.catch(() => {});
  }

  /**
   * Resolves when every request has ended and all results are stored. Then the job may be acknowledged.
   *
   * @throws the error, when the results cannot be stored. What runs is stopped: nobody would hear of it
   */
  async run(): Promise<void> {
    const timer = setInterval(() => this.#write(), PARTIAL_MS);
    try {
      await Promise.race([this.#failure.promise, this.#runAll()]);
    } catch (error) {
      this.#stopping.abort(error);
      throw error;
    } finally {
      clearInterval(timer);
    }
  }

  async #runAll(): Promise<void> {
    await Promise.all(this.#chunk.requests.map((request) => this.#runOne(request)));
    this.#write();
    await this.#writing;
  }

  /** Tells the producer that the chunk was lost with its machines too often. */
  async reportLoss(): Promise<void> {
    const error = "lost with its machine, again and again";
    for (const { id, callable, requestID } of this.#chunk.requests)
      this.#unsent.push({
        id,
        callable,
        outcome: "lost",
        ms: 0,
        attempt: this.#attempt,
        error,
        ...named(requestID),
      });
    this.#write();
    await Promise.race([this.#failure.promise, this.#writing]);
  }

  async #runOne(request: SentRequest): Promise<void> {
    const { counts, cancellations } = this.#parts;
    const cancelled = cancellations.begin(this.#chunk.life, request.id);
    if (cancelled === undefined) return;
    const signal = AbortSignal.any([cancelled, this.#stopping.signal]);
    counts.running += 1;
    try {
      const value = await this.#call(request, signal);
      const sent = this.#checked(toSent(value, "result"));
      counts.succeeded += 1;
      this.#add(request, "succeeded", this.#elapsedMs(), sent);
    } catch (error) {
      counts.failed += 1;
      // Nobody waits for the result of a request that was cancelled.
      if (signal.aborted) return;
      this.#add(request, "failed", this.#elapsedMs(), {
        ...this.#sentFailure(error),
        error: describeThrown(error),
      });
    } finally {
      counts.running -= 1;
      cancellations.end(this.#chunk.life, request.id, cancelled);
    }
  }

  #call(request: SentRequest, signal: AbortSignal): Promise<unknown> {
    const { pool, registry, trace } = this.#parts;
    const callable = callableNamed(registry, request.callable);
    const args = fromSent(
      "value" in request || request.frame !== undefined ? request : { value: [] },
    );
    if (!Array.isArray(args))
      throw new TypeError(`The arguments of a request are an array: args=${describeValue(args)}`);
    const { timeoutMs, retries } = request;
    const onProgress =
      request.wantsProgress === true
        ? (value: unknown): void => this.#report(request, value)
        : undefined;
    const { priority } = this.#chunk;
    const options = { signal, timeoutMs, retries, priority, onProgress };
    return inTraceOf(trace, request.trace, (carry) =>
      pool.run(
        callable as never,
        args as never,
        carry === undefined ? options : { ...options, carry },
      ),
    );
  }

  #report(request: SentRequest, value: unknown): void {
    try {
      this.#add(request, "progress", 0, this.#checked(toSent(value, "progress")));
    } catch {
      // What cannot leave the machine is left out; the result is not affected.
    }
  }

  #sentFailure(error: unknown): SentValue {
    const sent = toSentFailure(error);
    if (sizeOfSent(sent) <= this.#parts.maxPayloadBytes) return sent;
    const { maxPayloadBytes } = this.#parts;
    const path = "error";
    const text = `The error of the callable is too large for the queue; throw one that says where the details are: path=${path} bytes=${sizeOfSent(sent)} maxPayloadBytes=${maxPayloadBytes}`;
    return toSentFailure(new PayloadError(text, { path }));
  }

  #checked(sent: SentValue): SentValue {
    const { maxPayloadBytes } = this.#parts;
    const bytes = sizeOfSent(sent);
    if (bytes <= maxPayloadBytes) return sent;
    throw new PayloadError(
      `The result is too large for the queue; store it where both sides find it, and return its name: bytes=${bytes} maxPayloadBytes=${maxPayloadBytes}`,
      { path: "result" },
    );
  }

  #add(
    { id, callable, requestID }: SentRequest,
    outcome: SentResult["outcome"],
    ms: number,
    sent: SentValue & { readonly error?: string },
  ): void {
    const attempt = this.#attempt;
    this.#unsent.push({ id, callable, outcome, attempt, ms, ...named(requestID), ...sent });
    this.#unsentBytes += sizeOfSent(sent);
    if (this.#unsentBytes > PARTIAL_BYTES) this.#write();
  }

  /**
   * The time since the latest result. The mean of a chunk is what one more request in it would cost, with several threads and
   * beside other chunks.
   */
  #elapsedMs(): number {
    const beforeMs = this.#latestMs;
    this.#latestMs = performanceNow();
    return this.#latestMs - beforeMs;
  }

  #write(): void {
    if (this.#unsent.length === 0) return;
    const results = this.#unsent;
    this.#unsent = [];
    this.#unsentBytes = 0;
    const { writer } = this.#parts;
    // Several writes may be under way; the chunk is acknowledged after all of them.
    const stored = writer.write(this.#chunk, results);
    this.#writing = both(this.#writing, stored.catch(this.#failure.reject));
  }
}

async function both(one: Promise<void>, other: Promise<void>): Promise<void> {
  await Promise.all([one, other]);
}

function named(requestID: string | number | undefined): { requestID?: string | number } {
  return requestID === undefined ? {} : { requestID };
}
