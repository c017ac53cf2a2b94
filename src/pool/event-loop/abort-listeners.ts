/** One listener a signal, however many requests wait for it; none when none does. */
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
 * Has `onAbort` called when the signal is aborted. The signal must not be aborted yet.
 *
 * @param onAbort a function that was not added before
 * @returns a function that takes it back
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
