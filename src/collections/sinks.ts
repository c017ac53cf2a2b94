import { Promise, promiseWithResolvers } from "../runtime/index.ts";
import type { Collection } from "./collection.ts";
import { InOrder, settledOutcome } from "./outcomes.ts";
import type { Outcomes, Sink } from "./outcomes.ts";

/** Collects the results of `map` in an array, in the order of the items. */
export class ArraySink implements Sink {
  readonly handedOver = 0;
  readonly results: unknown[] = [];
  readonly #settles: boolean;
  readonly #inOrder = new InOrder((outcomes) => this.#append(outcomes));
  readonly #settled = promiseWithResolvers<unknown[]>();
  /** Why the collection has failed. */
  failure: { readonly reason: unknown } | undefined;
  /** Set when the collection begins. */
  collection: Pick<Collection, "fail"> | undefined;

  constructor(settles: boolean) {
    this.#settles = settles;
  }

  /** The results, or the first failure. A caller that blocks leaves it alone. */
  get promise(): Promise<unknown[]> {
    return this.#settled.promise;
  }

  readonly take = (outcomes: Outcomes): void => this.#inOrder.take(outcomes);

  end(): void {
    this.#settled.resolve(this.results);
  }

  fail(reason: unknown): void {
    this.failure = { reason };
    this.#settled.reject(reason);
  }

  #append(outcomes: Outcomes): void {
    const { results } = this;
    const { count, values } = outcomes;
    let at = results.length;
    if (this.#settles) for (let i = 0; i < count; i++) results[at++] = settledOutcome(outcomes, i);
    else for (let i = 0; i < count; i++) results[at++] = values[i];
  }
}

const DONE: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined });

/** What `imap` and `imapUnordered` return: takes the outcomes one by one. */
export class OutcomeIterator implements AsyncIterableIterator<unknown, undefined>, Sink {
  readonly #settles: boolean;
  readonly #entries: boolean;
  readonly #inOrder: InOrder | undefined;
  /** The outcomes that have come; those from `#next` of the first one are not handed over. */
  readonly #queue: Outcomes[] = [];
  #next = 0;
  /** Calls of `next` that wait, oldest first. */
  readonly #waiting: PromiseWithResolvers<IteratorResult<unknown, undefined>>[] = [];
  #end: { readonly reason?: unknown } | undefined;
  handedOver = 0;
  /** Set when the collection begins. */
  collection: Pick<Collection, "go" | "stop" | "roomAt"> | undefined;

  constructor(rules: {
    readonly isOrdered: boolean;
    readonly settles: boolean;
    readonly entries: boolean;
  }) {
    this.#settles = rules.settles;
    this.#entries = rules.entries;
    if (rules.isOrdered) this.#inOrder = new InOrder((outcomes) => this.#add(outcomes));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    const first = this.#queue[0];
    if (first !== undefined && this.#waiting.length === 0)
      return Promise.resolve({ done: false, value: this.#takeFrom(first) });
    if (this.#end !== undefined) return this.#ended();
    const waiting = promiseWithResolvers<IteratorResult<unknown, undefined>>();
    this.#waiting.push(waiting);
    return waiting.promise;
  }

  /** Ends the collection: what waits is withdrawn, and what runs is stopped. `break` in a `for await` calls it. */
  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#queue.length = 0;
    this.#end = {};
    for (const waiting of this.#waiting.splice(0)) waiting.resolve(DONE);
    await this.collection?.stop();
    return DONE;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  readonly take = (outcomes: Outcomes): void => {
    if (this.#inOrder !== undefined) this.#inOrder.take(outcomes);
    else this.#add(outcomes);
  };

  end(): void {
    this.#end = {};
    for (const waiting of this.#waiting.splice(0)) waiting.resolve(DONE);
  }

  fail(reason: unknown): void {
    this.#end = { reason };
    const [first, ...others] = this.#waiting.splice(0);
    if (first === undefined) return;
    this.#end = {};
    first.reject(reason);
    for (const waiting of others) waiting.resolve(DONE);
  }

  #ended(): Promise<IteratorResult<unknown, undefined>> {
    const end = this.#end;
    this.#end = {};
    return end !== undefined && Object.hasOwn(end, "reason")
      ? Promise.reject(end.reason)
      : Promise.resolve(DONE);
  }

  #add(outcomes: Outcomes): void {
    if (outcomes.count === 0 || this.#end !== undefined) return;
    this.#queue.push(outcomes);
    while (this.#waiting.length > 0) {
      const first = this.#queue[0];
      if (first === undefined) return;
      this.#waiting.shift()?.resolve({ done: false, value: this.#takeFrom(first) });
    }
  }

  #takeFrom(first: Outcomes): unknown {
    const at = this.#next++;
    if (this.#next === first.count) {
      this.#queue.shift();
      this.#next = 0;
    }
    this.handedOver += 1;
    const { collection } = this;
    if (collection !== undefined && this.handedOver >= collection.roomAt) collection.go();
    const value = this.#settles ? settledOutcome(first, at) : first.values[at];
    return this.#entries ? [first.first + at, value] : value;
  }
}
