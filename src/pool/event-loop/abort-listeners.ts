import { Set, WeakMap } from "../../runtime/index.ts";

/**
 * The one listener that a signal has, however many requests wait for it. It is removed with the last of them:
 * a signal that lives as long as the program keeps no request alive.
 */
class AbortListeners {
  readonly #signal: AbortSignal;
  readonly #onAbort = new Set<() => void>();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener("abort", this.#listener, { once: true });
  }

  add(onAbort: () => void): void {
    this.#onAbort.add(onAbort);
  }

  remove(onAbort: () => void): void {
    this.#onAbort.delete(onAbort);
    if (this.#onAbort.size > 0) return;
    this.#signal.removeEventListener("abort", this.#listener);
    listenersOf.delete(this.#signal);
  }

  readonly #listener = (): void => {
    for (const onAbort of this.#onAbort) onAbort();
  };
}

const listenersOf = new WeakMap<AbortSignal, AbortListeners>();

/**
 * Calls `onAbort` when the signal is aborted. The signal must not be aborted yet.
 *
 * @param onAbort a function that is not waiting for this signal already
 * @returns a function that removes it again
 */
export function addAbortListener(signal: AbortSignal, onAbort: () => void): () => void {
  let listeners = listenersOf.get(signal);
  if (listeners === undefined) {
    listeners = new AbortListeners(signal);
    listenersOf.set(signal, listeners);
  }
  listeners.add(onAbort);
  return () => listenersOf.get(signal)?.remove(onAbort);
}
