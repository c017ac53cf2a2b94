import { renewedFunction } from "../../callable/index.ts";
import type { InitializerMessage } from "../../protocol/index.ts";

/**
 * What each worker that starts runs before its first request: the initializer, and the broadcasts that later workers are to
 * run too. Such a failure closes the pool.
 */
export class LaterRuns {
  /** The messages that each new worker gets. The array stays the same one. */
  readonly #messages: InitializerMessage[];
  #hadBroadcasts = false;

  constructor(messages: InitializerMessage[]) {
    this.#messages = messages;
  }

  /** Adds a broadcast. Returns what removes it. */
  add(message: InitializerMessage): () => void {
    this.#messages.push(message);
    this.#hadBroadcasts = true;
    return () => {
      const index = this.#messages.indexOf(message);
      if (index !== -1) this.#messages.splice(index, 1);
    };
  }

  /** The program was loaded again. */
  renew(): void {
    // The array stays, and so do the messages, by which `add` removes them.
    for (const message of this.#messages) message.definition = renewedFunction(message.definition);
  }

  /** Why a pool closes when one of them has failed. */
  get failure(): string {
    if (this.#messages.length === 0 && !this.#hadBroadcasts)
      return "a module that its workers load first has failed";
    return this.#hadBroadcasts
      ? "its initializer, or a broadcast with future: true in a worker that started later, has failed"
      : "its initializer has failed";
  }
}
