import type { CallableNaming as Naming } from "../callable/index.ts";
import { loadCallable } from "../callable/load.ts";
import type {
  CallableNaming,
  ChannelRules,
  ChunkChannel,
  ChunkListener,
  ChunkPool,
  PutChunk,
} from "../collections/index.ts";
import { AbortController, Set } from "../runtime/index.ts";
import type { BlockingRuns } from "./blocking-runs.ts";
import type { Cancellation } from "./cancellation.ts";
import { noWorkersLeft } from "./delivery/stranded-requests.ts";
import { addAbortListener } from "./event-loop/abort-listeners.ts";
import type { Deadline, Deadlines } from "./event-loop/deadlines.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { CallableRegistry } from "./queue/callable-registry.ts";
import { itemsBegunOf, takeRestOf } from "./queue/item-cursors.ts";
import type { RequestQueue } from "./queue/request-queue.ts";
import type { Runs } from "./queue/task-table.ts";
import { CallSite } from "./request/call-site.ts";
import type { Latency } from "./request/latency.ts";
import { SyncRequest } from "./request/pending-request.ts";
import { ChunkRequest } from "./request/chunk-request.ts";
import type { RequestTable } from "./request/request-table.ts";
import type { Stores } from "./request/carry.ts";
import { RequestControl } from "./request/request-control.ts";
import type { RequestLimits } from "./request/request-control.ts";
import { controlOf } from "./request/run-options.ts";
import type { RunDefaults } from "./request/run-options.ts";
import type { RunningCollection, RunningCollections } from "./running-collections.ts";
import type { WorkerSupervisor } from "./supervision/worker-supervisor.ts";

/** The parts that the chunks of a pool are built from. */
export interface ChunkParts {
  readonly queue: RequestQueue;
  readonly tasks: Runs;
  readonly table: RequestTable;
  readonly callables: CallableRegistry;
  readonly supervisor: WorkerSupervisor;
  readonly cancellation: Cancellation;
  readonly deadlines: Deadlines;
  readonly blockingRuns: BlockingRuns;
  readonly latency: Latency;
  readonly lifecycle: Pick<Lifecycle, "checkOpen">;
  readonly collections: RunningCollections;
  readonly naming: Naming;
}

/** What the chunks need of the pool's options. */
export type ChunkRules = RunDefaults & { readonly concurrencyPerWorker: number };

/**
 * The chunks of a pool: requests that stand for several items of a collection.
 *
 * A collection holds back its own items, so that a few chunks for each worker wait at a time. They are put whether or not the queue
 * has room by `qSize`.
 */
export class Chunks implements ChunkPool {
  readonly parts: ChunkParts;
  readonly rules: ChunkRules;
  /** It must not be collected while chunks are pending. */
  readonly pool: object;
  readonly naming: CallableNaming;

  constructor(parts: ChunkParts, rules: ChunkRules, pool: object) {
    this.parts = parts;
    const { describe, runnerOf } = parts.naming;
    this.naming = { runnerOf, load: (callable) => loadCallable(describe(callable)) };
    this.rules = rules;
    this.pool = pool;
  }

  get capacity(): number {
    return Math.max(1, this.parts.supervisor.running.length) * this.rules.concurrencyPerWorker;
  }

  open(rules: ChannelRules): ChunkChannel {
    this.parts.lifecycle.checkOpen();
    return new Channel(this, rules);
  }
}

/** The way of one collection. */
class Channel implements ChunkChannel, RunningCollection {
  readonly #rules: ChannelRules;
  readonly #chunks: Chunks;
  readonly #limits: RequestLimits;
  readonly #callableId: number;
  readonly #callSite = new CallSite();
  readonly #controller = new AbortController();
  readonly #remove: () => void;
  readonly #deadlines = new Set<Deadline>();
  readonly #unwatch: (() => void) | undefined;
  /** What the chunks carry of the place that has put the collection. */
  readonly #stores: Stores | undefined;
  /** The chunks of a blocking collection that are not over. */
  readonly #blocking = new Set<BlockingChunk>();

  constructor(chunks: Chunks, rules: ChannelRules) {
    this.#chunks = chunks;
    this.#rules = rules;
    const { parts } = chunks;
    const control = controlOf({ ...rules.options }, chunks.rules) as RequestControl;
    const { signal } = control;
    signal?.throwIfAborted();
    this.#callableId = parts.callables.idOf(rules.runner);
    if (rules.mode === "blocks" && !parts.supervisor.takesRequests)
      throw noWorkersLeft(parts.table.size + 1);
    this.#limits = {
      signal: this.#controller.signal,
      timeoutMs: control.timeoutMs,
      queueTimeoutMs: control.queueTimeoutMs,
      priority: control.priority,
      retries: control.retries,
      onProgress: undefined,
      foreign: control.foreign,
    };
    this.#stores = control.stores();
    if (signal !== undefined) {
      this.#unwatch = addAbortListener(signal, () => rules.onAborted(signal.reason));
    }
    this.#remove = parts.collections.add(this);
  }

  get isAwaited(): boolean {
    return this.#rules.mode === "awaits";
  }

  closed(reason: Error): void {
    this.#rules.onClosed(reason);
  }

  get retries(): number {
    return this.#limits.retries;
  }

  get isTimed(): boolean {
    return this.#limits.timeoutMs !== Infinity;
  }

  get foreign(): RequestLimits["foreign"] {
    return this.#limits.foreign;
  }

  readonly put = (
    args: readonly unknown[],
    items: number,
    attempt: number,
    listener: ChunkListener,
  ): PutChunk => {
    const { parts } = this.#chunks;
    const { runner, callable, mode } = this.#rules;
    const control = new RequestControl({ ...this.#limits, retries: 0 });
    control.attempt = attempt;
    control.chunkItems = items;
    if (items > 1) control.items = items;
    if (mode === "awaits") control.isPutLate = true;
    else parts.lifecycle.checkOpen();
    const pending =
      mode === "blocks"
        ? new SyncRequest(callable, args, this.#callableId, control)
        : new ChunkRequest(callable, args, this.#callableId, control, listener);
    pending.callSite = this.#callSite;
    if (attempt > 1) parts.table.retried += 1;
    const sent = control.withStores(args, this.#stores);
    pending.putAt = parts.latency.putAt(parts.table.put);
    parts.queue.submit(pending, sent, undefined);
    if (parts.callables.hasForgotten) parts.callables.keep(this.#callableId, runner);
    parts.cancellation.watch(pending);
    parts.supervisor.notePut();
    if (parts.table.size > 0) parts.table.pool = this.#chunks.pool;
    if (pending instanceof SyncRequest) this.#blocking.add({ pending, listener });
    const { tasks } = parts;
    return {
      takeRest: () => takeRestOf(tasks, pending),
      begun: () => itemsBegunOf(tasks, pending),
      get begunAtDeath() {
        return control.itemsBegun;
      },
    };
  };

  readonly putTogether = (put: () => void): void => this.#chunks.parts.queue.putTogether(put);

  readonly cancel = (reason: unknown): void => {
    this.#controller.abort(reason);
    // Nobody waits for their outcome any more.
    this.#blocking.clear();
  };

  readonly addPlace = (error: unknown): void => this.#callSite.appendTo(error);

  readonly after = (delayMs: number, action: () => void): void => {
    const deadline = this.#chunks.parts.deadlines.add(delayMs, () => {
      this.#deadlines.delete(deadline);
      action();
    });
    this.#deadlines.add(deadline);
  };

  readonly wait = (): void => {
    const { blockingRuns } = this.#chunks.parts;
    let hasTold = this.#tell();
    while (!hasTold) {
      const [first] = this.#blocking;
      if (first === undefined) return;
      blockingRuns.step(first.pending);
      hasTold = this.#tell();
    }
  };

  readonly end = (): void => {
    this.#unwatch?.();
    for (const deadline of this.#deadlines) this.#chunks.parts.deadlines.remove(deadline);
    this.#deadlines.clear();
    this.#remove();
  };

  /** Tells the listeners of the blocking chunks what has come. */
  #tell(): boolean {
    let hasTold = false;
    for (const chunk of this.#blocking) {
      const { pending, listener } = chunk;
      const { reports, outcome } = pending;
      if (reports.length === 0 && outcome === "pending") continue;
      hasTold = true;
      for (const report of reports.splice(0)) listener.reported(report);
      if (outcome === "pending") continue;
      this.#blocking.delete(chunk);
      listener.settled(outcome, pending.value);
    }
    return hasTold;
  }
}

interface BlockingChunk {
  readonly pending: SyncRequest;
  readonly listener: ChunkListener;
}
