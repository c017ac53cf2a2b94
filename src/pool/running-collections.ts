import { Set, WeakRef } from "../runtime/index.ts";

/** A collection that is not over, as its pool's lifecycle sees it. */
export interface RunningCollection {
  /** Whether the program awaits its end: then a pool that closes lets it finish. */
  readonly isAwaited: boolean;
  /** The pool has closed, and takes no more chunks. */
  closed: (reason: Error) => void;
}

/**
 * The collections of a pool that are not over. One whose results the program takes one by one is held weakly: the program may
 * have dropped it in the middle, and it refers to the pool.
 */
export class RunningCollections {
  readonly #awaited = new Set<RunningCollection>();
  readonly #others = new Set<WeakRef<RunningCollection>>();

  /** Whether the program awaits the end of one of them. */
  get isAwaited(): boolean {
    return this.#awaited.size > 0;
  }

  /** Whether any of them may go on. */
  get hasAny(): boolean {
    for (const other of this.#others) if (other.deref() !== undefined) return true;
    return this.isAwaited;
  }

  /** Adds a collection. Returns a function that removes it. */
  add(collection: RunningCollection): () => void {
    if (collection.isAwaited) {
      this.#awaited.add(collection);
      return () => this.#awaited.delete(collection);
    }
    for (const other of this.#others) if (other.deref() === undefined) this.#others.delete(other);
    const reference = new WeakRef(collection);
    this.#others.add(reference);
    return () => this.#others.delete(reference);
  }

  /** Ends all of them. */
  close(reason: () => Error): void {
    for (const collection of this.#awaited) collection.closed(reason());
    for (const other of this.#others) other.deref()?.closed(reason());
  }
}
