import type { EventEmitter } from "node:events";
import type { Callable, ModuleCallable } from "../callable/index.ts";
import type { WorkerDied } from "../errors.ts";
import type { RequestID } from "../protocol/index.ts";
import type { WorkerThread } from "./worker-thread.ts";
import { TypeError, WeakRef, reportError, inspect, getBuiltinModule } from "../runtime/index.ts";

/** A run that takes longer than the option `slowMs`. */
export interface SlowRun {
  /** The request, as `workRequests` shows it. That of `putRequest` is the one that was put. */
  readonly request: SlowRequest;
  /** The worker that runs it. */
  readonly worker: WorkerThread;
  /** How long the run had gone on, in milliseconds. */
  readonly ranMs: number;
  /** The number of the run, from 1: a request with `retries` may have several. */
  readonly attempt: number;
  /**
   * False while the run goes on. True when it has ended meanwhile, because this thread was busy and could not look; `ranMs` is
   * all of its time then.
   */
  readonly isOver: boolean;
  /** For a chunk of a collection, how many items the worker has begun, and how many there are. Undefined for other requests. */
  readonly items: SlowItems | undefined;
  /** Requests that wait behind it in the queue. */
  readonly waiting: number;
  /**
   * Whether every worker has run one request for longer than `slowMs` while others wait: nothing has begun since. Callables that wait
   * for what other requests of the pool are to do bring that about, and then none of them ever ends.
   */
  readonly isStalled: boolean;
  /** The stack frames of the place that has put the request; "" when they are not known. */
  readonly putStack: string;
}

/** How far a chunk of a collection is. */
export interface SlowItems {
  /** Items that the worker has begun. */
  readonly begun: number;
  /** Items of the chunk. */
  readonly total: number;
}

/** What a `SlowRun` tells of its request: a `WorkRequest` has all of it. */
export interface SlowRequest {
  /** Identifies the request among those pending. */
  readonly requestID: RequestID;
  /** What the worker runs. */
  readonly callable: Callable | ModuleCallable;
  /** Positional arguments; for a chunk of a collection, its packed items. */
  readonly args: readonly unknown[];
  /** Keyword arguments. */
  readonly kwds: Readonly<Record<string, unknown>>;
}

/** Events of a pool, and what their listeners get. */
export interface PoolEventArguments {
  /** A worker is ready for requests. Emitted by the event loop. */
  workerStarted: [worker: WorkerThread];
  /** A worker has died. Its successor is started unless it was dismissed; its requests have failed, or run again. */
  workerDied: [worker: WorkerThread, error: WorkerDied];
  /** A worker was dismissed, by the user or because it was not needed. */
  workerDismissed: [worker: WorkerThread];
  /** A request has found the queue full: `qSize` requests wait. */
  full: [];
  /** The queue was full, and has room again. */
  drain: [];
  /** Nothing is pending any more. */
  idle: [];
  /** A worker has run one request for longer than the option `slowMs`. Once for each run. */
  slow: [run: SlowRun];
}

/** The name of an event. */
export type PoolEvent = keyof PoolEventArguments;
/** A listener of an event. */
export type PoolListener<E extends PoolEvent> = (...args: PoolEventArguments[E]) => void;

const EVENTS: readonly unknown[] = [
  "workerStarted",
  "workerDied",
  "workerDismissed",
  "full",
  "drain",
  "idle",
  "slow",
] satisfies PoolEvent[];

/** The listeners of a pool. */
export class PoolListeners {
  /** Made for the first listener: most pools have none. */
  #emitter: EventEmitter | undefined;
  readonly #noteUse: () => void;

  /** @param noteUse called when there may be a listener from now on */
  constructor(noteUse: () => void) {
    this.#noteUse = noteUse;
  }

  on<E extends PoolEvent>(event: E, listener: PoolListener<E>): void {
    this.#emitted.on(checkEvent(event), checkListener(listener));
    this.#noteUse();
  }

  once<E extends PoolEvent>(event: E, listener: PoolListener<E>): void {
    this.#emitted.once(checkEvent(event), checkListener(listener));
    this.#noteUse();
  }

  off<E extends PoolEvent>(event: E, listener: PoolListener<E>): void {
    this.#emitted.off(checkEvent(event), checkListener(listener));
  }

  /** The listeners of an event. Those of `once` are removed when they are called. */
  of(event: PoolEvent): readonly ((...args: unknown[]) => void)[] {
    return this.#emitted.rawListeners(event) as ((...args: unknown[]) => void)[];
  }

  has(event: PoolEvent): boolean {
    return this.#emitter !== undefined && this.#emitter.listenerCount(event) > 0;
  }

  get #emitted(): EventEmitter {
    return (this.#emitter ??= new (getBuiltinModule("node:events").EventEmitter)());
  }
}

/**
 * The events of a pool, as its parts emit them.
 *
 * The listeners can be handed over to the `ThreadPool`. From then on this object holds them weakly: it is reached from the
 * threads of the workers, and a listener that refers to its pool would keep for ever a pool that nothing else refers to.
 */
export class PoolEvents {
  #own: PoolListeners | undefined;
  readonly #listeners: WeakRef<PoolListeners>;
  /** False while nobody has listened: then there is no need to look for the listeners. */
  #isUsed = false;

  constructor() {
    this.#own = new PoolListeners(() => {
      this.#isUsed = true;
    });
    this.#listeners = new WeakRef(this.#own);
  }

  /** Hands the listeners over: they live as long as the caller refers to them. */
  handOver(): PoolListeners {
    const listeners = this.#current as PoolListeners;
    this.#own = undefined;
    return listeners;
  }

  on<E extends PoolEvent>(event: E, listener: PoolListener<E>): void {
    this.#current?.on(event, listener);
  }

  once<E extends PoolEvent>(event: E, listener: PoolListener<E>): void {
    this.#current?.once(event, listener);
  }

  hasListeners(event: PoolEvent): boolean {
    return this.#isUsed && this.#current?.has(event) === true;
  }

  /** Calls the listeners. An error that one throws is reported as an uncaught exception; the others are called. */
  emit<E extends PoolEvent>(event: E, ...args: PoolEventArguments[E]): void {
    if (!this.hasListeners(event)) return;
    for (const listener of this.#current?.of(event) ?? []) {
      try {
        listener(...args);
      } catch (error) {
        reportError(error);
      }
    }
  }

  get #current(): PoolListeners | undefined {
    return this.#own ?? this.#listeners.deref();
  }
}

function checkEvent(event: unknown): string {
  if (EVENTS.includes(event)) return event as string;
  throw new TypeError(
    `A ThreadPool has no such event; it has ${EVENTS.join(", ")}: event=${inspect(event)}`,
  );
}

function checkListener<T>(listener: T): T & ((...args: unknown[]) => void) {
  if (typeof listener === "function") return listener as T & (() => void);
  throw new TypeError(`listener is a function: listener=${inspect(listener)}`);
}
