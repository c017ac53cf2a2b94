import { EventEmitter } from "node:events";
import { inspect } from "node:util";
import type { WorkerDied } from "../errors.ts";
import type { WorkerThread } from "./worker-thread.ts";
import { reportError, TypeError } from "../runtime/index.ts";

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
] satisfies PoolEvent[];

/** The listeners of a pool. */
export class PoolEvents {
  readonly #emitter = new EventEmitter();

  on<E extends PoolEvent>(event: E, listener: PoolListener<E>): void {
    this.#emitter.on(checkEvent(event), checkListener(listener));
  }

  once<E extends PoolEvent>(event: E, listener: PoolListener<E>): void {
    this.#emitter.once(checkEvent(event), checkListener(listener));
  }

  off<E extends PoolEvent>(event: E, listener: PoolListener<E>): void {
    this.#emitter.off(checkEvent(event), checkListener(listener));
  }

  hasListeners(event: PoolEvent): boolean {
    return this.#emitter.listenerCount(event) > 0;
  }

  /** Calls the listeners. An error that one throws is reported as an uncaught exception; the others are called. */
  emit<E extends PoolEvent>(event: E, ...args: PoolEventArguments[E]): void {
    if (!this.hasListeners(event)) return;
    for (const listener of this.#emitter.rawListeners(event)) {
      try {
        listener(...args);
      } catch (error) {
        reportError(error);
      }
    }
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
