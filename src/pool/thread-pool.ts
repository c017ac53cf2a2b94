import type { Callable, ModuleCallable } from "../callable/index.ts";
import { NoResultsPending } from "../errors.ts";
import type { RequestID } from "../protocol/index.ts";
import { Bun, Promise } from "../runtime/index.ts";
import type { Admission } from "./admission.ts";
import type { BlockingRuns } from "./blocking-runs.ts";
import type { BroadcastPool } from "./broadcast-calls.ts";
import { assembleOrEnd } from "./assembly.ts";
import { inThisThread } from "./caller-runs.ts";
import type { CallerRuns } from "./caller-runs.ts";
import type { Cancellation } from "./cancellation.ts";
import {
  checkCount,
  checkFlag,
  checkTimeoutMs,
  checkWorkerCount,
  noLimitOfTime,
} from "./checks.ts";
import type { ChunkPool } from "../collections/index.ts";
import type { EventLoopDelivery } from "./delivery/event-loop-delivery.ts";
import type { ResultWaiter } from "./delivery/result-waiter.ts";
import { noWorkersLeft } from "./delivery/stranded-requests.ts";
import type { PoolEvent, PoolListener, PoolListeners } from "./events.ts";
import { watchForgotten } from "./forgotten-pools.ts";
import { beginsInert } from "./inert-pool.ts";
import type { CloseOptions, Lifecycle } from "./lifecycle.ts";
import { noWorkersInline } from "./inline-mode.ts";
import { resolveOptions } from "./options.ts";
import type { ResolvedOptions, ThreadPoolOptions } from "./options.ts";
import type { CallableRegistry } from "./queue/callable-registry.ts";
import type { RequestQueue } from "./queue/request-queue.ts";
import type { CallSites } from "./request/call-site.ts";
import type { CallableOf, OfOverload, OverloadResult, ResultOf } from "./request/callable-types.ts";
import { CallbackRequest, PromiseRequest, SyncRequest } from "./request/pending-request.ts";
import type { PendingRequest } from "./request/pending-request.ts";
import type { RequestTable } from "./request/request-table.ts";
import { argumentsOf, checkArgs, controlOf, hasLimits, transferOf } from "./request/run-options.ts";
import type { RunOptions, RunParameters } from "./request/run-options.ts";
import { checkRequest } from "./request/work-request.ts";
import type { WorkRequest } from "./request/work-request.ts";
import type { StreamPool } from "./stream-calls.ts";
import { statsOf } from "./stats.ts";
import type { CountingParts, PoolStats } from "./stats.ts";
import { TraceCalls } from "./trace-calls.ts";
import type { TracePool } from "./trace-calls.ts";
import type { WorkerSupervisor } from "./supervision/worker-supervisor.ts";
import { threadsAhead } from "./threads-ahead.ts";
import { threadsOf } from "./supervision/worker-lists.ts";
import type { WorkerThread } from "./worker-thread.ts";

type Members = keyof ThreadPool & string;

const PUT_REQUEST = "putRequest(request, block, timeoutMs)";

/**
 * A pool of worker threads that run callables in parallel.
 *
 * Requests go to the workers, and results come back, through lock-free queues in shared memory;
 * the next available worker takes the oldest request. Results are delivered by `poll` and `wait`,
 * which may block, and otherwise as soon as the event loop turns. A worker that dies fails the
 * request it had and no other, and a successor replaces it. Pending requests keep the process
 * alive; an idle pool does not. A pool that the program cannot reach any more ends its workers when it is collected.
 *
 * @example
 * ```ts
 * using pool = new ThreadPool(4);
 * for (const request of makeRequests(primesBelow, [1e6, 2e6], print)) pool.putRequest(request);
 * pool.wait();
 * const count = await pool.run(primesBelow, [3e6]);
 * ```
 */
export class ThreadPool extends TraceCalls implements Disposable, AsyncDisposable {
  readonly #options!: ResolvedOptions;
  /** Whether the pool's options limit requests that have no options of their own. */
  readonly #hasLimits!: boolean;
  /** Whether every request is admitted, in a worker: the queue has no bound. */
  readonly #admitsAll!: boolean;
  /** Whether puts may start workers. */
  readonly #isScaling!: boolean;
  readonly #listeners!: PoolListeners;
  readonly #table!: RequestTable;
  readonly #callSites!: CallSites;
  readonly #callables!: CallableRegistry;
  readonly #queue!: RequestQueue;
  readonly #supervisor!: WorkerSupervisor;
  readonly #cancellation!: Cancellation;
  readonly #admission!: Admission;
  readonly #callerRuns!: CallerRuns;
  readonly #blockingRuns!: BlockingRuns;
  readonly #waiter!: ResultWaiter;
  readonly #delivery!: EventLoopDelivery;
  readonly #lifecycle!: Lifecycle;
  readonly #counting!: CountingParts;
  protected override readonly chunks!: ChunkPool;
  protected override readonly streams!: StreamPool;
  protected override readonly broadcasts!: BroadcastPool;
  protected override readonly traces!: TracePool;

  /**
   * Starts the workers.
   *
   * @param numWorkers 0 to 256; with 0 create some later, or say `inline: true`. When left out, as many as there are cores, within `minWorkers`
   *   and `maxWorkers`
   * @throws RangeError or TypeError for a bad count or option, naming it, its range and the value
   * @throws ThreadPoolError when the system does not start all workers; then none is left. In a worker of a pool it throws
   *   when a callable constructs it; a pool that the worker constructs because it loads a module is inert
   */
  constructor(numWorkers?: number, options: ThreadPoolOptions = {}) {
    super();
    // Its members are those of an inert pool then, and use none of the parts.
    if (!Bun.isMainThread && beginsInert<Members>(this, ThreadPool.prototype)) return;
    const resolved = resolveOptions(numWorkers, options);
    const threads = threadsAhead(resolved);
    const parts = assembleOrEnd(resolved, threads);
    this.#options = resolved;
    this.#hasLimits = hasLimits(resolved);
    this.#admitsAll = resolved.qSize === 0;
    this.#isScaling = parts.supervisor.isScaling;
    this.#listeners = parts.events.handOver();
    this.#table = parts.table;
    this.#callSites = parts.callSites;
    this.#callables = parts.callables;
    this.#queue = parts.queue;
    this.#supervisor = parts.supervisor;
    this.#cancellation = parts.cancellation;
    this.#admission = parts.admission;
    this.#callerRuns = parts.callerRuns;
    this.#blockingRuns = parts.blockingRuns;
    this.broadcasts = parts.broadcasts;
    this.#waiter = parts.waiter;
    this.#delivery = parts.delivery;
    this.#lifecycle = parts.lifecycle;
    this.chunks = parts.chunksOf(this);
    this.streams = parts.streams;
    this.#counting = parts;
    this.traces = parts.traces;
    watchForgotten(this, this.#lifecycle, resolved.name);
    this.#lifecycle.start(resolved.inline === "no" ? resolved.workers : 1);
  }

  /** The workers that take requests, oldest first. */
  get workers(): readonly WorkerThread[] {
    this.#lifecycle.wake();
    return threadsOf(this.#supervisor.running);
  }

  /** Workers dismissed and not yet joined. */
  get dismissedWorkers(): readonly WorkerThread[] {
    return threadsOf(this.#supervisor.dismissed);
  }

  /** Pending requests by requestID: put, and their result not yet delivered. */
  get workRequests(): ReadonlyMap<RequestID, WorkRequest> {
    return this.#table.requests;
  }

  /**
   * Adds workers, at any time.
   *
   * @param numWorkers 0 to 256, including those that the pool has
   * @throws ThreadPoolError when the system does not start all of them; then none is added. When the pool has `inline: true`
   */
  createWorkers(numWorkers: number): void {
    this.#lifecycle.checkOpen();
    const count = checkWorkerCount(numWorkers, "numWorkers");
    const { inline } = this.#options;
    if (inline === "no") this.#supervisor.create(count);
    else if (inline === "asked" && count > 0) throw noWorkersInline(count);
  }

  /**
   * Dismisses the newest workers: each ends after the request it has.
   *
   * @param numWorkers how many; all when there are fewer
   * @param doJoin block until they have ended, instead of keeping them in `dismissedWorkers`
   */
  dismissWorkers(numWorkers: number, doJoin: boolean = false): void {
    const count = checkCount(numWorkers, "numWorkers");
    const isJoining = checkFlag(doJoin, "doJoin", "dismissWorkers(numWorkers, doJoin)");
    // The program means threads, which its environment has taken away.
    if (this.#options.inline === "forced") return;
    this.#lifecycle.wake();
    const dismissed = this.#supervisor.dismissNewest(count);
    if (isJoining) this.#supervisor.joinAndForget(dismissed);
  }

  /** Blocks until every dismissed worker has ended, then empties `dismissedWorkers`. */
  joinAllDismissedWorkers(): void {
    this.#supervisor.joinAndForget(this.#supervisor.dismissed);
  }

  /**
   * Puts a request into the queue.
   *
   * @param block wait for room when the queue is full; otherwise give up at once
   * @param timeoutMs longest wait in milliseconds; no limit when left out
   * @throws QueueFull when there is no room in time
   * @throws DuplicateRequest when a request with its requestID is pending
   * @throws CallableError, PayloadError when the callable or an argument cannot cross to a worker
   * @throws PoolClosed when the pool was closed
   * @throws ThreadPoolError when the request has failed before: make a new one
   */
  putRequest(request: WorkRequest, block: boolean = true, timeoutMs?: number): void {
    this.#lifecycle.checkOpen();
    // First of all: what is no request is often a function, and its arguments stand where `block` does.
    checkRequest(request);
    const isBlocking = typeof block === "boolean" ? block : checkFlag(block, "block", PUT_REQUEST);
    const limitMs = timeoutMs === undefined ? Infinity : checkTimeoutMs(timeoutMs, "timeoutMs");
    const callableId = this.#callables.idOf(request.callable);
    const control = this.#hasLimits ? controlOf(undefined, this.#options) : undefined;
    const pending = new CallbackRequest(request, callableId, control);
    this.#table.checkUnique(request);
    this.#submit(pending, isBlocking ? limitMs : 0, request.callable, argumentsOf(request));
  }

  /**
   * Delivers the results at hand.
   *
   * @param block go on until nothing is pending
   * @throws NoResultsPending once nothing is pending
   * @throws NoWorkersAvailable when requests are pending and no worker is left that could deliver one
   * @throws whatever a callback throws; its request is settled, the other results stay at hand
   */
  poll(block: boolean = false): void {
    checkFlag(block, "block", "poll(block), which has no limit of time");
    this.#waiter.beginMany();
    for (;;) {
      this.#supervisor.reactor.react();
      this.#callSites.endBurst();
      this.#table.deliverAll();
      if (this.#table.size === 0) throw new NoResultsPending("No results are pending.");
      if (!this.#supervisor.mayDeliver(block)) throw noWorkersLeft(this.#table.size);
      if (!block) return;
      const { streams, size } = this.#table;
      if (this.#callerRuns.asynchronous + streams.size === size) throw inThisThread(streams.size);
      this.#waiter.blockForMany();
    }
  }

  /**
   * Blocks until every pending request is delivered. Throws as `poll` does, except for `NoResultsPending`.
   *
   * @param none there is no limit of time: give the requests one, or race `settled()`
   * @throws TypeError when it is given an argument
   */
  wait(...none: readonly never[]): void {
    if (none.length > 0) throw noLimitOfTime(none[0]);
    try {
      this.poll(true);
    } catch (error) {
      if (!(error instanceof NoResultsPending)) throw error;
    }
  }

  /**
   * Runs a callable in a worker.
   *
   * @param callable an exported function, a `fromModule` reference, or a self-contained inline function
   * @returns a promise of its result; rejects with the callable's own error, or as `putRequest` throws, and with
   *   `NoWorkersAvailable` at the next turn of the event loop when no worker is left or coming that could run it
   */
  run<A extends readonly unknown[] | [], R>(
    callable: CallableOf<A, R>,
    args: A,
    options?: RunOptions,
  ): Promise<Awaited<R>>;
  /** As above, for an overloaded callable: the signature that takes the arguments gives the result. */
  run<F extends Callable, A extends readonly unknown[] | []>(
    callable: F | ModuleCallable<F>,
    args: A & OfOverload<F, A>,
    options?: RunOptions,
  ): Promise<OverloadResult<F, A>>;
  /** As above, for a `fromModule` reference, and where the arguments are left out. */
  run<F extends Callable>(
    callable: F | ModuleCallable<F>,
    ...[args, options]: RunParameters<F>
  ): Promise<ResultOf<F>>;
  run(
    callable: Callable | ModuleCallable,
    args?: readonly unknown[],
    options?: RunOptions,
  ): Promise<unknown> {
    try {
      this.#lifecycle.checkOpen();
      const list = Array.isArray(args) ? args : checkArgs(args, callable);
      const isPlain = options === undefined && !this.#hasLimits;
      const control = isPlain ? undefined : controlOf(options, this.#options);
      control?.signal?.throwIfAborted();
      const pending = new PromiseRequest(callable, list, this.#callables.idOf(callable), control);
      this.#submit(pending, undefined, callable, list, isPlain ? undefined : transferOf(options));
      return pending.promise;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Runs a callable in a worker and blocks until it is done; works without the event loop. Limit its time with `timeoutMs`:
   * a signal that a timer of this thread would abort, such as `AbortSignal.timeout`, is not aborted while it blocks.
   *
   * @returns the result, awaited in the worker if it is a promise
   * @throws the callable's own error, or as `putRequest` does; `NoWorkersAvailable` when there is none to run it
   */
  runSync<A extends readonly unknown[] | [], R>(
    callable: CallableOf<A, R>,
    args: A,
    options?: RunOptions,
  ): Awaited<R>;
  /** As above, for an overloaded callable: the signature that takes the arguments gives the result. */
  runSync<F extends Callable, A extends readonly unknown[] | []>(
    callable: F | ModuleCallable<F>,
    args: A & OfOverload<F, A>,
    options?: RunOptions,
  ): OverloadResult<F, A>;
  /** As above, for a `fromModule` reference, and where the arguments are left out. */
  runSync<F extends Callable>(
    callable: F | ModuleCallable<F>,
    ...[args, options]: RunParameters<F>
  ): ResultOf<F>;
  runSync(
    callable: Callable | ModuleCallable,
    args?: readonly unknown[],
    options?: RunOptions,
  ): unknown {
    this.#lifecycle.checkOpen();
    const list = checkArgs(args, callable);
    const control = controlOf(options, this.#options);
    control?.signal?.throwIfAborted();
    const id = this.#callables.idOf(callable);
    if (!this.#supervisor.takesRequests) throw noWorkersLeft(this.#table.size + 1);
    const pending = new SyncRequest(callable, list, id, control);
    this.#submit(pending, Infinity, callable, list, transferOf(options));
    this.#blockingRuns.wait(pending);
    // Some may have come together with the outcome, while `onProgress` itself called the pool, or without any wait.
    pending.deliverReports();
    this.#callSites.endBurst();
    if (pending.outcome !== "succeeded") throw pending.value;
    return pending.value;
  }

  /**
   * Waits until every worker has started, with its initializer.
   *
   * @returns a promise that rejects with `PoolClosed` when the pool is closed first, or cannot go on because an initializer
   *   has failed or no worker can be started
   */
  async ready(): Promise<void> {
    const supervisor = this.#supervisor;
    this.#lifecycle.checkOpen();
    await this.#delivery.until(() => supervisor.areAllReady || !this.#lifecycle.isOpen, false);
    this.#lifecycle.checkOpen();
  }

  /**
   * Waits, without blocking, until every pending request is delivered: the asynchronous twin of `wait`.
   * Delivers in manual mode too.
   *
   * @returns a promise that rejects with `NoWorkersAvailable` when no worker is left that could deliver a result
   */
  settled(): Promise<void> {
    if (this.#table.size === 0) return Promise.resolve();
    return this.#delivery.until(() => this.#table.size === 0);
  }

  /**
   * Closes the pool gracefully: everything put is delivered, then the workers end. Takes no more requests
   * from the call on; requests that no worker is left to run fail with `PoolClosed`.
   *
   * @param options `timeoutMs`: after so many milliseconds the workers are ended in whatever they do, and each request
   *   that is left fails with a `PoolClosed` that names it. May be given later, by another call
   * @returns a promise of the end of the last worker, the same one each time; it does not reject because of requests
   *   that fail. It rejects with a TypeError or RangeError for bad options, and the pool is not closed then
   * @example
   * ```ts
   * process.once("SIGTERM", () => void pool.close({ timeoutMs: 10_000 }));
   * ```
   */
  close(options?: CloseOptions): Promise<void> {
    return this.#lifecycle.close(options);
  }

  /**
   * Closes the pool now: workers are ended in whatever they do, pending requests fail with `PoolClosed`.
   */
  terminate(): void {
    this.#lifecycle.terminate();
  }

  /**
   * Calls `listener` at each event of that name; see `PoolEventArguments`. An event is emitted within the call that notices
   * it: a delivery by the event loop, `poll`, `wait`, a put, `dismissWorkers`.
   *
   * @throws TypeError when there is no such event, or the listener is no function
   */
  on<E extends PoolEvent>(event: E, listener: PoolListener<E>): this {
    this.#listeners.on(event, listener);
    return this;
  }

  /** Calls `listener` at the next event of that name, and then no more. Throws as `on` does. */
  once<E extends PoolEvent>(event: E, listener: PoolListener<E>): this {
    this.#listeners.once(event, listener);
    return this;
  }

  /** Removes a listener. Throws as `on` does. */
  off<E extends PoolEvent>(event: E, listener: PoolListener<E>): this {
    this.#listeners.off(event, listener);
    return this;
  }

  /** Figures of the pool so far. */
  stats(): PoolStats {
    return statsOf(this.#counting);
  }

  /**
   * `using pool`: delivers what is pending, then dismisses and joins the workers. Blocks.
   *
   * @throws at the end, the error that a callback has thrown, or an AggregateError of several
   */
  [Symbol.dispose](): void {
    this.#lifecycle.dispose(
      () => this.wait(),
      (reason) => this.streams.endAll(reason),
    );
  }

  /** `await using pool`: as `close`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @param waitMs see `Admission.admit` */
  #submit(
    pending: PendingRequest,
    waitMs: number | undefined,
    callable: Callable | ModuleCallable,
    args: readonly unknown[],
    transfer?: readonly object[],
  ): void {
    if (!this.#admitsAll && this.#admission.admit(pending, waitMs) === "in its caller") {
      pending.callSite = this.#callSites.capture();
      pending.putAt = this.#counting.latency.putAt(this.#table.put);
      this.#callerRuns.run(pending, callable, args, transfer);
      if (this.#table.size > 0) this.#table.pool = this;
      return;
    }
    pending.putAt = this.#counting.latency.putAt(this.#table.put);
    const sent = pending.control === undefined ? args : pending.control.withStores(args);
    const isInTask = this.#queue.submit(pending, sent, transfer);
    if (this.#callables.hasForgotten) this.#callables.keep(pending.callableId, callable);
    // In a long row of puts without a turn of the event loop, reading results keeps the workers supplied.
    if (!isInTask && this.#options.resqSize === 0) this.#supervisor.reactor.react();
    pending.callSite = this.#callSites.ofBurst ?? this.#callSites.capture();
    if (pending.control !== undefined) this.#cancellation.watch(pending);
    if (this.#isScaling) this.#supervisor.notePut();
    if (this.#table.pool === undefined && this.#table.size > 0) this.#table.pool = this;
  }
}
