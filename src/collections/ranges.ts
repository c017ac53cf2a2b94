import type { ItemList, Segment } from "./chunk.ts";
import type { ChunkChannel } from "./chunk-pool.ts";
import type { ItemSizes } from "./chunk-sizes.ts";
import type { SyncSource } from "./sources.ts";

/** Towards the end each worker gets its share of what is left in so many chunks. */
const PARTS = 2;
/** As `PARTS`, while each chunk is one call that nobody can take anything from. */
const TIMED_PARTS = 16;
/** A chunk that would take less than this is not worth its way. */
const LEAST_MS = 0.1;
/** The item cursor of a task has 32 bits, and may go on behind the last item by one range. */
const MOST_NUMBERS = 2 ** 30;

/** How the numbers of a range travel. */
export interface RangePlan {
  readonly sizes: ItemSizes;
  /** The arguments of the request of a chunk. */
  argsOf: (segment: Segment, flags: number, channel: ChunkChannel) => readonly unknown[];
}

/** The whole numbers from `start` to `start + length - 1`. */
class NumberRange implements ItemList {
  readonly start: number;
  readonly length: number;

  constructor(start: number, length: number) {
    this.start = start;
    this.length = length;
  }

  readonly slice = (from: number, to: number = this.length): NumberRange =>
    new NumberRange(this.start + from, to - from);
}

/** The whole numbers from 0 to `total - 1`, a range at a time. */
export class NumberSource implements SyncSource {
  readonly total: number;
  #next = 0;

  constructor(total: number) {
    this.total = total;
  }

  get isOver(): boolean {
    return this.#next === this.total;
  }

  readonly take = (most: number): NumberRange => {
    const start = this.#next;
    const length = Math.min(most, this.total - start);
    this.#next = start + length;
    return new NumberRange(start, length);
  };

  readonly close = (): void => {};
}

/**
 * How many numbers the next chunk of a range gets: half of each worker's share of what is left, whatever that takes. A worker
 * runs its chunk in short calls, and what it has not begun is taken back when another one is idle.
 */
export class RangeSizes implements ItemSizes {
  readonly isFixed = false;
  readonly mostBytes: number = Infinity;
  readonly #grain: number | undefined;
  #numbers = 0;
  #ms = 0;

  /** @param grain how many numbers each call gets, if the user has chosen that: chunks are multiples of it */
  constructor(grain: number | undefined) {
    this.#grain = grain;
  }

  get msAnItem(): number {
    return this.#numbers === 0 ? 0 : this.#ms / this.#numbers;
  }

  readonly measure = (numbers: number, ms: number): void => {
    if (numbers === 0) return;
    this.#numbers = this.#numbers / 2 + numbers;
    this.#ms = this.#ms / 2 + ms;
  };

  readonly next = (left: number | undefined, capacity: number): number =>
    this.#sizeOf((left ?? 1) / (PARTS * capacity));

  readonly nextTimed = (left: number | undefined, capacity: number): number =>
    this.#grain ?? this.#sizeOf((left ?? 1) / (TIMED_PARTS * capacity));

  #sizeOf(share: number): number {
    const { msAnItem } = this;
    const least = msAnItem > 0 ? LEAST_MS / msAnItem : 1;
    const grain = this.#grain ?? 1;
    const most = Math.max(1, Math.floor(MOST_NUMBERS / grain));
    return grain * Math.min(most, Math.ceil(Math.max(share, least) / grain));
  }
}
