import { makeRequests, WorkRequest } from "../index.ts";
import type { ExceptionCallback, RequestID, ResultCallback } from "../index.ts";
import { PoolClosed, QueueFull, ThreadPoolError } from "../errors.ts";
import {
  clearTimeout,
  describeValue,
  DOMException,
  Promise,
  setTimeout,
  TypeError,
  AbortController,
} from "../runtime/index.ts";
import { checkCallOptions } from "./call-options.ts";
import type {
  ClusterImapOptions,
  ClusterImapUnorderedOptions,
  ClusterMapOptions,
  ClusterRunOptions,
} from "./call-options.ts";
import { collect, iterate } from "./cluster-collection.ts";
import { resolveClusterOptions } from "./cluster-options.ts";
import type { ClusterPoolOptions } from "./cluster-options.ts";
import type { ClusterStats } from "./cluster-stats.ts";
import { RedisServer } from "./connection.ts";
import { loadEngine } from "./engine.ts";
import { checkFlag, checkNumber } from "./option-checks.ts";
import { LONGEST_MS } from "./machine-options.ts";
import { recipientOf } from "./pending.ts";
import { Producer } from "./producer.ts";
import type { CheckedCall } from "./producer.ts";
import { checkCallableName } from "./registry.ts";
import type { FunctionIn, NameIn, Registry } from "./registry.ts";

/** The items of a collection: an array or another iterable, or an async iterable. */
type Items<T> = Iterable<T> | AsyncIterable<T>;
type ResultIn<R extends Registry, N extends keyof R> = Awaited<ReturnType<FunctionIn<R, N>>>;
type ArgsIn<R extends Registry, N extends keyof R> = Readonly<Parameters<FunctionIn<R, N>>>;
type ItemResult<T, Settle extends boolean> = Settle extends true ? PromiseSettledResult<T> : T;
type Entry<T, Entries extends boolean> = Entries extends true ? [index: number, T] : T;

/** Options of `ClusterPool.close`. */
export interface ClusterCloseOptions {
  /** Longest time in milliseconds, 0 or more; no limit when left out. After it each request without an outcome fails with a `PoolClosed`. */
  readonly timeoutMs?: number | undefined;
}

const AT_ONCE = { priority: 0 };

/**
 * A pool whose threads are on other machines: the same requests with the same callbacks, over BullMQ on Redis.
 *
 * Callables are named, and each machine has them in the registry of its `serveMachine`. A request runs at least once; its callback
 * is called at most once, so callables must be such that running one twice does no harm. An open pool keeps the process
 * alive: `close` it.
 *
 * @example
 * ```ts
 * import { ClusterPool } from "ringpool/bullmq";
 * const connection = "redis://10.0.0.5:6379";
 * const cluster = await ClusterPool.connect<{ fib: typeof fib }>({ name: "math", connection });
 * for (const request of cluster.makeRequests("fib", [30, 31], print)) await cluster.putRequest(request);
 * await cluster.settled();
 * await cluster.close();
 * ```
 */
export class ClusterPool<R extends Registry = Registry> implements AsyncDisposable {
  readonly #producer: Producer;
  #closing: Promise<void> | undefined;

  private constructor(producer: Producer) {
    this.#producer = producer;
  }

  /**
   * Connects to a cluster. `R` is the type of the machines' registry: `ClusterPool.connect<typeof registry>(…)`.
   *
   * @throws ThreadPoolError when there is no Redis server, or BullMQ is not installed; TypeError or RangeError for a bad option
   */
  static async connect<R extends Registry = Registry>(
    options: ClusterPoolOptions,
  ): Promise<ClusterPool<R>> {
    const resolved = resolveClusterOptions(options);
    const server = new RedisServer(options.connection);
    const engine = await loadEngine();
    const producer = new Producer(resolved, engine, await server.open(engine));
    try {
      await producer.start();
    } catch (error) {
      await producer.end(() => new PoolClosed("The ClusterPool was not connected."));
      throw error;
    }
    return new ClusterPool<R>(producer);
  }

  /** As `makeRequests` of the package, for a callable that the machines have under this name. */
  makeRequests<N extends NameIn<R>>(
    callable: N,
    argsList: Iterable<Parameters<FunctionIn<R, N>>[0] | readonly [ArgsIn<R, N>, object]>,
    callback?: ResultCallback<FunctionIn<R, N>> | null,
    excCallback?: ExceptionCallback<FunctionIn<R, N>> | null,
  ): WorkRequest<FunctionIn<R, N>>[] {
    return makeRequests(
      callable as never,
      argsList as never,
      callback as never,
      excCallback as never,
    ) as never;
  }

  /**
   * Puts a request whose callable is a name. Resolves when there is room for it among `maxOutstanding`, in a few milliseconds it
   * is on its way.
   *
   * @param block wait for room; otherwise give up at once
   * @param timeoutMs longest wait in milliseconds; no limit when left out
   * @throws QueueFull when there is no room in time
   * @throws DuplicateRequest when a request with its requestID is pending
   * @throws CallableError when the callable is a function and no name
   * @throws PayloadError when the arguments cannot leave the machine, or are too large
   * @throws PoolClosed when the pool was closed
   * @throws ThreadPoolError when the request has failed before: make a new one
   */
  async putRequest(
    request: WorkRequest<never> | WorkRequest,
    block: boolean = true,
    timeoutMs?: number,
  ): Promise<void> {
    const producer = this.#producer;
    producer.checkOpen();
    const given = checkRequest(request);
    const callable = checkCallableName(given.callable);
    checkFlag(block, "block");
    if (timeoutMs !== undefined) checkNumber(timeoutMs, "timeoutMs", 0, LONGEST_MS);
    const { requestID, args, kwds } = given;
    const all = Object.keys(kwds).length === 0 ? args : [...args, kwds];
    const checked = producer.check({ callable, args: all, requestID, limits: AT_ONCE });
    producer.reserve(requestID);
    if (!producer.room.tryTake()) {
      const isAdmitted = block && (await this.#roomWithin(timeoutMs));
      if (!isAdmitted) {
        producer.release(requestID);
        producer.checkOpen();
        throw new QueueFull(
          `Too many requests are without an outcome; wait for results, or raise maxOutstanding: maxOutstanding=${producer.options.maxOutstanding}`,
        );
      }
    }
    producer.put(checked, recipientOf(given));
  }

  /**
   * Runs a callable on some machine.
   *
   * @returns a promise of its result; rejects with the callable's own error, which says on which machine it was (`machine`) and in which
   *   run (`attempt`), or as `putRequest` throws
   */
  async run<N extends NameIn<R>>(
    callable: N,
    args: ArgsIn<R, N>,
    options?: ClusterRunOptions,
  ): Promise<ResultIn<R, N>> {
    const producer = this.#producer;
    producer.checkOpen();
    const name = checkCallableName(callable);
    if (!Array.isArray(args ?? []))
      throw new TypeError(`args is the array of the arguments: args=${describeValue(args)}`);
    const { signal, limits, onProgress } = checkCallOptions(options, "run");
    signal?.throwIfAborted();
    const checked = producer.check({ callable: name, args: args ?? [], limits });
    if (!producer.room.tryTake() && !(await producer.room.take(signal))) {
      signal?.throwIfAborted();
      throw new PoolClosed("The ClusterPool was closed: state=closed");
    }
    return this.#promiseOf(checked, signal, onProgress) as Promise<ResultIn<R, N>>;
  }

  /**
   * Runs a callable for each item, and collects the results, as `ThreadPool.map` does. Items travel in chunks whose size follows
   * the run times; a chunk that is lost with its machine runs again, and no other.
   */
  map<N extends NameIn<R>, Settle extends boolean = false>(
    callable: N,
    items: Items<Parameters<FunctionIn<R, N>>[0]>,
    options?: ClusterMapOptions<Settle>,
  ): Promise<ItemResult<ResultIn<R, N>, Settle>[]> {
    return this.#collect("map", callable, items, options) as Promise<never>;
  }

  /** As `map`, for a callable of several arguments: each item is the array of its arguments. */
  starmap<N extends NameIn<R>, Settle extends boolean = false>(
    callable: N,
    items: Items<ArgsIn<R, N>>,
    options?: ClusterMapOptions<Settle>,
  ): Promise<ItemResult<ResultIn<R, N>, Settle>[]> {
    return this.#collect("starmap", callable, items, options) as Promise<never>;
  }

  /** Runs a callable for each item, and gives the results one by one, in the order of the items, which may be endless. */
  imap<N extends NameIn<R>, Settle extends boolean = false>(
    callable: N,
    items: Items<Parameters<FunctionIn<R, N>>[0]>,
    options?: ClusterImapOptions<Settle>,
  ): AsyncIterableIterator<ItemResult<ResultIn<R, N>, Settle>> {
    return this.#iterate("imap", callable, items, options) as AsyncIterableIterator<never>;
  }

  /** As `imap`, but gives each result as soon as it is there. With `{ entries: true }` as `[index, result]`. */
  imapUnordered<
    N extends NameIn<R>,
    Settle extends boolean = false,
    Entries extends boolean = false,
  >(
    callable: N,
    items: Items<Parameters<FunctionIn<R, N>>[0]>,
    options?: ClusterImapUnorderedOptions<Settle, Entries>,
  ): AsyncIterableIterator<Entry<ItemResult<ResultIn<R, N>, Settle>, Entries>> {
    return this.#iterate("imapUnordered", callable, items, options) as AsyncIterableIterator<never>;
  }

  /**
   * Cancels a pending request of `putRequest`: its `excCallback` gets the reason, and a machine that runs it stops.
   *
   * @param request the request, or its requestID
   * @param reason an AbortError when left out
   * @returns whether it was pending
   */
  cancel(request: WorkRequest<never> | WorkRequest | RequestID, reason?: unknown): boolean {
    const requestID = request instanceof WorkRequest ? request.requestID : request;
    const pending = this.#producer.find(requestID);
    if (pending === undefined) return false;
    return this.#producer.cancel(
      pending,
      reason ?? new DOMException("The request was cancelled.", "AbortError"),
    );
  }

  /**
   * Dismisses a machine: it takes no more requests, finishes what it has, and ends. Its id is in `stats().machines`.
   *
   * @throws an error while the Redis server is away
   */
  dismissMachine(id: string): Promise<void> {
    if (typeof id !== "string")
      throw new TypeError(`id is the id of a machine in stats().machines: id=${describeValue(id)}`);
    return this.#producer.say({ op: "dismiss", machine: id });
  }

  /** Resolves when every request that was put has its outcome, and its callback was called. */
  settled(): Promise<void> {
    return this.#producer.settled();
  }

  /**
   * Takes no more requests, waits until all have their outcome, and closes the connections.
   *
   * @throws TypeError or RangeError for a bad option
   */
  close(options: ClusterCloseOptions = {}): Promise<void> {
    const { timeoutMs } = options;
    if (timeoutMs !== undefined) checkNumber(timeoutMs, "timeoutMs", 0, LONGEST_MS);
    this.#producer.beginClosing();
    this.#closing ??= this.#close(timeoutMs);
    return this.#closing;
  }

  /** Figures of this pool so far, and of each machine. What machines say of themselves is about a second old; one that was killed is `serving` for up to five seconds more. */
  stats(): ClusterStats {
    return this.#producer.stats();
  }

  /** `await using cluster`: as `close`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(timeoutMs: number | undefined): Promise<void> {
    const producer = this.#producer;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const limit = new Promise<void>((resolve) => {
      if (timeoutMs !== undefined) timer = setTimeout(resolve, timeoutMs);
    });
    await Promise.race([producer.settled(), limit]);
    clearTimeout(timer);
    await producer.end(
      () =>
        new PoolClosed(`The ClusterPool was closed before the result came: timeoutMs=${timeoutMs}`),
    );
  }

  #promiseOf(
    checked: CheckedCall,
    signal: AbortSignal | undefined,
    onProgress: ((value: never) => void) | undefined,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const end = (): void => signal?.removeEventListener("abort", onAbort);
      const pending = this.#producer.put(checked, {
        succeeded(value) {
          end();
          resolve(value);
        },
        failed(error) {
          end();
          reject(error);
        },
        reported: onProgress as ((value: unknown) => void) | undefined,
      });
      const onAbort = (): void => void this.#producer.cancel(pending, signal?.reason);
      signal?.addEventListener("abort", onAbort);
    });
  }

  async #roomWithin(timeoutMs: number | undefined): Promise<boolean> {
    if (timeoutMs === undefined) return this.#producer.room.take();
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), timeoutMs);
    try {
      return await this.#producer.room.take(controller.signal);
    } finally {
      clearTimeout(timer);
    }
  }

  async #collect(
    call: "map" | "starmap",
    callable: unknown,
    items: unknown,
    options: unknown,
  ): Promise<unknown[]> {
    return collect(this.#collection(call, callable, items, options));
  }

  #iterate(
    call: "imap" | "imapUnordered",
    callable: unknown,
    items: unknown,
    options: unknown,
  ): AsyncIterableIterator<unknown> {
    return iterate(this.#collection(call, callable, items, options), call === "imap");
  }

  #collection(
    call: "map" | "starmap" | "imap" | "imapUnordered",
    callable: unknown,
    items: unknown,
    options: unknown,
  ): Parameters<typeof collect>[0] {
    this.#producer.checkOpen();
    return {
      producer: this.#producer,
      callable: checkCallableName(callable),
      items,
      spreads: call === "starmap",
      options: checkCallOptions(options, call),
    };
  }
}

/** @throws TypeError when it is no request, ThreadPoolError when it has failed before */
function checkRequest(request: unknown): WorkRequest {
  if (!(request instanceof WorkRequest))
    throw new TypeError(
      `putRequest takes a WorkRequest, such as those of cluster.makeRequests("name", argsList, callback): request=${describeValue(request)}`,
    );
  if (request.exception)
    throw new ThreadPoolError(
      `This request has failed; make a new one to try again: request=${String(request)}`,
    );
  return request;
}
