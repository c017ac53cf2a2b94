import type { Callable, ModuleCallable } from "../callable/index.ts";
import { WeakMap } from "../runtime/index.ts";

/**
 * How long a chunk should take. Long against what a chunk costs, which is some ten microseconds of the worker and of the parent;
 * and so long that the parent puts the next one in time, although the system may let it wait for the time slice of a worker,
 * which is about 3 ms, before it gets a core.
 */
const CHUNK_MS = 4;
/** A chunk that would take less than this is not worth its way. */
const LEAST_MS = 0.25;
/** The most items of a chunk: their results still go into one frame when they are numbers. */
const MOST_ITEMS = 12_288;
/** How much a chunk may carry: a longer reply would travel in memory of its own. */
const MOST_BYTES = 96 * 1024;
/** Before anything was measured. */
const FIRST_ITEMS = 16;
/** By how much chunks grow at most from one measurement to the next: the first items run cold. */
const GROWTH = 16;
/** The first chunks are so small a part of each worker's share. */
const FIRST_PARTS = 32;

/** Decides how many items the next chunk gets. */
export interface ItemSizes {
  /** Whether chunks have the size that the user has chosen. */
  readonly isFixed: boolean;
  /** About how many bytes the items of a chunk may take. */
  readonly mostBytes: number;
  /** The mean run time of an item, in milliseconds; 0 while it is not known. */
  readonly msAnItem: number;
  /** Some items have run. */
  measure: (items: number, ms: number, bytes: number) => void;
  /**
   * The size of the next chunk, at least 1.
   *
   * @param left how many items are left; undefined when nobody knows
   * @param capacity how many chunks run at a time
   */
  next: (left: number | undefined, capacity: number) => number;
  /** As `next`, for a chunk that has one time limit. */
  nextTimed: (left: number | undefined, capacity: number) => number;
}

/** What is known of the items of a callable. */
class Measured {
  /** Of the latest chunks: items, their run time and their bytes. Each measurement halves the weight of those before. */
  items = 0;
  ms = 0;
  bytesAnItem = 0;
  /** How many items a chunk may have because of the growth. */
  most = 1;
}

/** By callable, so that the chunks of its next collection have the right size from the beginning. */
const measuredOf = new WeakMap<object, Measured>();

/**
 * How many items the next chunk gets: few enough that no worker waits long for another one at the end, and as many as that
 * allows. It follows the measured run times.
 */
export class ChunkSizes implements ItemSizes {
  readonly #fixed: number | undefined;
  readonly #measured: Measured;

  /** @param fixed the user's own chunk size */
  constructor(fixed: number | undefined, callable: Callable | ModuleCallable) {
    this.#fixed = fixed;
    let measured = measuredOf.get(callable);
    if (measured === undefined) measuredOf.set(callable, (measured = new Measured()));
    this.#measured = measured;
  }

  /** Whether chunks have the size that the user has chosen. */
  get isFixed(): boolean {
    return this.#fixed !== undefined;
  }

  get mostBytes(): number {
    return this.isFixed ? Infinity : MOST_BYTES;
  }

  /** The mean run time of an item, in milliseconds. */
  get msAnItem(): number {
    const { items, ms } = this.#measured;
    return items === 0 ? 0 : ms / items;
  }

  /** Some items have run. */
  measure(items: number, ms: number, bytes: number): void {
    if (items === 0) return;
    const measured = this.#measured;
    measured.items = measured.items / 2 + items;
    measured.ms = measured.ms / 2 + Math.max(ms, 1e-5 * items);
    measured.bytesAnItem = Math.max(measured.bytesAnItem / 2, bytes / items);
    measured.most = Math.min(MOST_ITEMS, Math.max(measured.most, items * GROWTH));
  }

  /**
   * The size of the next chunk, at least 1.
   *
   * @param left how many items are left; undefined when nobody knows
   * @param capacity how many chunks run at a time
   */
  next(left: number | undefined, capacity: number): number {
    if (this.#fixed !== undefined) return this.#fixed;
    const { msAnItem } = this;
    if (msAnItem === 0) {
      if (left === undefined) return 1;
      return Math.max(1, Math.min(FIRST_ITEMS, Math.floor(left / (FIRST_PARTS * capacity))));
    }
    const { most, bytesAnItem } = this.#measured;
    const byTime = CHUNK_MS / msAnItem;
    const byBytes = bytesAnItem > 0 ? MOST_BYTES / bytesAnItem : Infinity;
    const byShare =
      left === undefined ? Infinity : Math.max(Math.ceil(left / capacity), LEAST_MS / msAnItem);
    return Math.max(1, Math.floor(Math.min(most, byTime, byBytes, byShare)));
  }

  /** Each item has the time limit. */
  nextTimed(): number {
    return 1;
  }
}
