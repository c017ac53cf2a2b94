import type { PutChunk } from "./chunk-pool.ts";

/** Some items: an array, or what can be cut like one. */
export interface ItemList {
  readonly length: number;
  slice: (from: number, to?: number) => ItemList;
}

/** Neighbouring items of a collection that are to be put. */
export interface Segment {
  /** The index of the first item in the collection. */
  readonly first: number;
  readonly items: ItemList;
  /** Which run of these items it is, from 1. */
  readonly attempt: number;
}

/** Items that were put together. */
export class Chunk {
  readonly segment: Segment;
  /** How many of the items have an outcome. */
  done = 0;
  /** How many of the items belong to the chunk: the others were taken away from it. */
  end: number;
  put: PutChunk | undefined;
  #begunBefore = -1;
  #lookedAtMs = 0;

  constructor(segment: Segment) {
    this.segment = segment;
    this.end = segment.items.length;
  }

  /** How many of the items its worker has begun; 0 while no worker runs the chunk. */
  get begun(): number {
    return Math.min(this.put?.begun() ?? 0, this.end);
  }

  /** How many of the items had been begun when the worker ended; see `PutChunk`. */
  get begunAtDeath(): number {
    const begun = Math.min(this.put?.begunAtDeath ?? 0, this.end);
    // Without a cursor, and when the worker ended before the first item, all of them may be to blame.
    return begun <= this.done ? this.end : begun;
  }

  /**
   * Whether the worker has been in the same item for some time. To be asked again and again.
   *
   * @param begun how many items it has begun
   */
  isStuck(begun: number, nowMs: number, forMs: number): boolean {
    if (begun === this.#begunBefore) return nowMs - this.#lookedAtMs >= forMs;
    this.#begunBefore = begun;
    this.#lookedAtMs = nowMs;
    return false;
  }

  /** Takes the items away that the worker has not begun, if there are any. */
  takeRest(): Segment | undefined {
    const from = this.put?.takeRest() ?? this.end;
    if (from >= this.end) return undefined;
    const rest = this.part(from, this.end);
    this.end = from;
    return rest;
  }

  /** Some of the items, for another put. */
  part(from: number, to: number, attempt: number = this.segment.attempt): Segment {
    return { first: this.segment.first + from, items: this.segment.items.slice(from, to), attempt };
  }
}
