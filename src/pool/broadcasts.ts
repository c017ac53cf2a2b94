import type { Callable, CallableNaming, ModuleCallable } from "../callable/index.ts";
import {
  Promise,
  TypeError,
  checkKnownOptions,
  describeValue,
  ownOptions,
} from "../runtime/index.ts";
import type { Cancellation } from "./cancellation.ts";
import { checkFlag } from "./checks.ts";
import type { CallableRegistry } from "./queue/callable-registry.ts";
import { LEFT_OUT } from "./queue/offers.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { RequestQueue } from "./queue/request-queue.ts";
import type { CallSites } from "./request/call-site.ts";
import { hintForOptions } from "./request/hints.ts";
import type { Latency } from "./request/latency.ts";
import { PromiseRequest } from "./request/pending-request.ts";
import type { RequestControl } from "./request/request-control.ts";
import type { RequestTable } from "./request/request-table.ts";
import { controlOf } from "./request/run-options.ts";
import type { RunDefaults, RunOptions } from "./request/run-options.ts";
import { slotsOf } from "./supervision/worker-lists.ts";
import { initializerMessage } from "./supervision/worker-settings.ts";
import type { WorkerSupervisor } from "./supervision/worker-supervisor.ts";

/** Options of `ThreadPool.broadcast`. */
export interface BroadcastOptions extends Pick<
  RunOptions,
  "signal" | "timeoutMs" | "queueTimeoutMs" | "onProgress" | "foreign" | "carry"
> {
  /**
   * True when each worker that starts later runs the callable too, before its first request; false when left out. If the
   * callable fails in one of them, the pool closes, as when an initializer fails. A broadcast that rejects ends this.
   */
  readonly future?: boolean | undefined;
}

const KNOWN = {
  signal: true,
  timeoutMs: true,
  queueTimeoutMs: true,
  onProgress: true,
  foreign: true,
  carry: true,
  future: true,
} satisfies Record<keyof BroadcastOptions, true>;

/** The parts that the broadcasts are built from. */
export interface BroadcastParts {
  readonly queue: RequestQueue;
  readonly table: RequestTable;
  readonly supervisor: WorkerSupervisor;
  readonly cancellation: Cancellation;
  readonly callables: CallableRegistry;
  readonly callSites: CallSites;
  readonly latency: Latency;
  readonly lifecycle: Pick<Lifecycle, "checkOpen">;
  readonly naming: CallableNaming;
}

/** Runs a callable once on each worker: one request for each of them, which no other worker can claim. */
export class Broadcasts {
  readonly #parts: BroadcastParts;
  readonly #defaults: RunDefaults;

  constructor(parts: BroadcastParts, { timeoutMs, retries, foreign, carry }: RunDefaults) {
    this.#parts = parts;
    this.#defaults = { timeoutMs, retries, foreign, carry };
  }

  /**
   * Puts the requests.
   *
   * @param pool must not be collected while they are pending
   * @returns the results, in the order of the workers; see `ThreadPool.broadcast`
   * @throws PoolClosed when the pool is closed, and for what cannot be put
   */
  put(
    pool: object,
    callable: Callable | ModuleCallable,
    args: readonly unknown[],
    options: BroadcastOptions | undefined,
  ): Promise<unknown[]> {
    const { queue, table, supervisor, callables, callSites, latency, cancellation } = this.#parts;
    this.#parts.lifecycle.checkOpen();
    const { limits, isForFuture } = this.#check(options);
    limits.signal?.throwIfAborted();
    const id = callables.idOf(callable);
    // The same arguments, and before any is put: they may not cross.
    const { foreign } = limits;
    const { naming } = this.#parts;
    const later = isForFuture
      ? initializerMessage(callable, args, { root: "args", foreign, naming })
      : undefined;
    const sent = limits.withStores(args);
    const all = slotsOf(supervisor.running).map(
      (slot) => new PromiseRequest(callable, args, id, limits.forOnly(slot)),
    );
    const putAt = latency.putAt(table.put);
    for (const pending of all) pending.putAt = putAt;
    queue.submitToEach(all, sent);
    if (callables.hasForgotten) callables.keep(id, callable);
    const callSite = callSites.capture();
    for (const pending of all) {
      pending.callSite = callSite;
      cancellation.watch(pending);
    }
    if (table.size > 0) table.pool = pool;
    const end = later && supervisor.later.add(later);
    return resultsOf(all, end);
  }

  #check(options: BroadcastOptions | undefined): {
    limits: RequestControl;
    isForFuture: boolean;
  } {
    const hint = options === undefined ? undefined : hintForOptions(options);
    if (hint !== undefined) {
      throw new TypeError(
        `The options of a broadcast are an object, and ${hint}: options=${describeValue(options)}`,
      );
    }
    if (options !== undefined) checkKnownOptions(options, KNOWN, "a broadcast");
    const { future = false, ...others } = options === undefined ? {} : ownOptions(options, KNOWN);
    const isForFuture = checkFlag(future, "future", "broadcast(callable, args, { future })");
    // With options, there is always a control.
    const limits = controlOf(others, this.#defaults) as RequestControl;
    return { limits, isForFuture };
  }
}

/**
 * @param end called when a request fails: later workers do not run the callable then
 */
async function resultsOf(
  all: readonly PromiseRequest[],
  end: (() => void) | undefined,
): Promise<unknown[]> {
  try {
    const results: unknown[] = await Promise.all(all.map(({ promise }) => orLeftOut(promise)));
    return results.filter((result) => result !== LEFT_OUT);
  } catch (error) {
    end?.();
    throw error;
  }
}

async function orLeftOut(promise: Promise<unknown>): Promise<unknown> {
  try {
    return await promise;
  } catch (reason) {
    if (reason === LEFT_OUT) return LEFT_OUT;
    throw reason;
  }
}
