import type { ItemList } from "./chunk.ts";
import { copyOfTyped, isTypedList } from "../codec/columns/index.ts";
import type { TypedList } from "../codec/columns/index.ts";
import { TypeError, asyncHooks, describeValue, performanceNow } from "../runtime/index.ts";

/** Taking items goes on no longer, so that workers do not wait for the whole chunk of a slow source. */
const LONGEST_TAKE_MS = 1;

/** Calls a function in the AsyncLocalStorage context of the place that put the collection. */
export type Within = <A extends unknown[], R>(call: (...args: A) => R, ...args: A) => R;

/** The present context. The items of a collection are taken later, from the event loop. */
function presentContext(): Within {
  return asyncHooks().AsyncLocalStorage.snapshot();
}

/** A function that calls `onProgress` in the present context; undefined when there is none. */
export function inPresentContext<P>(
  onProgress: ((progress: P) => void) | undefined,
): ((progress: P) => void) | undefined {
  if (onProgress === undefined) return undefined;
  const within = presentContext();
  return (progress) => within(onProgress, progress);
}

/** The items of a collection, taken a few at a time. */
export interface SyncSource {
  /** How many items there are; undefined when nobody knows. */
  readonly total: number | undefined;
  /** Whether all items are taken, as far as that is known. */
  readonly isOver: boolean;
  /**
   * The next items, at most so many: at least one, unless there is none. A source that makes its items gives those that it has
   * made in a millisecond or two.
   *
   * @throws what the iterable throws, when the items before it were taken
   */
  take: (most: number) => ItemList;
  /** Nothing more is taken. Throws what the iterator's `return` throws. */
  close: () => void;
}

/** What `map` and its like take: anything that can be iterated. */
export type Source =
  | { readonly isAsync: false; readonly source: SyncSource }
  | { readonly isAsync: true; readonly iterator: AsyncIterator<unknown> };

/**
 * Opens the items of a collection.
 *
 * @param call the method, for the message
 * @throws TypeError for what cannot be iterated, and what the iterable throws
 */
export function openSource(items: unknown, call: string): Source {
  if (Array.isArray(items)) return { isAsync: false, source: new ArraySource(items) };
  if (isTypedList(items)) return { isAsync: false, source: new TypedSource(items) };
  if (
    typeof items === "string" ||
    (typeof items === "object" && items !== null) ||
    typeof items === "function"
  ) {
    const iterable = items as Partial<Iterable<unknown> & AsyncIterable<unknown>>;
    const begin = iterable[Symbol.iterator];
    if (typeof begin === "function")
      return {
        isAsync: false,
        source: new IteratorSource(checkIterator(begin.call(items)), presentContext()),
      };
    const beginAsync = iterable[Symbol.asyncIterator];
    if (typeof beginAsync === "function" && call !== "mapSync")
      return {
        isAsync: true,
        iterator: inContext(checkIterator(beginAsync.call(items)), presentContext()),
      };
    if (typeof beginAsync === "function") {
      throw new TypeError(
        `mapSync blocks, so it cannot wait for an async iterable; use map, or collect the items first: items=${describeValue(items)}`,
      );
    }
  }
  throw new TypeError(
    `${call} takes its items from an array or another iterable${call === "mapSync" ? "" : ", or from an async iterable"}; ` +
      `for one call with these arguments write run(callable, [argument]): items=${describeValue(items)}`,
  );
}

/** The iterator of an iterable. @throws TypeError when it is none, as `for of` does */
function checkIterator<I extends { next: unknown }>(iterator: I): I {
  const isObject = typeof iterator === "object" || typeof iterator === "function";
  if (isObject && (iterator as I | null) !== null && typeof iterator.next === "function")
    return iterator;
  throw new TypeError(
    `The items cannot be iterated: the method for that returns an object with a method next: iterator=${describeValue(iterator)}`,
  );
}

/**
 * Whether an iterator has ended, by what its `next` has returned.
 *
 * @throws TypeError when that is no object: the iterator would never end
 */
export function isLast(result: unknown): result is IteratorReturnResult<unknown> {
  if ((typeof result === "object" && result !== null) || typeof result === "function")
    return Boolean((result as IteratorResult<unknown>).done);
  throw new TypeError(
    `The items cannot be iterated: next returns an object, { done, value }: result=${describeValue(result)}`,
  );
}

/** The elements that an array has when the collection begins. */
class ArraySource implements SyncSource {
  readonly total: number;
  readonly #array: readonly unknown[];
  #next = 0;

  constructor(array: readonly unknown[]) {
    this.#array = array;
    this.total = array.length;
  }

  get isOver(): boolean {
    return this.#next === this.total;
  }

  take(most: number): readonly unknown[] {
    const from = this.#next;
    this.#next = Math.min(from + most, this.total);
    const taken = this.#array.slice(from, this.#next);
    // The program may have made the array shorter meanwhile.
    while (taken.length < this.#next - from) taken.push(undefined);
    return taken;
  }

  close(): void {}
}

/** The elements of a typed array, which travel as they lie there. */
class TypedSource implements SyncSource {
  readonly total: number;
  readonly #list: TypedList;
  #next = 0;

  constructor(list: TypedList) {
    this.#list = list;
    this.total = list.length;
  }

  get isOver(): boolean {
    return this.#next === this.total;
  }

  take(most: number): ItemList {
    const from = this.#next;
    this.#next = Math.min(from + most, this.total);
    // A copy: the program may change the elements, and the chunk may be put again.
    return copyOf(this.#list, from, this.#next);
  }

  close(): void {}
}

/** Part of a typed array; elements that it has lost meanwhile, because its buffer was moved or shortened, are undefined. */
function copyOf(list: TypedList, from: number, to: number): ItemList {
  const copy = copyOfTyped(list, from, to);
  if (copy.length === to - from) return copy;
  return Array.from({ length: to - from }, (_, index) => copy[index]);
}

class IteratorSource implements SyncSource {
  readonly total = undefined;
  readonly #iterator: Iterator<unknown>;
  readonly #within: Within;
  #isOver = false;
  /** What it has thrown behind the items that were taken last. */
  #thrown: { readonly error: unknown } | undefined;

  constructor(iterator: Iterator<unknown>, within: Within) {
    this.#iterator = iterator;
    this.#within = within;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  take(most: number): readonly unknown[] {
    return this.#within(() => this.#takeNext(most));
  }

  close(): void {
    if (this.#isOver || this.#thrown !== undefined) return;
    this.#isOver = true;
    this.#within(() => this.#iterator.return?.());
  }

  #takeNext(most: number): readonly unknown[] {
    const taken: unknown[] = [];
    const beganAtMs = performanceNow();
    let lookAt = 1;
    while (taken.length < most && !this.#isOver) {
      const next = this.#next();
      // The items before it come first.
      if (this.#thrown !== undefined && taken.length === 0) throw this.#thrown.error;
      if (next === undefined) break;
      taken[taken.length] = next.value;
      if (taken.length !== lookAt) continue;
      if (performanceNow() - beganAtMs > LONGEST_TAKE_MS) break;
      lookAt *= 2;
    }
    return taken;
  }

  /** The next item; undefined when there is none. An iterator that throws is over, and is not closed. */
  #next(): { readonly value: unknown } | undefined {
    if (this.#thrown !== undefined) return undefined;
    // While it runs, nothing closes it.
    this.#isOver = true;
    try {
      const result = this.#iterator.next();
      if (isLast(result)) return undefined;
      this.#isOver = false;
      return result;
    } catch (error) {
      this.#isOver = false;
      this.#thrown = { error };
      return undefined;
    }
  }
}

function inContext(iterator: AsyncIterator<unknown>, within: Within): AsyncIterator<unknown> {
  return {
    next: () => within(() => iterator.next()),
    return: async () => within(async () => iterator.return?.() ?? { done: true, value: undefined }),
  };
}
