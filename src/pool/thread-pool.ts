import { inspect } from "node:util";
import { Admission } from "./admission.ts";
import type { Admitted } from "./admission.ts";
import { CallerRuns, inThisThread } from "./caller-runs.ts";
import type { Callable, ModuleCallable } from "../callable/describe.ts";
import { CallableRegistry } from "./queue/callable-registry.ts";
import { WorkerSupervisor } from "./supervision/worker-supervisor.ts";
import { Deadlines } from "./event-loop/deadlines.ts";
import { EventLoopDelivery, noWorkersLeft } from "./delivery/event-loop-delivery.ts";
import { NoResultsPending, ThreadPoolError } from "../errors.ts";
import { Exchange } from "./queue/request-queue.ts";
import { Lifecycle } from "./lifecycle.ts";
import { ResultWaiter } from "./delivery/result-waiter.ts";
import {
  checkCount,
  checkFlag,
  checkTimeoutMs,
  checkWorkerCount,
  defaultWorkerCount,
  resolveOptions,
} from "./options.ts";
import type { ResolvedOptions, ThreadPoolOptions } from "./options.ts";
import { refuseInsideWorker } from "../runtime/inside-worker.ts";
import { CallSites } from "./request/call-site.ts";
import {
  CallbackRequest,
  NOWHERE,
  PromiseRequest,
  SyncRequest,
} from "./request/pending-request.ts";
import type { PendingRequest } from "./request/pending-request.ts";
import { RequestTable } from "./request/request-table.ts";
import { Latency } from "./request/latency.ts";
import { argumentsOf, checkArgs, controlOf } from "./request/run-options.ts";
import type { RunParameters } from "./request/run-options.ts";
import { PoolEvents } from "./events.ts";
import type { PoolEvent, PoolListener } from "./events.ts";
import { statsOf } from "./stats.ts";
import type { CountedParts, PoolStats } from "./stats.ts";
import { Autoscaler } from "./supervision/autoscaler.ts";
import { Cancellation } from "./cancellation.ts";
import { workerSettingsOf } from "./supervision/worker-settings.ts";
import type { WorkerThread } from "./worker-thread.ts";
import { WorkRequest } from "./request/work-request.ts";
import type { RequestID, ResultOf } from "./request/work-request.ts";

/**
 * A pool of worker threads that run callables in parallel.
 *
 * Requests go to the workers, and results come back, through lock-free queues in shared memory;
 * the next available worker takes the oldest request. Results are delivered by `poll` and `wait`,
 * which may block, and otherwise as soon as the event loop turns. A worker that dies fails the
 * request it had and no other, and a successor takes its place. Pending requests keep the process
 * alive; an idle pool does not.
 *
 * @example
 * ```ts
 * using pool = new ThreadPool(4);
 * for (const request of makeRequests(primesBelow, [1e6, 2e6], print)) pool.putRequest(request);
 * pool.wait();
 * const count = await pool.run(primesBelow, [3e6]);
 * ```
 */
export class ThreadPool implements Disposable, AsyncDisposable {
  readonly #options: ResolvedOptions;
  readonly #events = new PoolEvents();
  readonly #table = new RequestTable(() => this.#events.emit("idle"));
  readonly #exchange: Exchange;
  readonly #callables: CallableRegistry;
  readonly #supervisor: WorkerSupervisor;
  /** What is due may settle requests: they are delivered. */
  readonly #deadlines = new Deadlines(() => this.#delivery.expect());
  readonly #news: ResultWaiter;
  readonly #delivery: EventLoopDelivery;
  readonly #sites = new CallSites();
  readonly #times = new Latency();
  readonly #cancellation: Cancellation;
  readonly #admission: Admission;
  readonly #callerRuns: CallerRuns;
  readonly #autoscaler: Autoscaler | undefined;
  readonly #lifecycle: Lifecycle;
  readonly #parts: CountedParts;
  #put = 0;

  /**
   * Starts the workers.
   *
   * @param numWorkers 0 to 256, with 0 create some later; when left out, as many as there are cores, within `minWorkers`
   *   and `maxWorkers`
   * @throws RangeError or TypeError for a bad count or option, naming it, its range and the value
   * @throws ThreadPoolError inside a worker of a pool, where a pool is nearly always an accident
   */
  constructor(numWorkers?: number, options: ThreadPoolOptions = {}) {
    refuseInsideWorker();
    const workers = numWorkers === undefined ? defaultWorkerCount(options) : numWorkers;
    checkWorkerCount(workers, "numWorkers");
    this.#options = resolveOptions(workers, options);
    const { qSize, resqSize, delivery, graceMs, rejectionPolicy } = this.#options;
    const { minWorkers, maxWorkers, idleTimeoutMs } = this.#options;
    this.#exchange = new Exchange(
      this.#table,
      this.#times,
      (message) => this.#supervisor.tell((channel) => channel.post(message)),
      () => this.#supervisor.wakeAll(),
    );
    this.#callables = new CallableRegistry((id, definition) =>
      this.#supervisor.tell((channel) => channel.postCallable({ id, definition })),
    );
    this.#supervisor = new WorkerSupervisor({
      exchange: this.#exchange,
      deadlines: this.#deadlines,
      events: this.#events,
      workerSettings: workerSettingsOf(this.#options, this.#callables.definitions),
      graceMs,
      onSizeChange: (present) => {
        this.#exchange.limitInQueue(resqSize, present);
        this.#autoscaler?.watchIdle();
      },
      onCollected: () => {
        this.#admission.noticeRoom();
        this.#autoscaler?.startFirst();
      },
      onEnd: () => this.#delivery.expect(),
      onInitializerError: (error) => this.#lifecycle.fail("its initializer has failed", error),
      onStartFailure: (failure) => this.#lifecycle.failToStart(failure),
    });
    const parts = {
      exchange: this.#exchange,
      table: this.#table,
      supervisor: this.#supervisor,
      deadlines: this.#deadlines,
    };
    this.#parts = parts;
    this.#cancellation = new Cancellation({
      ...parts,
      graceMs,
      onSettled: () => this.#delivery.expect(),
    });
    this.#admission = new Admission({
      ...parts,
      cancellation: this.#cancellation,
      qSize,
      policy: rejectionPolicy,
      events: this.#events,
    });
    this.#news = new ResultWaiter({ ...parts, queue: this.#admission });
    this.#delivery = new EventLoopDelivery({
      ...parts,
      news: this.#news,
      sites: this.#sites,
      isAuto: delivery === "auto",
      readsAhead: resqSize === 0,
    });
    if (maxWorkers > minWorkers)
      this.#autoscaler = new Autoscaler({ ...parts, minWorkers, maxWorkers, idleTimeoutMs });
    this.#lifecycle = new Lifecycle({ ...parts, delivery: this.#delivery });
    this.#callerRuns = new CallerRuns(this.#table, this.#deadlines, () => this.#delivery.expect());
    this.#supervisor.create(workers);
  }

  /** The workers that take requests, oldest first. */
  get workers(): readonly WorkerThread[] {
    return Object.freeze(this.#supervisor.workers);
  }

  /** Workers dismissed and not yet joined. */
  get dismissedWorkers(): readonly WorkerThread[] {
    return Object.freeze(this.#supervisor.dismissedWorkers);
  }

  /** Pending requests by requestID: put, and their result not yet delivered. */
  get workRequests(): ReadonlyMap<RequestID, WorkRequest> {
    return this.#table.requests;
  }

  /**
   * Adds workers, at any time.
   *
   * @param numWorkers 0 to 256, those that the pool has included
   */
  createWorkers(numWorkers: number): void {
    this.#lifecycle.checkOpen();
    this.#supervisor.create(checkWorkerCount(numWorkers, "numWorkers"));
    this.#delivery.expect();
  }

  /**
   * Dismisses the newest workers: each ends after the request it has.
   *
   * @param numWorkers how many; all when there are fewer
   * @param doJoin block until they have ended, instead of keeping them in `dismissedWorkers`
   */
  dismissWorkers(numWorkers: number, doJoin: boolean = false): void {
    const count = checkCount(numWorkers, "numWorkers");
    const isJoining = checkFlag(doJoin, "doJoin");
    const dismissed = this.#supervisor.dismissNewest(count);
    if (!isJoining) return;
    this.#supervisor.joinAndForget(dismissed);
    this.#delivery.expect();
  }

  /** Blocks until every dismissed worker has ended, then empties `dismissedWorkers`. */
  joinAllDismissedWorkers(): void {
    this.#supervisor.joinAndForget(this.dismissedWorkers);
    this.#delivery.expect();
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
    const isBlocking = checkFlag(block, "block");
    const limitMs = checkTimeoutMs(timeoutMs, "timeoutMs");
    if (!(request instanceof WorkRequest)) {
      throw new TypeError(
        `putRequest takes a WorkRequest, see makeRequests: request=${inspect(request)}`,
      );
    }
    if (request.exception) {
      throw new ThreadPoolError(
        `This request has failed; make a new one to try again: request=${String(request)}`,
      );
    }
    this.#table.checkUnique(request);
    const admitted = this.#admission.admit(isBlocking ? limitMs : 0);
    const callableId = this.#callables.idOf(request.callable);
    const pending = new CallbackRequest(request, callableId, controlOf(undefined, this.#options));
    this.#submit(pending, admitted, request.callable, argumentsOf(request));
    this.#delivery.expect();
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
    checkFlag(block, "block");
    try {
      this.#news.beginMany();
      for (;;) {
        this.#supervisor.collect();
        this.#sites.endBurst();
        this.#table.deliverAll();
        if (this.#table.size === 0) throw new NoResultsPending("No results are pending.");
        if (!this.#supervisor.canDeliver) throw noWorkersLeft(this.#table.size);
        if (!block) return;
        if (this.#callerRuns.asynchronous === this.#table.size) throw inThisThread();
        this.#news.blockForMany();
      }
    } finally {
      this.#delivery.expect();
    }
  }

  /** Blocks until every pending request is delivered. Throws as `poll` does, `NoResultsPending` excepted. */
  wait(): void {
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
   * @returns a promise of its result; rejects with the callable's own error, or as `putRequest` throws
   */
  run<F extends Callable>(
    callable: F | ModuleCallable<F>,
    ...[args, options]: RunParameters<F>
  ): Promise<ResultOf<F>> {
    try {
      this.#lifecycle.checkOpen();
      const list = checkArgs(args);
      const control = controlOf(options, this.#options);
      control?.signal?.throwIfAborted();
      const pending = new PromiseRequest(callable, list, this.#callables.idOf(callable), control);
      this.#submit(pending, this.#admission.admit(undefined), callable, list, options?.transfer);
      this.#delivery.expect();
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
  runSync<F extends Callable>(
    callable: F | ModuleCallable<F>,
    ...[args, options]: RunParameters<F>
  ): ResultOf<F> {
    this.#lifecycle.checkOpen();
    const list = checkArgs(args);
    const control = controlOf(options, this.#options);
    control?.signal?.throwIfAborted();
    const id = this.#callables.idOf(callable);
    // A pool that scales starts a worker when the request is put.
    if (!this.#supervisor.canDeliver && this.#autoscaler === undefined)
      throw noWorkersLeft(this.#table.size + 1);
    const pending = new SyncRequest(callable, list, id, control);
    this.#submit(pending, this.#admission.admit(Infinity), callable, list, options?.transfer);
    while (pending.outcome === "pending") {
      if (pending.place === NOWHERE) throw inThisThread();
      this.#news.blockForOne();
      this.#supervisor.collect();
      pending.tellReports();
      if (!this.#supervisor.canDeliver) {
        this.#table.settle(pending, "failed", noWorkersLeft(this.#table.size));
      }
    }
    this.#sites.endBurst();
    if (this.#table.size > 0) this.#delivery.expect();
    if (pending.outcome !== "succeeded") throw pending.value;
    return pending.value as ResultOf<F>;
  }

  /**
   * Waits, without blocking, until every pending request is delivered: the asynchronous twin of `wait`.
   * Delivers in manual mode too.
   *
   * @returns a promise that rejects with `NoWorkersAvailable` when no worker is left that could deliver a result
   */
  settled(): Promise<void> {
    return this.#table.size === 0
      ? Promise.resolve()
      : this.#delivery.until(() => this.#table.size === 0);
  }

  /**
   * Closes the pool gracefully: everything put is delivered, then the workers end. Takes no more requests
   * from the call on; requests that no worker is left to run fail with `PoolClosed`.
   *
   * @returns a promise of the end of the last worker, the same one each time
   */
  close(): Promise<void> {
    return this.#lifecycle.close();
  }

  /**
   * Closes the pool now: workers are ended in whatever they do, pending requests fail with `PoolClosed`.
   */
  terminate(): void {
    this.#lifecycle.terminate();
  }

  /**
   * Calls `listener` at each event of that name; see `PoolEventArguments`. Events are told within the call that notices
   * them: a delivery by the event loop, `poll`, `wait`, a put, `dismissWorkers`.
   *
   * @throws TypeError when there is no such event, or the listener is no function
   */
  on<E extends PoolEvent>(event: E, listener: PoolListener<E>): this {
    this.#events.on(event, listener);
    return this;
  }

  /** The same, for the next event alone. */
  once<E extends PoolEvent>(event: E, listener: PoolListener<E>): this {
    this.#events.once(event, listener);
    return this;
  }

  /** Takes back a listener. */
  off<E extends PoolEvent>(event: E, listener: PoolListener<E>): this {
    this.#events.off(event, listener);
    return this;
  }

  /** Figures of the pool so far. */
  stats(): PoolStats {
    return statsOf(this.#parts, this.#times, this.#put);
  }

  /**
   * `using pool`: delivers what is pending, then dismisses and joins the workers. Blocks. What callbacks
   * throw is thrown at the end: the error, or an AggregateError of several.
   */
  [Symbol.dispose](): void {
    this.#lifecycle.dispose(() => this.wait());
  }

  /** `await using pool`: as `close`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #submit(
    pending: PendingRequest,
    admitted: Admitted,
    callable: Callable | ModuleCallable,
    args: readonly unknown[],
    transfer?: readonly object[],
  ): void {
    if (admitted === "in its caller") {
      this.#table.add(pending);
      this.#put += 1;
      this.#callerRuns.run(pending, callable, args);
      return;
    }
    if (pending.priority !== 0) this.#exchange.respectPriorities();
    const putAt = this.#times.putAt(this.#put);
    this.#exchange.submit(pending, args, transfer, putAt, this.#makeRoom);
    pending.site = this.#sites.capture();
    this.#put += 1;
    this.#cancellation.watch(pending);
    this.#autoscaler?.requestPut();
  }

  /** In a long row of puts without a turn of the event loop, reading results keeps the workers supplied. */
  readonly #makeRoom = (): void => {
    if (this.#options.resqSize === 0) this.#supervisor.collect();
  };
}
