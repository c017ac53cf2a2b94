import type { Callable, ModuleCallable } from "../callable/index.ts";
import type {
  ChunkPool,
  ImapOptions,
  ImapUnorderedOptions,
  IntoOptions,
  MapOptions,
  ParallelForOptions,
  ReduceOptions,
  TypedArrayClass,
} from "../collections/index.ts";
import type {
  CallableOf,
  Inferred,
  OfOverload,
  OverloadResult,
  ParametersOf,
} from "./request/callable-types.ts";
import { loadedCollections } from "./loaded-collections.ts";

/** The items of a collection: an array or another iterable, or an async iterable. */
export type Items<T> = Iterable<T> | AsyncIterable<T>;

/** What a collection gives for an item: the awaited result, or with `{ settle: true }` its outcome. */
export type ItemResult<R, Settle extends boolean> = Settle extends true
  ? PromiseSettledResult<Awaited<R>>
  : Awaited<R>;

/** An element of a typed array. */
type Element = number | bigint;

/** What `imapUnordered` gives for an item: with `{ entries: true }` its index, too. */
export type ItemEntry<R, Entries extends boolean> = Entries extends true ? [index: number, R] : R;

/** What combines two results of `reduce`. */
export type Combine<R> =
  | CallableOf<[R, R], R | PromiseLike<R>>
  | ModuleCallable<Inferred<[R, R], R | PromiseLike<R>>>;

/** What a callable of `parallelFor` takes behind `start` and `end`; of an overloaded one, what its last signature takes. */
export type BehindRange<F extends Callable> =
  ParametersOf<F> extends [start?: number, end?: number, ...args: infer A] ? Readonly<A> : never;

/** The methods of a pool that run a callable for each item of a collection. */
export abstract class CollectionCalls {
  /** What collections need of the pool. */
  protected abstract readonly chunks: ChunkPool;

  /**
   * Runs a callable for each item, and collects the results.
   *
   * Items travel in chunks whose size follows the measured run times: tiny items together, long ones one by one. The first
   * failure ends the rest: what waits is withdrawn, what runs is stopped.
   *
   * @param items an array or another iterable, or an async iterable. Each item is the callable's one argument
   * @returns a promise of the results in the order of the items, with `{ settle: true }` of their outcomes. It rejects with the
   *   callable's own error, whose property `index` is the place of the item; with the signal's reason; with what the iterable throws;
   *   or as `run` does
   * @example
   * ```ts
   * const counts = await pool.map(primesBelow, [1e6, 2e6, 3e6]);
   * ```
   */
  map<T, R, Settle extends boolean = false>(
    callable: CallableOf<[T], R>,
    items: Items<T>,
    options?: MapOptions<Settle>,
  ): Promise<ItemResult<R, Settle>[]>;
  /** As above, with the results in a typed array. */
  map<T, C extends TypedArrayClass>(
    callable: CallableOf<[T], Element | PromiseLike<Element>>,
    items: Items<T>,
    options: IntoOptions<C>,
  ): Promise<C["prototype"]>;
  /** As above, for an overloaded callable and for a `fromModule` reference. */
  map<F extends Callable, T, Settle extends boolean = false>(
    callable: F | ModuleCallable<F>,
    items: Items<T & OfOverload<F, [T]>>,
    options?: MapOptions<Settle>,
  ): Promise<ItemResult<OverloadResult<F, [T]>, Settle>[]>;
  map(callable: Callable | ModuleCallable, items: unknown, options?: unknown): Promise<never> {
    return loadedCollections().map(this.chunks, "map", callable, items, options) as Promise<never>;
  }

  /**
   * As `map`, for a callable of several arguments: each item is the array of its arguments.
   *
   * @example
   * ```ts
   * const sums = await pool.starmap(add, [[1, 2], [3, 4]]);
   * ```
   */
  starmap<A extends readonly unknown[] | [], R, Settle extends boolean = false>(
    callable: CallableOf<A, R>,
    items: Items<Readonly<A>>,
    options?: MapOptions<Settle>,
  ): Promise<ItemResult<R, Settle>[]>;
  /** As above, with the results in a typed array. */
  starmap<A extends readonly unknown[] | [], C extends TypedArrayClass>(
    callable: CallableOf<A, Element | PromiseLike<Element>>,
    items: Items<Readonly<A>>,
    options: IntoOptions<C>,
  ): Promise<C["prototype"]>;
  /** As above, for an overloaded callable and for a `fromModule` reference. */
  starmap<F extends Callable, A extends readonly unknown[] | [], Settle extends boolean = false>(
    callable: F | ModuleCallable<F>,
    items: Items<A & OfOverload<F, A>>,
    options?: MapOptions<Settle>,
  ): Promise<ItemResult<OverloadResult<F, A>, Settle>[]>;
  starmap(callable: Callable | ModuleCallable, items: unknown, options?: unknown): Promise<never> {
    return loadedCollections().map(
      this.chunks,
      "starmap",
      callable,
      items,
      options,
    ) as Promise<never>;
  }

  /**
   * As `map`, but blocks until everything is done; works without the event loop. It takes no async iterable.
   *
   * @throws what the promise of `map` would reject with; `NoWorkersAvailable` when there is none to run it
   */
  mapSync<T, R, Settle extends boolean = false>(
    callable: CallableOf<[T], R>,
    items: Iterable<T>,
    options?: MapOptions<Settle>,
  ): ItemResult<R, Settle>[];
  /** As above, with the results in a typed array. */
  mapSync<T, C extends TypedArrayClass>(
    callable: CallableOf<[T], Element | PromiseLike<Element>>,
    items: Iterable<T>,
    options: IntoOptions<C>,
  ): C["prototype"];
  /** As above, for an overloaded callable and for a `fromModule` reference. */
  mapSync<F extends Callable, T, Settle extends boolean = false>(
    callable: F | ModuleCallable<F>,
    items: Iterable<T & OfOverload<F, [T]>>,
    options?: MapOptions<Settle>,
  ): ItemResult<OverloadResult<F, [T]>, Settle>[];
  mapSync(callable: Callable | ModuleCallable, items: unknown, options?: unknown): never {
    return loadedCollections().mapSync(this.chunks, callable, items, options) as never;
  }

  /**
   * Runs a callable for each item, and gives the results one by one, in the order of the items. The items may be endless: they
   * are taken only some way ahead (`buffer`).
   *
   * It begins at once. A failure throws in its turn, with the item's `index`, and ends the rest; so does leaving the loop.
   *
   * @throws as `map` rejects, for what is wrong from the beginning
   * @example
   * ```ts
   * for await (const count of pool.imap(primesBelow, endless(), { buffer: 64 })) {
   *   if (count > 1e6) break;
   * }
   * ```
   */
  imap<T, R, Settle extends boolean = false>(
    callable: CallableOf<[T], R>,
    items: Items<T>,
    options?: ImapOptions<Settle>,
  ): AsyncIterableIterator<ItemResult<R, Settle>>;
  /** As above, for an overloaded callable and for a `fromModule` reference. */
  imap<F extends Callable, T, Settle extends boolean = false>(
    callable: F | ModuleCallable<F>,
    items: Items<T & OfOverload<F, [T]>>,
    options?: ImapOptions<Settle>,
  ): AsyncIterableIterator<ItemResult<OverloadResult<F, [T]>, Settle>>;
  imap(
    callable: Callable | ModuleCallable,
    items: unknown,
    options?: unknown,
  ): AsyncIterableIterator<never> {
    const iterator: object = loadedCollections().iterate(
      this.chunks,
      "imap",
      callable,
      items,
      options,
    );
    return iterator as AsyncIterableIterator<never>;
  }

  /**
   * As `imap`, but gives each result as soon as it is there. With `{ entries: true }` as `[index, result]`.
   *
   * @example
   * ```ts
   * for await (const [index, page] of pool.imapUnordered(render, pages, { entries: true })) {
   *   console.log(`${index} of ${pages.length}`, page.length);
   * }
   * ```
   */
  imapUnordered<T, R, Settle extends boolean = false, Entries extends boolean = false>(
    callable: CallableOf<[T], R>,
    items: Items<T>,
    options?: ImapUnorderedOptions<Settle, Entries>,
  ): AsyncIterableIterator<ItemEntry<ItemResult<R, Settle>, Entries>>;
  /** As above, for an overloaded callable and for a `fromModule` reference. */
  imapUnordered<
    F extends Callable,
    T,
    Settle extends boolean = false,
    Entries extends boolean = false,
  >(
    callable: F | ModuleCallable<F>,
    items: Items<T & OfOverload<F, [T]>>,
    options?: ImapUnorderedOptions<Settle, Entries>,
  ): AsyncIterableIterator<ItemEntry<ItemResult<OverloadResult<F, [T]>, Settle>, Entries>>;
  imapUnordered(
    callable: Callable | ModuleCallable,
    items: unknown,
    options?: unknown,
  ): AsyncIterableIterator<never> {
    const iterator: object = loadedCollections().iterate(
      this.chunks,
      "imapUnordered",
      callable,
      items,
      options,
    );
    return iterator as AsyncIterableIterator<never>;
  }

  /**
   * Runs a callable for each item, and combines the results, from left to right: `combine(combine(initial, first), second)`. It is
   * combined in the workers as far as a chunk goes, and what they give is combined here, so `combine` must be associative:
   * how the items are grouped is not promised, their order is.
   *
   * @param combine a callable, too. It runs in the workers and in this thread
   * @param initial what is combined with the first result, once; the result for no items
   * @returns a promise that rejects as the one of `map` does
   * @example
   * ```ts
   * const total = await pool.reduce(countWords, pages, add, 0);
   * ```
   */
  reduce<T, R>(
    callable: CallableOf<[T], R>,
    items: Items<T>,
    combine: Combine<Awaited<R>>,
    initial: NoInfer<Awaited<R>>,
    options?: ReduceOptions,
  ): Promise<Awaited<R>>;
  /** As above, for an overloaded callable and for `fromModule` references. */
  reduce<F extends Callable, T>(
    callable: F | ModuleCallable<F>,
    items: Items<T & OfOverload<F, [T]>>,
    combine: Combine<OverloadResult<F, [T]>>,
    initial: NoInfer<OverloadResult<F, [T]>>,
    options?: ReduceOptions,
  ): Promise<OverloadResult<F, [T]>>;
  reduce(
    callable: Callable | ModuleCallable,
    items: unknown,
    combine: Callable | ModuleCallable,
    initial: unknown,
    options?: unknown,
  ): Promise<never> {
    return loadedCollections().reduce(
      this.chunks,
      callable,
      items,
      combine,
      initial,
      options,
    ) as Promise<never>;
  }

  /**
   * Calls `callable(start, end, ...args)` for ranges that together are the numbers from 0 to `length - 1`, each of them once. It
   * is meant for typed arrays in shared memory (`sharedArray`), of which each call fills or reads a part: nothing is copied.
   *
   * How many numbers a call gets follows the measured run times, unless `grain` says it. What the calls return is dropped. The
   * first failure ends the rest.
   *
   * @returns a promise that rejects with the callable's own error, whose property `index` is the start of its range, and otherwise
   *   as the one of `map` does
   * @example
   * ```ts
   * export function scale(start: number, end: number, values: Float64Array, factor: number): void {
   *   for (let i = start; i < end; i++) values[i]! *= factor;
   * }
   * const values = sharedArray(Float64Array, 1e8);
   * await pool.parallelFor(scale, values.length, { args: [values, 2] });
   * ```
   */
  parallelFor<A extends readonly unknown[] | [] = []>(
    callable: CallableOf<[start: number, end: number, ...args: A], unknown>,
    length: number,
    options?: ParallelForOptions<A>,
  ): Promise<void>;
  /**
   * As above, for an overloaded callable and for a `fromModule` reference.
   *
   * @typeParam F the callable: its first two parameters are the range
   */
  parallelFor<F extends (this: void, start: number, end: number, ...args: never[]) => unknown>(
    callable: F | ModuleCallable<F>,
    length: number,
    options?: ParallelForOptions<BehindRange<F>>,
  ): Promise<void>;
  parallelFor(
    callable: Callable | ModuleCallable,
    length: unknown,
    options?: unknown,
  ): Promise<void> {
    return loadedCollections().parallelFor(this.chunks, callable, length, options);
  }
}
