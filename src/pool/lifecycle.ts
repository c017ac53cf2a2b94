import { NoWorkersAvailable, PoolClosed } from "../errors.ts";
import {
  checkKnownOptions,
  ownOptions,
  AggregateError,
  Promise,
  printError,
} from "../runtime/index.ts";
import type { InlineWorkers } from "../inline/index.ts";
import { checkTimeoutMs } from "./checks.ts";
import type { EventLoopDelivery } from "./delivery/event-loop-delivery.ts";
import type { StrandedRequests } from "./delivery/stranded-requests.ts";
import type { Deadlines } from "./event-loop/deadlines.ts";
import { endWatch, sayForgotten } from "./forgotten-pools.ts";
import type { CallableRegistry } from "./queue/callable-registry.ts";
import type { RequestQueue } from "./queue/request-queue.ts";
import type { Runs } from "./queue/task-table.ts";
import type { DebugLog } from "./request/debug-log.ts";
import type { PendingRequest } from "./request/pending-request.ts";
import type { RequestTable } from "./request/request-table.ts";
import type { RunningCollections } from "./running-collections.ts";
import type { PoolFailure } from "./supervision/restart-policy.ts";
import type { WorkerSupervisor } from "./supervision/worker-supervisor.ts";

/** Options of `ThreadPool.close`. */
export interface CloseOptions {
  /**
   * Longest time in milliseconds, 0 or more; no limit when left out. After it the workers are ended whatever they do, and
   * each request that is not done fails with a `PoolClosed` that names it.
   */
  readonly timeoutMs?: number | undefined;
}

const KNOWN_OF_CLOSE = { timeoutMs: true } satisfies Record<keyof CloseOptions, true>;

/** How long the workers of a forgotten pool may take to end by themselves. */
const LONGEST_ENDING_MS = 1000;
/** How long a pool that was busy when the program was loaded again goes on before it is looked at again. */
const LOOK_AGAIN_MS = 1000;

/** So long close() waits for items before a line tells of it, in milliseconds. */
const STALL_MS = 5000;

/** The parts that a lifecycle is built from. */
export interface LifecycleParts {
  readonly supervisor: WorkerSupervisor;
  readonly queue: RequestQueue;
  readonly tasks: Runs;
  readonly table: RequestTable;
  readonly deadlines: Deadlines;
  readonly delivery: EventLoopDelivery;
  readonly stranded: StrandedRequests;
  /** The collections, whose chunks are put one after the other. */
  readonly collections: RunningCollections;
  /** The workers in this very thread; undefined where they are threads. */
  readonly inline?: InlineWorkers | undefined;
  readonly callables: CallableRegistry;
  /** Undefined unless `RINGPOOL_DEBUG` is set. */
  readonly log?: DebugLog | undefined;
}

/**
 * How a pool ends.
 *
 * ```
 * open ──close, using──▶ closing ──everything is delivered, the workers have ended──▶ closed
 *   │                       └──────────terminate, or the time limit of close──────────▶ closed
 *   └──────────────────────────────terminate, or the pool cannot go on────────────────▶ closed
 *
 * open ──the program was loaded again, and nothing is pending──▶ asleep, without workers ──the pool is used──▶ open
 * ```
 *
 * What ends an open pool ends one that is asleep.
 */
export class Lifecycle {
  readonly #parts: LifecycleParts;
  readonly #inline: InlineWorkers | undefined;
  #state: "open" | "asleep" | "closing" | "closed" = "open";
  /** How many workers a pool that is asleep starts when it is used. */
  #asleepWorkers = 0;
  #isLookPlanned = false;
  /** Whether the program was loaded again since: then it has not forgotten the pool by mistake. */
  #isOfBefore = false;
  #closed: Promise<void> | undefined;
  #failure: PoolFailure | undefined;

  constructor(parts: LifecycleParts) {
    this.#parts = parts;
    this.#inline = parts.inline;
    parts.supervisor.failWith((failure) => this.#fail(failure));
  }

  /** Starts the first workers. Closes the pool when one cannot be started: no one else could end the others. */
  start(workers: number): void {
    this.#parts.log?.say(`the pool is created: workers=${workers}`);
    try {
      this.#parts.supervisor.create(workers);
    } catch (error) {
      this.terminate();
      throw error;
    }
  }

  get isOpen(): boolean {
    return this.#state === "open" || this.#state === "asleep";
  }

  /** Throws `PoolClosed` unless the pool takes requests. */
  checkOpen(isLate = false): void {
    this.#inline?.checkCaller();
    if (this.#state === "open" || (isLate && this.#state === "closing")) return;
    if (this.#state === "asleep") return this.wake();
    throw this.#closedError(
      "The pool takes no more requests; make a new one",
      `state=${this.#state}`,
    );
  }

  /** Starts the workers again of a pool that is asleep. */
  wake(): void {
    if (this.#state !== "asleep") return;
    this.#parts.supervisor.create(this.#asleepWorkers);
    this.#state = "open";
  }

  /** The program was loaded again: see `reloads.ts`. Workers that claim a request from now on have loaded nothing before. */
  reload(): void {
    if (!this.isOpen) return;
    const { supervisor, callables } = this.#parts;
    this.#isOfBefore = true;
    callables.renew();
    supervisor.later.renew();
    if (this.#state === "asleep" || this.#trySleep()) return;
    for (let left = this.#dismissAll(); left > 0; left--) supervisor.grow();
    this.#lookAgain();
  }

  #trySleep(): boolean {
    const { table, delivery, collections } = this.#parts;
    if (table.size > 0 || delivery.isAwaited || collections.hasAny) return false;
    this.#asleepWorkers = this.#dismissAll();
    this.#state = "asleep";
    return true;
  }

  /** Dismisses every worker; nobody will join them. Returns how many. */
  #dismissAll(): number {
    const { supervisor } = this.#parts;
    const { running } = supervisor;
    for (const record of running.toReversed()) supervisor.dismissUnjoined(record);
    return running.length;
  }

  /** The program may have dropped the pool when it was loaded again. */
  #lookAgain(): void {
    if (this.#isLookPlanned) return;
    this.#isLookPlanned = true;
    this.#parts.deadlines.add(LOOK_AGAIN_MS, () => {
      this.#isLookPlanned = false;
      if (this.#state === "open" && !this.#trySleep()) this.#lookAgain();
    });
  }

  /** See `ThreadPool.close`. */
  close(options: CloseOptions = {}): Promise<void> {
    let timeoutMs: number;
    try {
      checkKnownOptions(options, KNOWN_OF_CLOSE, "close");
      timeoutMs = checkTimeoutMs(ownOptions(options, KNOWN_OF_CLOSE).timeoutMs, "timeoutMs");
    } catch (error) {
      return Promise.reject(error);
    }
    this.#closed ??= this.#close();
    if (timeoutMs < Infinity && this.#state !== "closed")
      this.#parts.deadlines.add(timeoutMs, () => this.#cutShort(timeoutMs));
    return this.#closed;
  }

  /** See `ThreadPool.terminate`. */
  terminate(): void {
    if (this.#state === "closed") return;
    this.#sayPending("terminate() ends all workers");
    this.#leave("closed");
    this.#disband();
  }

  /**
   * Delivers what is pending by `wait`, then dismisses and joins the workers. Blocks.
   *
   * @param endStreams ends what nobody can read while this blocks
   * @throws the error that a callback has thrown, or an AggregateError of several
   */
  dispose(wait: () => void, endStreams: (reason: () => Error) => void = () => {}): void {
    if (this.#state === "closed") return;
    endStreams(() =>
      this.#closedError(
        "The pool was disposed of by using, which blocks, before this stream was read to its end",
        "stream=pending",
      ),
    );
    const { supervisor, table } = this.#parts;
    this.#sayPending("using waits for what is pending");
    const errors = errorsOf(wait, table);
    this.#leave("closing");
    supervisor.dismissNewest(Infinity);
    try {
      supervisor.joinAndForget(supervisor.dismissed);
      // Those that the autoscaler has dismissed are in no list, and must not be killed at the end either.
      supervisor.joinLeaving();
    } catch (error) {
      // A worker of this very thread that cannot end while this blocks. Its requests fail below.
      if (errors.length === 0) errors.push(error);
    }
    this.#state = "closed";
    this.#failPending();
    errors.push(...errorsOf(() => table.deliverAll(), table));
    this.#end();
    if (errors.length === 1) throw errors[0];
    if (errors.length > 1)
      throw new AggregateError(errors, "Several callbacks of a pool have thrown.");
  }

  /**
   * The program cannot reach the pool any more, and nothing is pending: lets the workers end by themselves, and ends those
   * that do not. Nobody waits for that, so it does not keep the process alive.
   */
  forget(name: string): void {
    if (!this.isOpen) return;
    const { supervisor, deadlines } = this.#parts;
    const { length } = supervisor.running;
    if (length > 0 && !this.#isOfBefore) sayForgotten(length, name);
    this.#parts.log?.say(`the pool was forgotten: workers=${length}`);
    this.#leave("closing");
    supervisor.dismissNewest(Infinity);
    deadlines.add(LONGEST_ENDING_MS, () => this.terminate());
  }

  /** The time of `close` is over: ends what is stuck, and fails what is left. */
  #cutShort(timeoutMs: number): void {
    if (this.#state === "closed") return;
    this.#sayPending(`the time of close() is over, timeoutMs=${timeoutMs}`);
    this.#leave("closed");
    // First, while the tasks still tell which requests run.
    const { tasks, table } = this.#parts;
    table.failAll((pending) => notDone(pending, tasks.isRunning(pending), timeoutMs));
    this.#disband();
  }

  /** The pool cannot go on: fails what is pending, and everything that is put later. */
  #fail(failure: PoolFailure): void {
    if (this.#state === "closed") return;
    this.#failure = failure;
    this.#parts.log?.say(`the pool cannot go on: ${failure.why}`);
    // Without a pending request, or a call of `ready`, no promise and no callback would tell of the failure.
    const isUnheard = this.#parts.table.size === 0 && !this.#parts.delivery.isAwaited;
    this.terminate();
    if (isUnheard) printError(`The pool has closed: ${failure.why}.\n`, failure.cause);
  }

  /** Takes no more requests, of puts neither that are about to come nor that have begun. */
  #leave(state: "closing" | "closed"): void {
    this.#state = state;
    this.#parts.queue.close((isLate) => this.checkOpen(isLate));
  }

  async #close(): Promise<void> {
    if (this.#state === "closed") return;
    const { supervisor, delivery, stranded, log } = this.#parts;
    this.#sayPending("close() waits for what is pending");
    this.#leave("closing");
    stranded.end();
    this.#watchItems();
    await this.#settled();
    log?.say("everything is delivered");
    supervisor.dismissNewest(Infinity);
    if (supervisor.canDeliver) await delivery.until(() => !supervisor.canDeliver);
    this.#state = "closed";
    this.#failPending();
    await this.#settled();
    supervisor.joinAndForget(supervisor.dismissed);
    this.#end();
  }

  async #settled(): Promise<void> {
    const { table, delivery, collections } = this.#parts;
    const isSettled = (): boolean => table.size === 0 && !collections.isAwaited;
    if (isSettled()) return;
    try {
      await delivery.until(isSettled);
    } catch {
      // No worker is left. The caller fails what is pending.
    }
  }

  /** Ends the workers, whatever they do, and fails what is pending. */
  #disband(): void {
    this.#parts.supervisor.terminate();
    this.#parts.queue.abandon();
    this.#end();
  }

  #end(): void {
    endWatch(this);
    this.#parts.log?.say("the pool is closed");
    this.#failPending();
    // A successor that waits for the thread of a killed worker to be gone must not start any more.
    this.#parts.supervisor.disband();
    this.#parts.deadlines.clear();
    this.#parts.delivery.close();
  }

  #failPending(): void {
    this.#parts.collections.close(() =>
      this.#closedError(
        "The pool was closed before this collection was done",
        `state=${this.#state}`,
      ),
    );
    this.#parts.table.failAll(({ requestID }) =>
      this.#closedError(
        "The pool was closed before this request was done",
        `requestID=${String(requestID)}`,
      ),
    );
  }

  /** Tells of a collection whose items do not come while close() waits for it: their source may wait for close(). */
  #watchItems(): void {
    const { deadlines, table, collections } = this.#parts;
    if (!collections.isAwaited) return;
    deadlines.add(STALL_MS, () => {
      if (this.#state !== "closing" || table.size > 0 || !collections.isAwaited) return;
      printError(
        "close() of a ThreadPool has waited for 5 seconds for the items of a collection, and nothing else is pending. If the source of the items waits " +
          "for close(), neither ever goes on: close the pool after the collection is done.",
      );
    });
  }

  #sayPending(what: string): void {
    const { log, table, supervisor } = this.#parts;
    log?.say(`${what}: pending=${table.size} workers=${supervisor.running.length}`);
  }

  #closedError(what: string, detail: string): PoolClosed {
    if (this.#failure === undefined) return new PoolClosed(`${what}: ${detail}`);
    const { why, cause } = this.#failure;
    return new PoolClosed(`${what}, because ${why}; see cause: ${detail}`, { cause });
  }
}

/** The failure of a request that was not done when the time of `close` was over. */
function notDone({ requestID }: PendingRequest, isRunning: boolean, timeoutMs: number): PoolClosed {
  const how = isRunning ? "was still running" : "was not done";
  return new PoolClosed(
    `The pool was closed with a time limit, and this request ${how} when that was over; give close more time, or the request a limit of its own: requestID=${String(requestID)} timeoutMs=${timeoutMs}`,
  );
}

/**
 * Calls `deliver` again after each error that a callback throws, until it returns. Returns the errors. An error that comes
 * although nothing was delivered is no callback's: the delivery itself cannot go on.
 */
function errorsOf(deliver: () => void, table: RequestTable): unknown[] {
  const errors: unknown[] = [];
  for (;;) {
    const { handedOut } = table;
    try {
      deliver();
      return errors;
    } catch (error) {
      const isStuck = table.handedOut === handedOut;
      if (!isStuck || String(errors.at(-1)) !== String(error)) errors.push(error);
      if (isStuck || error instanceof NoWorkersAvailable) return errors;
    }
  }
}
