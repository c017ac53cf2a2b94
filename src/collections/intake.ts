import type { ItemList, Segment } from "./chunk.ts";
import { isLast } from "./sources.ts";
import type { Source } from "./sources.ts";

/** What an intake tells its collection. */
export interface IntakeListener {
  /** An item has come from an async iterable, or its end. */
  readonly onItem: () => void;
  /** An async iterable has thrown. `take` throws the same, when what came before was taken. */
  readonly onError: (error: unknown) => void;
}

/**
 * Takes the items of a collection from their source, a chunk at a time and no more than that ahead. An async iterable is asked
 * for one item after the other until the next chunk is full, or a worker has nothing to do.
 */
export class Intake {
  readonly #source: Source;
  readonly #listener: IntakeListener;
  /** What has come from an async iterable and is in no chunk yet. */
  #pulled: unknown[] = [];
  #wanted = 0;
  #put = 0;
  #state: "open" | "pulling" | "exhausted" | "broken" | "closed" = "open";
  /** What an async iterable has thrown, in the state "broken": behind what was pulled. */
  #error: unknown;

  constructor(source: Source, listener: IntakeListener) {
    this.#source = source;
    this.#listener = listener;
  }

  /** How many items there are; undefined while that is unknown. */
  get total(): number | undefined {
    if (!this.#source.isAsync && this.#source.source.total !== undefined)
      return this.#source.source.total;
    return this.#state === "exhausted" ? this.taken + this.#pulled.length : undefined;
  }

  /** How many items are in chunks. */
  get taken(): number {
    return this.#put;
  }

  /** How many items are in no chunk yet; undefined while that is unknown. */
  get left(): number | undefined {
    const { total } = this;
    return total === undefined ? undefined : total - this.#put;
  }

  /** Whether every item is in a chunk. */
  get isEmpty(): boolean {
    return this.#state === "exhausted" && this.#pulled.length === 0;
  }

  /**
   * The next items.
   *
   * @param size how many a chunk should have
   * @param isIdle whether a worker has nothing to do, so that fewer will do
   * @returns undefined when there are none, or they are still to come
   */
  take(size: number, isIdle: boolean): Segment | undefined {
    const items = this.#source.isAsync ? this.#takePulled(size, isIdle) : this.#takeSync(size);
    if (items.length === 0) return undefined;
    const first = this.#put;
    this.#put += items.length;
    return { first, items, attempt: 1 };
  }

  /** Lets the source go: nothing more is taken. What it throws at that is of no interest any more. */
  async close(): Promise<void> {
    const { isAsync } = this.#source;
    const before = this.#state;
    this.#state = "closed";
    this.#pulled = [];
    // An iterator that throws is over, and is not closed.
    if (before === "exhausted" || before === "broken" || before === "closed") return;
    try {
      if (isAsync) {
        const closed = closeIterator(this.#source.iterator);
        // A generator closes when the item has come that it was asked for, which may be never.
        if (before === "open") await closed;
      } else this.#source.source.close();
    } catch {
      // The collection has ended for another reason.
    }
  }

  #takeSync(size: number): ItemList {
    if (this.#source.isAsync || this.#state !== "open") return [];
    const { source } = this.#source;
    let items: ItemList;
    try {
      items = source.take(size);
    } catch (error) {
      this.#state = "closed";
      throw error;
    }
    if (source.isOver && !this.#isClosed) this.#state = "exhausted";
    return items;
  }

  /** Whether the source was let go. The program may do that while it is asked for an item. */
  get #isClosed(): boolean {
    return this.#state === "closed";
  }

  #takePulled(size: number, isIdle: boolean): readonly unknown[] {
    const pulled = this.#pulled;
    const isAll = this.#state === "exhausted" || this.#state === "broken";
    const isEnough = pulled.length >= size || isIdle || isAll;
    if (isEnough && pulled.length > 0) {
      const items = pulled.slice(0, size);
      this.#pulled = pulled.slice(size);
      // Until the collection asks again: perhaps it has no room for more.
      this.#wanted = 0;
      return items;
    }
    if (this.#state === "broken") {
      this.#state = "closed";
      throw this.#error;
    }
    this.#wanted = size;
    if (this.#state === "open" && this.#pulled.length < size) void this.#pull();
    return [];
  }

  async #pull(): Promise<void> {
    if (!this.#source.isAsync) return;
    const { iterator } = this.#source;
    this.#state = "pulling";
    try {
      while (this.#pulled.length < this.#wanted) {
        const result: IteratorResult<unknown> = await iterator.next();
        if (this.#isClosed) return;
        if (isLast(result)) {
          this.#state = "exhausted";
          this.#listener.onItem();
          return;
        }
        this.#pulled.push(result.value);
        this.#listener.onItem();
        if (this.#isClosed) return;
      }
      this.#state = "open";
    } catch (error) {
      if (this.#isClosed) return;
      this.#state = "broken";
      this.#error = error;
      this.#listener.onError(error);
    }
  }
}

/** Never rejects. */
async function closeIterator(iterator: AsyncIterator<unknown>): Promise<void> {
  try {
    await iterator.return?.();
  } catch {
    // The collection has ended for another reason.
  }
}
