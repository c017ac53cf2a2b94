import type { ItemList } from "./chunk.ts";
import { copyOfTyped, isTypedList } from "../codec/columns/index.ts";
import type { TypedList } from "../codec/columns/index.ts";
import { describeValue, TypeError } from "../runtime/index.ts";

/** The items of a collection, taken a few at a time. */
export interface SyncSource {
  /** How many items there are; undefined when nobody knows. */
  readonly total: number | undefined;
  /**
   * The next items, at most so many; fewer only at the end.
   *
   * @throws what the iterable throws; the items before are lost
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
      return { isAsync: false, source: new IteratorSource(begin.call(items)) };
    const beginAsync = iterable[Symbol.asyncIterator];
    if (typeof beginAsync === "function" && call !== "mapSync")
      return { isAsync: true, iterator: beginAsync.call(items) };
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

/** The elements that an array has when the collection begins. */
class ArraySource implements SyncSource {
  readonly total: number;
  readonly #array: readonly unknown[];
  #next = 0;

  constructor(array: readonly unknown[]) {
    this.#array = array;
    this.total = array.length;
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
  #isOver = false;

  constructor(iterator: Iterator<unknown>) {
    this.#iterator = iterator;
  }

  take(most: number): readonly unknown[] {
    const taken: unknown[] = [];
    while (taken.length < most && !this.#isOver) {
      // An iterator that throws is over, and is not closed.
      this.#isOver = true;
      const result = this.#iterator.next();
      if (result.done === true) break;
      this.#isOver = false;
      taken[taken.length] = result.value;
    }
    return taken;
  }

  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#iterator.return?.();
  }
}
