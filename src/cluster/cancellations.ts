import { AbortController, DOMException, Map, Set } from "../runtime/index.ts";

/** Cancellations of requests that have not come to this machine are kept, up to so many. */
const KEPT = 100_000;

/**
 * The cancelled requests, as a machine knows them: those that run here are stopped, those that come later do not start.
 */
export class Cancellations {
  readonly #running = new Map<string, AbortController>();
  readonly #early = new Set<string>();

  /** A request of that producer's life is cancelled. */
  cancel(life: string, ids: readonly number[]): void {
    for (const id of ids) {
      const key = `${life}:${id}`;
      const controller = this.#running.get(key);
      if (controller !== undefined) controller.abort(cancelled());
      else this.#remember(key);
    }
  }

  /**
   * A request begins here. The signal stops its run, or the wait for a thread.
   *
   * @returns undefined when the request was cancelled before
   */
  begin(life: string, id: number): AbortSignal | undefined {
    const key = `${life}:${id}`;
    if (this.#early.delete(key)) return undefined;
    const controller = new AbortController();
    this.#running.set(key, controller);
    return controller.signal;
  }

  /** The run has ended that got this signal. A chunk that runs twice has two runs of a request. */
  end(life: string, id: number, signal: AbortSignal): void {
    const key = `${life}:${id}`;
    if (this.#running.get(key)?.signal === signal) this.#running.delete(key);
  }

  #remember(key: string): void {
    this.#early.add(key);
    if (this.#early.size <= KEPT) return;
    const [oldest] = this.#early;
    if (oldest !== undefined) this.#early.delete(oldest);
  }
}

function cancelled(): DOMException {
  return new DOMException("The producer has cancelled the request.", "AbortError");
}
