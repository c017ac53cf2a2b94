import { asyncHooks, watchfulController } from "../runtime/index.ts";

/**
 * The signal of a child.
 *
 * Whoever stops the child aborts it, which may be in the middle of another run of the thread. Its listeners are code of the child
 * all the same: they see the contexts of where the signal was first used, and an error that they throw belongs to the child.
 */
export class ChildSignal {
  readonly #controller: AbortController;
  readonly #within: (call: () => void) => void;
  #isAborted = false;

  /** @param isToAbort aborts it, too, when it returns true */
  constructor(isToAbort: () => boolean) {
    this.#controller = watchfulController(isToAbort);
    this.#within = asyncHooks().AsyncLocalStorage.snapshot();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    if (this.#isAborted) return;
    this.#isAborted = true;
    this.#within(() => this.#controller.abort(reason));
  }
}
