/** What a pool tells whoever listens. */
import { EventEmitter } from "node:events";
import { inspect } from "node:util";
import type { WorkerDied } from "../errors.ts";
import type { WorkerThread } from "./worker-thread.ts";

/** Events of a pool, and what their listeners get. */
export interface PoolEventArguments {
  /** A worker is ready for requests. Told by the event loop. */
  workerStarted: [worker: WorkerThread];
  /** A worker died, and has a successor unless it had been dismissed; the requests it had have failed by then, or run again. */
  workerDied: [worker: WorkerThread, error: WorkerDied];
  /** A worker was dismissed, by hand or because it was not needed. */
  workerDismissed: [worker: WorkerThread];
  /** A request found the queue full: `qSize` requests wait. */
  full: [];
  /** The queue was full, and has room again. */
  drain: [];
  /** Nothing is pending any more. */
  idle: [];
}

export type PoolEvent = keyof PoolEventArguments;
export type PoolListener<E extends PoolEvent> = (...args: PoolEventArguments[E]) => void;

const EVENTS: readonly unknown[] = [
  "workerStarted",
  "workerDied",
  "workerDismissed",
  "full",
  "drain",
  "idle",
] satisfies PoolEvent[];

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

  /** Calls the listeners. What one throws is an uncaught exception, and disturbs nobody here. */
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
