import type { Callable, ModuleCallable, Runner } from "../callable/index.ts";
import type { Foreign } from "../codec/index.ts";
import type { ContextStorage, GlobalAbortSignal } from "../runtime/index.ts";

/** The options that reach every item of a collection, as they reach a request of `run`. */
export interface ItemOptions {
  /**
   * Ends the whole collection when it is aborted, with the signal's reason: what waits is withdrawn, and what runs is stopped
   * as a request of `run` is.
   */
  readonly signal?: GlobalAbortSignal | undefined;
  /**
   * Longest run of one item in milliseconds, over 0. After that the item fails with `RequestTimeout`. Each item is a request of its
   * own then, which costs about a microsecond; the pool's `timeoutMs` has the same effect.
   */
  readonly timeoutMs?: number | undefined;
  /** Longest wait of a chunk in the queue in milliseconds, over 0. After that its items fail with `RequestTimeout`. */
  readonly queueTimeoutMs?: number | undefined;
  /** As of a request of `run`: larger first, 0 when left out. */
  readonly priority?: number | undefined;
  /** How often an item runs again that had no result when its worker died, 0 or more; the pool's `retries` when left out. */
  readonly retries?: number | undefined;
  /** As the option of the pool, for these items and results; the pool's `foreign` when left out. */
  readonly foreign?: Foreign | undefined;
  /** As the option of the pool, for these items: AsyncLocalStorages whose stores the callable sees too; the pool's `carry` when left out. */
  readonly carry?: readonly ContextStorage[] | undefined;
}

/** How a pool names callables to its workers. */
export interface CallableNaming {
  /** The runner of this name for these callables. */
  readonly runnerOf: (
    name: string,
    callable: Callable | ModuleCallable,
    ...more: readonly (Callable | ModuleCallable)[]
  ) => Runner;
  /** The function itself, in this thread. */
  readonly load: (callable: Callable | ModuleCallable) => Promise<(...args: unknown[]) => unknown>;
}

/** How a chunk has ended. */
export type ChunkOutcome = "succeeded" | "failed" | "cancelled";

/** What a collection hears of a chunk that it has put. */
export interface ChunkListener {
  /** Some items have results. */
  reported: (report: unknown) => void;
  /** The chunk is over: the last report, or the reason of the failure. */
  settled: (outcome: ChunkOutcome, value: unknown) => void;
}

/** A chunk that was put. */
export interface PutChunk {
  /**
   * Takes the items away that the worker has not begun. Returns the index of the first of them; the number of items when none
   * was taken.
   */
  takeRest: () => number;
  /** How many items the worker has begun; 0 while no worker runs the chunk. */
  begun: () => number;
  /** How many items had been begun by the worker that has ended while it ran the chunk. */
  readonly begunAtDeath: number;
}

/** One collection's way to the workers of its pool. */
export interface ChunkChannel {
  /** How often an item may run again. */
  readonly retries: number;
  /** Whether each item has a time limit, so that a chunk can only have one. */
  readonly isTimed: boolean;
  readonly foreign: Foreign;
  /**
   * Puts a chunk.
   *
   * @param attempt which run of the items it is, from 1
   * @throws PoolClosed, and PayloadError when a part of the items cannot be sent
   */
  put: (
    args: readonly unknown[],
    items: number,
    attempt: number,
    listener: ChunkListener,
  ) => PutChunk;
  /** Calls `put`, and shows the workers all that it puts at once. */
  putTogether: (put: () => void) => void;
  /** Withdraws the chunks that wait, and stops those that run. */
  cancel: (reason: unknown) => void;
  /** Appends the place where the collection was put to the stack of an error. */
  addPlace: (error: unknown) => void;
  /** Calls `action` in `delayMs` milliseconds. It does not keep the process alive. */
  after: (delayMs: number, action: () => void) => void;
  /** Blocks until a chunk of this collection may have something to tell, and tells it. Only a blocking channel has it. */
  wait: () => void;
  /** The collection is over. */
  end: () => void;
}

/** What is particular about a collection's way. */
export interface ChannelRules {
  readonly runner: Runner;
  readonly callable: Callable | ModuleCallable;
  readonly options: ItemOptions;
  /** How the caller waits: it blocks, it awaits the end, or it takes the results one by one. */
  readonly mode: "blocks" | "awaits" | "iterates";
  /** Called with the reason when the signal is aborted. */
  readonly onAborted: (reason: unknown) => void;
  /** Called with the error when the pool has closed. */
  readonly onClosed: (error: Error) => void;
}

/** What collections need of a pool. */
export interface ChunkPool {
  /** How many chunks the workers can run at a time, at least 1. */
  readonly capacity: number;
  /** How the pool names callables. It is the pool's own: what one copy of the package names, another one does not know. */
  readonly naming: CallableNaming;
  /**
   * Opens the way of a collection.
   *
   * @throws TypeError, RangeError for bad options; PoolClosed unless the pool takes requests; the signal's reason when it is aborted
   *   already; NoWorkersAvailable when the caller would block for ever
   */
  open: (rules: ChannelRules) => ChunkChannel;
}
