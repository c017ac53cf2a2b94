import { PoolClosed } from "../errors.ts";
import {
  defineValue,
  describeValue,
  Error,
  Map,
  Promise,
  promiseWithResolvers,
  reportError,
  Set,
  TypeError,
} from "../runtime/index.ts";
import type { CheckedCallOptions, ClusterProgress } from "./call-options.ts";
import type { Pending } from "./pending.ts";
import type { Producer } from "./producer.ts";

/** What is to be done. */
export interface CollectionParts {
  readonly producer: Producer;
  readonly callable: string;
  readonly items: unknown;
  /** Whether an item is the array of the callable's arguments. */
  readonly spreads: boolean;
  readonly options: CheckedCallOptions;
  /** Is called with the outcome of each item. It may return a promise: until it resolves no more items are taken. */
  readonly onOutcome: (index: number, outcome: unknown) => void;
  /** Is called before each item is taken. */
  readonly room: () => Promise<void> | undefined;
}

/**
 * Many items for one callable, each a request of its own. They travel together in chunks, as all requests do, and a chunk that
 * is lost with its machine repeats only itself.
 *
 * The first failure ends the rest, unless outcomes are wanted: what waits is withdrawn, what runs is stopped.
 */
class ClusterCollection {
  readonly #parts: CollectionParts;
  readonly #pending = new Set<Pending>();
  readonly #end = promiseWithResolvers<void>();
  #total: number | undefined;
  #taken = 0;
  #done = 0;
  #isOver = false;
  #iterator: Iterator<unknown> | AsyncIterator<unknown> | undefined;

  constructor(parts: CollectionParts) {
    this.#parts = parts;
    const { items } = parts;
    if (Array.isArray(items)) this.#total = items.length;
  }

  /** Resolves when every item has its outcome. Rejects with the first failure. */
  get ended(): Promise<void> {
    return this.#end.promise;
  }

  start(): this {
    const { signal } = this.#parts.options;
    signal?.addEventListener("abort", this.#onAbort);
    if (signal?.aborted === true) this.fail(signal.reason);
    else void this.#takeAll();
    return this;
  }

  /** Ends the rest. */
  fail(reason: unknown): void {
    if (this.#isOver) return;
    this.#over();
    for (const pending of this.#pending) this.#parts.producer.cancel(pending, reason);
    this.#pending.clear();
    void this.#closeSource();
    this.#end.reject(reason);
  }

  readonly #onAbort = (): void => this.fail(this.#parts.options.signal?.reason);

  #over(): void {
    this.#isOver = true;
    this.#parts.options.signal?.removeEventListener("abort", this.#onAbort);
  }

  async #takeAll(): Promise<void> {
    try {
      this.#iterator = iteratorOf(this.#parts.items);
      for (;;) {
        await this.#parts.room();
        if (this.#isOver) return;
        const step = this.#iterator.next();
        const { done, value } = step instanceof Promise ? await step : step;
        if (done === true) break;
        if (this.#isOver) return void this.#closeSource();
        if (!(await this.#put(value))) return;
      }
      this.#total = this.#taken;
      this.#finishIfDone();
    } catch (error) {
      this.fail(error);
    }
  }

  /** Returns false when the collection has ended meanwhile. */
  async #put(item: unknown): Promise<boolean> {
    const { producer, callable, spreads, options } = this.#parts;
    const index = this.#taken;
    if (spreads && !Array.isArray(item))
      throw new TypeError(
        `An item of starmap is the array of the callable's arguments: items[${index}]=${describeValue(item)}`,
      );
    this.#taken += 1;
    let checked;
    try {
      const args = spreads ? (item as readonly unknown[]) : [item];
      checked = producer.check({ callable, args, limits: options.limits });
    } catch (error) {
      this.#outcome(index, false, error);
      return !this.#isOver;
    }
    if (!producer.room.tryTake() && !(await producer.room.take(options.signal))) {
      this.fail(new PoolClosed("The ClusterPool was closed: state=closed"));
      return false;
    }
    if (this.#isOver) {
      producer.room.give();
      return false;
    }
    const pending = producer.put(checked, {
      succeeded: (value) => this.#settle(pending, index, true, value),
      failed: (error) => this.#settle(pending, index, false, error),
    });
    this.#pending.add(pending);
    return true;
  }

  #settle(pending: Pending, index: number, isSuccess: boolean, value: unknown): void {
    this.#pending.delete(pending);
    this.#outcome(index, isSuccess, value);
  }

  #outcome(index: number, isSuccess: boolean, value: unknown): void {
    if (this.#isOver) return;
    const { settles } = this.#parts.options;
    if (!isSuccess && value instanceof Error) addIndex(value, index);
    if (!isSuccess && !settles) return this.fail(value);
    const settled = isSuccess
      ? { status: "fulfilled", value }
      : { status: "rejected", reason: value };
    this.#done += 1;
    this.#parts.onOutcome(index, settles ? settled : value);
    this.#tellProgress();
    this.#finishIfDone();
  }

  #tellProgress(): void {
    const { onProgress } = this.#parts.options;
    if (onProgress === undefined) return;
    const progress: ClusterProgress = { done: this.#done, total: this.#total };
    try {
      (onProgress as (progress: ClusterProgress) => void)(progress);
    } catch (error) {
      reportError(error);
    }
  }

  #finishIfDone(): void {
    if (this.#isOver || this.#total === undefined || this.#done < this.#total) return;
    this.#over();
    this.#end.resolve();
  }

  async #closeSource(): Promise<void> {
    try {
      await this.#iterator?.return?.();
    } catch {
      // The collection has its end already.
    }
  }
}

function addIndex(error: Error, index: number): void {
  try {
    defineValue(error, "index", index, true);
  } catch {
    // It is frozen.
  }
}

function iteratorOf(items: unknown): Iterator<unknown> | AsyncIterator<unknown> {
  const source = Object(items) as Partial<Iterable<unknown> & AsyncIterable<unknown>>;
  const asynchronous = source[Symbol.asyncIterator];
  if (typeof asynchronous === "function") return asynchronous.call(source);
  const synchronous = source[Symbol.iterator];
  if (typeof synchronous === "function") return synchronous.call(source);
  throw new TypeError(
    `The items are an array, another iterable, or an async iterable: items=${describeValue(items)}`,
  );
}

/** Collects all outcomes, in the order of the items. */
export async function collect(
  parts: Omit<CollectionParts, "onOutcome" | "room">,
): Promise<unknown[]> {
  const outcomes: unknown[] = [];
  const onOutcome = (index: number, outcome: unknown): void => {
    outcomes[index] = outcome;
  };
  await new ClusterCollection({ ...parts, onOutcome, room: () => undefined }).start().ended;
  return outcomes;
}

/** Gives the outcomes one by one: in the order of the items, or as they come. */
export function iterate(
  parts: Omit<CollectionParts, "onOutcome" | "room">,
  isOrdered: boolean,
): AsyncIterableIterator<unknown> {
  return new OutcomeIterator(parts, isOrdered);
}

class OutcomeIterator implements AsyncIterableIterator<unknown> {
  readonly #collection: ClusterCollection;
  readonly #options: CheckedCallOptions;
  readonly #isOrdered: boolean;
  /** Outcomes that the program has not received. In order, by index; else by the order in which they came. */
  readonly #outcomes = new Map<number, readonly [index: number, outcome: unknown]>();
  #arrived = 0;
  #given = 0;
  #unreceived = 0;
  #state: "running" | "ended" | "failed" | "returned" = "running";
  #failure: unknown;
  #wake: (() => void) | undefined;
  #wakeSource: (() => void) | undefined;

  constructor(parts: Omit<CollectionParts, "onOutcome" | "room">, isOrdered: boolean) {
    this.#options = parts.options;
    this.#isOrdered = isOrdered;
    this.#collection = new ClusterCollection({
      ...parts,
      onOutcome: (index, outcome) => this.#arrive(index, outcome),
      room: () => this.#room(),
    });
    this.#collection.ended.then(
      () => this.#end("ended"),
      (error: unknown) => {
        this.#failure = error;
        this.#end("failed");
      },
    );
    this.#collection.start();
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<unknown> {
    return this;
  }

  async next(): Promise<IteratorResult<unknown>> {
    for (;;) {
      const next = this.#outcomes.get(this.#given);
      if (next !== undefined) return { done: false, value: this.#give(next) };
      if (this.#state === "failed") {
        this.#state = "returned";
        throw this.#failure;
      }
      if (this.#state !== "running") return { done: true, value: undefined };
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  return(value?: unknown): Promise<IteratorResult<unknown>> {
    if (this.#state === "running") {
      this.#state = "returned";
      this.#collection.fail(new Error("The loop over the results was left."));
    }
    this.#outcomes.clear();
    return Promise.resolve({ done: true, value });
  }

  #give(next: readonly [index: number, outcome: unknown]): unknown {
    this.#outcomes.delete(this.#given);
    this.#given += 1;
    this.#unreceived -= 1;
    this.#wakeSource?.();
    return this.#options.entries ? next : next[1];
  }

  #arrive(index: number, outcome: unknown): void {
    this.#outcomes.set(this.#isOrdered ? index : this.#arrived++, [index, outcome]);
    this.#wake?.();
  }

  /** Waits until the program has received enough of what was taken. */
  async #room(): Promise<void> {
    while (this.#unreceived >= this.#options.buffer && this.#state === "running")
      await new Promise<void>((resolve) => {
        this.#wakeSource = resolve;
      });
    this.#unreceived += 1;
  }

  #end(state: "ended" | "failed"): void {
    if (this.#state === "running") this.#state = state;
    this.#wake?.();
    this.#wakeSource?.();
  }
}
