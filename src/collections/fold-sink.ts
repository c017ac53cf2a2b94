import { isThenable, Promise, promiseWithResolvers } from "../runtime/index.ts";
import type { Collection } from "./collection.ts";
import { InOrder } from "./outcomes.ts";
import type { Outcomes, Sink } from "./outcomes.ts";

type Combine = (left: unknown, right: unknown) => unknown;

/** Combines what the chunks of `reduce` have given, in the order of the items. */
export class FoldSink implements Sink {
  readonly handedOver = 0;
  readonly #combine: Combine;
  readonly #inOrder = new InOrder((outcomes) => this.#add(outcomes));
  readonly #settled = promiseWithResolvers<unknown>();
  #value: unknown;
  /** What waits for a promise that `combine` has returned: it gives the value. */
  #pending: Promise<unknown> | undefined;
  /** Set before the collection begins. */
  collection: Pick<Collection, "fail"> | undefined;

  constructor(combine: Combine, initial: unknown) {
    this.#combine = combine;
    this.#value = initial;
  }

  get promise(): Promise<unknown> {
    return this.#settled.promise;
  }

  readonly take = (outcomes: Outcomes): void => this.#inOrder.take(outcomes);

  end(): void {
    if (this.#pending === undefined) this.#settled.resolve(this.#value);
    else this.#settled.resolve(this.#pending);
  }

  fail(reason: unknown): void {
    this.#settled.reject(reason);
  }

  #add({ values }: Outcomes): void {
    for (let at = 0; at < values.length; at++) this.#addValue(values[at]);
  }

  #addValue(value: unknown): void {
    const combine = this.#combine;
    if (this.#pending !== undefined) {
      this.#follow(this.#pending.then((left) => combine(left, value)));
      return;
    }
    try {
      const combined = combine(this.#value, value);
      if (isThenable(combined)) this.#follow(Promise.resolve(combined));
      else this.#value = combined;
    } catch (error) {
      this.collection?.fail(error);
    }
  }

  #follow(pending: Promise<unknown>): void {
    this.#pending = pending;
    pending.catch((error: unknown) => this.collection?.fail(error));
  }
}
